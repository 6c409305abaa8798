"""The road of a position for tests: real vault, database, journal and gate in a folder; positions made by hand."""

import os
from pathlib import Path

from waykeep.flows.demands import admitted
from waykeep.flows.directory import Known
from waykeep.model.frame import Frame
from waykeep.model.position import Position
from waykeep.model.rules import Attribution, Rules
from waykeep.policy import gate
from waykeep.settings import Settings
from waykeep.store.compaction import Compaction
from waykeep.store.engine import Database
from waykeep.store.history import History
from waykeep.store.journal import Journal
from waykeep.store.keychain import create_root_key
from waykeep.store.latest import Latest
from waykeep.store.segments import Segments
from waykeep.store.tail import Tail
from waykeep.store.track_tables import METADATA
from waykeep.store.vault import Vault

DAY_MS = 86_400_000
NOON_MS = 20_600 * DAY_MS + 12 * 3_600_000
TENANT = "t" + "a" * 16
EVERYTHING = frozenset({
    "location.precise", "location.coarse", "vehicle.status", "vehicle.diagnostic", "vehicle.fuel", "driver.behaviour",
    "device.technical", "quality.signal", "movement.speed", "movement.course",
})  # fmt: skip


def device_id(number=0):
    return "d" + f"{number:016d}"


def person_id(number=0):
    return "p" + f"{number:016d}"


class Store:
    """Everything below the flows, as wiring makes it."""

    def __init__(self, home: Path, now_ms=NOON_MS, devices=1, people=0, synchronous="FULL"):
        self.now_ms = now_ms
        self.home = home
        create_root_key("root.key", home, os.urandom)
        self.vault = Vault(Settings(home=str(home)), os.urandom, lambda: self.now_ms, {})
        self.vault.new_tenant(TENANT)
        for number in range(devices):
            self.vault.new_subject(TENANT, device_id(number))
        for number in range(people):
            self.vault.new_subject(TENANT, person_id(number))
        self.db = Database(home / "data" / "track.db", METADATA, synchronous)
        self.attributions = {}
        self.retention_ms = None
        self.journal = Journal(self.db, self.vault, os.urandom)
        self.tail = Tail(self.db, self.vault)
        self.segments = Segments(self.db, self.vault)
        self.latest = Latest(self.db, self.vault, os.urandom, lambda _: self.retention_ms, lambda: self.now_ms)
        self.compaction = Compaction(self.db, self.vault, self.attribution, self.changed)
        self.history = History(self.segments, self.tail, lambda _: self.retention_ms, lambda: self.now_ms)

    def attribution(self, device):
        return self.attributions.get(device) or Attribution(device=device)

    def changed(self, devices):
        self.journal.drop(devices)
        self.tail.drop(devices)

    def write(self, *frames):
        return self.journal.append(frames).result()

    def positions(self, device=None, from_ms=0, to_ms=1 << 45):
        """Fix time and place of everything that is read back."""
        from waykeep.model.access import Grant, Purpose  # noqa: PLC0415 (only here)

        one = device or device_id()
        grant = Grant(
            viewer="p", tenant=TENANT, purpose=Purpose.PROVIDE_SERVICE, devices=frozenset({one}), from_ms=from_ms,
            to_ms=to_ms, route="test",
        )  # fmt: skip
        tracks = list(self.history.track(grant))
        return [(int(t), int(x)) for track in tracks for t, x in zip(track.fix_ms, track.latitude_e7, strict=True)]

    def close(self):
        self.db.close()
        self.vault.close()


def position(fix_ms, latitude_deg=35.7, longitude_deg=51.4, **changes):
    return Position(fix_ms=fix_ms, latitude_deg=latitude_deg, longitude_deg=longitude_deg, **changes)


def frame(positions, received_ms=None, device=None, records=None):
    received_ms = received_ms or max(p.fix_ms for p in positions)
    return Frame(
        tenant=TENANT,
        device=device or device_id(),
        received_ms=received_ms,
        positions=tuple(positions),
        records=tuple(records or (repr(one).encode() for one in positions)),
    )


def rules(device=None, **changes):
    return Rules(tenant=TENANT, device=device or device_id(), **({"collects": EVERYTHING} | changes))


def cleared(positions, received_ms=None, device=None, records=None, **promises):
    made = frame(positions, received_ms, device, records)
    found = gate.admit(made, rules(device, **promises), made.received_ms).cleared
    assert found is not None
    return found


class Directory:
    """Devices of a test: unique id -> Known."""

    def __init__(self, protocol, count=1, collects=EVERYTHING):
        self.known = {
            f"{352_000_000_000_000 + number}": Known(
                tenant=TENANT, device=device_id(number), protocol=protocol, settings={}, rules=rules(device_id(number)),
            )
            for number in range(count)
        }  # fmt: skip
        self.promises = {one.device: one.rules for one in self.known.values()}
        self.knocked = []
        del collects

    def resolve(self, unique_ids, protocol, caller):
        found = next((self.known[one] for one in unique_ids if one in self.known), None)
        fits = found is not None and found.protocol == protocol and admitted(found.settings, caller)
        return found if fits else None

    def waiting(self, unique_id, protocol, now_ms):
        self.knocked.append((unique_id, protocol, now_ms))

    def rules(self, device):
        return self.promises[device]


class Shown:
    """Who follows the journal, in order."""

    def __init__(self):
        self.frames = []

    def publish(self, frame):
        self.frames.append(frame)
