"""The ledger: a line for every read of positions and every control action, in a tree that no one can rewrite."""

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol as Shape

import msgspec

from waykeep.errors import StartError, StoreError
from waykeep.policy import merkle, witness
from waykeep.policy.witness import Detail, Proof, Step
from waykeep.store.engine import Database, new_id
from waykeep.store.heads import Head, Heads, signed
from waykeep.store.keys import KeyGone
from waykeep.store.ledger_tables import METADATA

SALT_BYTES = 32
BLOCK = 256  # complete subtrees of at least this many leaves are remembered; proofs read the leaves around only
MOST_LINES = 1000  # of one answer about who looked
MOST_SETS = 10_000  # remembered; one that is no longer is written again
INSTALLATION = "t0"

Clock = Callable[[], int]
Random = Callable[[int], bytes]


class Keys(Shape):
    """What the ledger needs of the vault."""

    def seal_field(self, subject: str, table: str, column: str, row: str, plain: bytes) -> bytes:
        """Seal under the subject's key."""
        ...

    def open_field(self, subject: str, table: str, column: str, row: str, blob: bytes) -> bytes:
        """Open what was sealed for this place."""
        ...

    def signing_seed(self, purpose: str) -> bytes:
        """The seed of a signing key."""
        ...


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line as its subject may read it."""

    index: int
    time_ms: int
    kind: str
    detail: Detail


class Ledger:
    """ledger.db and its heads. A future of a line resolves when the line is durable.

    A ledger that is shorter than its newest signed head refuses to open, unless `accept_loss`: then a signed line
    'lost from index n' follows.
    """

    def __init__(
        self, path: Path, keys: Keys, heads: Heads, random: Random, now_ms: Clock, *, accept_loss: bool = False
    ) -> None:
        self._db = Database(path, METADATA)
        self._keys, self._heads, self._random, self._now_ms = keys, heads, random, now_ms
        self._blocks: dict[tuple[int, int], bytes] = {}
        self._sets: dict[bytes, tuple[str, bytes]] = {}  # by a hash over the members: 50,000 names would weigh more
        self._signing = threading.Lock()
        try:
            self._begin(accept_loss=accept_loss)
        except BaseException:
            self._db.close()
            raise

    def record(self, kind: str, tenant: str, detail: Detail, subjects: Iterable[str]) -> Future[int]:
        """Write one line about these subjects; its index when it is durable.

        For more than a hundred subjects the set is sealed in the caller's thread the first time: seconds for 50,000.
        """
        whom = frozenset(subjects)
        if len(whom) <= witness.MANY:
            owners = sorted(whom) or [tenant]
            return self._db.write(lambda connection: self._line(connection, kind, detail, owners, None))
        group, root, rows = self._set(whom)
        about = msgspec.structs.replace(detail, subjects=root.hex())

        def job(connection: sqlite3.Connection) -> int:
            connection.executemany("INSERT OR IGNORE INTO member VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute("INSERT OR IGNORE INTO subject_set VALUES (?, ?)", (group, root))
            return self._line(connection, kind, about, [tenant], group)

        return _then(self._db.write(job), lambda: self._remember(_hash_of(whom), group, root))

    def action(
        self,
        kind: str,
        detail: Mapping[str, str],
        subjects: Iterable[str] = (),
        *,
        tenant: str = INSTALLATION,
        viewer: str = "",
        purpose: str = "",
    ) -> Future[int]:
        """Write a control action; its index when the line is durable and a head over it is signed and put away."""
        said = Detail(viewer=viewer, purpose=purpose, count=1, more=dict(detail))
        return _then(self.record(kind, tenant, said, subjects), self.put_head)

    def heartbeat(self) -> Future[int]:
        """The hourly line, which shows that the ledger lived; a signed head follows."""
        nothing = Detail(viewer="", purpose="")
        line = self._db.write(lambda connection: self._line(connection, "heartbeat", nothing, [], None))
        return _then(line, self.put_head)

    def head(self) -> Head:
        """Sign the tree as it stands."""
        return self._sign(None)

    def put_head(self) -> Head:
        """Sign the tree as it stands and append the head at the second place."""
        with self._signing:
            head = self._sign(None)
            self._heads.append(head)
        return head

    def newest_ms(self) -> int | None:
        """The time of the newest line, for the guards of the clock."""
        with self._db.read() as connection:
            row = connection.execute("SELECT time_ms FROM leaf ORDER BY number DESC LIMIT 1").fetchone()
        return None if row is None else int(row[0])

    def lines_of(self, subject: str, before: int | None = None, limit: int = 100) -> list[Line]:
        """The lines about one subject, newest first."""
        last, most = before if before is not None else 2**62, min(limit, MOST_LINES)
        query = """
            SELECT number, time_ms, kind, owner, detail FROM (
              SELECT line, subject AS owner, detail FROM entry
               WHERE subject = ?1 AND subject_set IS NULL AND line < ?2
              UNION ALL
              SELECT line, entry.subject, detail FROM member JOIN entry USING (subject_set)
               WHERE member.subject = ?1 AND line < ?2
            ) JOIN leaf ON number = line ORDER BY number DESC LIMIT ?3"""
        with self._db.read() as connection:
            rows = connection.execute(query, (subject, last, most)).fetchall()
        return [
            Line(index=number, time_ms=time_ms, kind=kind, detail=self._open(owner, number, blob)[1])
            for number, time_ms, kind, owner, blob in rows
        ]

    def proof(self, subject: str, index: int) -> Proof | None:
        """What shows one subject's own entry in a line to anyone; None when the line is not about this subject."""
        with self._db.read() as connection:
            rows = connection.execute(
                "SELECT subject, subject_set, value, detail FROM entry WHERE line = ? ORDER BY value", (index,)
            ).fetchall()
            leaf = connection.execute(
                "SELECT time_ms, kind, commitment FROM leaf WHERE number = ?", (index,)
            ).fetchone()
            members = _members(connection, rows, subject)
        mine = [row for row in rows if row[1] is not None or row[0] == subject]
        if not mine or leaf is None or (mine[0][1] is not None and not members):
            return None
        owner, group, value, blob = mine[0]
        salt, detail = self._open(owner, index, blob)
        steps = [] if group is None else [self._member_step(group, subject, members)]
        steps.append(_step(salt, witness.entry_text(index, detail, owner), value, [row[2] for row in rows]))
        head = self.head()
        return Proof(
            entries=steps,
            index=index,
            time_ms=leaf[0],
            kind=leaf[1],
            commitment=leaf[2].hex(),
            path=[step.hex() for step in merkle.inclusion(index, head.size, self.span)],
            size=head.size,
            root=head.root,
            signature=head.signature,
            head_time_ms=head.time_ms,
            public_key=head.key,
        )

    def grown(self, old: int, new: int) -> list[str]:
        """The proof that the tree of `new` lines begins with the tree of `old` lines."""
        return [step.hex() for step in merkle.consistency(old, new, self.span)]

    def size(self) -> int:
        """How many lines there are."""
        with self._db.read() as connection:
            return _size(connection)

    def span(self, start: int, stop: int) -> bytes:
        """The tree hash over leaves [start, stop)."""
        if stop - start > BLOCK:
            middle = start + merkle.split(stop - start)
            key = (start, stop) if (stop - start) & (stop - start - 1) == 0 else None
            if key is None:
                return merkle.node_hash(self.span(start, middle), self.span(middle, stop))
            if key not in self._blocks:
                self._blocks[key] = merkle.node_hash(self.span(start, middle), self.span(middle, stop))
            return self._blocks[key]
        with self._db.read() as connection:
            rows = connection.execute(
                "SELECT hash FROM leaf WHERE number >= ? AND number < ? ORDER BY number", (start, stop)
            ).fetchall()
        return merkle.root([row[0] for row in rows])

    def close(self) -> None:
        """Finish what waits."""
        self._db.close()

    def _begin(self, *, accept_loss: bool) -> None:
        newest, size = self._heads.newest(), self.size()
        if newest is None or newest.size <= size:
            return
        if not accept_loss:
            raise StartError(
                f"{self._db.path}: ends at line {size}, but a signed head counts {newest.size}: its tail is missing; "
                "`waykeep check ledger` says more, `waykeep restore` accepts a loss"
            )
        more = Detail(viewer="", purpose="", more={"from": str(size), "until": str(newest.size)})
        self._db.write(lambda connection: self._line(connection, "lost", more, [INSTALLATION], None)).result()
        with self._signing:
            self._heads.append(self._sign(size))

    def _sign(self, lost: int | None) -> Head:
        size = self.size()
        root = self.span(0, size)
        return signed(self._keys.signing_seed("ledger"), size, root, self._now_ms(), lost)

    def _line(
        self, connection: sqlite3.Connection, kind: str, detail: Detail, owners: list[str], group: str | None
    ) -> int:
        index, time_ms = _size(connection), self._now_ms()
        values = []
        text = msgspec.json.encode(detail)
        for owner in owners:
            salt = self._random(SALT_BYTES)
            value = witness.value_of(salt, witness.entry_text(index, detail, owner))
            try:
                blob = self._keys.seal_field(owner, "entry", "detail", str(index), salt + text)
            except KeyGone:
                continue  # forgotten a moment ago: nothing of theirs can be read any more
            row = (index, owner, group, value, blob, sum_of(blob, str(index), owner, group or ""))
            connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", row)
            values.append(value)
        committed = witness.commitment(values)
        hashed = witness.leaf(index, time_ms, kind, committed)
        connection.execute("INSERT INTO leaf VALUES (?, ?, ?, ?, ?)", (index, time_ms, kind, committed, hashed))
        return index

    def _set(self, whom: frozenset[str]) -> tuple[str, bytes, list[tuple[str, str, bytes, bytes, bytes]]]:
        known = self._sets.get(_hash_of(whom))
        if known is not None:
            return *known, []
        group = new_id("s", self._random)
        rows = []
        for subject in whom:
            salt = self._random(SALT_BYTES)
            try:
                blob = self._keys.seal_field(subject, "member", "salt", group, salt)
            except KeyGone:
                continue  # as in a line
            value = witness.value_of(salt, witness.member_text(group, subject))
            rows.append((group, subject, value, blob, sum_of(blob, group, subject)))
        return group, witness.commitment(row[2] for row in rows), rows

    def _remember(self, whom: bytes, group: str, root: bytes) -> None:
        if len(self._sets) >= MOST_SETS:
            self._sets.clear()
        self._sets[whom] = (group, root)

    def _open(self, owner: str, index: int, blob: bytes) -> tuple[bytes, Detail]:
        plain = self._keys.open_field(owner, "entry", "detail", str(index), blob)
        return plain[:SALT_BYTES], msgspec.json.decode(plain[SALT_BYTES:], type=Detail)

    def _member_step(self, group: str, subject: str, members: list[tuple[str, bytes, bytes]]) -> Step:
        value, blob = next((row[1], row[2]) for row in members if row[0] == subject)
        salt = self._keys.open_field(subject, "member", "salt", group, blob)
        return _step(salt, witness.member_text(group, subject), value, [row[1] for row in members])


