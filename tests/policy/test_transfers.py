"""Borders: which flows cross one, what each needs, and that it ends with its paper."""

from datetime import date

import msgspec
import pytest

from waykeep.policy import transfers
from waykeep.policy.parts_outside import Recipient, Transfer
from waykeep.store import documents

IVMS = documents.policy("ivms", fill=True).parts
SMARTPAR = documents.policy("smartpar", fill=True).parts
BY = Transfer(mechanism="scc", ref="r", until="2030-01-31")


def flowing(document=IVMS, region="QQ", by=BY, *, enabled=True):
    one = Recipient(
        id="x", type="processor", purpose="notices", contract="c", region=region, transfer=by, enabled=enabled
    )
    return msgspec.structs.replace(document, recipients=(one,))


def told(document):
    return [text for _, _, text in transfers.faults(document)]


def test_a_flow_within_the_country_crosses_nothing():
    for region in ("AE", "ZZ"):
        near = flowing(region=region, by=None)
        assert told(near) == []
        assert transfers.crossings(near) == ()


def test_a_flow_over_a_border_is_listed_with_what_it_rests_on():
    (one,) = transfers.crossings(flowing())
    assert (one.recipient, one.source, one.region, one.mechanism, one.ref) == ("x", "AE", "QQ", "scc", "r")
    assert told(flowing()) == []
    assert transfers.crossings(flowing(enabled=False)) == ()


@pytest.mark.parametrize(
    ("by", "word"),
    [
        (None, "by no way that counts"),
        (Transfer(mechanism="safe_harbor", ref="r", until="2030-01-31"), "has not counted since 2015-10-06"),
        (Transfer(mechanism="handshake", ref="r", until="2030-01-31"), "none of the ways"),
        (Transfer(mechanism="bcr", until="2030-01-31"), "give the `ref`"),
        (Transfer(mechanism="other_approved", ref="r", until="2030-01-31"), "who approved it"),
        (Transfer(mechanism="separate_consent", until="2030-01-31"), "separate yes"),
        (Transfer(mechanism="scc", ref="r", until="some day"), "no date"),
    ],
)
def test_what_does_not_count_is_refused_by_its_reason(by, word):
    (text,) = told(flowing(by=by))
    assert word in text


def test_a_document_that_only_lists_its_flows_lists_those_without_a_paper_too():
    listed = flowing(SMARTPAR, by=None)
    assert told(listed) == []
    assert [one.mechanism for one in transfers.crossings(listed)] == [None]
    assert told(flowing(SMARTPAR, by=Transfer(mechanism="privacy_shield", ref="r", until="2030-01-31")))


def test_a_flow_stands_through_its_last_day():
    assert transfers.stands(BY, date(2030, 1, 31))
    assert not transfers.stands(BY, date(2030, 2, 1))
    assert transfers.stands(None, date(2030, 2, 1))
