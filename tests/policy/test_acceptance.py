"""Under which version someone stands: the gate, what use alone accepts, and who stays with the text they know."""

import msgspec
import pytest

from waykeep.policy import acceptance
from waykeep.policy.acceptance import Edition
from waykeep.store import documents

GATED = documents.policy("trak", fill=True).parts
OPEN = documents.policy("pars", fill=True).parts


def editions(reduces):
    return [Edition(number=at, hash=f"h{at}", version=f"v{at}", reduces=one) for at, one in enumerate(reduces, 1)]


def stands(accepted, found, document=GATED):
    one = acceptance.stance(accepted, found, document)
    return one.due, one.pinned and one.pinned.number, one.implied and one.implied.number


@pytest.mark.parametrize(
    ("accepted", "reduces", "expected"),
    [
        ([], [False], (True, None, None)),
        (["h1"], [False], (False, None, None)),
        (["h9"], [False], (True, None, None)),  # a yes to a text that never was
        (["h1"], [False, False], (False, None, 2)),
        (["h1"], [False, True], (False, 1, None)),
        (["h1"], [False, True, False], (False, 1, None)),  # what came after a reduction is not reached by use
        (["h1", "h2"], [False, True], (False, None, None)),
        (["h2"], [False, True, False], (False, None, 3)),
        (["h1", "h3"], [False, True, True], (False, None, None)),
        ([], [False, True, True], (True, None, None)),
    ],
)
def test_each_history_gives_one_standing(accepted, reduces, expected):
    assert stands(accepted, editions(reduces)) == expected


def test_no_path_leads_from_use_alone_to_a_text_that_takes_something():
    for first in (True, False):
        for second in (True, False):
            found = editions([False, first, second])
            due, pinned, implied = stands(["h1"], found)
            assert not due
            assert (implied is None) == (first or second)
            assert (pinned == 1) == (first or second)


def test_where_the_document_takes_no_yes_by_use_it_asks_again():
    asks = msgspec.structs.replace(
        GATED, acceptance=msgspec.structs.replace(GATED.acceptance, implied_by_use_after_effective=False)
    )
    assert stands(["h1"], editions([False, False]), asks) == (True, None, None)


def test_without_a_gate_nothing_is_due():
    assert stands([], editions([False, True]), OPEN) == (False, None, None)
