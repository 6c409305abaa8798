"""The rows of disclosures: who asked for what on which code, who approved it, when it was taken and looked at again."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec

from waykeep.policy.disclosure import State, Use, Wanted
from waykeep.store.engine import Database, new_id
from waykeep.store.fields import insert
from waykeep.store.vault import KeyGone, Vault

COLUMNS = "id, tenant, person, code, use, state, asked_ms, ends_ms, record"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is sealed: the scope and the facts, and what people did about it since. `ends_ms` runs from the approval."""

    wanted: Wanted
    asked_by: str
    decided_by: str = ""
    decided_ms: int | None = None
    why: str = ""
    review_ms: int | None = None
    reviewed_by: str = ""
    reviewed_ms: int | None = None
    verdict: str = ""
    taken_ms: tuple[int, ...] = ()


class Disclosure(msgspec.Struct, frozen=True, kw_only=True):
    """One disclosure; `told` is None where its person was forgotten since."""

    id: str
    tenant: str
    person: str
    code: str
    use: Use
    state: State
    asked_ms: int
    ends_ms: int
    told: Told | None = None


class CodeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many disclosures on a code, for a use, stand so."""

    code: str
    use: str
    state: str
    count: int


class Disclosures:
    """Rows are added and move on; what a disclosure asked for is never changed."""

    def __init__(self, database: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._database, self._vault, self._random = database, vault, random

    def add(self, tenant: str, told: Told, asked_ms: int, ends_ms: int) -> Future[Disclosure]:
        """Keep a new one."""
        wanted = told.wanted
        made = Disclosure(
            id=new_id("r", self._random), tenant=tenant, person=wanted.person, code=wanted.code, use=wanted.use,
            state=State.ASKED, asked_ms=asked_ms, ends_ms=ends_ms, told=told,
        )  # fmt: skip
        row = {
            "id": made.id, "tenant": tenant, "person": made.person, "code": made.code, "use": made.use.value,
            "state": made.state.value, "asked_ms": asked_ms, "ends_ms": ends_ms, "record": self._sealed(made, told),
        }  # fmt: skip

        def job(connection: sqlite3.Connection) -> Disclosure:
            insert(connection, "disclosure", row)
            return made

        return self._database.write(job)

    def put(self, one: Disclosure, told: Told, state: State, ends_ms: int) -> Future[Disclosure]:
        """Write what became of one."""
        made = msgspec.structs.replace(one, told=told, state=state, ends_ms=ends_ms)
        record = self._sealed(made, told)

        def job(connection: sqlite3.Connection) -> Disclosure:
            connection.execute(
                "UPDATE disclosure SET state = ?, ends_ms = ?, record = ? WHERE id = ?",
                (state.value, ends_ms, record, made.id),
            )
            return made

        return self._database.write(job)

    def find(self, id_: str) -> Disclosure | None:
        """One."""
        found = self._select("id = ?", (id_,))
        return found[0] if found else None

    def of_tenant(self, tenant: str, limit: int) -> list[Disclosure]:
        """An organisation's, newest first."""
        return self._select("tenant = ? ORDER BY rowid DESC LIMIT ?", (tenant, limit))

    def of_person(self, person: str) -> list[Disclosure]:
        """What was asked for about a person, newest first."""
        return self._select("person = ? ORDER BY rowid DESC", (person,))

    def counts(self, since_ms: int) -> list[CodeCount]:
        """How many were asked for since a moment, by code, use and state; nobody is named."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT code, use, state, count(*) FROM disclosure WHERE asked_ms >= ? "
                " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
                (since_ms,),
            ).fetchall()
        return [CodeCount(code=code, use=use, state=state, count=count) for code, use, state, count in rows]

    def drop_ended(self, before_ms: int) -> Future[None]:
        """Delete those that ended so long ago."""

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM disclosure WHERE ends_ms < ?", (before_ms,))

        return self._database.write(job)

    def _sealed(self, one: Disclosure, told: Told) -> bytes:
        return self._vault.seal_field(one.person, "disclosure", "record", one.id, msgspec.json.encode(told))

    def _select(self, where: str, values: tuple[Any, ...]) -> list[Disclosure]:
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM disclosure WHERE {where}", values).fetchall()  # noqa: S608 (our own text)
        return [self._opened(row) for row in rows]

    def _opened(self, row: tuple[Any, ...]) -> Disclosure:
        id_, tenant, person, code, use, state, asked_ms, ends_ms, record = row
        one = Disclosure(
            id=id_, tenant=tenant, person=person, code=code, use=Use(use), state=State(state), asked_ms=asked_ms,
            ends_ms=ends_ms,
        )  # fmt: skip
        try:
            plain = self._vault.open_field(person, "disclosure", "record", id_, record)
        except KeyGone:
            return one
        return msgspec.structs.replace(one, told=msgspec.json.decode(plain, type=Told))
