"""Which version of the policy a person stands under: what they said yes to, what use alone may add, where they stay."""

from collections.abc import Collection, Sequence

import msgspec

from waykeep.policy.parts import Document

NAME = "policy"  # of the record of a yes to the whole text, among those of consents
PINS = "rights_reduced"


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """A version that is or was in force; `reduces` = it takes something from people that the one before gave."""

    number: int
    hash: str
    version: str
    reduces: bool


class Stance(msgspec.Struct, frozen=True, kw_only=True):
    """How someone stands to the text in force.

    `due`: nothing but the text, their rights and the way out is open before they say yes. `pinned`: they stay with this
    older edition until they say yes. `implied`: going on writes this edition down as accepted.
    """

    due: bool = False
    pinned: Edition | None = None
    implied: Edition | None = None


def stance(accepted: Collection[str], editions: Sequence[Edition], document: Document) -> Stance:
    """Judge the hashes of the texts that someone accepted against the editions, oldest first, the last one in force."""
    known = [one for one in editions if one.hash in accepted]
    if not known:
        return Stance(due=document.acceptance.gate)
    newest, now = known[-1], editions[-1]
    since = [one for one in editions if one.number > newest.number]
    if not since:
        return Stance()
    if document.versions.pin_until_consent == PINS and any(one.reduces for one in since):
        return Stance(pinned=newest)
    if document.acceptance.implied_by_use_after_effective:
        return Stance(implied=now)
    return Stance(due=document.acceptance.gate)
