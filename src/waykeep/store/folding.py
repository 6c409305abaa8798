"""Hashes on their way into their table: one row a commit, sorted in later, many of a device at once.

A row of `unfolded` leaves only in the commit in which the last of its hashes is in `seen`. To fold one twice changes
nothing, so a crash or a failed commit costs the work only. All of this runs in the writer's thread.

What is durable is gathered in memory as it comes, so that no commit stops to read thousands of hashes back. It counts
only while the table begins with the batch that it begins with; else the table is read.
"""

import sqlite3
from collections import deque
from collections.abc import Iterable

import msgspec

from waykeep.store.statements import insert

FOLD_FROM = 8192  # hashes; so many that most devices' pages are written once for several of their frames
SLICE = 128  # rows a commit at least, so that no commit waits for a whole fold

UNFOLDED = "INSERT INTO unfolded (id, hashes) VALUES (?, ?)"
SEEN = "INSERT OR REPLACE INTO seen (device, key, bucket, frame, hashes) VALUES "

Row = tuple[str, str, bytes, int, bytes]  # as in `seen`
Buckets = dict[tuple[str, str, bytes], tuple[int, list[bytes]]]

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[Row]).decode


def fold_all(connection: sqlite3.Connection) -> None:
    """Fold whatever waits: before hashes are deleted by device or key, and at the start."""
    rows, _, last = _waiting(connection)
    insert(connection, SEEN, 5, rows)
    connection.execute("DELETE FROM unfolded WHERE id <= ?", (last,))


class Folding:
    """Takes each commit's hashes and folds a slice of what waits along with it."""

    def __init__(self) -> None:
        self.upto = 0  # the last batch that is folded with all before it, once the commit at work is durable
        self._sure = 0
        self._taken: deque[tuple[int, list[Row]]] = deque()  # in a commit that is not durable yet
        self._gathered: Buckets = {}
        self._from = self._to = self._count = 0  # the batches and the rows that are gathered
        self._rows: list[Row] = []
        self._at = self._first = self._last = 0

    def take(self, connection: sqlite3.Connection, batch: int, rows: list[Row], whole: bool) -> None:  # noqa: FBT001 (passed on by partial)
        """Keep a batch's hashes; `whole` folds all that waits."""
        if rows:
            connection.execute(UNFOLDED, (batch, _encode(rows)))
            self._taken.append((batch, rows))
        if whole:
            fold_all(connection)
            self._rows, self.upto = [], batch
            self._taken.clear()
            self._let_go()
            return
        if self._rows and not self._stands(connection):
            self._rows = []  # someone else has folded all, and may have deleted some of it since
        if not self._rows and self._count >= FOLD_FROM:
            self._begin(connection)
        if self._rows:
            self._slice(connection, max(SLICE, 2 * len(rows)))

    def durable(self, batch: int) -> int:
        """A batch is on disk: give the last batch that is folded."""
        while self._taken and self._taken[0][0] <= batch:
            self._to, rows = self._taken.popleft()
            self._from = self._from or self._to
            self._count += len(rows)
            _gather(self._gathered, rows)
        self._sure = self.upto
        return self._sure

    def failed(self) -> None:
        """A batch or its commit was undone: what was read of it is not to be trusted."""
        self._rows, self.upto = [], self._sure
        self._taken.clear()
        self._let_go()

    def _begin(self, connection: sqlite3.Connection) -> None:
        (first,) = connection.execute("SELECT min(id) FROM unfolded").fetchone()
        if first == self._from:
            self._rows, self._first, self._last = _sorted(self._gathered), self._from, self._to
        else:
            self._rows, self._first, self._last = _waiting(connection)
            self._taken.clear()  # read with the rest; joined to less, it would take the place of the fuller row
        self._at = 0
        self._let_go()

    def _let_go(self) -> None:
        self._gathered = {}
        self._from = self._to = self._count = 0

    def _stands(self, connection: sqlite3.Connection) -> bool:
        return bool(connection.execute("SELECT 1 FROM unfolded WHERE id = ?", (self._first,)).fetchall())

    def _slice(self, connection: sqlite3.Connection, size: int) -> None:
        insert(connection, SEEN, 5, self._rows[self._at : self._at + size])
        self._at += size
        if self._at >= len(self._rows):
            connection.execute("DELETE FROM unfolded WHERE id <= ?", (self._last,))
            self._rows, self.upto = [], self._last


def _waiting(connection: sqlite3.Connection) -> tuple[list[Row], int, int]:
    """What waits in the table's order, the hashes of one stretch of a device joined; the first and the last batch."""
    found = connection.execute("SELECT id, hashes FROM unfolded ORDER BY id").fetchall()
    if not found:
        return [], 0, 0
    buckets: Buckets = {}
    _gather(buckets, (row for _, packed in found for row in _decode(packed)))
    return _sorted(buckets), found[0][0], found[-1][0]


def _gather(buckets: Buckets, rows: Iterable[Row]) -> None:
    for device, key, bucket, frame, hashes in rows:
        last, some = buckets.get((device, key, bucket), (0, []))
        some.append(hashes)
        buckets[device, key, bucket] = max(last, frame), some


def _sorted(buckets: Buckets) -> list[Row]:
    """One row a bucket, numbered by its last frame: folded again with more, it is the same row or a fuller one."""
    return [(*name, frame, b"".join(some)) for name, (frame, some) in sorted(buckets.items())]
