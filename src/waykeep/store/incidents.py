"""The rows of incidents, and of who was told of one by which way."""

import sqlite3
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

import msgspec

from waykeep.policy.incidents import Happened, Kind
from waykeep.store.engine import Database, new_id
from waykeep.store.fields import insert
from waykeep.store.sessions import INSTALLATION
from waykeep.store.vault import Vault

WAITING, SEEN, SENT, FAILED = "waiting", "seen", "sent", "failed"
COLUMNS = "id, kind, severity, aware_ms, told_ms, filed_ms, published_ms, record"


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed: what happened, who wrote it down, the parts of the notice, the warnings that were given."""

    happened: Happened
    by: str
    parts: dict[str, str] = {}
    warned: int = 0
    reference: str = ""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One incident; the moment at which it became known is never changed."""

    id: str
    kind: Kind
    severity: int
    aware_ms: int
    written: Written
    told_ms: int | None = None
    filed_ms: int | None = None
    published_ms: int | None = None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """Someone told of an incident by a way: waiting to be seen, seen, sent, or failed."""

    incident: str
    person: str
    channel: str
    state: str
    at_ms: int


class Incidents:
    """Incidents are added and move on; of what is written only the parts, warnings and reference change."""

    def __init__(self, database: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._database, self._vault, self._random = database, vault, random

    def add(self, written: Written, severity: int) -> Future[Incident]:
        """Keep a new one."""
        made = Incident(
            id=new_id("r", self._random), kind=written.happened.kind, severity=severity,
            aware_ms=written.happened.aware_ms, written=written,
        )  # fmt: skip
        row = {
            "id": made.id, "kind": made.kind.value, "severity": severity, "aware_ms": made.aware_ms,
            "record": self._sealed(made),
        }  # fmt: skip

        def job(connection: sqlite3.Connection) -> Incident:
            insert(connection, "incident", row)
            return made

        return self._database.write(job)

    def put(self, one: Incident) -> Future[Incident]:
        """Write what became of one."""
        values = (one.told_ms, one.filed_ms, one.published_ms, self._sealed(one), one.id)

        def job(connection: sqlite3.Connection) -> Incident:
            connection.execute(
                "UPDATE incident SET told_ms = ?, filed_ms = ?, published_ms = ?, record = ? WHERE id = ?", values
            )
            return one

        return self._database.write(job)

    def find(self, id_: str) -> Incident | None:
        """One."""
        found = self._select("WHERE id = ?", (id_,))
        return found[0] if found else None

    def all(self) -> list[Incident]:
        """Every incident, newest first."""
        return self._select("ORDER BY rowid DESC", ())

    def hear(self, rows: Iterable[Heard]) -> Future[None]:
        """Note who was told; of one way the first word stays, but for what was waiting and is now seen."""
        values = [(one.incident, one.person, one.channel, one.state, one.at_ms) for one in rows]

        def job(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT OR IGNORE INTO incident_notice (incident, person, channel, state, at_ms)"
                " VALUES (?, ?, ?, ?, ?)",
                values,
            )

        return self._database.write(job)

    def see(self, person: str, incident: str, now_ms: int) -> Future[int]:
        """Take that someone saw their notice; gives how many rows waited for that."""

        def job(connection: sqlite3.Connection) -> int:
            return connection.execute(
                "UPDATE incident_notice SET state = ?, at_ms = ? WHERE person = ? AND incident = ? AND state = ?",
                (SEEN, now_ms, person, incident, WAITING),
            ).rowcount

        return self._database.write(job)

    def keep_only(self, people: Iterable[str]) -> Future[None]:
        """Drop the notices of people who are gone."""
        known = frozenset(people)

        def job(connection: sqlite3.Connection) -> None:
            told = {one for (one,) in connection.execute("SELECT DISTINCT person FROM incident_notice")}
            connection.executemany("DELETE FROM incident_notice WHERE person = ?", [(one,) for one in told - known])

        return self._database.write(job)

    def drop_done(self, before_ms: int) -> Future[None]:
        """Delete those that were told and filed so long ago."""

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM incident WHERE told_ms < ?1 AND filed_ms < ?1", (before_ms,))

        return self._database.write(job)

    def heard(self, incident: str) -> list[Heard]:
        """Everyone who was told of one."""
        return self._heard("incident = ?", (incident,))

    def heard_by(self, person: str) -> list[Heard]:
        """What someone was told of."""
        return self._heard("person = ?", (person,))

    def _heard(self, where: str, values: tuple[str, ...]) -> list[Heard]:
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT incident, person, channel, state, at_ms FROM incident_notice WHERE {where}",  # noqa: S608 (our own text)
                values,
            ).fetchall()
        return [Heard(incident=i, person=p, channel=c, state=s, at_ms=at) for i, p, c, s, at in rows]

    def _sealed(self, one: Incident) -> bytes:
        return self._vault.seal_field(INSTALLATION, "incident", "record", one.id, msgspec.json.encode(one.written))

    def _select(self, rest: str, values: tuple[Any, ...]) -> list[Incident]:
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM incident {rest}", values).fetchall()  # noqa: S608 (our own text)
        return [
            Incident(
                id=id_, kind=Kind(kind), severity=severity, aware_ms=aware_ms, told_ms=told_ms, filed_ms=filed_ms,
                published_ms=published_ms,
                written=msgspec.json.decode(
                    self._vault.open_field(INSTALLATION, "incident", "record", id_, record), type=Written
                ),
            )
            for id_, kind, severity, aware_ms, told_ms, filed_ms, published_ms, record in rows
        ]  # fmt: skip