def _then(line: Future[int], follow: Callable[[], object]) -> Future[int]:
    """A future of the line that resolves only after what follows it."""
    done: Future[int] = Future()

    def settle(written: Future[int]) -> None:
        try:
            index = written.result()
            follow()
        except BaseException as error:  # noqa: BLE001 - the future carries it to the one who asked
            done.set_exception(error)
        else:
            done.set_result(index)

    line.add_done_callback(settle)
    return done


def sum_of(blob: bytes, *place: str) -> bytes:
    """A short hash of sealed bytes and of where they stand."""
    return hashlib.blake2b("\0".join((*place, "")).encode() + blob, digest_size=8).digest()


def _hash_of(whom: frozenset[str]) -> bytes:
    return hashlib.blake2b("\0".join(sorted(whom)).encode(), digest_size=32).digest()


def _size(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(number) + 1, 0) FROM leaf").fetchone()[0])


def _members(
    connection: sqlite3.Connection, rows: list[tuple[str, str | None, bytes, bytes]], subject: str
) -> list[tuple[str, bytes, bytes]]:
    """All members of the set that the line is about, by value; none when the subject is not among them."""
    if len(rows) != 1 or rows[0][1] is None:
        return []
    members = connection.execute(
        "SELECT subject, value, salt FROM member WHERE subject_set = ? ORDER BY value", (rows[0][1],)
    ).fetchall()
    return members if any(row[0] == subject for row in members) else []


def _step(salt: bytes, text: str, value: bytes, values: list[bytes]) -> Step:
    hashes = [merkle.leaf_hash(one) for one in values]
    try:
        at = values.index(value)
    except ValueError as error:
        raise StoreError("ledger.db: an entry is not where its line says") from error
    path = merkle.inclusion(at, len(values), merkle.over(hashes))
    return Step(
        salt=salt.hex(),
        text=text,
        index=at,
        size=len(values),
        path=[one.hex() for one in path],
        root=merkle.root(hashes).hex(),
    )
