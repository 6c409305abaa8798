"""The rows of requests about rights."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec

from waykeep.policy.cases import Kind, Outcome, Right, Step
from waykeep.store.engine import Database, new_id
from waykeep.store.fields import insert
from waykeep.store.vault import KeyGone, Vault

OWN_KEY = "q"  # how the subject of a request begins that is nobody's of an account
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
                _close(connection, case.id, step.at_ms, decision.outcome, erasure)
            return made

        return self._database.write(job)

    def close(self, case: str, at_ms: int, outcome: Outcome, erasure: int | None) -> Future[None]:
        """Close a request whose person is forgotten: only its clear half can still be written."""
        return self._database.write(lambda connection: _close(connection, case, at_ms, outcome, erasure))

    def drop_closed(self, before_ms: int) -> Future[list[str]]:
        """Delete requests that were closed so long ago; give the keys that were theirs alone."""

        def job(connection: sqlite3.Connection) -> list[str]:
            rows = connection.execute(
                "DELETE FROM rights_case WHERE closed_ms < ? RETURNING subject", (before_ms,)
            ).fetchall()
            return [subject for (subject,) in rows if subject.startswith(OWN_KEY)]

        return self._database.write(job)

    def find(self, case: str) -> Case | None:
        """One request."""
        found = self._select("id = ?", case)
        return found[0] if found else None

    def of(self, subject: str) -> list[Case]:
        """The requests of a person, newest first."""
        return self._select("subject = ?", subject)

    def of_tenant(self, tenant: str) -> list[Case]:
        """The requests of an organisation, newest first."""
        return self._select("tenant = ?", tenant)

    def open(self) -> list[Case]:
        """Every request that is not closed."""
        return self._select("closed_ms IS NULL AND ?1 IS NULL", None)

    def _select(self, where: str, value: str | None) -> list[Case]:
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM rights_case WHERE {where} ORDER BY opened_ms DESC, rowid DESC",  # noqa: S608 (our own text)
                (value,),
            ).fetchall()
            steps: dict[str, list[tuple[str, bytes]]] = {}
            for id_, case, record in connection.execute(
                "SELECT id, rights_case, record FROM case_step WHERE rights_case IN"  # noqa: S608 (our own text)
                f" (SELECT id FROM rights_case WHERE {where}) ORDER BY number",
                (value,),
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


def _close(connection: sqlite3.Connection, case: str, at_ms: int, outcome: Outcome, erasure: int | None) -> None:
    connection.execute(
        "UPDATE rights_case SET closed_ms = ?, outcome = ?, erasure = ? WHERE id = ? AND closed_ms IS NULL",
        (at_ms, outcome.value, erasure, case),
    )
