"""Disclosure: what may be used, or leave, without its person's yes: on which code, with what said, how much of it."""

from collections.abc import Mapping
from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec

from waykeep.errors import AskError
from waykeep.policy.lengths import DAY_MS, length_ms
from waykeep.policy.parts import Document

SHORTEST_NECESSITY, LONGEST_TEXT = 12, 1000
LONGEST_DAYS = 31
MOST_CATEGORIES = 20
UNASKED = "why_not_asked"  # a code that needs it acts first; a second look must follow


class Use(StrEnum):
    """What is done with the data."""

    USE = "use"
    SHARE = "share"
    HAND_OVER = "hand_over"
    PUBLISH = "publish"


class State(StrEnum):
    """How it stands; it ends by itself."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    ENDED = "ended"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: the code and its facts, why it is necessary, and the scope outside which nothing leaves.

    `categories` are patterns of the document's, the span is Unix ms UTC with its end excluded, `to` who gets the data.
    """

    code: str
    use: Use
    person: str
    to: str
    necessity: str
    said: Mapping[str, str]
    categories: tuple[str, ...]
    from_ms: int
    to_ms: int
    days: int


def check(wanted: Wanted, document: Document) -> None:
    """Refuse with AskError what no one may approve: the error says what is missing."""
    codes = document.disclosure.codes
    if wanted.code not in codes:
        raise AskError("code-unknown", f"Only these let data leave without a yes: {', '.join(codes)}.", 422)
    texts = (wanted.to, wanted.necessity, *wanted.said.values())
    if max(map(len, texts)) > LONGEST_TEXT:
        raise AskError("text-too-long", f"Write at most {LONGEST_TEXT} characters.", 422)
    if len(wanted.necessity.strip()) < SHORTEST_NECESSITY or not wanted.to.strip():
        raise AskError("necessity-missing", "Say who gets it, and why less would not do.", 422)
    missing = [one for one in codes[wanted.code] if not wanted.said.get(one, "").strip()]
    if missing:
        raise AskError("fact-missing", f"For the code {wanted.code} say: {', '.join(missing)}.", 422)
    if not 0 < len(wanted.categories) <= MOST_CATEGORIES or any(not _known(one, document) for one in wanted.categories):
        raise AskError("scope-missing", "Name the kinds of data that are needed, in the words of the policy.", 422)
    if not 0 <= wanted.from_ms < wanted.to_ms:
        raise AskError("wrong-span", "The span ends before it begins: `to_ms` must be later than `from_ms`.", 422)
    if not 1 <= wanted.days <= LONGEST_DAYS:
        raise AskError("days-wrong", f"A disclosure is open for 1 to {LONGEST_DAYS} days.", 422)


def covers(wanted: Wanted, category: str) -> bool:
    """Whether a kind of data is in the scope."""
    return any(fnmatchcase(category, pattern) for pattern in wanted.categories)


def review_ms(wanted: Wanted, document: Document, approved_ms: int) -> int | None:
    """By when a second look is due: for a code that acts before the person could be asked."""
    if UNASKED not in document.disclosure.codes[wanted.code]:
        return None
    return approved_ms + (length_ms(document.disclosure.emergency_review) or DAY_MS)


def _known(pattern: str, document: Document) -> bool:
    """Whether a pattern names a kind of this document, or a family such as `location.*`; all at once are no scope."""
    family = pattern.removesuffix(".*")
    if pattern != family:
        return any(name.startswith(f"{family}.") for name in document.categories)
    return pattern in document.categories
