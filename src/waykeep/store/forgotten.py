"""Spans of a device whose fixes belonged to someone who was forgotten: what still arrives for them is refused."""

import sqlite3
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from waykeep.model.rules import Span
from waykeep.store.engine import Database

METADATA = MetaData()

FORGOTTEN = Table(
    "forgotten_span",
    METADATA,
    Column("id", Integer, primary_key=True, info={"category": "store.figure"}),
    Column("device", Text, nullable=False, index=True, info={"category": "store.pseudonym"}),
    Column("from_ms", BigInteger, nullable=False, info={"category": "store.time"}),
    Column("to_ms", BigInteger, info={"category": "store.time"}),
)


class Forgotten:
    """Rows without a person: only that a device's span is closed for good."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, spans: Iterable[tuple[str, Span]]) -> Future[None]:
        """Close spans of devices; durable when the future resolves."""
        rows = [(device, span.from_ms, span.to_ms) for device, span in spans]
        return self._database.write(partial(_add, rows))

    def of(self, device: str) -> tuple[Span, ...]:
        """The closed spans of a device."""
        query = "SELECT from_ms, to_ms FROM forgotten_span WHERE device = ? ORDER BY from_ms"
        with self._database.read() as connection:
            return tuple(Span(*row) for row in connection.execute(query, (device,)).fetchall())

    def all(self) -> dict[str, tuple[Span, ...]]:
        """The closed spans of every device."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT device, from_ms, to_ms FROM forgotten_span ORDER BY from_ms").fetchall()
        found: dict[str, tuple[Span, ...]] = {}
        for device, from_ms, to_ms in rows:
            found[device] = (*found.get(device, ()), Span(from_ms, to_ms))
        return found

    def drop(self, device: str) -> Future[None]:
        """Take away the spans of a device that is gone itself."""
        return self._database.write(partial(_drop, device))


def _add(rows: list[tuple[str, int, int | None]], connection: sqlite3.Connection) -> None:
    connection.executemany("INSERT INTO forgotten_span (device, from_ms, to_ms) VALUES (?, ?, ?)", rows)


def _drop(device: str, connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM forgotten_span WHERE device = ?", (device,))
