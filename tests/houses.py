"""A whole house below the doors for tests: real vault, databases, ledger and compaction, and the flows of erasure."""

import os
from functools import partial

import msgspec

from road import EVERYTHING, position
from vaults import Clock, home
from waykeep.flows import commands, control
from waykeep.flows.directory import Directory
from waykeep.flows.keeping import Epochs
from waykeep.flows.parting import Parting
from waykeep.flows.rights import Rights
from waykeep.model.access import Grant, Purpose, Role
from waykeep.model.frame import Frame
from waykeep.model.rules import Rules
from waykeep.policy import gate
from waykeep.store import rehash
from waykeep.store.backup import Backups
from waykeep.store.compaction import Compaction
from waykeep.store.engine import Database, HomeLock
from waykeep.store.fleet import Device
from waykeep.store.forgotten import Forgotten
from waykeep.store.heads import Heads
from waykeep.store.history import History
from waykeep.store.journal import Journal
from waykeep.store.latest import Latest
from waykeep.store.ledger import Ledger
from waykeep.store.people import Person
from waykeep.store.records import records
from waykeep.store.schema import FILES
from waykeep.store.segments import Segments
from waykeep.store.tail import Tail
from waykeep.store.vault import Vault

DAY_MS = 86_400_000
NOON_MS = 20_600 * DAY_MS + 12 * 3_600_000


class House:
    """Open a home folder as the server does; `close` and open again as often as a test likes."""

    def __init__(self, path, now_ms=NOON_MS, **settings):
        self.path, self.clock = path, Clock(now_ms)
        self.settings = home(path, **settings)
        data = self.settings.path("data_dir")
        self.lock = HomeLock(data / "lock")
        self.vault = Vault(self.settings, os.urandom, self.clock, {})
        self.db = Database(data / "waykeep.db", FILES["waykeep.db"])
        self.track = Database(data / "track.db", FILES["track.db"])
        self.heads = Heads(self.settings.path("heads_dir"))
        self.ledger = Ledger(data / "ledger.db", self.vault, self.heads, os.urandom, self.clock)
        self.rows = records(self.db, self.vault, os.urandom)
        self.forgotten = Forgotten(self.db)
        self.directory = Directory(self.rows.fleet, self.rows.waiting, self.rules_for)
        self.journal = Journal(self.track, self.vault, os.urandom)
        self.tail = Tail(self.track, self.vault)
        self.latest = Latest(self.track, self.vault, os.urandom)
        self.compaction = Compaction(self.track, self.vault, self.directory.attribution, self.changed)
        self.history = History(Segments(self.track, self.vault), self.tail, lambda _: None, self.clock)
        self.parting = Parting(self.rows, self.directory, self.vault.has_subject)
        self.told = []
        self.rights = Rights(
            self.vault, self.compaction, self.parting, forgotten=self.forgotten, ledger=self.ledger,
            swap=self.directory.swap_all, clock=self.clock, sweeps=(self.db.checkpoint,),
            droppers=(self.journal.drop, self.tail.drop, self.latest.drop, self.parting.drop, self.told.append),
        )  # fmt: skip
        self.rehash = rehash.of(self.db, self.vault)
        self.alarms = []
        self.epochs = Epochs(
            self.vault, self.rights, self.rehash, days=self.settings.epoch_days, hashed=self.directory.rehash,
            alarm=self.alarms.append,
        )  # fmt: skip
        self.backups = Backups(self.settings.path("backup_dir"), self.vault, os.urandom, self.clock)

    def rules_for(self, device, _):
        return Rules(
            tenant=device.tenant, device=device.id, since_ms=device.since_ms, collects=EVERYTHING,
            forgotten=self.forgotten.of(device.id),
        )  # fmt: skip

    def changed(self, devices):
        self.journal.drop(devices)
        self.tail.drop(devices)

    def close(self):
        for part in (self.ledger, self.track, self.db, self.vault, self.lock):
            part.close()

    # People and devices

    def tenant(self, name="Organisation"):
        return self.rows.people.add_organisation(name, self.clock()).result().id

    def person(self, tenant, name="Ann"):
        made = Person(id="", tenant=tenant, role=Role.DRIVER, name=name, email=f"{name.lower()}@example.org")
        return self.rows.people.add(made, None).result().id

    def device(self, tenant, unique_id="352000000000001"):
        made = self.rows.fleet.add(
            Device(
                tenant=tenant,
                unique_id=unique_id,
                name="Van",
                protocol="osmand",
                since_ms=self.clock() - 900 * DAY_MS,
                created_ms=self.clock(),
            )
        ).result()
        self.directory.put(made)
        return made.id

    def drives(self, person, device, from_ms):
        self.rows.fleet.assign(device, "driver", person, from_ms).result()
        self.directory.swap(device)

    # Positions

    def report(self, device, *fixes_ms, received_ms=None):
        """Take fixes down the road: gate, then journal. Gives the verdict."""
        rules = self.directory.rules(device)
        places = tuple(position(ms) for ms in fixes_ms)
        received_ms = received_ms or max(self.clock(), *fixes_ms)
        frame = Frame(
            tenant=rules.tenant, device=device, received_ms=received_ms, positions=places,
            records=tuple(msgspec.json.encode(place) for place in places),
        )  # fmt: skip
        verdict = gate.admit(frame, rules, received_ms)
        if verdict.cleared is not None:
            self.journal.append([verdict.cleared]).result()
            self.latest.update(verdict.cleared)
        return verdict

    def read(self, device, from_ms=0, to_ms=1 << 45):
        """The fix times that are read back of a device."""
        tenants = [row[0] for row in self._ids("SELECT tenant FROM device WHERE id = ?", device)]
        grant = Grant(
            viewer="p", tenant=tenants[0] if tenants else "t", purpose=Purpose.PROVIDE_SERVICE,
            devices=frozenset({device}), from_ms=from_ms, to_ms=to_ms, route="test",
        )  # fmt: skip
        return [int(ms) for track in self.history.track(grant) for ms in track.fix_ms]

    def compact(self):
        """Close every window, as if its time had come."""
        self.compaction.close_window({one.id for one in self.directory.devices()})

    def back_up(self):
        return self.backups.make(self.db, self.track, self.compaction)

    def handlers(self):
        return commands.handlers(
            rights=self.rights, find=commands.finder(self.parting, self.rows.people, self.directory),
            back_up=self.back_up, catalog=self.backups.catalog, turn=self.epochs.turn,
        )  # fmt: skip

    def raw(self, *folders):
        """Every byte of every file of these folders (none: of the home folder)."""
        found = [self.path / folder for folder in folders] or [self.path]
        return b"".join(file.read_bytes() for one in found for file in sorted(one.rglob("*")) if file.is_file())

    def _ids(self, query, *values):
        with self.db.read() as connection:
            return connection.execute(query, values).fetchall()


def command(settings, open_house, what, **values):
    """Ask as the command line does."""
    return control.do(settings.path("data_dir"), partial(open_house), what, **values)


__all__ = ["DAY_MS", "NOON_MS", "House", "command"]
