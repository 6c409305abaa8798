"""The rows of what people were promised and said: consents, private time, working hours."""

import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

import msgspec

from waykeep.model.rules import Hours
from waykeep.store.engine import Database, new_id
from waykeep.store.vault import KeyGone, Vault

DAY_MS = 86_400_000
T = TypeVar("T")


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One yes or no, and the text that was shown; never changed afterwards."""

    consent: str
    granted: bool
    at_ms: int
    version: str
    text_hash: str
    channel: str


class Private(msgspec.Struct, frozen=True, kw_only=True):
    """A span in which a person is not located; `to_ms` None = until they end it."""

    id: str = ""
    from_ms: int
    to_ms: int | None = None


class Working(msgspec.Struct, frozen=True, kw_only=True):
    """The hours that hold from a moment until the next record; None = no hours are set."""

    from_ms: int
    hours: Hours | None


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """All that one person said, oldest first."""

    consents: tuple[Consent, ...] = ()
    private: tuple[Private, ...] = ()
    hours: tuple[Working, ...] = ()


class Said:
    """What people said, sealed under their own keys."""

    def __init__(self, database: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._database, self._vault, self._random = database, vault, random

    def of(self, person: str) -> Own:
        """Everything of one person; nothing when they were forgotten."""
        try:
            return Own(
                consents=self._records("consent", person, Consent),
                private=self._records("private_span", person, Private),
                hours=self._records("working_hours", person, Working),
            )
        except KeyGone:
            return Own()

    def consent(self, person: str, record: Consent) -> Future[None]:
        """Add a yes or a no."""
        return self._add("consent", person, record)

    def work(self, person: str, record: Working) -> Future[None]:
        """Add hours that hold from now on."""
        return self._add("working_hours", person, record)

    def private(self, person: str, span: Private) -> Future[None]:
        """Add a span of private time, or write the one of this id anew."""
        if not span.id:
            return self._add("private_span", person, msgspec.structs.replace(span, id=new_id("r", self._random)))
        sealed = self._seal("private_span", person, span.id, span)
        return self._database.write(partial(_rewrite, span.id, sealed))

    def drop(self, person: str) -> Future[None]:
        """Take away every row of a person who was forgotten."""
        return self._database.write(partial(_drop, person))

    def _add(self, table: str, person: str, record: msgspec.Struct) -> Future[None]:
        id_ = getattr(record, "id", "") or new_id("r", self._random)
        return self._database.write(partial(_insert, table, id_, person, self._seal(table, person, id_, record)))

    def _seal(self, table: str, person: str, id_: str, record: msgspec.Struct) -> bytes:
        return self._vault.seal_field(person, table, "record", id_, msgspec.json.encode(record))

    def _records(self, table: str, person: str, kind: type[T]) -> tuple[T, ...]:
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT id, record FROM {table} WHERE person = ? ORDER BY number",  # noqa: S608 (our own names)
                (person,),
            ).fetchall()
        return tuple(
            msgspec.json.decode(self._vault.open_field(person, table, "record", id_, blob), type=kind)
            for id_, blob in rows
        )


class Refusals:
    """How many positions were refused, by day and reason: never whose and never where."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, counts: Mapping[str, int], now_ms: int) -> Future[None]:
        """Add to the counters of the day."""
        rows = [(now_ms // DAY_MS, reason, count) for reason, count in counts.items() if count]
        return self._database.write(partial(_count, rows))

    def by_reason(self) -> dict[str, int]:
        """All counters, over all days."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT reason, sum(count) FROM refusal GROUP BY reason").fetchall()
        return dict(rows)


def _insert(table: str, id_: str, person: str, record: bytes, connection: sqlite3.Connection) -> None:
    connection.execute(
        f"INSERT INTO {table} (id, number, person, record)"  # noqa: S608 (our own names)
        f" VALUES (?1, (SELECT count(*) FROM {table} WHERE person = ?2), ?2, ?3)",
        (id_, person, record),
    )


def _rewrite(id_: str, record: bytes, connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE private_span SET record = ? WHERE id = ?", (record, id_))


def _drop(person: str, connection: sqlite3.Connection) -> None:
    for table in ("consent", "private_span", "working_hours"):
        connection.execute(f"DELETE FROM {table} WHERE person = ?", (person,))  # noqa: S608 (our own names)


def _count(rows: list[tuple[int, str, int]], connection: sqlite3.Connection) -> None:
    connection.executemany(
        "INSERT INTO refusal (day, reason, count) VALUES (?, ?, ?)"
        " ON CONFLICT (day, reason) DO UPDATE SET count = count + excluded.count",
        rows,
    )
