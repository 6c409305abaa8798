"""The operator's duties: clauses that people fulfil, and what was attested of each, by whom and until when."""

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import msgspec

from waykeep.errors import AskError
from waykeep.model.access import Viewer
from waykeep.policy.register import Clause
from waykeep.store.attestations import Attestation, Attestations

DAY_MS = 86_400_000
OPERATOR = "operator-workflow"  # the kind of clause
LONGEST_STATEMENT = 1000
LONGEST_DAYS = 366


class State(StrEnum):
    """How a duty stands."""

    NEVER = "never"
    VALID = "valid"
    EXPIRED = "expired"


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """A clause that its operator fulfils, and the newest word about it."""

    clause: str
    says: str
    state: State
    statement: str | None = None
    by: str | None = None
    by_name: str | None = None
    made_ms: int | None = None
    until_ms: int | None = None
    policy: str | None = None
    signature: str | None = None


class Duties(msgspec.Struct, frozen=True, kw_only=True):
    """All duties of the profile, and the Ed25519 key (hex) under which each word about them verifies."""

    key: str
    duties: tuple[Duty, ...]


class Attesting:
    """Lists and adds. `name_of` gives the name of an account that still exists."""

    def __init__(
        self,
        rows: Attestations,
        clauses: tuple[Clause, ...],
        policy: str,
        clock: Callable[[], int],
        *,
        name_of: Callable[[str], str | None],
        noted: Callable[..., Any],
    ) -> None:
        self._rows, self._policy, self._clock = rows, policy, clock
        self._clauses = {one.id: one for one in clauses if one.kind == OPERATOR}
        self._name_of, self._noted = name_of, noted

    def all(self) -> Duties:
        """Every duty, in the register's order."""
        newest, now_ms = self._rows.newest(), self._clock()
        duties = tuple(self._duty(one, newest.get(one.id), now_ms) for one in self._clauses.values())
        return Duties(key=self._rows.key.hex(), duties=duties)

    async def attest(self, viewer: Viewer, clause: str, statement: str, days: int) -> Duty:
        """Sign a statement about a clause, for so many days."""
        known = self._clauses.get(clause)
        if known is None:
            raise AskError("not-a-duty", "This is no clause that an operator attests here.", 404)
        said = " ".join(statement.split())
        if not said or len(said) > LONGEST_STATEMENT:
            raise AskError(
                "statement-missing", f"Say in at most {LONGEST_STATEMENT} characters what is done and how.", 422
            )
        if not 1 <= days <= LONGEST_DAYS:
            raise AskError("days-wrong", f"An attestation counts for 1 to {LONGEST_DAYS} days.", 422)
        now_ms = self._clock()
        wanted = Attestation(
            clause=clause,
            statement=said,
            by=viewer.person,
            made_ms=now_ms,
            until_ms=now_ms + days * DAY_MS,
            policy=self._policy,
        )
        made = await asyncio.wrap_future(self._rows.add(wanted))
        told = {"clause": clause, "until_ms": str(made.until_ms)}
        await asyncio.wrap_future(self._noted("attested", told, tenant=viewer.tenant, viewer=viewer.person))
        return self._duty(known, made, now_ms)

    def _duty(self, clause: Clause, newest: Attestation | None, now_ms: int) -> Duty:
        if newest is None:
            return Duty(clause=clause.id, says=clause.says, state=State.NEVER)
        return Duty(
            clause=clause.id,
            says=clause.says,
            state=State.VALID if newest.made_ms <= now_ms < newest.until_ms else State.EXPIRED,
            statement=newest.statement,
            by=newest.by,
            by_name=self._name_of(newest.by),
            made_ms=newest.made_ms,
            until_ms=newest.until_ms,
            policy=newest.policy,
            signature=newest.signature.hex(),
        )
