"""The demo's own story: its administrator, its units, and what the store holds of their drive afterwards."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from waykeep.flows.fleet import New, Units
from waykeep.flows.looking import Access, History
from waykeep.model.access import SERVICE, Role, Viewer
from waykeep.model.frame import Reason
from waykeep.simulate.fleet import Unit
from waykeep.simulate.tracker import Stats
from waykeep.store.people import Person
from waykeep.store.records import Records

ADMINISTRATOR = "Demo"
BEFORE_MS = 86_400_000  # units were enrolled a day ago, so that the first second of a drive is believed


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What the demo ends with. `stored` is read back after a restart; `duplicates` are fixes that stand there twice.

    `bytes_per_position` is of the sealed history; a drive of seconds pays the padding of a day's row for few positions.
    """

    sent: int
    acknowledged: int
    refused: int
    stored: int
    resent: int
    duplicates: int
    ack_p50_ms: float
    ack_p99_ms: float
    bytes_per_position: float
    devices: dict[str, int]

    @property
    def right(self) -> bool:
        """Whether every acknowledged record is stored exactly once, or was refused."""
        return self.stored == self.acknowledged - self.refused and not self.duplicates


async def administrator(rows: Records, now_ms: int) -> Person:
    """The person of the demo, made once."""
    tenant = rows.people.organisations()[0].id
    for person in rows.people.all_of(tenant):
        if person.name == ADMINISTRATOR:
            return person
    new = Person(id="", tenant=tenant, role=Role.SERVER, name=ADMINISTRATOR, created_ms=now_ms)
    return await asyncio.wrap_future(rows.people.add(new, None))


async def enrol(flow: Units, viewer: Viewer, units: Sequence[Unit], now_ms: int) -> None:
    """Enrol the units that are not enrolled yet, in a group for each place."""
    groups = {group.name: group.id for group in flow.groups(viewer)}
    there = {unit.name for unit in flow.all_of(viewer)}
    for unit in units:
        if unit.name in there:
            continue
        if unit.group not in groups:
            groups[unit.group] = (await flow.new_group(viewer, unit.group)).id
        new = New(
            name=unit.name,
            unique_id=unit.unique_id,
            protocol=unit.protocol,
            model=unit.model,
            group=groups[unit.group],
            since_ms=now_ms - BEFORE_MS,
        )
        await flow.enrol(viewer, new)


def refused_of(counters: Mapping[str, int]) -> int:
    """Positions that the gate refused."""
    return sum(counters.get(f"refused.{reason}", 0) for reason in Reason)


async def counted(access: Access, history: History, viewer: Viewer, span_ms: tuple[int, int]) -> tuple[int, int]:
    """How many positions the store holds of a span, and how many of them it holds twice."""
    stored = twice = 0
    for device in [device.id for device in access.fleet.devices(viewer.tenant)]:
        grant = access.grant(viewer, SERVICE, [device], span_ms, "demo")
        await access.note("read", grant)
        fixes = [int(fix_ms) for track in history.track(grant) for fix_ms in track.fix_ms]
        stored += len(fixes)
        twice += len(fixes) - len(set(fixes))
    return stored, twice


def figures(
    stats: Stats, units: Sequence[Unit], refused: int, resent: int, held: tuple[int, int], size: tuple[int, int]
) -> Figures:
    """Put the two sides together; `size` is positions and sealed bytes of the whole history."""
    stored, duplicates = held
    positions, sealed_bytes = size
    return Figures(
        sent=stats.sent,
        acknowledged=stats.acknowledged,
        refused=refused,
        stored=stored,
        resent=resent,
        duplicates=duplicates,
        ack_p50_ms=round(stats.percentile_ms(0.5), 2),
        ack_p99_ms=round(stats.percentile_ms(0.99), 2),
        bytes_per_position=round(sealed_bytes / positions, 1) if positions else 0.0,
        devices=dict(sorted(Counter(unit.protocol for unit in units).items())),
    )
