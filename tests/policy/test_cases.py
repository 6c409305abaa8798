"""The clock of a request and what may refuse it, without a server."""

import msgspec
import pytest

from waykeep.errors import AskError
from waykeep.policy import cases
from waykeep.policy.cases import Decision, Kind, Outcome, Right, Step
from waykeep.store import documents

DAY_MS = 86_400_000
RIGHTS = documents.policy("base", fill=True).parts.rights
CLOCKS = documents.policy("base", fill=True).parts.clocks
LEVELS = RIGHTS.identity.levels
REFUSED = Decision(
    outcome=Outcome.REFUSED, ground="repetitive", facts="Asked eleven times since the first of May", answer="None of it"
)


def stands(right, now_days, *steps):
    opened = Step(kind=Kind.OPENED, at_ms=0)
    return cases.standing(right, (opened, *steps), CLOCKS, LEVELS, now_days * DAY_MS)


@pytest.mark.parametrize(
    ("days", "warned", "overdue"), [(19, 0, False), (20, 1, False), (27, 2, False), (30, 2, False), (30.001, 2, True)]
)
def test_the_clock_warns_at_its_marks_and_is_over_after_thirty_days(days, warned, overdue):
    found = stands(Right.ACCESS, days)
    assert (found.due_ms, found.warned, found.overdue) == (30 * DAY_MS, warned, overdue)


def test_the_clock_waits_only_while_a_proof_is_asked_for():
    asked, proven = (Step(kind=kind, at_ms=day * DAY_MS) for kind, day in ((Kind.PROOF_ASKED, 5), (Kind.PROVEN, 12)))
    assert stands(Right.ACCESS, 40, asked).due_ms == 65 * DAY_MS
    assert stands(Right.ACCESS, 36, asked, proven).due_ms == 37 * DAY_MS
    assert not stands(Right.ACCESS, 36, asked, proven).overdue
    assert stands(Right.ACCESS, 38, asked, proven).overdue


def test_a_complaint_has_ten_days_and_a_late_answer_stays_late():
    late = Step(kind=Kind.DECIDED, at_ms=11 * DAY_MS, decision=Decision(outcome=Outcome.DONE, answer="So it is"))
    assert stands(Right.COMPLAIN, 9).due_ms == 10 * DAY_MS
    assert stands(Right.COMPLAIN, 99, late).overdue


def test_what_is_handed_out_needs_more_than_a_session_and_an_answer_needs_nothing():
    assert not cases.enough(RIGHTS, Right.ACCESS, "session")
    assert cases.enough(RIGHTS, Right.ACCESS, "mail_code")
    assert cases.enough(RIGHTS, Right.DEREGISTER, "document")
    assert not cases.enough(RIGHTS, Right.CORRECT, "")
    assert cases.enough(RIGHTS, Right.COMPLAIN, "")


def test_a_refusal_holds_only_when_another_person_says_the_same():
    proposed = Step(kind=Kind.PROPOSED, at_ms=1, by="pa", decision=REFUSED)
    other = msgspec.structs.replace(REFUSED, ground="impractical")
    assert not cases.check(REFUSED, Right.ERASE, RIGHTS, by="pa", proposed=None)
    assert not cases.check(REFUSED, Right.ERASE, RIGHTS, by="pa", proposed=proposed)
    assert not cases.check(other, Right.ERASE, RIGHTS, by="pb", proposed=proposed)
    assert cases.check(REFUSED, Right.ERASE, RIGHTS, by="pb", proposed=proposed)


@pytest.mark.parametrize(
    ("right", "decision", "slug"),
    [
        (Right.ACCESS, Decision(outcome=Outcome.REFUSED, ground="national_security", facts="f" * 30), "ground-missing"),
        (Right.WITHDRAW, Decision(outcome=Outcome.REFUSED, ground="judicial", facts="f" * 30), "ground-missing"),
        (Right.ERASE, Decision(outcome=Outcome.REFUSED, ground="trade_secret", facts=" "), "facts-missing"),
        (Right.ERASE, Decision(outcome=Outcome.REFUSED, ground="judicial", facts="f" * 30), "reference-missing"),
        (Right.CORRECT, Decision(outcome=Outcome.PART, ground="impractical", facts="f" * 30), "answer-missing"),
        (Right.ERASE, msgspec.structs.replace(REFUSED, answer=" "), "answer-missing"),
        (Right.COMPLAIN, Decision(outcome=Outcome.DONE), "answer-missing"),
        (Right.ERASE, Decision(outcome=Outcome.MOOT), "outcome-unknown"),
    ],
)
def test_a_decision_without_what_it_rests_on_is_refused(right, decision, slug):
    with pytest.raises(AskError) as refused:
        cases.check(decision, right, RIGHTS, by="pa", proposed=None)
    assert refused.value.slug == slug
