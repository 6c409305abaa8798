"""The rows of requests about rights."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

import msgspec

from waykeep.policy.cases import Kind, Outcome, Right, Step
from waykeep.store.engine import Database, new_id
from waykeep.store.fields import insert
from waykeep.store.vault import KeyGone, Vault

PERSON, OWN_KEY = "p", "q"  # how a subject begins: a person of an account, or a request that is nobody's
COLUMNS = "id, tenant, subject, kind, intake, opened_ms, closed_ms, outcome, erasure, record"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a request: who asks, how they are reached, and their own words."""

    name: str = ""
    contact: str = ""
    text: str = ""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A request. `said` is None, and `steps` empty, where its person was forgotten since."""

    id: str
    tenant: str
    subject: str
    right: Right
    intake: str
    opened_ms: int
    closed_ms: int | None = None
    outcome: Outcome | None = None
    erasure: int | None = None
    said: Said | None = None
    steps: tuple[Step, ...] = ()


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many requests were for this right and ended so, on this ground; outcome "" = open."""

    right: str
    outcome: str
    ground: str
    count: int


class Cases:
    """Requests are added and closed, and their steps only added."""

    def __init__(self, database: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._database, self._vault, self._random = database, vault, random

    def add(self, case: Case, first: Step) -> Future[Case]:
        """Keep a new request under its subject's key, which is made where nobody of an account asks."""
        id_ = new_id("r", self._random)
        subject = case.subject or new_id(OWN_KEY, self._random)
        if not case.subject:
            self._vault.new_subject(case.tenant, subject)
        made = msgspec.structs.replace(case, id=id_, subject=subject, steps=(first,))
        record = self._vault.seal_field(subject, "rights_case", "record", id_, msgspec.json.encode(case.said))
        step = self._step(made, 0, first)

        def job(connection: sqlite3.Connection) -> Case:
            insert(connection, "rights_case", {
                "id": id_, "tenant": made.tenant, "subject": subject, "kind": made.right.value,
                "intake": made.intake, "opened_ms": made.opened_ms, "record": record,
            })  # fmt: skip
            insert(connection, "case_step", step)
            return made

        return self._database.write(job)

    def step(self, case: Case, step: Step, erasure: int | None = None) -> Future[Case]:
        """Add what happened; the one that decides closes the request."""
        row = self._step(case, len(case.steps), step)
        decision = step.decision if step.kind is Kind.DECIDED else None
        made = msgspec.structs.replace(case, steps=(*case.steps, step))

        def job(connection: sqlite3.Connection) -> Case:
            insert(connection, "case_step", row)
            if decision is not None:
                _close(connection, case.id, step.at_ms, decision.outcome, erasure, decision.ground)
            return made

        return self._database.write(job)

    def close(self, case: str, at_ms: int, outcome: Outcome, erasure: int | None) -> Future[None]:
        """Close a request whose person is forgotten: only its clear half can still be written."""
        return self._database.write(lambda connection: _close(connection, case, at_ms, outcome, erasure))

    def own_keys(self, before_ms: int) -> list[str]:
        """The keys that belong to requests alone which were closed so long ago."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT subject FROM rights_case WHERE closed_ms < ? AND subject GLOB ?", (before_ms, f"{OWN_KEY}*")
            ).fetchall()
        return [subject for (subject,) in rows]

    def drop_closed(self, before_ms: int) -> Future[None]:
        """Delete requests that were closed so long ago; their own keys are destroyed before."""

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM rights_case WHERE closed_ms < ?", (before_ms,))

        return self._database.write(job)

    def count_open(self, subject: str) -> int:
        """How many requests of a person are open."""
        with self._database.read() as connection:
            query = "SELECT count(*) FROM rights_case WHERE subject = ? AND closed_ms IS NULL"
            return int(connection.execute(query, (subject,)).fetchall()[0][0])

    def counts(self, tenants: Sequence[str]) -> list[Count]:
        """How many requests of these organisations ended how; it outlives the people who asked."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT kind, coalesce(outcome, ''), coalesce(ground, ''), count(*) FROM rights_case"
                " WHERE tenant IN (SELECT value FROM json_each(?)) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
                (json.dumps(tenants),),
            ).fetchall()
        return [Count(right=kind, outcome=outcome, ground=ground, count=n) for kind, outcome, ground, n in rows]

    def find(self, case: str) -> Case | None:
        """One request."""
        found = self._select("id = ?", (case,))
        return found[0] if found else None

    def of(self, subject: str) -> list[Case]:
        """The requests of a person, newest first."""
        return self._select("subject = ?", (subject,))

    def of_tenants(self, tenants: Sequence[str], after: str | None, limit: int) -> list[Case]:
        """A page of the requests of organisations: open ones first, then newest first, from behind `after` on."""
        where = (
            "tenant IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR (closed_ms IS NOT NULL, -rowid) >"
            " (SELECT one.closed_ms IS NOT NULL, -one.rowid FROM rights_case one WHERE one.id = ?2))"
        )
        return self._select(where, (json.dumps(tenants), after), "closed_ms IS NOT NULL, rowid DESC", limit)

    def open(self, tenants: Sequence[str] | None = None) -> list[Case]:
        """Every request that is not closed, of these organisations or of all."""
        where = "closed_ms IS NULL AND (?1 IS NULL OR tenant IN (SELECT value FROM json_each(?1)))"
        return self._select(where, (None if tenants is None else json.dumps(tenants),))

    def _select(
        self, where: str, values: tuple[str | None, ...], order: str = "rowid DESC", limit: int = -1
    ) -> list[Case]:
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM rights_case WHERE {where} ORDER BY {order} LIMIT {limit}",  # noqa: S608 (our own text)
                values,
            ).fetchall()
            steps: dict[str, list[tuple[str, bytes]]] = {}
            for id_, case, record in connection.execute(
                "SELECT id, rights_case, record FROM case_step"
                " WHERE rights_case IN (SELECT value FROM json_each(?)) ORDER BY number",
                (json.dumps([row[0] for row in rows]),),
            ).fetchall():
                steps.setdefault(case, []).append((id_, record))
        return [self._opened(row, steps.get(row[0], [])) for row in rows]

    def _opened(self, row: tuple[Any, ...], steps: list[tuple[str, bytes]]) -> Case:
        id_, tenant, subject, kind, intake, opened_ms, closed_ms, outcome, erasure, record = row
        case = Case(
            id=id_, tenant=tenant, subject=subject, right=Right(kind), intake=intake, opened_ms=opened_ms,
            closed_ms=closed_ms, outcome=Outcome(outcome) if outcome else None, erasure=erasure,
        )  # fmt: skip
        try:
            said = self._vault.open_field(subject, "rights_case", "record", id_, record)
            opened = [self._vault.open_field(subject, "case_step", "record", at, blob) for at, blob in steps]
        except KeyGone:
            return case
        return msgspec.structs.replace(
            case,
            said=msgspec.json.decode(said, type=Said),
            steps=tuple(msgspec.json.decode(one, type=Step) for one in opened),
        )

    def _step(self, case: Case, number: int, step: Step) -> dict[str, Any]:
        id_ = new_id("r", self._random)
        record = self._vault.seal_field(case.subject, "case_step", "record", id_, msgspec.json.encode(step))
        return {"id": id_, "number": number, "rights_case": case.id, "record": record}


def _close(
    connection: sqlite3.Connection, case: str, at_ms: int, outcome: Outcome, erasure: int | None, ground: str = ""
) -> None:
    connection.execute(
        "UPDATE rights_case SET closed_ms = ?, outcome = ?, erasure = ?, ground = ? WHERE id = ? AND closed_ms IS NULL",
        (at_ms, outcome.value, erasure, ground or None, case),
    )
