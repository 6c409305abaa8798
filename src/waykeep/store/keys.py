"""Wrapped keys in their table and open keys in memory: what the vault is built on.

Each key is wrapped under its parent's key and the epoch key together, so that an older copy of the vault opens nothing
once its epoch key is gone, even beside the vault of today.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence

import msgspec

from waykeep import seal
from waykeep.errors import StoreError
from waykeep.store.engine import Database, new_id
from waykeep.store.keychain import Epoch

KEYS_IN_MEMORY = 500_000  # about 200 MB; beyond it the caches start anew
FIELDS = "id, kind, parent, tenant, subject, device, slot, state, wrapped"
INSERT = f"INSERT INTO wrapped_key ({FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 (a constant of ours)
WHERE = {
    "tenant": "kind = 'tenant' AND subject = ?",
    "subject": "kind = 'subject' AND subject = ?",
    "data": "kind = 'data' AND subject = ? AND device = ? AND slot = ?",
    "day": "kind = 'day' AND device = ? AND slot = ?",
    "seen": "kind = 'seen' AND device = ?",
    "lookup": "kind = 'lookup' AND subject = 't0' AND state = ?",
    "signing": "kind = 'signing' AND subject = 't0' AND state = ?",
}

Random = Callable[[int], bytes]
Name = tuple[str | int, ...]


class KeyGone(StoreError):  # noqa: N818 (it says what happened)
    """The key was destroyed: who it belonged to was forgotten."""


class Key(msgspec.Struct, frozen=True):
    """One open key."""

    id: str
    secret: bytes


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One wrapped key as it lies in the vault. `slot` is a month, a day or a time, `state` a word of its kind."""

    id: str
    kind: str
    parent: str | None
    tenant: str
    subject: str
    device: str | None
    slot: int
    state: str
    wrapped: bytes


class Keys:
    """The table and what of it is open. Each call holds `lock`, so that nothing is opened while it is destroyed."""

    def __init__(self, db: Database, epoch: Epoch, random: Random) -> None:
        self.db, self.epoch = db, epoch
        self.lock = threading.RLock()
        self._random = random
        self._open: dict[str, Key] = {}
        self._known: dict[tuple[str, Name], tuple[Row, ...]] = {}
        self._derived: dict[str, dict[str, bytes]] = {}

    def rows(self, kind: str, *name: str | int) -> tuple[Row, ...]:
        """Give the rows of one kind and name, from memory when they were asked for before."""
        with self.lock:
            found = self._known.get((kind, name))
            if found is None:
                found = self.select(WHERE[kind], name)
                if found:  # what is absent is not remembered: strangers could fill the memory
                    self._remember((kind, name), found)
            return found

    def select(self, where: str, values: Sequence[str | int]) -> tuple[Row, ...]:
        """Give the rows of a condition, straight from the file."""
        with self.db.read() as connection:
            found = connection.execute(f"SELECT {FIELDS} FROM wrapped_key WHERE {where}", values)  # noqa: S608 (constants of ours)
            return tuple(Row(*row) for row in found.fetchall())

    def by_id(self, key_id: str) -> Key | None:
        """Open a key by its id; None when there is none."""
        with self.lock:
            if key_id in self._open:
                return self._open[key_id]
            rows = self.select("id = ?", (key_id,))
            return self.key(rows[0]) if rows else None

    def key(self, row: Row) -> Key:
        """Open a row, its parents first."""
        with self.lock:
            if row.id not in self._open:
                self._open[row.id] = Key(row.id, seal.unwrap(self.wrapping(row.parent), row.wrapped))
            return self._open[row.id]

    def derived(self, key: Key, label: str) -> bytes:
        """Give a sub-key of an open key for one use."""
        with self.lock:
            derived = self._derived.setdefault(key.id, {})
            if label not in derived:
                derived[label] = seal.subkey(key.secret, label.encode())
            return derived[label]

    def wrapping(self, parent: str | None, epoch: Epoch | None = None) -> bytes:
        """Give the key that wraps the children of a parent (None = directly under the epoch) in an epoch."""
        used = epoch or self.epoch
        if parent is None:
            return seal.subkey(used.key, b"wrap")
        label = f"wrap {used.number}"
        with self.lock:
            derived = self._derived.setdefault(parent, {})
            if label not in derived:
                above = self.by_id(parent)
                if above is None:
                    raise KeyGone("the key above is gone")
                derived[label] = seal.subkey(above.secret + used.key, b"wrap")
            return derived[label]

    def fresh(
        self,
        kind: str,
        subject: str,
        parent: str | None = None,
        *,
        tenant: str = "",
        device: str | None = None,
        slot: int = 0,
        state: str = "present",
    ) -> tuple[Row, Key]:
        """Make a random key and its wrapped row, not stored yet."""
        key = Key(new_id("k", self._random), self._random(seal.KEY_BYTES))
        wrapped = seal.wrap(self.wrapping(parent), key.secret)
        row = Row(key.id, kind, parent, tenant, subject, device, slot, state, wrapped)
        return row, key

    def keep(self, row: Row, key: Key) -> Key:
        """Store one fresh key durably and leave it open."""
        with self.lock:
            self.add([row])
            self._open[key.id] = key
            return key

    def add(self, rows: Sequence[Row], replaced: Sequence[Row] = ()) -> None:
        """Store rows durably; the replaced ones stay, but are no longer the present ones."""
        with self.lock:
            if rows or replaced:
                self.db.write(lambda connection: _insert(connection, rows, replaced)).result()
            for row in (*rows, *replaced):
                self._known.pop(named(row), None)

    def delete(self, rows: Sequence[Row]) -> None:
        """Delete keys durably and close them; their bytes leave the file at the next checkpoint."""
        with self.lock:
            if rows:
                ids = [(row.id,) for row in rows]
                self.db.write(lambda c: c.executemany("DELETE FROM wrapped_key WHERE id = ?", ids)).result()
            self.drop(rows)

    def drop(self, rows: Iterable[Row]) -> None:
        """Close keys: nothing of them stays in memory."""
        with self.lock:
            for row in rows:
                self._open.pop(row.id, None)
                self._derived.pop(row.id, None)
                self._known.pop(named(row), None)

    def begin_epoch(self, epoch: Epoch) -> None:
        """Go over to a new epoch, after its rows are durable."""
        with self.lock:
            self.epoch = epoch
            self._known, self._derived = {}, {}

    def drop_all(self) -> None:
        """Close every key."""
        with self.lock:
            self._open, self._known, self._derived = {}, {}, {}

    def _remember(self, name: tuple[str, Name], rows: tuple[Row, ...]) -> None:
        if len(self._known) + len(self._open) > KEYS_IN_MEMORY:
            self.drop_all()
        self._known[name] = rows


def named(row: Row) -> tuple[str, Name]:
    """The name under which `rows` finds this row."""
    match row.kind:
        case "data":
            return row.kind, (row.subject, str(row.device), row.slot)
        case "day":
            return row.kind, (str(row.device), row.slot)
        case "seen":
            return row.kind, (str(row.device),)
        case "lookup" | "signing":
            return row.kind, (row.state,)
        case _:
            return row.kind, (row.subject,)


def _insert(connection: sqlite3.Connection, rows: Sequence[Row], replaced: Sequence[Row]) -> None:
    connection.executemany("UPDATE wrapped_key SET state = 'old' WHERE id = ?", [(row.id,) for row in replaced])
    connection.executemany(INSERT, [msgspec.structs.astuple(row) for row in rows])
