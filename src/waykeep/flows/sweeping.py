"""The rounds of history: windows that close, fixes past their retention, the newest positions written down."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping

from waykeep.errors import StoreError
from waykeep.flows.directory import Directory, Known
from waykeep.flows.rounds import HOUR_MS, Round
from waykeep.protocols.base import Message
from waykeep.store.compaction import Compaction
from waykeep.store.latest import Latest
from waykeep.store.promises import Refusals
from waykeep.store.vault import Vault

log = logging.getLogger(__name__)

__all__ = ["HOUR_MS", "Closed", "NoTrack", "alarm", "count", "mend", "reattribute", "rounds"]

DAY_MS = 24 * HOUR_MS
REFUSED = "refused."

Clock = Callable[[], int]


class NoTrack:
    """What the erasure flow asks for where no position is kept: nothing is there to erase."""

    def close_window(self, devices: Collection[str], without: frozenset[str]) -> None:
        """Nothing is open."""

    def erase_span(self, device: str, subject: str | None, from_ms: int, to_ms: int) -> tuple[str, ...]:
        """Give no key: nothing was sealed."""
        del device, subject, from_ms, to_ms
        return ()

    def purge(self, subject: str) -> None:
        """Nothing is there."""


class Closed:
    """The road of a server that takes no position."""

    def __init__(self, counters: Counter[str]) -> None:
        self.counters = counters

    def submit(
        self, known: Known, message: Message, received_ms: int, answer: Callable[[StoreError | None], None]
    ) -> None:
        """Answer nobody; no door leads here."""
        del known, message, received_ms
        answer(StoreError("this server keeps no location"))


def alarm(kind: str) -> None:
    """Tell the operator that something waits for him."""
    log.error("operator alarm", extra={"alarm": kind})


def rounds(
    compaction: Compaction | None,
    latest: Latest | None,
    directory: Directory,
    vault: Vault,
    refusals: Refusals,
    counters: Counter[str],
    clock: Clock,
    *,
    window_h: int,
) -> tuple[Round, ...]:
    """What is done by the clock about positions."""

    async def counted() -> None:
        await asyncio.to_thread(count, refusals, counters, clock)

    found = [Round(name="refusals", every_ms=60_000, run=counted, deletes=False)]
    if compaction is None or latest is None:
        return tuple(found)

    async def windows() -> None:
        try:
            await asyncio.to_thread(compaction.run, clock(), window_h)
        finally:
            await asyncio.to_thread(latest.write_down, directory.attribution)

    async def retention() -> None:
        kept_ms = {device.id: directory.rules(device.id).retention_ms for device in directory.devices()}
        await asyncio.to_thread(_expire, compaction, kept_ms, vault, clock())

    return (
        *found,
        Round(name="attribution-window", every_ms=HOUR_MS, run=windows, deletes=False),
        Round(name="retention", every_ms=DAY_MS, run=retention),
    )


def count(refusals: Refusals, counters: Counter[str], clock: Clock) -> None:
    """Write down how many positions the gate refused since the last time, by reason."""
    since = {name: n for name, n in counters.items() if name.startswith(REFUSED) and n}
    if since:
        refusals.add({name.removeprefix(REFUSED): n for name, n in since.items()}, clock()).result()
        counters.subtract(since)


async def mend(compaction: Compaction | None, vault: Vault, clock: Clock) -> None:
    """Finish at the start what a crash cut off in a rewrite."""
    if compaction is not None:
        old = await asyncio.to_thread(compaction.mend, clock())
        await asyncio.to_thread(_destroy, vault, old, "renewal")


async def reattribute(compaction: Compaction, vault: Vault, clock: Clock, device: str, from_ms: int) -> None:
    """Seal a device's history from a time on under whoever it belongs to now; nothing to do while it is the tail."""
    if not await asyncio.to_thread(compaction.sealed_since, device, from_ms):
        return
    old = await asyncio.to_thread(compaction.reattribute, device, from_ms, clock() + DAY_MS)
    await asyncio.to_thread(_destroy, vault, old, "attribution")


def _expire(compaction: Compaction, kept_ms: Mapping[str, int | None], vault: Vault, now_ms: int) -> None:
    """Drop what is past its retention; a device whose history is damaged does not keep that of the others."""
    failed: StoreError | None = None
    for device, its_ms in kept_ms.items():
        if its_ms is not None:
            try:
                _destroy(vault, compaction.expire(device, now_ms - its_ms), "retention")
            except StoreError as error:
                failed = error
    if failed is not None:
        raise failed


def _destroy(vault: Vault, keys: Iterable[str], kind: str) -> None:
    gone = tuple(keys)
    if gone:
        vault.erasures.sweep(vault.erasures.destroy(gone, kind))
