"""Who outside may get what: which recipients a document may name, and what may leave for one on a day."""

from datetime import date

import pytest

from waykeep.errors import StartError
from waykeep.policy import document, recipients
from waykeep.policy.parts_outside import Ownership, Recipient
from waykeep.store import documents

TODAY = date(2026, 11, 27)
BOTH = frozenset({"identity.contact", "location.precise"})
NAMES = frozenset({"identity.contact", "identity.name"})


def recipient(**more):
    plain = {
        "id": "relay", "type": "processor", "purpose": "notices", "hosts": ("relay.example",),
        "sends": ("identity.*",), "contract": "c", "enabled": True,
    }  # fmt: skip
    return Recipient(**plain | more)


def left(categories=BOTH, host="relay.example", **more):
    found = recipients.leave([recipient(**more)], host, categories, TODAY)
    return None if found is None else found.categories


def test_only_the_categories_of_the_recipient_leave_for_its_hosts():
    assert left() == {"identity.contact"}
    assert left(NAMES) == NAMES
    assert left(sends=()) == frozenset()
    assert left(categories=frozenset()) == frozenset()


@pytest.mark.parametrize(
    "host", ["RELAY.example", "relay.example.evil.test", "", "relay", "127.0.0.1", "relay.example."]
)
def test_a_host_that_is_not_named_letter_by_letter_gets_nothing(host):
    assert left(host=host) is None


@pytest.mark.parametrize(
    ("more", "leaves"),
    [
        ({"enabled": False}, False),
        ({"assessment_until": "2026-11-27"}, True),
        ({"assessment_until": "2026-11-26"}, False),
        ({"type": "affiliate", "ownership": Ownership(ref="r", until="2026-11-27")}, True),
        ({"type": "affiliate", "ownership": Ownership(ref="r", until="2026-11-26")}, False),
    ],
)
def test_what_is_off_or_over_gets_nothing(more, leaves):
    assert (left(**more) is not None) == leaves


def test_of_two_recipients_with_one_host_the_one_that_is_on_counts():
    known = [recipient(id="off", enabled=False), recipient(id="on")]
    assert recipients.leave(known, "relay.example", BOTH, TODAY).recipient == "on"


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("type: processor, contract: c, sale: true", "sale"),
        ("type: third_party, policy_url: u, enabled: true", "third_party"),
        ("type: processor, enabled: true", "contract"),
        ("type: sdk, enabled: true", "policy_url"),
        ("type: affiliate, enabled: true", "ownership"),
        ("type: affiliate, ownership: {ref: r, until: tomorrow}", "no date"),
        ("type: processor, assessment_until: '2026-02-30'", "no date"),
        ("type: buyer", "buyer"),
    ],
)
def test_a_recipient_that_may_not_be_refuses_the_document_by_its_name(entry, message):
    text = f"extends: base\nrecipients+: [{{id: canary, purpose: notices, {entry}}}]"
    with pytest.raises(StartError, match=f"mine.yaml:2: recipients.canary.*{message}"):
        document.load(document.chain("mine.yaml", text, documents.shipped()))


def test_what_is_switched_off_may_be_prepared():
    text = "extends: base\nrecipients+: [{id: later, type: sdk, purpose: notices}]"
    policy = document.load(document.chain("mine.yaml", text, documents.shipped()))
    assert [one.id for one in policy.parts.recipients if not one.enabled] == ["later"]
