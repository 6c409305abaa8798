"""Which version of the policy was told to whom, by which way, and what came of it; no name stands here."""

import sqlite3
from collections.abc import Collection, Iterable
from concurrent.futures import Future
from functools import partial

import msgspec

from waykeep.store.engine import Database

WAITING, SEEN, SENT, FAILED = "waiting", "seen", "sent", "failed"
INSERT = "INSERT OR IGNORE INTO notice (version, person, channel, state, at_ms) VALUES (?, ?, ?, ?, ?)"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A version told to a person by a way: `waiting` to be seen, `seen`, `sent` to the relay, or `failed`."""

    version: int
    person: str
    channel: str
    state: str
    at_ms: int


class Notices:
    """Rows are added once for a person and way, and change only from waiting to seen."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, version: int) -> list[Delivery]:
        """Every row of one version."""
        return self._select("version = ?", (version,))

    def waiting(self, person: str) -> list[Delivery]:
        """What someone has not seen yet, newest first."""
        return self._select("person = ? AND state = ? ORDER BY version DESC", (person, WAITING))

    def add(self, rows: Iterable[Delivery]) -> Future[None]:
        """Add rows; one that is there stays as it is."""
        values = [(one.version, one.person, one.channel, one.state, one.at_ms) for one in rows]

        def job(connection: sqlite3.Connection) -> None:
            connection.executemany(INSERT, values)

        return self._database.write(job)

    def see(self, person: str, version: int, now_ms: int) -> Future[int]:
        """Take that someone saw it; gives how many rows waited for that."""
        return self._database.write(partial(_see, person, version, now_ms))

    def keep_only(self, people: Collection[str], since_ms: int) -> Future[None]:
        """Drop the rows of people who are gone, and those that are older than they may be."""
        known = frozenset(people)

        def job(connection: sqlite3.Connection) -> None:
            told = {person for (person,) in connection.execute("SELECT DISTINCT person FROM notice")}
            connection.executemany("DELETE FROM notice WHERE person = ?", [(one,) for one in told - known])
            connection.execute("DELETE FROM notice WHERE at_ms < ?", (since_ms,))

        return self._database.write(job)

    def _select(self, where: str, values: tuple[object, ...]) -> list[Delivery]:
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT version, person, channel, state, at_ms FROM notice WHERE {where}",  # noqa: S608 (words of ours)
                values,
            ).fetchall()
        return [
            Delivery(version=version, person=person, channel=channel, state=state, at_ms=at_ms)
            for version, person, channel, state, at_ms in rows
        ]


def _see(person: str, version: int, now_ms: int, connection: sqlite3.Connection) -> int:
    return connection.execute(
        "UPDATE notice SET state = ?, at_ms = ? WHERE person = ? AND version = ? AND state = ?",
        (SEEN, now_ms, person, version, WAITING),
    ).rowcount
