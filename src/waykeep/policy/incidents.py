"""Incidents: how grave one is, by when people and the authority must hear of it, and what they must be told."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from waykeep.errors import AskError
from waykeep.policy.lengths import length_ms
from waykeep.policy.parts import Document

CLOCK = "breach_notify"
GRAVEST, LIGHTEST = 1, 3
LONGEST_TEXT = 4000


class Kind(StrEnum):
    """What happened to the data."""

    LEAK = "leak"
    DESTROY = "destroy"
    LOSS = "loss"
    OUTAGE = "outage"
    ATTEMPT = "attempt"


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Whose data it touches: what an account looked at, the units named, or everyone's, between two Unix ms."""

    account: str = ""
    units: tuple[str, ...] = ()
    everyone: bool = False
    from_ms: int = 0
    to_ms: int = 0


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """What is written down when it becomes known. `aware_ms` is when that was: it starts the clock and never moves."""

    kind: Kind
    aware_ms: int
    scope: Scope
    severity: int = LIGHTEST
    says: str = ""


def check(happened: Happened, document: Document, now_ms: int) -> int:
    """Refuse with AskError what cannot be; gives the severity: the document's kinds are always the gravest."""
    if happened.aware_ms > now_ms or happened.aware_ms <= 0:
        raise AskError("aware-wrong", "Say when it became known: that is not in the future.", 422)
    scope = happened.scope
    if not (scope.account or scope.units or scope.everyone):
        raise AskError(
            "scope-missing", "Say whose data it touches: of an account's looks, of units, or everyone's.", 422
        )
    if not scope.everyone and not 0 <= scope.from_ms < scope.to_ms:
        raise AskError("wrong-span", "The span ends before it begins: `to_ms` must be later than `from_ms`.", 422)
    if len(happened.says) > LONGEST_TEXT:
        raise AskError("text-too-long", f"Write at most {LONGEST_TEXT} characters.", 422)
    if happened.kind.value in document.breach.sev1_types:
        return GRAVEST
    return min(LIGHTEST, max(GRAVEST, happened.severity))


def due_ms(aware_ms: int, document: Document) -> int | None:
    """By when everyone must know; None where the document gives no length (it then promises to try)."""
    length = length_ms(document.clocks[CLOCK].length)
    return None if length is None else aware_ms + length


def marks_passed(aware_ms: int, document: Document, now_ms: int) -> int:
    """How many of the clock's warnings have passed."""
    return sum(aware_ms + (length_ms(one) or 0) <= now_ms for one in document.clocks[CLOCK].warn)


def missing(parts: Mapping[str, str], document: Document) -> tuple[str, ...]:
    """The parts of a notice that the document demands and that are not written yet."""
    return tuple(one for one in document.breach.notice_must_have if not parts.get(one, "").strip())


def categories(document: Document, *, located: bool) -> tuple[str, ...]:
    """The kinds of data that a leak may hold, out of the map of fields: those that tell of people.

    `located` = positions were among what was looked at.
    """
    kinds = dict.fromkeys(document.fields.values())
    places = ("location.", "vehicle.", "driver.", "quality.")
    return tuple(one for one in kinds if located or not one.startswith(places))
