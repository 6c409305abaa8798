"""Erasing is destroying keys: the rows go, a line without a name stays, and the old bytes are looked for."""

import json
import mmap
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from waykeep import seal
from waykeep.errors import StartError, StoreError
from waykeep.store.engine import private_folder, sync, write_private
from waykeep.store.keys import FIELDS, Keys, Row

FILES = ("", "-wal", "-journal", "-shm")  # where SQLite may keep bytes of one database
OWNED = {"d": "subject = ?1 OR device = ?1", "p": "subject = ?1", "q": "subject = ?1", "t": "tenant = ?1"}
CERTIFIED = ("device", "person", "span")  # kinds of erasure that someone asked for and gets a signed word about
STAMP = "erasure-list"  # purpose of the seed that signs how long the list is
REMEMBER = "INSERT INTO erasure (number, erased_ms, kind, keys) VALUES (?, ?, ?, ?)"


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the erasure list: which keys were destroyed and when; it names no one."""

    number: int
    erased_ms: int
    keys: tuple[str, ...]


class Destroyed(msgspec.Struct, frozen=True, kw_only=True):
    """What one erasure took out of the vault: its line, and the wrapped bytes that must be nowhere any more."""

    erasure: Erasure
    wrapped: tuple[bytes, ...]


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that waits for its second date."""

    erasure: int
    epoch: int
    first: bytes


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """How long the erasure list was at a moment: an older list gives itself away."""

    count: int
    time_ms: int


