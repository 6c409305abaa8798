"""What may be used or leave without a yes: every missing fact, scope and end is refused before anyone is asked."""

import msgspec
import pytest

from waykeep.errors import AskError
from waykeep.policy import disclosure
from waykeep.policy.disclosure import Use, Wanted
from waykeep.store import documents

PARTS = documents.policy("trak", fill=True).parts
DAY_MS = 86_400_000
WANTED = Wanted(
    code="public_source", use=Use.SHARE, person="p1", to="A paper", necessity="it prints a correction",
    said={"source": "a register", "captured_on": "2026-01-02"},
    categories=("identity.name",), from_ms=0, to_ms=1, days=1,
)  # fmt: skip


def slug(**changes):
    with pytest.raises(AskError) as refused:
        disclosure.check(msgspec.structs.replace(WANTED, **changes), PARTS)
    assert refused.value.status == 422
    return refused.value.slug


def test_what_says_all_that_its_code_needs_may_be_asked_for():
    disclosure.check(WANTED, PARTS)
    disclosure.check(msgspec.structs.replace(WANTED, categories=("location.*",), days=disclosure.LONGEST_DAYS), PARTS)


@pytest.mark.parametrize("code", PARTS.disclosure.codes)
def test_each_code_is_refused_while_any_of_its_facts_is_missing_or_blank(code):
    facts = PARTS.disclosure.codes[code]
    assert facts, "a code that needs nothing said would be a door without a lock"
    said = dict.fromkeys(facts, "said")
    disclosure.check(msgspec.structs.replace(WANTED, code=code, said=said), PARTS)
    for one in facts:
        assert slug(code=code, said=said | {one: "  "}) == "fact-missing"
        assert slug(code=code, said={}) == "fact-missing"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"code": "legal_obligation"}, "code-unknown"),  # of the base, which this profile gave up
        ({"code": ""}, "code-unknown"),
        ({"necessity": "because"}, "necessity-missing"),
        ({"to": " "}, "necessity-missing"),
        ({"categories": ()}, "scope-missing"),
        ({"categories": ("*",)}, "scope-missing"),
        ({"categories": ("identity.name", "body.shoes")}, "scope-missing"),
        ({"from_ms": 2, "to_ms": 2}, "wrong-span"),
        ({"from_ms": -1}, "wrong-span"),
        ({"days": 0}, "days-wrong"),
        ({"days": disclosure.LONGEST_DAYS + 1}, "days-wrong"),
        ({"to": "x" * 1001}, "text-too-long"),
    ],
)
def test_what_has_no_code_need_scope_or_end_is_refused(changes, expected):
    assert slug(**changes) == expected


def test_only_what_could_not_wait_is_due_for_a_second_look():
    assert disclosure.review_ms(WANTED, PARTS, 5) is None
    urgent = msgspec.structs.replace(WANTED, code="vital_interest")
    assert disclosure.review_ms(urgent, PARTS, 5) == 5 + 3 * DAY_MS


def test_a_scope_covers_its_patterns_alone():
    places = msgspec.structs.replace(WANTED, categories=("location.*", "identity.name"))
    assert disclosure.covers(places, "location.precise")
    assert disclosure.covers(places, "identity.name")
    assert not disclosure.covers(places, "identity.contact")
    assert not disclosure.covers(places, "vehicle.status")
