"""Checks a ledger from outside, with no key: names a changed byte, a dropped leaf, a cut tail and a declared loss."""

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from waykeep.errors import StoreError
from waykeep.policy import merkle, witness
from waykeep.store.heads import Head, Heads
from waykeep.store.keys import KeyGone
from waykeep.store.ledger import sum_of

Opener = Callable[[str, str, str, str, bytes], bytes]  # vault.open_field; raises StoreError

MOST_FAULTS = 100  # a report stays readable when a whole file is damaged


class Report(msgspec.Struct, kw_only=True):
    """What a check found: `faults` must be empty; `losses` are tails that a restore declared."""

    lines: int = 0
    heads: int = 0
    root: str = ""
    key: str = ""
    faults: list[str] = []
    losses: list[str] = []

    def fault(self, text: str) -> None:
        """Keep one finding."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(text)


class _Frontier:
    """The roots of complete subtrees on the right edge: enough to know the root at any size while leaves pass by."""

    def __init__(self) -> None:
        self._edge: list[tuple[int, bytes]] = []

    def add(self, leaf: bytes) -> None:
        size, here = 1, leaf
        while self._edge and self._edge[-1][0] == size:
            here = merkle.node_hash(self._edge.pop()[1], here)
            size *= 2
        self._edge.append((size, here))

    def root(self) -> bytes:
        if not self._edge:
            return merkle.EMPTY
        here = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            here = merkle.node_hash(left, here)
        return here


def verify(path: Path, heads: Heads, key: bytes | None = None, opener: Opener | None = None) -> Report:
    """Check the whole ledger against itself and against its signed heads.

    `key` is the public key that must have signed the heads (None: the one that the first head names). With `opener`
    each entry is opened too, where its subject still has a key.
    """
    report = Report()
    valid = _heads(heads, key, report)
    if not path.exists():
        report.fault(f"{path.name} is not there")
        return report
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    try:
        connection.execute("BEGIN")  # one moment of a file that a server may be writing; the heads were read before it
        _file(connection, report)
        _leaves(connection, valid, report)
        _sets(connection, report)
        _entries(connection, opener, report)
    except sqlite3.DatabaseError as error:
        report.fault(f"{path.name} cannot be read as a database: {error}")
    finally:
        connection.close()
    return report


def _heads(heads: Heads, key: bytes | None, report: Report) -> list[Head]:
    """The heads that count: verified, and not from before a declared loss."""
    valid: list[Head] = []
    signer = key.hex() if key else None
    for number, head in enumerate(heads.lines(), 1):
        signer = signer or (head.key if head else None)
        if head is None or head.key != signer or not head.verifies():
            report.fault(f"head {number}: its bytes were changed or another key signed it")
            continue
        if head.lost is not None:
            was = max([old.size for old in valid] or [head.lost])
            report.losses.append(f"lost from index {head.lost}: a restore could not bring back {was - head.lost} lines")
            valid = [old for old in valid if old.size <= head.lost]
        valid.append(head)
    report.heads, report.key = len(valid), signer or ""
    if not valid:
        report.fault(f"no signed head in {heads.path.name}: the end of the ledger cannot be judged")
    return valid


def _leaves(connection: sqlite3.Connection, heads: list[Head], report: Report) -> None:
    roots = {head.size: head.root for head in heads}
    entries = _by_line(connection, "SELECT line, value FROM entry ORDER BY line")
    waiting = next(entries, None)
    tree, expected, whole, last_good = _Frontier(), 0, True, 0
    for number, time_ms, kind, committed, stored in connection.execute(
        "SELECT number, time_ms, kind, commitment, hash FROM leaf ORDER BY number"
    ):
        if number != expected:
            which = f"leaf {expected} is" if number == expected + 1 else f"leaves {expected} to {number - 1} are"
            report.fault(f"{which} missing")
            whole = False
        expected = number + 1
        hashed = _leaf(number, time_ms, kind, committed)
        if hashed != stored:
            report.fault(f"leaf {number}: a byte was changed, it does not match its hash")
            whole = False
        values = []
        while waiting is not None and waiting[0] <= number:
            if waiting[0] == number:
                values = waiting[1]
            waiting = next(entries, None)
        if witness.commitment(values) != committed:
            report.fault(f"leaf {number}: its entries do not match its commitment")
        tree.add(hashed)
        if number + 1 in roots and whole:
            if tree.root().hex() != roots[number + 1]:
                report.fault(f"leaves {last_good} to {number}: rewritten, the head signed over {number + 1} disagrees")
                whole = False
            last_good = number + 1
    report.lines, report.root = expected, tree.root().hex()
    longest = max(roots, default=0)
    if longest > expected:
        report.fault(f"the tail was cut: a signed head counts {longest} lines, the ledger ends after {expected}")


def _file(connection: sqlite3.Connection, report: Report) -> None:
    for (found,) in connection.execute(f"PRAGMA integrity_check({MOST_FAULTS})"):
        if found != "ok":
            report.fault(f"the file's own order is broken: {found}")


def _leaf(number: int, time_ms: object, kind: object, committed: object) -> bytes:
    if isinstance(time_ms, int) and isinstance(kind, str) and isinstance(committed, bytes):
        return witness.leaf(number, time_ms, kind, committed)
    return b""


def _by_line(connection: sqlite3.Connection, query: str) -> Iterator[tuple[Any, list[bytes]]]:
    for key, rows in groupby(connection.execute(query), key=lambda row: row[0]):
        yield key, [row[1] if isinstance(row[1], bytes) else b"" for row in rows]


def _sets(connection: sqlite3.Connection, report: Report) -> None:
    known = dict(connection.execute("SELECT id, root FROM subject_set").fetchall())
    seen = set()
    for group, values in _by_line(connection, "SELECT subject_set, value FROM member ORDER BY subject_set"):
        seen.add(group)
        if witness.commitment(values) != known.get(group):
            report.fault(f"set {group}: its members do not match its root")
    for group in sorted(known.keys() - seen):
        report.fault(f"set {group}: its members are missing")


def _entries(connection: sqlite3.Connection, opener: Opener | None, report: Report) -> None:
    sources = (
        ("entry", "line, subject, coalesce(subject_set, ''), detail, seal_sum", "detail"),
        ("member", "subject_set, subject, NULL, salt, seal_sum", "salt"),
    )
    for table, columns, column in sources:
        for at, subject, group, blob, stored in connection.execute(f"SELECT {columns} FROM {table}"):  # noqa: S608 - names of ours
            place = [str(at), str(subject), *([] if group is None else [str(group)])]
            if not isinstance(blob, bytes) or sum_of(blob, *place) != stored:
                report.fault(f"{table} of {at}: a byte of what is sealed was changed")
            elif opener is not None and not _opens(partial(opener, subject, table, column, str(at), blob)):
                report.fault(f"{table} of {at}: what is sealed does not open with its subject's key")


def _opens(opening: Callable[[], bytes]) -> bool:
    try:
        opening()
    except KeyGone:
        return True  # the subject was forgotten, which is no fault
    except StoreError:
        return False
    return True
