"""Who outside may get what: which recipients a document may name, and whether something may leave now; pure."""

from collections.abc import Iterable, Iterator
from datetime import date
from fnmatch import fnmatchcase

import msgspec

from waykeep.policy import transfers
from waykeep.policy.parts import Document
from waykeep.policy.parts_outside import Recipient

OWN_POLICY = frozenset({"third_party", "sdk"})  # who works, wholly or partly, by a policy of their own


class Leave(msgspec.Struct, frozen=True):
    """What may go to a host: to which recipient, and which of the categories that were meant for it."""

    recipient: str
    categories: frozenset[str]


def faults(document: Document) -> Iterator[tuple[str, str]]:
    """What is wrong with the recipients of a document: the recipient's id and a sentence."""
    for one in document.recipients:
        yield from ((one.id, text) for text in _faults(one, document))


def leave(recipients: Iterable[Recipient], host: str, categories: Iterable[str], today: date) -> Leave | None:
    """Which of these categories may go to a host now; None where no recipient that is switched on has it."""
    for one in recipients:
        if one.enabled and host in one.hosts and stands(one, today):
            sent = (name for name in categories if any(fnmatchcase(name, pattern) for pattern in one.sends))
            return Leave(one.id, frozenset(sent))
    return None


def stands(one: Recipient, today: date) -> bool:
    """Whether what makes someone a recipient still counts: ownership, assessment and transfer each have a last day."""
    ends = [one.assessment_until, one.ownership.until if one.ownership else None]
    lasts = all(today <= date.fromisoformat(end) for end in ends if end is not None)
    return lasts and transfers.stands(one.transfer, today)


def _faults(one: Recipient, document: Document) -> Iterator[str]:
    if one.sale and not document.share.sale:
        yield "buys data, while `share.sale` says that none is sold"
    owned = None if one.ownership is None else one.ownership.until
    for key, end in (("assessment_until", one.assessment_until), ("ownership", owned)):
        if end is not None and not _is_date(end):
            yield f"{key}: {end!r} is no date such as 2026-12-31"
    if not one.enabled:
        return
    if one.type == "third_party" and not document.share.third_party:
        yield "is switched on and works for itself, while `share.third_party` says that none does"
    if one.type in OWN_POLICY and not one.policy_url:
        yield "is switched on and works by a policy of its own: give its `policy_url`"
    if one.type == "affiliate" and one.ownership is None:
        yield "is switched on as an affiliate: give its `ownership` with a reference and until when it counts"
    if one.type == "processor" and not one.contract:
        yield "is switched on and works for the operator: give the `contract` by which it does"


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
