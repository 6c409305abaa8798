"""Incidents: what cannot be is refused, the gravest kinds are the document's, the clock and the parts are its own."""

import msgspec
import pytest

from waykeep.errors import AskError
from waykeep.policy import incidents
from waykeep.policy.incidents import Happened, Kind, Scope
from waykeep.store import documents

PARTS = documents.policy("ivms", fill=True).parts
NOW_MS, HOUR_MS = 1_800_000_000_000, 3_600_000
EVERYONE = Scope(everyone=True)


def happened(**more):
    return Happened(**({"kind": Kind.LEAK, "aware_ms": NOW_MS, "scope": EVERYONE} | more))


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"aware_ms": NOW_MS + 1}, "aware-wrong"),
        ({"aware_ms": 0}, "aware-wrong"),
        ({"scope": Scope()}, "scope-missing"),
        ({"scope": Scope(account="p1", from_ms=5, to_ms=5)}, "wrong-span"),
        ({"scope": Scope(units=("d1",), from_ms=-1, to_ms=5)}, "wrong-span"),
        ({"says": "x" * 4001}, "text-too-long"),
    ],
)
def test_what_cannot_be_is_refused(more, slug):
    with pytest.raises(AskError) as refused:
        incidents.check(happened(**more), PARTS, NOW_MS)
    assert refused.value.slug == slug


@pytest.mark.parametrize(
    ("kind", "said", "severity"),
    [(Kind.LEAK, 3, 1), (Kind.DESTROY, 2, 1), (Kind.LOSS, 3, 1), (Kind.OUTAGE, 3, 3), (Kind.ATTEMPT, 0, 1),
     (Kind.ATTEMPT, 99, 3)],
)  # fmt: skip
def test_a_leak_a_destruction_and_a_loss_are_always_the_gravest(kind, said, severity):
    assert incidents.check(happened(kind=kind, severity=said), PARTS, NOW_MS) == severity


def test_the_clock_and_its_warnings_are_the_documents():
    assert incidents.due_ms(NOW_MS, PARTS) == NOW_MS + 72 * HOUR_MS
    passed = [incidents.marks_passed(NOW_MS, PARTS, NOW_MS + hours * HOUR_MS) for hours in (0, 23, 24, 48, 65, 66, 100)]
    assert passed == [0, 0, 1, 2, 2, 3, 3]
    tries = documents.policy("safetrack", fill=True).parts
    assert incidents.due_ms(NOW_MS, tries) is None


def test_every_part_that_the_document_demands_is_missed_until_it_is_written():
    parts: dict[str, str] = {}
    for left, name in enumerate(reversed(PARTS.breach.notice_must_have)):
        assert len(incidents.missing(parts, PARTS)) == len(PARTS.breach.notice_must_have) - left
        parts[name] = " "
        assert name in incidents.missing(parts, PARTS)
        parts[name] = "said"
    assert incidents.missing(parts, PARTS) == ()
    fewer = msgspec.structs.replace(PARTS, breach=msgspec.structs.replace(PARTS.breach, notice_must_have=("facts",)))
    assert incidents.missing({"facts": "said"}, fewer) == ()


def test_a_leak_without_places_names_none():
    assert any(one.startswith("location.") for one in incidents.categories(PARTS, located=True))
    assert not any(one.startswith(("location.", "vehicle.")) for one in incidents.categories(PARTS, located=False))
