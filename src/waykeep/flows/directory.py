"""Which devices there are, whose they are and what is promised about them: a snapshot in memory for every door.

A value given out is frozen. A change puts a new value in its place before the change is answered, so whoever asks
after the answer obeys it. A conversation must therefore ask `rules` for every frame and keep no copy.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future

import msgspec

from waykeep.flows.demands import Caller, admitted
from waykeep.model.access import Role, Viewer
from waykeep.model.position import Value
from waykeep.model.rules import Attribution, Rules, Span
from waykeep.policy.roles import SEES_ALL
from waykeep.store.fleet import Device, Fleet
from waykeep.store.waiting import Waiting

LONGEST_UNIQUE_ID = 64  # the longest of any protocol here is a 36-character UUID
# One write per waiting id and minute: a device that knocks each second must not cost a commit each second.
# And made-up ids cost one each: beyond so many not yet written, the next are passed over until they knock again.
KNOCK_EVERY_MS, KNOCKS_REMEMBERED, KNOCKS_UNWRITTEN = 60_000, 4096, 64

RulesFor = Callable[[Device, Attribution], Rules]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """A device that may report, as it is at this moment."""

    tenant: str
    device: str
    protocol: str
    settings: dict[str, Value]
    rules: Rules


class _Index(msgspec.Struct):
    """Devices by tenant and group, by whoever ever drove or held them, and by who may see them."""

    groups: dict[tuple[str, str], list[str]] = {}
    held: dict[str, list[str]] = {}
    seen: dict[str, frozenset[str]] = {}


def default_rules(device: Device, _: Attribution) -> Rules:
    """Nothing but what the device's record says; wiring gives the policy's own builder."""
    return Rules(tenant=device.tenant, device=device.id, since_ms=device.since_ms)


class Directory:
    """The snapshot. Only flows change it, on the event loop's thread."""

    def __init__(self, fleet: Fleet, waiting: Waiting, rules_for: RulesFor = default_rules) -> None:
        self._fleet, self._waiting, self._rules_for = fleet, waiting, rules_for
        self._devices: dict[str, Device] = {}
        self._known: dict[str, Known] = {}
        self._by_hash: dict[bytes, str] = {}
        self._hashes: dict[str, bytes] = {}
        self._attributions: dict[str, Attribution] = {}
        self._groups: dict[str, frozenset[str]] = {}
        self._knocks: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._unwritten = set[Future[None]]()
        self._gone: list[Callable[[str], None]] = []
        self._index: _Index | None = None
        self.load()

    def load(self) -> None:
        """Read everything: at the start, and after a restore."""
        attributions = _attributions(self._fleet)
        devices, by_hash = {}, {}
        for device, unique_hash in self._fleet.devices():
            devices[device.id], by_hash[unique_hash] = device, device.id
        self._attributions, self._devices = attributions, devices
        self._by_hash, self._hashes = by_hash, {device: unique_hash for unique_hash, device in by_hash.items()}
        self._groups = self._fleet.memberships()
        self._index = None
        self._known = {device: self._make(device) for device in devices}

    def rehash(self) -> None:
        """Take the new look-up hashes after the look-up key was replaced."""
        hashes = {device: unique_hash for device, unique_hash in self._fleet.hashes() if device in self._devices}
        self._by_hash, self._hashes = {unique_hash: device for device, unique_hash in hashes.items()}, hashes

    def rules_from(self, rules_for: RulesFor) -> None:
        """Let the policy build the rules from now on."""
        self._rules_for = rules_for
        self._known = {device: self._make(device) for device in self._devices}

    def on_gone(self, told: Callable[[str], None]) -> None:
        """Call this with every device that leaves: doors hang up on it, views lose it."""
        self._gone.append(told)

    # What the gateway and the intake ask

    def resolve(self, unique_ids: tuple[str, ...], protocol: str, caller: Caller) -> Known | None:
        """The device with one of these ids, if it may report by this protocol and the caller brings what it demands."""
        for unique_id in unique_ids:
            device = self._by_hash.get(self._fleet.hash_of(unique_id.strip()[: LONGEST_UNIQUE_ID + 1]))
            known = None if device is None else self._known.get(device)
            if known is not None and known.protocol == protocol and admitted(known.settings, caller):
                return known
        return None

    def waiting(self, unique_id: str, protocol: str, now_ms: int) -> None:
        """Note that an unknown device knocked; returns at once, the store writes it later."""
        unique_id = unique_id.strip()
        if not unique_id or len(unique_id) > LONGEST_UNIQUE_ID or not unique_id.isprintable():
            return
        last_ms = self._knocks.pop((unique_id, protocol), None)
        if last_ms is not None and last_ms <= now_ms < last_ms + KNOCK_EVERY_MS:
            self._knocks[unique_id, protocol] = last_ms
            return
        if len(self._unwritten) >= KNOCKS_UNWRITTEN:
            self._unwritten = {one for one in self._unwritten if not one.done()}
            if len(self._unwritten) >= KNOCKS_UNWRITTEN:
                return
        self._knocks[unique_id, protocol] = now_ms
        while len(self._knocks) > KNOCKS_REMEMBERED:
            self._knocks.popitem(last=False)
        if self._fleet.hash_of(unique_id) not in self._by_hash:
            self._unwritten.add(self._waiting.knock(unique_id, protocol, now_ms))

    def rules(self, device: str) -> Rules:
        """What is promised about a device now; of one that left, nothing is accepted."""
        known = self._known.get(device)
        return Rules(tenant="", device=device, keeps_location=False, withdrawn=True) if known is None else known.rules

    def attribution(self, device: str) -> Attribution:
        """Whose the fixes of a device are, over time."""
        return self._attributions.get(device) or Attribution(device=device)

    # What flows and doors to people ask

    def device(self, device: str) -> Device | None:
        """The record of a device."""
        return self._devices.get(device)

    def devices(self, tenant: str | None = None) -> list[Device]:
        """Every device of a tenant (None: of all)."""
        return [device for device in self._devices.values() if tenant is None or device.tenant == tenant]

    def seen_by(self, person: str, tenant: str, role: Role, now_ms: int) -> frozenset[str] | None:
        """The devices that an account may see; None = all of its tenant."""
        groups = self._groups.get(person, frozenset())
        if role in SEES_ALL or (role is Role.MANAGER and not groups):
            return None
        index = self._indexed()
        if role is Role.DRIVER:
            ever = index.held.get(person, ())
            return frozenset(device for device in ever if _held(self.attribution(device), person, now_ms))
        if person not in index.seen:
            own = (index.groups.get((tenant, group), ()) for group in groups)
            index.seen[person] = frozenset(one for devices in own for one in devices)
        return index.seen[person]

    def sees(self, viewer: Viewer, device: str) -> Device | None:
        """The device's record if this viewer may see it; one of another tenant is like one that does not exist."""
        found = self._devices.get(device)
        if found is None or found.tenant != viewer.tenant:
            return None
        return found if viewer.devices is None or device in viewer.devices else None

    # What flows change

    def put(self, device: Device) -> None:
        """Swap in a device's record and what follows from it."""
        unique_hash = self._fleet.hash_of(device.unique_id)
        before = self._hashes.get(device.id)
        if device.id not in self._devices:
            self._attributions.update(_attributions(self._fleet, device.id))
        self._devices[device.id], self._index = device, None
        self._known[device.id] = self._make(device.id)
        if before is not None and before != unique_hash:
            del self._by_hash[before]
        self._by_hash[unique_hash], self._hashes[device.id] = device.id, unique_hash

    def swap(self, device: str) -> None:
        """Build a device's rules and attribution anew, after a change and before it is answered."""
        if device in self._devices:
            fresh = _attributions(self._fleet, device).get(device) or Attribution(device=device)
            self._attributions[device], self._index = fresh, None
            self._known[device] = self._make(device)

    def swap_all(self, devices: Iterable[str] | None = None) -> None:
        """Build the rules of many devices anew (None: of all)."""
        for device in tuple(self._devices) if devices is None else devices:
            self.swap(device)

    def regroup(self) -> None:
        """Read anew who was given which groups."""
        self._groups, self._index = self._fleet.memberships(), None

    def drop(self, device: str) -> None:
        """Forget a device at once; everyone who asked to be told is told."""
        unique_hash = self._hashes.pop(device, None)
        if unique_hash is not None:
            self._by_hash.pop(unique_hash, None)
        for place in (self._known, self._devices, self._attributions):
            place.pop(device, None)
        self._index = None
        for told in self._gone:
            told(device)

    def _indexed(self) -> "_Index":
        """What each request asks, found once after a change instead of in every device."""
        if self._index is None:
            made = _Index()
            for device in self._devices.values():
                if device.group is not None:
                    made.groups.setdefault((device.tenant, device.group), []).append(device.id)
            for device_id, one in self._attributions.items():
                for person in {who for _, who in (*one.drivers, *one.assigned)}:
                    made.held.setdefault(person, []).append(device_id)
            self._index = made
        return self._index

    def _make(self, device: str) -> Known:
        record = self._devices[device]
        return Known(
            tenant=record.tenant,
            device=device,
            protocol=record.protocol,
            settings=record.settings,
            rules=self._rules_for(record, self.attribution(device)),
        )


def _attributions(fleet: Fleet, device: str | None = None) -> dict[str, Attribution]:
    spans: dict[str, dict[str, list[tuple[Span, str]]]] = {}
    for one in fleet.assignments(device):
        kinds = spans.setdefault(one.device, {"driver": [], "assigned": []})
        kinds[one.kind].append((Span(one.from_ms, one.to_ms), one.person))
    return {
        id_: Attribution(device=id_, drivers=tuple(kinds["driver"]), assigned=tuple(kinds["assigned"]))
        for id_, kinds in spans.items()
    }


def _held(attribution: Attribution, person: str, now_ms: int) -> bool:
    return any(
        who == person and span.holds(now_ms)
        for spans in (attribution.drivers, attribution.assigned)
        for span, who in spans
    )
