"""The open home folder: settings, policy, keys, files, and what rests on them alone."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any

import msgspec

from waykeep.flows import keeping, publishing
from waykeep.flows.directory import Directory
from waykeep.flows.intake import Intake
from waykeep.flows.parting import Parting
from waykeep.flows.promises import Promises
from waykeep.live import Live
from waykeep.policy import document
from waykeep.policy.clockguard import Moment
from waykeep.policy.document import Policy
from waykeep.settings import Settings
from waykeep.store import datamap, documents, proof, versions
from waykeep.store.backup import Backups, Entry
from waykeep.store.compaction import Compaction
from waykeep.store.engine import Database
from waykeep.store.forgotten import Forgotten
from waykeep.store.heads import Heads
from waykeep.store.history import History
from waykeep.store.journal import Journal
from waykeep.store.latest import Latest
from waykeep.store.ledger import Ledger
from waykeep.store.promises import Refusals, Said
from waykeep.store.proof import Proofs
from waykeep.store.records import Records, records
from waykeep.store.schema import FILES
from waykeep.store.segments import Segments
from waykeep.store.tail import Tail
from waykeep.store.vault import Vault
from waykeep.store.versions import Versions

Clock = Callable[[], int]


def now_ms() -> int:
    """The wall clock: Unix milliseconds, UTC."""
    return time.time_ns() // 1_000_000  # noqa: TID251 (the one place where a server's clock comes in)


def moment() -> Moment:
    """Both clocks."""
    return Moment(wall_ms=now_ms(), boot_ms=time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000)


def policy_of(settings: Settings, *, demo: bool = False) -> Policy:
    """The policy document in force in this home; StartError names each value that it leaves open."""
    found = read_policy(settings, demo=demo)
    document.complete(found)
    return found


def read_policy(settings: Settings, *, demo: bool = False) -> Policy:
    """The policy document in force in this home, perhaps with values that it leaves open."""
    file = settings.path("policy_file") if settings.policy_file else None
    known = versions.on_disk(settings.path("data_dir") / "waykeep.db")
    return documents.in_force(settings.profile, file, known, now_ms(), fill=demo or settings.demo_values)


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about positions at rest; a server whose policy keeps no location has none of it."""

    db: Database
    journal: Journal
    tail: Tail
    segments: Segments
    latest: Latest
    history: History
    compaction: Compaction

    def changed(self, devices: Collection[str]) -> None:
        """Empty what memory holds of these devices' tails and keys."""
        self.journal.drop(devices)
        self.tail.drop(devices)


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """The open home folder: files, keys, and what rests on them alone."""

    settings: Settings
    policy: Policy
    vault: Vault
    people: Database
    rows: Records
    ledger: Ledger
    directory: Directory
    promises: Promises
    forgotten: Forgotten
    parting: Parting
    backups: Backups
    refusals: Refusals
    versions: Versions
    proofs: Proofs
    live: Live
    track: Track | None
    holds: "Holds"

    def back_up(self) -> Entry:
        """Make a backup now."""
        track = self.track
        return self.backups.make(self.people, track.db if track else None, track.compaction if track else None)


class Holds:
    """The intake's hold, once there is an intake: a rewrite keeps the frames of its devices waiting."""

    intake: Intake | None = None

    def __call__(self, devices: Collection[str]) -> Any:
        """A block in which these devices' frames wait."""
        return nullcontext() if self.intake is None else self.intake.held(devices)


@contextmanager
def store(settings: Settings, policy: Policy, clock: Clock = now_ms) -> Iterator[Store]:
    """Open the home folder; the caller holds its lock."""
    datamap.check_document(FILES.values(), {name for name, one in policy.parts.categories.items() if one.identifying})
    with ExitStack() as stack:
        data = settings.path("data_dir")
        vault = Vault(settings, os.urandom, clock)
        stack.callback(vault.close)
        people = Database(data / "waykeep.db", FILES["waykeep.db"])
        stack.callback(people.close)
        ledger = Ledger(data / "ledger.db", vault, Heads(settings.path("heads_dir")), os.urandom, clock)
        stack.callback(ledger.close)
        rows = records(people, vault, os.urandom)
        forgotten = Forgotten(people)
        promises = Promises(
            policy,
            Said(people, vault, os.urandom),
            clock,
            forgotten=forgotten.of,
            noted=partial(_noted, ledger),
            clauses=documents.clauses(policy),
        )
        directory = Directory(rows.fleet, rows.waiting, promises.rules_for)
        promises.swaps(directory)
        holds = Holds()
        track = _track(stack, settings, vault, directory, holds, clock) if policy.keeps_location else None
        published = Versions(people, vault.signing_seed(versions.PURPOSE))
        publishing.begin(published, policy, "first" if settings.policy_file else versions.SHIPPED, clock())
        yield Store(
            settings=settings,
            policy=policy,
            vault=vault,
            people=people,
            rows=rows,
            ledger=ledger,
            directory=directory,
            promises=promises,
            forgotten=forgotten,
            parting=Parting(rows, directory, vault.has_subject),
            backups=Backups(
                settings.path("backup_dir"), vault, os.urandom, clock, keeping.copies(policy.parts.backups).kept_ms
            ),
            refusals=Refusals(people),
            versions=published,
            proofs=Proofs(data / "proof.json", vault.signing_seed(proof.PURPOSE)),
            live=Live(),
            track=track,
            holds=holds,
        )


def _track(
    stack: ExitStack, settings: Settings, vault: Vault, directory: Directory, holds: Holds, clock: Clock
) -> Track:
    db = Database(settings.path("data_dir") / "track.db", FILES["track.db"])
    stack.callback(db.close)
    journal, tail, segments = Journal(db, vault, os.urandom), Tail(db, vault), Segments(db, vault)

    def changed(devices: Collection[str]) -> None:
        journal.drop(devices)
        tail.drop(devices)

    def kept_ms(device: str) -> int | None:
        return directory.rules(device).retention_ms

    return Track(
        db=db,
        journal=journal,
        tail=tail,
        segments=segments,
        latest=Latest(db, vault, os.urandom, kept_ms, clock),
        history=History(segments, tail, kept_ms, clock),
        compaction=Compaction(db, vault, directory.attribution, changed, holds),
    )


def _noted(ledger: Ledger, kind: str, detail: Mapping[str, str], subject: str, tenant: str) -> Any:
    return ledger.action(kind, detail, (subject,), tenant=tenant, viewer=subject)