class Erasures:
    """The erasure list, in the vault (and so in its copies) and as a file beside the signed heads."""

    def __init__(self, keys: Keys, heads_dir: Path, clock: Callable[[], int]) -> None:
        self._keys, self._db, self._clock = keys, keys.db, clock
        self.file = heads_dir / "erasures.jsonl"
        self.stamp_file = heads_dir / "erasures.stamp"

    def forget(self, subject: str, kind: str = "") -> Destroyed:
        """Destroy all keys of a device (its own and each data key of it), a person or a tenant.

        `kind` says why; for the kinds in `CERTIFIED` a certificate is owed from then on.
        """
        return self._destroy(f"({OWNED[subject[0]]})", subject, kind)

    def destroy(self, key_ids: Iterable[str], kind: str = "") -> Destroyed:
        """Destroy data keys whose rows were re-sealed under others, or are empty."""
        return self._destroy("id IN (SELECT value FROM json_each(?1))", json.dumps(list(key_ids)), kind)

    def uncertified(self) -> tuple[tuple[Erasure, str], ...]:
        """Give the erasures that owe a certificate and have none, with their kind: a crash came between."""
        query = (
            "SELECT number, kind FROM erasure WHERE kind IN (SELECT value FROM json_each(?))"
            " AND number NOT IN (SELECT erasure FROM certificate)"
        )
        with self._db.read() as connection:
            kinds = dict(connection.execute(query, (json.dumps(CERTIFIED),)).fetchall())
        return tuple((line, kinds[line.number]) for line in self.lines() if line.number in kinds)

    def sweep(self, destroyed: Destroyed) -> None:
        """Take the destroyed keys' bytes out of the vault's files, and look for them; StoreError when one is left.

        SQLite may leave a copy of a moved row in a page's unused space: then the file is written anew.
        """
        self._db.checkpoint()
        if not self.lingering(destroyed.wrapped):
            return
        self._db.rewrite()
        if self.lingering(destroyed.wrapped):
            raise StoreError("destroyed keys can still be found in the vault's files")

    def lingering(self, wrapped: Sequence[bytes]) -> bool:
        """Whether any of these bytes stands in one of the vault's files."""
        return any(found(Path(f"{self._db.path}{end}"), wrapped) for end in FILES)

    def lines(self) -> tuple[Erasure, ...]:
        """Give the whole list, oldest first."""
        with self._db.read() as connection:
            rows = connection.execute("SELECT number, erased_ms, keys FROM erasure ORDER BY number").fetchall()
        return tuple(Erasure(number=row[0], erased_ms=row[1], keys=tuple(json.loads(row[2]))) for row in rows)

    def count(self) -> int:
        """How many erasures there were."""
        with self._db.read() as connection:
            return int(connection.execute("SELECT count(*) FROM erasure").fetchall()[0][0])

    def written(self) -> tuple[Erasure, ...]:
        """Give the list as the file beside the heads has it; a torn last line was never answered for."""
        if not self.file.exists():
            return ()
        whole = self.file.read_bytes().rpartition(b"\n")[0]
        try:
            return tuple(msgspec.json.decode(line, type=Erasure) for line in whole.splitlines())
        except msgspec.DecodeError as error:
            raise StartError(f"{self.file}: {error}") from error

    def mend(self) -> bool:
        """Bring vault and file to the same list, replaying what an older vault does not know.

        False when the file's place is out of reach: then the vault alone holds the newest lines until the next try.
        """
        with self._keys.lock:
            here = {line.number for line in self.lines()}
            try:
                there = {line.number: line for line in self.written()}
            except OSError:
                return False
            missing = [line for number, line in sorted(there.items()) if number not in here]
            if missing:
                self._db.write(lambda connection: _replay(connection, missing)).result()
                self._keys.drop_all()
                self._db.checkpoint()
            return self._append([line for line in self.lines() if line.number not in there])

    def put_stamp(self, seed: bytes) -> bool:
        """Sign how long the list is now, beside the heads; False when that place is out of reach."""
        said = msgspec.json.encode(Stamp(count=self.count(), time_ms=self._clock()))
        line = said + b" " + seal.sign(seed, said).hex().encode()
        try:
            write_private(self.stamp_file, line)
        except OSError:
            return False
        return True

    def stamp(self, seed: bytes) -> Stamp | None:
        """Give the newest stamp; None when there is none, or it is not what this installation signed."""
        try:
            said, _, signature = self.stamp_file.read_bytes().rpartition(b" ")
            signed = seal.verify(seal.public_key(seed), bytes.fromhex(signature.decode()), said)
        except (OSError, ValueError):
            return None
        return msgspec.json.decode(said, type=Stamp) if signed else None

    def keep_certificate(self, number: int, epoch: int, first: bytes) -> None:
        """Keep a certificate with its first date until the second can be signed."""
        insert = "INSERT INTO certificate (erasure, epoch, first) VALUES (?, ?, ?)"
        self._db.write(lambda connection: connection.execute(insert, (number, epoch, first))).result()

    def pending(self, before_epoch: int) -> tuple[Pending, ...]:
        """Give the certificates of epochs that ended, still without a second date."""
        query = "SELECT erasure, epoch, first FROM certificate WHERE second IS NULL AND epoch < ? ORDER BY erasure"
        with self._db.read() as connection:
            rows = connection.execute(query, (before_epoch,)).fetchall()
        return tuple(Pending(erasure=row[0], epoch=row[1], first=row[2]) for row in rows)

    def complete(self, number: int, second: bytes) -> None:
        """Keep the certificate with both dates."""
        update = "UPDATE certificate SET second = ? WHERE erasure = ?"
        self._db.write(lambda connection: connection.execute(update, (second, number))).result()

    def certificate(self, number: int) -> bytes | None:
        """Give the newest form of a certificate."""
        query = "SELECT coalesce(second, first) FROM certificate WHERE erasure = ?"
        with self._db.read() as connection:
            rows = connection.execute(query, (number,)).fetchall()
        return rows[0][0] if rows else None

    def _destroy(self, where: str, value: str, kind: str) -> Destroyed:
        with self._keys.lock:
            now_ms = self._clock()
            rows, number = self._db.write(lambda connection: _delete(connection, where, value, now_ms, kind)).result()
            self._keys.drop(rows)
            line = Erasure(number=number, erased_ms=now_ms, keys=tuple(row.id for row in rows))
            self._append([line])
            return Destroyed(erasure=line, wrapped=tuple(row.wrapped for row in rows))

    def _append(self, lines: Sequence[Erasure]) -> bool:
        if not lines:
            return True
        try:
            private_folder(self.file.parent)
            self.file.touch(mode=0o600)
            with self.file.open("ab") as file:
                file.truncate(_whole(self.file))
                file.writelines(msgspec.json.encode(line) + b"\n" for line in lines)
            sync(self.file)
        except OSError:
            return False  # forgetting works without it; `mend` tries again
        return True


def found(path: Path, needles: Sequence[bytes]) -> bool:
    """Whether any of the needles stands in the file's bytes."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(needle) >= 0 for needle in needles)


def _delete(connection: sqlite3.Connection, where: str, value: str, now_ms: int, kind: str) -> tuple[list[Row], int]:
    gone = connection.execute(f"DELETE FROM wrapped_key WHERE {where} RETURNING {FIELDS}", (value,)).fetchall()  # noqa: S608 (constants of ours)
    rows = [Row(*row) for row in gone]
    last = connection.execute("SELECT coalesce(max(number), 0) FROM erasure").fetchall()[0][0]
    connection.execute(REMEMBER, (last + 1, now_ms, kind, json.dumps([row.id for row in rows])))
    return rows, last + 1


def _replay(connection: sqlite3.Connection, lines: Sequence[Erasure]) -> None:
    for line in lines:
        connection.executemany("DELETE FROM wrapped_key WHERE id = ?", [(key,) for key in line.keys])
        connection.execute(REMEMBER, (line.number, line.erased_ms, "", json.dumps(line.keys)))


def _whole(path: Path) -> int:
    """How many bytes of the file are whole lines; a torn one is written again."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - 1))
        if size == 0 or file.read(1) == b"\n":
            return size
    return path.read_bytes().rfind(b"\n") + 1
