"""The rules of a request about rights: its clock, how surely a person must be known, and what may refuse it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from waykeep.errors import AskError
from waykeep.policy.lengths import length_ms
from waykeep.policy.parts import Clock, Rights

LONGEST_TEXT = 4000
SHORTEST_FACTS = 20  # of a refusal: "no" is not a reason

RESPONSE, COMPLAINT = "rights_response", "complaint"  # the document's clocks
SESSION = "session"  # the level of whoever asks from within an account
OWN_AUTHORITY = frozenset({"national_security", "public_safety", "judicial", "abuse_proven"})
"""Grounds that rest on someone's paper: they need its reference."""


class Right(StrEnum):
    """What a person asks for; `question` is whatever else they want answered."""

    ACCESS = "access"
    PORTABILITY = "portability"
    CORRECT = "correct"
    ERASE = "erase"
    OBJECT = "object"
    RESTRICT = "restrict"
    WITHDRAW = "withdraw"
    COMPLAIN = "complain"
    DEREGISTER = "deregister"
    QUESTION = "question"


ERASING = frozenset({Right.ERASE, Right.DEREGISTER})
COPYING = frozenset({Right.ACCESS, Right.PORTABILITY})
ANSWERED_ONLY = frozenset({Right.COMPLAIN, Right.QUESTION})  # nothing is handed out: nobody need be known


class Kind(StrEnum):
    """What happened to a request."""

    OPENED = "opened"
    LINKED = "linked"
    PROOF_ASKED = "proof-asked"
    PROVEN = "proven"
    PROPOSED = "proposed"
    HANDED_OUT = "handed-out"
    DECIDED = "decided"


class Outcome(StrEnum):
    """How a request ended."""

    DONE = "done"
    PART = "part"
    REFUSED = "refused"
    MOOT = "moot"  # the person was forgotten meanwhile


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What is decided, and on what: a ground of the document, the facts, the paper it rests on.

    `field` and `value` say what a correction writes; `answer` is what the person is told.
    """

    outcome: Outcome
    answer: str = ""
    ground: str = ""
    facts: str = ""
    reference: str = ""
    field: str = ""
    value: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened, never changed afterwards. `by` is an account, empty where it was the server itself."""

    kind: Kind
    at_ms: int
    by: str = ""
    level: str = ""
    person: str = ""
    decision: Decision | None = None
    hashes: tuple[str, ...] = ()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a request stands: by when it is due, how many of its warnings have passed, and who is known so far."""

    due_ms: int | None
    warned: int
    overdue: bool
    pending: bool
    level: str
    person: str | None
    proposed: Step | None
    decided: Step | None


def due_clock(right: Right) -> str:
    """The document's clock for a right."""
    return COMPLAINT if right in ANSWERED_ONLY else RESPONSE


def known(rights: Rights) -> frozenset[str]:
    """Every right that the document gives, here or in some region, and the question that everyone may ask."""
    regional = (right for rights_ in rights.by_region.values() for right in rights_)
    return frozenset({*rights.all, *regional, Right.QUESTION}) & frozenset(one.value for one in Right)


def standing(
    right: Right, steps: Iterable[Step], clocks: Mapping[str, Clock], levels: tuple[str, ...], now_ms: int
) -> Standing:
    """Read how a request stands out of its steps, oldest first.

    The clock pauses only while a proof is asked for that has not come, and only where the document says so.
    """
    clock = clocks.get(due_clock(right))
    length = length_ms(clock.length) if clock else None
    pauses = clock is not None and clock.pause_on == "identity_pending"
    opened_ms = paused_ms = 0
    asked_ms: int | None = None
    person: str | None = None
    level, proposed, decided = "", None, None
    for step in steps:
        if step.kind is Kind.OPENED:
            opened_ms = step.at_ms
        if step.kind is Kind.PROOF_ASKED and asked_ms is None:
            asked_ms = step.at_ms
        if step.kind in (Kind.PROVEN, Kind.DECIDED) and asked_ms is not None:
            paused_ms += step.at_ms - asked_ms
            asked_ms = None
        person = step.person or person
        level = max(level, step.level, key=lambda one: rank(levels, one))
        proposed = step if step.kind is Kind.PROPOSED else proposed
        decided = step if step.kind is Kind.DECIDED else decided
    end_ms = decided.at_ms if decided else now_ms
    if asked_ms is not None:
        paused_ms += end_ms - asked_ms
    due_ms = None if length is None else opened_ms + length + (paused_ms if pauses else 0)
    worked_ms = end_ms - opened_ms - (paused_ms if pauses else 0)
    marks = [length_ms(one) or 0 for one in clock.warn] if clock else []
    return Standing(
        due_ms=due_ms,
        warned=sum(worked_ms >= mark for mark in marks),
        overdue=due_ms is not None and end_ms > due_ms,
        pending=asked_ms is not None,
        level=level,
        person=person,
        proposed=proposed,
        decided=decided,
    )


def rank(levels: tuple[str, ...], level: str) -> int:
    """How surely a level knows a person: its place among the document's, 0 for none."""
    return levels.index(level) + 1 if level in levels else 0


def enough(rights: Rights, right: Right, level: str) -> bool:
    """Whether a level is enough for what is asked; an answer alone needs nobody to be known."""
    if right in ANSWERED_ONLY:
        return True
    levels = rights.identity.levels
    least = rights.identity.least.get("erase" if right in ERASING else right.value, SESSION)
    return rank(levels, level) >= max(1, rank(levels, least))


def grounds(rights: Rights, right: Right) -> tuple[str, ...]:
    """What may refuse this right: the document's list for it, or the one for all."""
    listed = rights.refusal_grounds
    return listed.get("erase" if right in ERASING else right.value, listed.get("all", ()))


def check(decision: Decision, right: Right, rights: Rights, *, by: str, proposed: Step | None) -> bool:
    """Whether a decision holds now (True), or waits for a second person (False); AskError where it may not be made.

    What refuses, wholly or in part, needs a ground that the document knows for this right, the facts, and two people.
    """
    if max(map(len, (decision.answer, decision.facts, decision.reference, decision.value))) > LONGEST_TEXT:
        raise AskError("text-too-long", f"Write at most {LONGEST_TEXT} characters.", 422)
    if decision.outcome is Outcome.MOOT:
        raise AskError("outcome-unknown", "A request is done, done in part, or refused.", 422)
    if decision.outcome is Outcome.DONE:
        if right in ANSWERED_ONLY and not decision.answer.strip():
            raise AskError("answer-missing", "Write the answer: an acknowledgement alone does not close it.", 422)
        return True
    allowed = grounds(rights, right)
    if decision.ground not in allowed:
        raise AskError("ground-missing", f"Only these may refuse it: {', '.join(allowed) or 'none'}.", 422)
    if len(decision.facts.strip()) < SHORTEST_FACTS:
        raise AskError("facts-missing", "Say on which facts this ground rests; the person is told.", 422)
    if decision.ground in OWN_AUTHORITY and not decision.reference.strip():
        raise AskError("reference-missing", "This ground rests on a paper: give its reference.", 422)
    if not decision.answer.strip():
        raise AskError("answer-missing", "Say which part is done all the same, or that none can be.", 422)
    return proposed is not None and proposed.by != by and proposed.decision == decision
