"""Forgetting a device, a person, or a stretch of time: keys destroyed, memory emptied, and a signed word about it."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Protocol as Shape

import msgspec

from waykeep.errors import AskError
from waykeep.flows import certificate
from waykeep.flows.certificate import Certificate
from waykeep.model.access import Purpose
from waykeep.model.rules import Span
from waykeep.store.erasures import STAMP, Erasure
from waykeep.store.forgotten import Forgotten
from waykeep.store.vault import Vault

Clock = Callable[[], int]


class History(Shape):
    """What forgetting needs of journal and segments. Each call is durable when it returns; they run in a thread."""

    def close_window(self, devices: Collection[str], without: frozenset[str]) -> None:
        """Re-seal these devices' tails under final keys and destroy their day keys, dropping the fixes of `without`."""
        ...

    def erase_span(self, device: str, subject: str | None, from_ms: int, to_ms: int) -> tuple[str, ...]:
        """Re-seal what survives outside [from, to) of each touched month under new keys; give the old keys' ids.

        `subject` None = whoever it was. The tail of these days is closed first.
        """
        ...

    def purge(self, subject: str) -> None:
        """Delete every row that was sealed for a forgotten device or person."""
        ...


class Fleet(Shape):
    """What forgetting needs to know of devices and people."""

    def kind_of(self, subject: str) -> str | None:
        """Give "device", "person" or None for a pseudonym that no one has."""
        ...

    def held(self, person: str, now_ms: int) -> Sequence[tuple[str, Span]]:
        """Every device that a person drove or held, with each stretch of it."""
        ...

    def named_by(self, person: str) -> Collection[str]:
        """Every device that names a person as driver or holder, also for a turn that is only planned."""
        ...

    def part(self, subject: str) -> None:
        """Take a device or person out of everything that rests on its being there; durable when it returns."""
        ...


class Ledger(Shape):
    """Where the erasure leaves its line."""

    def action(
        self,
        kind: str,
        detail: Mapping[str, str],
        subjects: Iterable[str] = (),
        *,
        tenant: str = ...,
        viewer: str = "",
        purpose: str = "",
    ) -> Future[int]:
        """Write a control action."""
        ...


Dropper = Callable[[frozenset[str]], Awaitable[None] | None]
"""Drop at once what memory holds of these people and devices: decoded tail, latest, live, alarms, notices, exports."""


