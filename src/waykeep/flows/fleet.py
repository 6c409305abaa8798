"""The fleet's records: enrolling units, grouping them, saying who drives or holds them. Each change swaps first."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection
from concurrent.futures import Future
from typing import Annotated, Any

import msgspec

from waykeep.errors import AskError
from waykeep.flows.certificate import Certificate
from waykeep.flows.demands import checked
from waykeep.flows.directory import Directory
from waykeep.flows.signin import Clock
from waykeep.model.access import Viewer
from waykeep.model.position import Value
from waykeep.protocols import named
from waykeep.store.fleet import Assignment, Device, Group, wrong_unique_id
from waykeep.store.records import Records
from waykeep.store.waiting import Knock

# Unix ms up to the end of the year 9999: no later time means anything, and the store holds 64 bits.
Moment = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_999)]
UNIQUE_ID = re.compile(r"[A-Za-z0-9._:-]{3,64}")
LONGEST_NAME, MOST_SETTINGS, LONGEST_SETTING = 80, 40, 200
DRIVER, ASSIGNED = "driver", "assigned"
HOUR_MS, YEAR_MS = 3_600_000, 366 * 86_400_000
MINUTE_MS = 60_000  # devices tell whole seconds and lag by a few: a unit is believed from the minute of its enrolment
TAIL = 4  # so many characters of a unique id tell one's own devices apart and enrol none

Forget = Callable[[str, str], Awaitable[Certificate]]  # Rights.forget: subject, viewer's pseudonym
Noted = Callable[..., Future[int]]  # Ledger.action: kind, detail, subjects; tenant, viewer
Reattribute = Callable[[str, int], Awaitable[None]]  # device, from when: re-seal what was compacted since then


class New(msgspec.Struct, frozen=True, kw_only=True):
    """What enrolling a unit asks for."""

    name: str
    unique_id: str
    protocol: str
    model: str = ""
    group: str | None = None
    person: str | None = None
    plate: str | None = None
    settings: dict[str, Value] = {}
    since_ms: Moment | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What may be changed of a unit; what is absent stays, and UNSET differs from nothing."""

    name: str | None = None
    protocol: str | None = None
    model: str | None = None
    group: str | msgspec.UnsetType | None = msgspec.UNSET
    plate: str | msgspec.UnsetType | None = msgspec.UNSET
    settings: dict[str, Value] | None = None
    since_ms: Moment | None = None


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A unit as the portal lists it. The whole unique id is never shown again."""

    id: str
    name: str
    protocol: str
    model: str
    plate: str | None
    group: str | None
    person: str | None
    driver: str | None
    unique_id_tail: str
    since_ms: int
    private: bool


class Units:
    """Reads and changes units. One of another organisation, or out of the viewer's sight, does not exist for them."""

    def __init__(
        self,
        rows: Records,
        directory: Directory,
        protocols: frozenset[str],
        clock: Clock,
        *,
        forget: Forget,
        window_ms: int = 48 * HOUR_MS,
        reattribute: Reattribute | None = None,
        noted: Noted | None = None,
        hang_up: Callable[[Collection[str]], None] = lambda _: None,
    ) -> None:
        self._rows, self._directory, self._protocols, self._clock = rows, directory, protocols, clock
        self._forget, self._window_ms, self._reattribute, self._noted = forget, window_ms, reattribute, noted
        self._hang_up = hang_up
        self._turn = asyncio.Lock()  # what memory shows is what was written last

    def all_of(self, viewer: Viewer) -> list[Unit]:
        """Every unit that the viewer may see, by name."""
        seen = viewer.devices
        found = [self._unit(one) for one in self._directory.devices(viewer.tenant) if seen is None or one.id in seen]
        return sorted(found, key=lambda unit: unit.name.casefold())

    def find(self, viewer: Viewer, device: str) -> Unit:
        """One unit."""
        return self._unit(self._seen(viewer, device))

    async def enrol(self, viewer: Viewer, new: New) -> Unit:
        """Enrol a unit by its whole unique id; one that is held elsewhere is answered like a wrong one."""
        unique_id = new.unique_id.strip()
        if not UNIQUE_ID.fullmatch(unique_id):
            raise wrong_unique_id()
        now_ms = self._clock()
        device = Device(
            tenant=viewer.tenant,
            unique_id=unique_id,
            name=_good(new.name),
            protocol=self._good_protocol(new.protocol),
            model=_short(new.model) or "",
            plate=_short(new.plate),
            group=self._good_group(viewer, new.group),
            settings=_good_settings(new.settings, new.protocol),
            since_ms=now_ms // MINUTE_MS * MINUTE_MS if new.since_ms is None else min(new.since_ms, now_ms),
            created_ms=now_ms,
        )
        person = self._good_person(viewer, new.person)
        async with self._turn:
            made = await asyncio.to_thread(lambda: self._rows.fleet.add(device).result())
            if person is not None:
                await asyncio.wrap_future(self._rows.fleet.assign(made.id, ASSIGNED, person, made.since_ms))
            self._directory.put(made)
        await self._note("enrolled", viewer, {}, made.id, person)
        return self._unit(made)

    async def change(self, viewer: Viewer, device: str, change: Change) -> Unit:
        """Change a unit's record."""
        async with self._turn:
            before = self._seen(viewer, device)
            after = msgspec.structs.replace(before, **self._wanted(viewer, change, before))
            await asyncio.wrap_future(self._rows.fleet.save(after))
            self._directory.put(after)
        if (after.settings, after.protocol) != (before.settings, before.protocol):
            self._hang_up((device,))  # whoever is connected meets the new demands, and is read by the new settings
        if after.since_ms != before.since_ms or after.settings != before.settings:
            await self._note("unit-changed", viewer, {}, device)
        return self._unit(after)

    def _wanted(self, viewer: Viewer, change: Change, before: Device) -> dict[str, Any]:
        wanted: dict[str, Any] = {}
        if change.name is not None:
            wanted["name"] = _good(change.name)
        if change.protocol is not None:
            wanted["protocol"] = self._good_protocol(change.protocol)
        if change.model is not None:
            wanted["model"] = _short(change.model) or ""
        if change.group is not msgspec.UNSET:
            wanted["group"] = self._good_group(viewer, change.group)
        if change.plate is not msgspec.UNSET:
            wanted["plate"] = _short(change.plate)
        if change.settings is not None or change.protocol is not None:
            settings = before.settings if change.settings is None else change.settings
            wanted["settings"] = _good_settings(settings, wanted.get("protocol", before.protocol))
        if change.since_ms is not None:
            wanted["since_ms"] = min(change.since_ms, before.since_ms)
        return wanted

    async def assign(self, viewer: Viewer, device: str, kind: str, person: str | None, from_ms: int | None) -> Unit:
        """Say who drives or holds a unit from a time on, or that nobody does."""
        record, now_ms = self._seen(viewer, device), self._clock()
        if kind not in {DRIVER, ASSIGNED}:
            raise AskError("choice-unknown", "Choose driver or assigned.", 422)
        who = self._good_person(viewer, person)
        at_ms = now_ms if from_ms is None else from_ms
        if at_ms > now_ms + YEAR_MS:
            raise AskError("time-far", "An assignment begins within a year from now.", 422)
        if at_ms < now_ms - self._window_ms and self._reattribute is None:
            raise AskError("assignment-too-old", "The history of that time is sealed for its subject already.", 409)
        async with self._turn:
            await asyncio.wrap_future(self._rows.fleet.assign(device, kind, who, at_ms))
            self._directory.swap(device)
        if self._reattribute is not None:  # forgetting someone closes a window early: even today may be history
            await self._reattribute(device, at_ms)
        await self._note("assigned", viewer, {"kind": kind, "from_ms": str(at_ms)}, device, who)
        return self._unit(record)

    def assignments(self, viewer: Viewer, device: str) -> list[Assignment]:
        """Who drove and held a unit."""
        return self._rows.fleet.assignments(self._seen(viewer, device).id)

    async def forget(self, viewer: Viewer, device: str) -> Certificate:
        """Forget a unit for good; gives the certificate."""
        self._seen(viewer, device)
        return await self._forget(device, viewer.person)

    def waiting(self) -> list[Knock]:
        """Unknown devices that knocked; the route lets the server's administrators through only."""
        return self._rows.waiting.all()

    # Groups

    def groups(self, viewer: Viewer) -> list[Group]:
        """The groups of the viewer's organisation, of those they may see."""
        found = self._rows.fleet.groups(viewer.tenant)
        if viewer.devices is None:
            return found
        shown = {one.group for one in self._directory.devices(viewer.tenant) if one.id in viewer.devices}
        return [group for group in found if group.id in shown]

    async def new_group(self, viewer: Viewer, name: str) -> Group:
        """Make a group."""
        return await asyncio.wrap_future(self._rows.fleet.add_group(viewer.tenant, _good(name)))

    async def rename_group(self, viewer: Viewer, group: str, name: str) -> Group:
        """Give a group another name."""
        renamed = Group(self._seen_group(viewer, group), viewer.tenant, _good(name))
        if not await asyncio.wrap_future(self._rows.fleet.rename_group(renamed)):
            raise AskError("not-found", "There is no such group.", 404)
        return renamed

    async def drop_group(self, viewer: Viewer, group: str) -> None:
        """Take a group away; its units stay, in no group."""
        async with self._turn:
            self._seen_group(viewer, group)
            if not await asyncio.wrap_future(self._rows.fleet.drop_group(viewer.tenant, group)):
                raise AskError("not-found", "There is no such group.", 404)
            for device in self._directory.devices(viewer.tenant):
                if device.group == group:
                    self._directory.put(msgspec.structs.replace(device, group=None))
            self._directory.regroup()

    def _seen_group(self, viewer: Viewer, group: str) -> str:
        """Give the group back if the viewer sees it: a manager of one group leaves the others alone."""
        if group not in {one.id for one in self.groups(viewer)}:
            raise AskError("not-found", "There is no such group.", 404)
        return group

    async def _note(self, kind: str, viewer: Viewer, detail: dict[str, str], *subjects: str | None) -> None:
        """Leave a line in the ledger, durable before the answer."""
        if self._noted is not None:
            whose = [one for one in subjects if one is not None]
            line = self._noted(kind, detail, whose, tenant=viewer.tenant, viewer=viewer.person)
            await asyncio.wrap_future(line)

    def _seen(self, viewer: Viewer, device: str) -> Device:
        found = self._directory.sees(viewer, device)
        if found is None:
            raise AskError("not-found", "There is no such unit.", 404)
        return found

    def _unit(self, device: Device) -> Unit:
        now_ms = self._clock()
        attribution, rules = self._directory.attribution(device.id), self._directory.rules(device.id)
        holds = [
            [who for span, who in spans if span.holds(now_ms)] for spans in (attribution.assigned, attribution.drivers)
        ]
        assigned, drivers = holds
        return Unit(
            id=device.id,
            name=device.name,
            protocol=device.protocol,
            model=device.model,
            plate=device.plate,
            group=device.group,
            person=assigned[-1] if assigned else None,
            driver=drivers[-1] if drivers else None,
            unique_id_tail=device.unique_id[-min(TAIL, len(device.unique_id) // 2) :],
            since_ms=device.since_ms,
            private=any(span.holds(now_ms) for span in rules.private),
        )

    def _good_protocol(self, protocol: str) -> str:
        if protocol not in self._protocols:
            raise AskError("protocol-unknown", f"Choose one of: {', '.join(sorted(self._protocols))}.", 422)
        return protocol

    def _good_group(self, viewer: Viewer, group: str | None) -> str | None:
        if group is not None and group not in {one.id for one in self._rows.fleet.groups(viewer.tenant)}:
            raise AskError("not-found", "There is no such group.", 404)
        return group

    def _good_person(self, viewer: Viewer, person: str | None) -> str | None:
        if person is not None:
            found = self._rows.people.find(person)
            if found is None or found.tenant != viewer.tenant:
                raise AskError("not-found", "There is no such account.", 404)
        return person


def _good(name: str) -> str:
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= LONGEST_NAME or not plain.isprintable():
        raise AskError("name-not-usable", f"Give a name of 1 to {LONGEST_NAME} characters.", 422)
    return plain


def _short(text: str | None) -> str | None:
    plain = " ".join((text or "").split())
    if len(plain) > LONGEST_NAME or not plain.isprintable():
        raise AskError("text-too-long", f"Use at most {LONGEST_NAME} characters here.", 422)
    return plain or None


def _good_settings(settings: dict[str, Value], protocol: str) -> dict[str, Value]:
    texts = [text for item in settings.items() for text in item if isinstance(text, str)]
    if len(settings) > MOST_SETTINGS or any(len(text) > LONGEST_SETTING for text in texts):
        raise AskError("settings-too-many", "These are more or longer settings than any protocol has.", 422)
    checked(settings, speaks_http=_speaks_http(protocol))
    return settings


def _speaks_http(protocol: str) -> bool:
    spoken = named(protocol)
    return spoken is not None and "http" in spoken.transports
