"""Data that crosses a border: which flows do, by which mechanism, until when; and what may not cross; pure."""

from collections.abc import Iterator
from datetime import date

import msgspec

from waykeep.policy.lengths import is_open
from waykeep.policy.parts import Document
from waykeep.policy.parts_outside import Transfer

UNNAMED = "ZZ"  # of a region that nobody named
CONSENT = "separate_consent"
PAPERS = frozenset({"adequacy", "scc", "bcr", "other_approved"})  # each rests on something that can be shown
APPROVED = "other_approved"


class Crossing(msgspec.Struct, frozen=True, kw_only=True):
    """One flow out of the country where the data lies: to whom, where, and by what it may (None = nothing is said)."""

    recipient: str
    source: str
    region: str
    mechanism: str | None = None
    ref: str | None = None
    until: str | None = None


def crossings(document: Document) -> tuple[Crossing, ...]:
    """Every flow of the document that crosses a border: recipients that are switched on, and copies at other sites."""
    home, near = _home(document), _near(document)
    found = [(one.id, one.region, one.transfer) for one in document.recipients if one.enabled]
    found += [(one.id, one.region, one.transfer) for one in document.residency.sites if one.role != "primary"]
    return tuple(
        Crossing(
            recipient=name,
            source=home,
            region=region,
            mechanism=by.mechanism if by else None,
            ref=by.ref if by else None,
            until=by.until if by else None,
        )
        for name, region, by in found
        if region not in near and not is_open(region)
    )


def stands(by: Transfer | None, today: date) -> bool:
    """Whether the mechanism of a flow still counts today."""
    return by is None or today <= date.fromisoformat(by.until)


def faults(document: Document) -> Iterator[tuple[str, str, str]]:
    """What is wrong: the section, the recipient's or site's id, and a sentence."""
    near, rule = _near(document), document.transfers
    flows = [("recipients", one.id, one.region, one.transfer, one.enabled) for one in document.recipients]
    sites = [one for one in document.residency.sites if one.role != "primary"]
    flows += [("residency.sites", one.id, one.region, one.transfer, True) for one in sites]
    for section, name, region, by, used in flows:
        if by is not None:
            yield from ((section, name, text) for text in _wrong(by, document))
        elif used and region not in near and not is_open(region) and rule.default == "refuse":
            ways = ", ".join(rule.mechanisms)
            yield section, name, f"takes data to {region} by no way that counts: give its `transfer` ({ways})"


def _wrong(by: Transfer, document: Document) -> Iterator[str]:
    rule = document.transfers
    if by.mechanism in rule.void:
        yield f"rests on {by.mechanism}, which has not counted since {rule.void[by.mechanism]}"
    elif by.mechanism not in rule.mechanisms:
        yield f"rests on {by.mechanism}, which is none of the ways of `transfers.mechanisms`"
    if by.mechanism == CONSENT:
        yield "rests on each person's separate yes, which this program cannot ask for each flow yet"
    if by.mechanism in PAPERS and not by.ref:
        yield f"rests on {by.mechanism}: give the `ref` of its paper"
    if by.mechanism == APPROVED and not by.approver:
        yield "rests on another way: say in `approver` who approved it"
    try:
        date.fromisoformat(by.until)
    except ValueError:
        yield f"transfer.until: {by.until!r} is no date such as 2026-12-31"


def _home(document: Document) -> str:
    return next((one.region for one in document.residency.sites if one.role == "primary"), UNNAMED)


def _near(document: Document) -> frozenset[str]:
    """The regions that are no border away: where the data lies, and those that the document names for it."""
    return frozenset({_home(document), UNNAMED, *document.residency.allowed}) - {"*"}