class Rights:
    """Erasure. Runs on the event loop; what waits for disks runs in a thread, one erasure at a time."""

    def __init__(
        self,
        vault: Vault,
        history: History,
        fleet: Fleet,
        *,
        forgotten: Forgotten,
        ledger: Ledger,
        swap: Callable[[Iterable[str]], None],
        droppers: Sequence[Dropper],
        clock: Clock,
        sweeps: Sequence[Callable[[], None]] = (),
        newest: Callable[[str], int | None] = lambda _: None,
    ) -> None:
        self._vault, self._history, self._fleet, self._forgotten = vault, history, fleet, forgotten
        self._ledger, self._swap, self._droppers, self._clock = ledger, swap, droppers, clock
        self._files, self._newest = sweeps, newest
        self._one = asyncio.Lock()
        self._sweeps: set[asyncio.Task[None]] = set()

    async def forget(self, subject: str, viewer: str = "") -> Certificate:
        """Forget a device or a person. When this returns no one can read it, and no open view shows it."""
        async with self._one:
            kind = self._fleet.kind_of(subject)
            if kind is None or not self._vault.has_subject(subject):
                raise AskError("not-found", "There is no device or person of this id.", 404)
            held = await self._close(subject) if kind == "person" else frozenset()
            destroyed = await asyncio.to_thread(self._vault.erasures.forget, subject, kind)
            await self._part(subject, held)
            self._sweep_later(subject)
            await asyncio.to_thread(self._vault.erasures.sweep, destroyed)
            return await self._certify(destroyed.erasure, kind, viewer)

    async def erase_span(
        self, subject: str, devices: Collection[str], from_ms: int, to_ms: int, viewer: str = ""
    ) -> Certificate:
        """Erase a stretch of a device's or a person's fixes; `devices` are those that may hold the person's."""
        async with self._one:
            whose = None if subject in devices else subject
            old: list[str] = []
            for device in devices:
                old += await asyncio.to_thread(self._history.erase_span, device, whose, from_ms, to_ms)
            destroyed = await asyncio.to_thread(self._vault.erasures.destroy, old, "span")
            await self._drop(frozenset({subject, *devices}))
            await asyncio.to_thread(self._vault.erasures.sweep, destroyed)
            return await self._certify(destroyed.erasure, "span", viewer)

    async def mend(self, subjects: Iterable[str]) -> None:
        """Finish at the start what a crash cut off: rows without a key, erasures without their certificate."""
        async with self._one:
            for subject in subjects:
                if not self._vault.has_subject(subject):
                    await self._part(subject)
                    await asyncio.to_thread(self._purge, subject)
        await self.certify_owed()

    async def certify_owed(self) -> None:
        """Sign for erasures that a crash or a disk in trouble left without their certificate."""
        async with self._one:
            owed = self._vault.erasures.uncertified()
            if owed:
                await asyncio.to_thread(self._vault.db.rewrite)  # which bytes to look for is not known any more
            for line, kind in owed:
                await self._certify(line, kind, "")

    def second_dates(self) -> int:
        """Sign the second date of every certificate whose epoch is over at every holder; say how many."""
        waiting = self._vault.erasures.pending(self._vault.keys.epoch.number)
        for one in waiting:
            first = certificate.read(one.first)
            final = msgspec.structs.replace(first, final_ms=self._clock())
            self._vault.erasures.complete(one.erasure, certificate.sign(final, self._seed()).text())
        return len(waiting)

    async def swept(self) -> None:
        """Wait until the rows behind earlier erasures are gone."""
        while self._sweeps:
            await asyncio.gather(*self._sweeps)

    async def _close(self, person: str) -> frozenset[str]:
        """Refuse what is still to come of a person, and close every window that may hold him.

        Give the devices whose newest position may be his.
        """
        now_ms = self._clock()
        held = [(device, _ended(span, now_ms)) for device, span in self._fleet.held(person, now_ms)]
        await asyncio.wrap_future(self._forgotten.add(held))
        devices = frozenset(device for device, _ in held)
        self._swap(devices)
        if devices:
            await asyncio.to_thread(self._history.close_window, devices, frozenset({person}))
        return frozenset(
            device for device, span in held if span.to_ms == now_ms or _may_hold(span, self._newest(device))
        )

    async def _part(self, subject: str, shown: Collection[str] = ()) -> None:
        """Take a subject whose key is gone out of memory and records, and whatever those devices show."""
        await self._drop(frozenset({subject, *shown}))
        named = self._fleet.named_by(subject)
        await asyncio.to_thread(self._fleet.part, subject)
        self._swap(named)

    async def _certify(self, line: Erasure, kind: str, viewer: str) -> Certificate:
        epoch = self._vault.keys.epoch.number
        word = Certificate(erasure=line.number, kind=kind, keys=len(line.keys), epoch=epoch, erased_ms=self._clock())
        signed = certificate.sign(word, self._seed())
        detail = {"erasure": str(line.number), "kind": kind, "certificate": hashlib.sha256(signed.text()).hexdigest()}
        # The line goes first: what is cut off here is certified again, and an erasure has two lines rather than none.
        await asyncio.wrap_future(self._ledger.action("erasure", detail, viewer=viewer, purpose=Purpose.RIGHTS))
        await asyncio.to_thread(self._vault.erasures.keep_certificate, line.number, epoch, signed.text())
        await asyncio.to_thread(self._vault.erasures.put_stamp, self._vault.signing_seed(STAMP))
        return signed

    async def _drop(self, gone: frozenset[str]) -> None:
        for drop in self._droppers:
            told = drop(gone)
            if told is not None:
                await told

    def _sweep_later(self, subject: str) -> None:
        task = asyncio.create_task(asyncio.to_thread(self._purge, subject))
        self._sweeps.add(task)
        task.add_done_callback(self._sweeps.discard)

    def _purge(self, subject: str) -> None:
        self._history.purge(subject)
        for sweep in self._files:
            sweep()

    def _seed(self) -> bytes:
        return self._vault.signing_seed(certificate.PURPOSE)


def _may_hold(span: Span, at_ms: int | None) -> bool:
    """Whether a device's newest position may be of this stretch; of one that is not known it may."""
    return at_ms is None or span.holds(at_ms)


def _ended(span: Span, now_ms: int) -> Span:
    """A stretch that is still open, or planned beyond now, ends now."""
    return Span(span.from_ms, now_ms if span.to_ms is None or span.to_ms > now_ms else span.to_ms)
