"""Looking at positions: every read asks for a grant and leaves a ledger line that is durable before the first byte."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future
from functools import partial
from typing import Protocol as Shape

import msgspec
import numpy as np

from waykeep.errors import AskError
from waykeep.flows.shaping import TrackShown, driven, exported, shown
from waykeep.insight.trips import Trip
from waykeep.model.access import SERVICE, Aim, Grant, Purpose, Role, Viewer
from waykeep.model.frame import Flag
from waykeep.model.rules import Attribution, Rules
from waykeep.policy import access
from waykeep.policy.access import Reading
from waykeep.policy.witness import Detail, Proof
from waykeep.reports import EXPORTS
from waykeep.store.heads import Head
from waykeep.store.latest import LatestFix
from waykeep.store.ledger import Ledger
from waykeep.store.track import DAY_MS, Track

Clock = Callable[[], int]
COPY = Aim(Purpose.RIGHTS)


class Latest(Shape):
    """Newest positions, in memory."""

    def latest(self, devices: Collection[str]) -> Iterable[LatestFix]:
        """Those of these devices that have one."""
        ...


class History(Shape):
    """Positions as stored."""

    def track(self, grant: Grant) -> Iterator[Track]:
        """Pieces of the granted span, ordered by fix time, device by device."""
        ...


class Device(Shape):
    """A device's record; its name is the title of a file."""

    @property
    def id(self) -> str:
        """The pseudonym."""
        ...

    @property
    def tenant(self) -> str:
        """Its organisation."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...


class Fleet(Shape):
    """Which devices there are, whose their fixes are and what is promised about them: the directory."""

    def devices(self, tenant: str | None = None) -> Iterable[Device]:
        """The devices of an organisation."""
        ...

    def attribution(self, device: str) -> Attribution:
        """Whose the fixes of a device are."""
        ...

    def rules(self, device: str) -> Rules:
        """What is promised about it now."""
        ...


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One line about me: who looked, when, why and at which span. The name is None where the account is gone."""

    index: int
    time_ms: int
    kind: str
    viewer_name: str | None
    purpose: str
    route: str
    from_ms: int | None
    to_ms: int | None
    count: int
    because: str = ""


class Day(msgspec.Struct, frozen=True):
    """How many positions one UTC day holds; `day` as 2026-02-28."""

    day: str
    count: int


class Access:
    """Makes grants and their ledger lines; reads and live views share it.

    `closed` says of a person that what was kept of them is closed to everyone else for a purpose: they took their yes
    back, or stayed with a text that does not know it (None where that never is).
    """

    def __init__(
        self,
        ledger: Ledger,
        fleet: Fleet,
        reading: Callable[[str], Reading],
        now_ms: Clock,
        closed: Callable[[str, Purpose], bool] | None = None,
    ) -> None:
        self.ledger, self.fleet, self.now_ms, self.closed = ledger, fleet, now_ms, closed
        self._reading = reading

    def grant(
        self, viewer: Viewer, aim: Aim, devices: Iterable[str] | None, span: tuple[int, int] | None, route: str
    ) -> Grant:
        """Leave to read under the policy of the viewer's organisation, or AskError."""
        fleet = frozenset(device.id for device in self.fleet.devices(viewer.tenant))
        reading, now_ms = self._reading(viewer.tenant), self.now_ms()
        return access.grant(viewer, aim, devices, span, route, fleet=fleet, reading=reading, now_ms=now_ms)

    def closed_for(self, purpose: Purpose) -> Callable[[str], bool] | None:
        """Whose past is closed to everyone else for this purpose."""
        closed = self.closed
        return None if closed is None else lambda person: closed(person, purpose)

    async def note(
        self, kind: str, grant: Grant, viewer: Viewer | None = None, newest: Iterable[tuple[str, int]] = ()
    ) -> int:
        """Write the line of a grant; returns when it is durable. A driver's is about themselves.

        `newest` are devices and times of the positions that will be shown: they may be of whoever drove before.
        """
        written = await asyncio.to_thread(self._record, kind, grant, viewer, tuple(newest))
        return await asyncio.wrap_future(written)

    def _record(
        self, kind: str, grant: Grant, viewer: Viewer | None, newest: tuple[tuple[str, int], ...]
    ) -> Future[int]:
        now_ms = self.now_ms()
        from_ms = now_ms if grant.from_ms is None else grant.from_ms
        to_ms = now_ms + 1 if grant.to_ms is None else grant.to_ms
        attribution = self.fleet.attribution
        subjects = frozenset[str]().union(
            *(access.subjects(attribution(device), from_ms, to_ms) for device in grant.devices),
            (attribution(device).subject_at(fix_ms) for device, fix_ms in newest),
        )
        if viewer is not None and viewer.role is Role.DRIVER:
            subjects &= {viewer.person}
        detail = Detail(
            viewer=grant.viewer,
            purpose=grant.purpose.value,
            from_ms=grant.from_ms,
            to_ms=grant.to_ms,
            route=grant.route,
            count=len(grant.devices),
            more={"because": grant.because} if grant.because else {},
        )
        return self.ledger.record(kind, grant.tenant, detail, subjects)


