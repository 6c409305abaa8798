"""The history: one sealed row for each device, UTC day, subject and stretch of it."""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from functools import partial

import msgspec

from waykeep.store.engine import Database
from waykeep.store.folding import fold_all
from waykeep.store.parts import Header, Segment, open_header, open_track
from waykeep.store.track import DAY_MS, Track
from waykeep.store.vault import Vault

COLUMNS = "tenant, device, day, subject, part, count, key, version, header, body"
INSERT = f"INSERT OR REPLACE INTO segment ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 (a constant of ours)
DELETE = "DELETE FROM segment WHERE device = ? AND day = ? AND subject = ? AND part = ?"


class Segments:
    """Reads and replaces rows. A row whose key was destroyed is gone: it is left out; any other failure is raised."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db, self._vault = db, vault

    def rows(self, device: str, from_day: int, to_day: int) -> list[Segment]:
        """The rows of a device's days, both included, in the order of time."""
        with self._db.read() as connection:
            return rows_of(connection, device, from_day, to_day)

    def tracks(self, rows: Sequence[Segment]) -> list[Track]:
        """The open bodies of rows whose key still exists."""
        secrets = {row.key: self._vault.open_data_key(row.key) for row in rows}
        return [open_track(row, secret) for row in rows if (secret := secrets[row.key]) is not None]

    def read(self, device: str, from_ms: int, to_ms: int) -> list[Track]:
        """The positions of a span of fix time, one track for each row; `to_ms` is exclusive."""
        rows = self.rows(device, from_ms // DAY_MS, (to_ms - 1) // DAY_MS)
        return [track.between(from_ms, to_ms) for track in self.tracks(rows)]

    def headers(self, device: str, from_day: int, to_day: int) -> list[Header]:
        """The open headers of a device's days."""
        rows = self.rows(device, from_day, to_day)
        secrets = {row.key: self._vault.open_data_key(row.key) for row in rows}
        return [open_header(row, secret) for row in rows if (secret := secrets[row.key]) is not None]

    def days(self, device: str, from_day: int, to_day: int) -> dict[int, int]:
        """How many positions each day holds whose key still exists."""
        with self._db.read() as connection:
            found = connection.execute(
                "SELECT day, count, key FROM segment WHERE device = ? AND day BETWEEN ? AND ?",
                (device, from_day, to_day),
            ).fetchall()
        counts: dict[int, int] = {}
        open_keys = {key: self._vault.open_data_key(key) is not None for key in {key for _, _, key in found}}
        for day, count, key in found:
            if open_keys[key]:
                counts[day] = counts.get(day, 0) + count
        return counts

    def size(self) -> tuple[int, int]:
        """How many positions the rows hold, and their sealed bytes."""
        with self._db.read() as connection:
            sums = "coalesce(sum(count), 0), coalesce(sum(length(header) + length(body)), 0)"
            count, size = connection.execute(f"SELECT {sums} FROM segment").fetchone()  # noqa: S608 (a constant of ours)
        return count, size

    def sweep(self, keys: Collection[str]) -> int:
        """Delete every row, tail frame and latest under destroyed keys; say how many."""
        return self._db.write(partial(_sweep, [(key,) for key in keys])).result()


def rows_of(connection: sqlite3.Connection, device: str, from_day: int, to_day: int) -> list[Segment]:
    """The rows of a device's days, both included."""
    found = connection.execute(
        f"SELECT {COLUMNS} FROM segment WHERE device = ? AND day BETWEEN ? AND ? ORDER BY day, part",  # noqa: S608 (a constant of ours)
        (device, from_day, to_day),
    )
    return [Segment(*row) for row in found.fetchall()]


def replace(connection: sqlite3.Connection, old: Iterable[Segment], new: Iterable[Segment]) -> None:
    """Put new rows in the place of old ones."""
    connection.executemany(DELETE, [(row.device, row.day, row.subject, row.part) for row in old])
    connection.executemany(INSERT, [msgspec.structs.astuple(row) for row in new])


def _sweep(keys: Sequence[tuple[str]], connection: sqlite3.Connection) -> int:
    fold_all(connection)
    before = connection.total_changes
    for table in ("segment", "tail", "latest", "seen"):
        connection.executemany(f"DELETE FROM {table} WHERE key = ?", keys)  # noqa: S608 (names of ours)
    return connection.total_changes - before
