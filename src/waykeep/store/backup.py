"""Backups: the sealed databases copied while in use, without any frame under a device-day key, verified by opening."""

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Protocol as Shape

import msgspec

from waykeep.errors import AskError, StoreError
from waykeep.store import segments
from waykeep.store.engine import Database, private_folder, sync, write_private
from waykeep.store.parts import Place, Segment, open_track, seal_segment
from waykeep.store.vault import Vault

DAY_MS = 86_400_000
KEPT_MS = 30 * DAY_MS  # what the shipped documents say
MANIFEST = "manifest.json"
PEOPLE, TRACK = "waykeep.db", "track.db"
OPENED = 50  # sealed rows of each backup that are opened to verify it
READ_BYTES = 1 << 20


class Tail(Shape):
    """What a backup needs of compaction."""

    def still(self) -> AbstractContextManager[object]:
        """Keep every rewrite waiting for a block."""
        ...

    def provisional(self) -> Iterator[Segment]:
        """Give the tail of this moment under the keys of the subjects known now."""
        ...


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One backup: when it was made, the hash of each file, and how many erasures had been by then."""

    name: str
    made_ms: int
    files: dict[str, str]
    erasures: int
    positions: int


class Backups:
    """The folder of backups and its catalog: one folder each, named by its time."""

    def __init__(
        self,
        folder: Path,
        vault: Vault,
        random: Callable[[int], bytes],
        clock: Callable[[], int],
        kept_ms: int = KEPT_MS,
    ) -> None:
        self._folder, self._vault, self._random, self._clock = folder, vault, random, clock
        self._kept_ms = kept_ms

    def make(self, people: Database, track: Database | None, tail: Tail | None) -> Entry:
        """Copy both databases, verify them, and enter the copy into the catalog; a server without places has one."""
        now_ms = self._clock()
        partial = self._folder / f"{now_ms}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        private_folder(partial)
        try:
            people.copy_to(partial / PEOPLE)
            positions = 0 if track is None or tail is None else self._copy_track(track, tail, partial)
            erasures = self._vault.erasures.lines()
            entry = Entry(
                name=str(now_ms),
                made_ms=now_ms,
                files={name: _hash(partial / name) for name in (PEOPLE, TRACK) if (partial / name).exists()},
                erasures=erasures[-1].number if erasures else 0,
                positions=positions,
            )
            write_private(partial / MANIFEST, msgspec.json.encode(entry))
            self._verify(partial, entry)
            partial.rename(self._folder / entry.name)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        sync(self._folder)
        return entry

    def catalog(self) -> list[Entry]:
        """Every finished backup, oldest first."""
        found = [self._entry(path) for path in self._folder.glob(f"*/{MANIFEST}") if path.parent.name.isdecimal()]
        return sorted(found, key=lambda entry: entry.made_ms)

    def due(self, every_ms: int) -> bool:
        """Whether the newest backup is so old that another is promised."""
        found = self.catalog()
        return not found or found[-1].made_ms + every_ms <= self._clock()

    def verified(self, name: str) -> tuple[Path, Entry]:
        """Give the folder of one backup after checking it; StoreError when it is damaged."""
        folder = self._folder / name
        if not name.isdecimal() or not (folder / MANIFEST).exists():
            raise AskError(
                "no-such-backup", "There is no backup of this name; `waykeep backup --list` shows them.", 404
            )
        entry = self._entry(folder / MANIFEST)
        self._verify(folder, entry)
        return folder, entry

    def expire(self) -> int:
        """Remove the backups that are older than they may be, and what a crash left half-made."""
        now_ms = self._clock()
        old = [entry.name for entry in self.catalog() if entry.made_ms + self._kept_ms <= now_ms]
        for name in old:
            shutil.rmtree(self._folder / name)
        for path in self._folder.glob("*.partial"):
            if not path.stem.isdecimal() or int(path.stem) + DAY_MS <= now_ms:  # a younger one may be in the making
                shutil.rmtree(path, ignore_errors=True)
        return len(old)

    def _copy_track(self, track: Database, tail: Tail, folder: Path) -> int:
        """Copy the history; the tail's frames are left out, what they hold goes in as provisional segments."""
        whole = folder / "whole.db"
        with tail.still():
            track.copy_to(whole)
            with closing(sqlite3.connect(whole, isolation_level=None)) as copy:
                for pragma in ("secure_delete=ON", "temp_store=MEMORY", "journal_mode=OFF", "synchronous=OFF"):
                    copy.execute(f"PRAGMA {pragma}").fetchall()
                copy.execute("DELETE FROM tail")
                copy.execute("DELETE FROM seen")
                copy.execute("DELETE FROM unfolded")
                self._insert(copy, tail.provisional())
                # A file without free pages: nothing of the tail can linger in them.
                copy.execute("VACUUM INTO ?", (str(folder / TRACK),))
                positions = copy.execute("SELECT coalesce(sum(count), 0) FROM segment").fetchall()[0][0]
        (folder / TRACK).chmod(0o600)
        sync(folder / TRACK)
        whole.unlink()
        return int(positions)

    def _insert(self, copy: sqlite3.Connection, rows: Iterable[Segment]) -> None:
        """Add provisional rows; one whose place is taken gets the next free part, which it must be sealed for."""
        for row in rows:
            place = (row.device, row.day, row.subject)
            taken = copy.execute("SELECT max(part) FROM segment WHERE device = ? AND day = ? AND subject = ?", place)
            part = max(row.part, (taken.fetchall()[0][0] or 0) + 1)
            segments.replace(copy, (), [row if part == row.part else self._moved(row, part)])

    def _moved(self, row: Segment, part: int) -> Segment:
        key = self._vault.keys.by_id(row.key)
        if key is None:
            raise StoreError("a key went while the backup was made; make it again")
        place = Place(row.tenant, row.device, row.day, row.subject, part)
        return seal_segment(open_track(row, key.secret), place, key.id, key.secret, self._random)

    def _verify(self, folder: Path, entry: Entry) -> None:
        for name, said in entry.files.items():
            if _hash(folder / name) != said:
                raise StoreError(f"backup {entry.name}: {name} is not what was written")
            with closing(sqlite3.connect(f"file:{folder / name}?mode=ro&immutable=1", uri=True)) as copy:
                if copy.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                    raise StoreError(f"backup {entry.name}: {name} does not verify")
                if name == TRACK:
                    self._open_some(copy)

    def _open_some(self, copy: sqlite3.Connection) -> None:
        some = "SELECT rowid FROM segment ORDER BY random() LIMIT ?"
        query = f"SELECT {segments.COLUMNS} FROM segment WHERE rowid IN ({some})"  # noqa: S608 (constants of ours)
        rows = copy.execute(query, (OPENED,)).fetchall()
        for row in (Segment(*one) for one in rows):
            secret = self._vault.open_data_key(row.key)
            if secret is not None:  # else it was forgotten, or sealed anew since
                open_track(row, secret)

    def _entry(self, path: Path) -> Entry:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Entry)
        except msgspec.MsgspecError as error:
            raise StoreError(f"backup {path.parent.name}: its manifest is damaged") from error


def _hash(path: Path) -> str:
    done = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(READ_BYTES):
            done.update(piece)
    return done.hexdigest()