class Looking:
    """What people read. `name_of` gives the name of an account that still exists."""

    def __init__(self, gate: Access, history: History, latest: Latest, name_of: Callable[[str], str | None]) -> None:
        self._gate, self._history, self._latest, self._name_of = gate, history, latest, name_of

    async def latest(self, viewer: Viewer, aim: Aim = SERVICE) -> list[LatestFix]:
        """The newest position of each unit that the viewer sees."""
        grant = self._gate.grant(viewer, aim, None, None, "latest")
        newest = [(one.device, one.fix_ms) for one in self._latest.latest(grant.devices)]
        await self._gate.note("read", grant, viewer, newest)
        now_ms, rules, attribution = self._gate.now_ms(), self._gate.fleet.rules, self._gate.fleet.attribution
        return [
            one
            for one in self._latest.latest(grant.devices)
            if not access.past(rules(one.device), one.fix_ms, now_ms)
            and access.theirs(viewer, attribution(one.device), one.fix_ms, self._gate.closed_for(aim.purpose))
        ]

    async def track(
        self,
        viewer: Viewer,
        device: str,
        span: tuple[int, int],
        points: int,
        aim: Aim = SERVICE,
    ) -> TrackShown:
        """The positions of one unit over a span, as columns of about so many points."""
        grant = self._gate.grant(viewer, aim, (device,), span, "track")
        await self._gate.note("read", grant, viewer)
        return await asyncio.to_thread(lambda: shown(self._tracks(viewer, grant), points))

    async def trips(self, viewer: Viewer, device: str, span: tuple[int, int], aim: Aim = SERVICE) -> list[Trip]:
        """The trips of one unit over a span."""
        grant = self._gate.grant(viewer, aim, (device,), span, "trips")
        await self._gate.note("read", grant, viewer)
        return await asyncio.to_thread(lambda: driven(self._tracks(viewer, grant)))

    async def days(self, viewer: Viewer, device: str, span: tuple[int, int], aim: Aim = SERVICE) -> list[Day]:
        """How many positions each day of a span holds."""
        grant = self._gate.grant(viewer, aim, (device,), span, "days")
        await self._gate.note("read", grant, viewer)
        return await asyncio.to_thread(_counted, self._tracks(viewer, grant))

    async def export(
        self,
        viewer: Viewer,
        device: str,
        span: tuple[int, int],
        form: str,
        aim: Aim = SERVICE,
    ) -> tuple[str, Iterator[bytes]]:
        """A file of one unit's positions: its media type, and its bytes, made while they are taken."""
        grant = self._gate.grant(viewer, aim, (device,), span, "export")
        await self._gate.note("export", grant, viewer)
        kind = EXPORTS[form]
        name = next((one.name for one in self._gate.fleet.devices(viewer.tenant) if one.id == device), "")
        return kind.media_type, kind.write(name, exported(self._tracks(viewer, grant)))

    async def own(
        self, viewer: Viewer, span: tuple[int, int], by: str, aim: Aim = COPY
    ) -> dict[str, Callable[[], Iterator[Track]]]:
        """A person's own positions, device by device, for a copy that `by` takes; the viewer is read as a driver."""
        grant = self._gate.grant(viewer, aim, None, span, "package")
        await self._gate.note("export", msgspec.structs.replace(grant, viewer=by), viewer)
        alone = {one: msgspec.structs.replace(grant, devices=frozenset({one})) for one in grant.devices}
        return {one: partial(self._tracks, viewer, narrowed) for one, narrowed in alone.items()}

    def _tracks(self, viewer: Viewer, grant: Grant) -> Iterator[Track]:
        """The granted positions; a driver's are only those of their own turns at the wheel."""
        for device in sorted(grant.devices):
            turns = access.turns(
                viewer, self._gate.fleet.attribution(device), grant, self._gate.closed_for(grant.purpose)
            )
            one = msgspec.structs.replace(grant, devices=frozenset({device}))
            for track in self._history.track(one):
                for from_ms, to_ms in turns if turns is not None else ((grant.from_ms, grant.to_ms),):
                    if len(part := track.between(from_ms, to_ms)):
                        yield part

    def now_ms(self) -> int:
        """The moment that ages are reckoned from."""
        return self._gate.now_ms()

    def private(self, device: str) -> bool:
        """Whether the device's person has private time now."""
        return access.private(self._gate.fleet.rules(device), self._gate.now_ms())

    def who_looked(self, viewer: Viewer, before: int | None = None, limit: int = 100) -> list[Looked]:
        """The ledger's lines about the viewer's own positions, newest first."""
        names: dict[str, str | None] = {}
        found = []
        for line in self._gate.ledger.lines_of(viewer.person, before, limit):
            who = line.detail.viewer
            if who not in names:
                names[who] = self._name_of(who) if who else None
            found.append(
                Looked(
                    index=line.index,
                    time_ms=line.time_ms,
                    kind=line.kind,
                    viewer_name=names[who],
                    purpose=line.detail.purpose,
                    route=line.detail.route,
                    from_ms=line.detail.from_ms,
                    to_ms=line.detail.to_ms,
                    count=line.detail.count,
                    because=line.detail.more.get("because", ""),
                )
            )
        return found

    def proof(self, viewer: Viewer, index: int) -> Proof:
        """What shows the viewer's own entry in a line to anyone."""
        proof = self._gate.ledger.proof(viewer.person, index)
        if proof is None:
            raise AskError("no-such-line", "The ledger has no such line about you.", 404)
        return proof

    def head(self) -> Head:
        """The ledger's size and root now, signed."""
        return self._gate.ledger.head()


def _counted(tracks: Iterable[Track]) -> list[Day]:
    counts: dict[int, int] = {}
    for track in tracks:
        kept = track.fix_ms[(track.flags & int(Flag.GAP)) == 0] // DAY_MS
        for day, count in zip(*np.unique(kept, return_counts=True), strict=True):
            counts[int(day)] = counts.get(int(day), 0) + int(count)
    return [Day(str(np.datetime64(day, "D")), counts[day]) for day in sorted(counts)]
