"""What may be said of a clause when its controls were probed."""

import pytest

from waykeep.errors import StartError
from waykeep.policy import control
from waykeep.policy.control import Control, Outcome, Proofs, Result
from waykeep.policy.register import Clause, Named

NAMES = {id_: Named(id=id_, name=f"name of {id_}", mechanism="", default_proof="") for id_ in ("A", "B", "C")}
PROOFS = Proofs(
    controls={"A": Control(probes=("a",)), "B": Control(probes=("b",), rests_on=("A",))},
    clauses={"x-1": ("one",), "x-2": ("one",), "x-4": ("one",)},
    missing={"x-3": "a third hand"},
)


def clause(id_: str, *controls: str, kind: str = "enforced-control") -> Clause:
    return Clause(
        id=id_, system="", src="", topic="", says="", implies="", control="", proof="see it", kind=kind,
        controls=controls,
    )  # fmt: skip


def judged(about: Clause, /, **outcomes: bool) -> tuple[Result, str]:
    found = {name: Outcome(name, passed, "seen") for name, passed in outcomes.items()}
    said = control.judge(about, PROOFS, found, NAMES)
    return said.result, said.missing


def test_a_clause_passes_when_its_own_probes_and_all_of_its_controls_hold():
    assert judged(clause("x-1", "A", "B"), one=True, a=True, b=True) == (Result.PASS, "")


@pytest.mark.parametrize("broken", ["one", "a", "b"])
def test_a_clause_fails_with_any_probe_of_its_own_or_of_a_control_that_it_names(broken):
    outcomes = {"one": True, "a": True, "b": True} | {broken: False}
    assert judged(clause("x-1", "A", "B"), **outcomes)[0] is Result.FAIL


def test_a_clause_that_no_probe_covers_is_not_yet_although_its_control_holds():
    assert judged(clause("x-9", "A"), a=True) == (Result.NOT_YET, "a probe for what this clause says: see it")


def test_a_clause_that_no_probe_covers_fails_with_its_control():
    assert judged(clause("x-9", "A"), a=False)[0] is Result.FAIL


def test_a_clause_is_not_yet_while_one_of_its_controls_is_not_built():
    result, missing = judged(clause("x-2", "A", "C"), one=True, a=True)
    assert (result, missing) == (Result.NOT_YET, "a proven control C (name of C)")


def test_what_is_missing_is_said_in_words_where_someone_wrote_them():
    assert judged(clause("x-3", "A"), a=True) == (Result.NOT_YET, "a third hand")


def test_a_probe_that_cannot_run_in_a_profile_proves_nothing():
    result, missing = judged(clause("x-4", "A"), a=True)
    assert result is Result.NOT_YET
    assert "one" in missing


def test_a_statement_is_a_statement_and_work_of_an_operator_waits_for_its_attestation():
    assert judged(clause("x-1", "A", kind="document-only"), one=True, a=True)[0] is Result.STATEMENT
    result, missing = judged(clause("x-1", "A", kind="operator-workflow"), one=True, a=True)
    assert result is Result.NOT_YET
    assert "attestation" in missing


def test_the_evidence_of_a_pass_names_every_probe():
    found = {name: Outcome(name, passed=True, evidence=f"saw {name}") for name in ("one", "a")}
    assert control.judge(clause("x-1", "A"), PROOFS, found, NAMES).evidence == ("one: saw one", "a: saw a")


def test_the_counts_name_every_result_and_sum_to_the_number_of_clauses():
    said = [control.judge(clause(f"x-{n}", "A"), PROOFS, {}, NAMES) for n in range(5)]
    counts = control.counts(said)
    assert set(counts) == {"pass", "fail", "attested", "statement", "not_yet"}
    assert sum(counts.values()) == 5


def test_sabotage_may_reach_only_what_rests_on_it_near_or_far():
    deep = Proofs(
        controls={
            "A": Control(probes=()), "B": Control(probes=(), rests_on=("A",)), "C": Control(probes=(), rests_on=("B",)),
        },
        clauses={},
    )  # fmt: skip
    assert control.resting_on(deep, "A") == {"A", "B", "C"}
    assert control.resting_on(deep, "C") == {"C"}


@pytest.mark.parametrize(
    ("proofs", "message"),
    [
        (Proofs(controls={"Z": Control(probes=())}, clauses={}), "control Z"),
        (Proofs(controls={"A": Control(probes=("nothing",))}, clauses={}), "probe nothing"),
        (Proofs(controls={}, clauses={"y-1": ("one",)}), "clause y-1"),
        (Proofs(controls={"A": Control(probes=(), rests_on=("B",))}, clauses={}), "control B"),
    ],
)
def test_proofs_that_name_what_is_not_there_are_refused(proofs, message):
    with pytest.raises(StartError, match=message):
        control.check(proofs, NAMES, ["one", "a", "b"], ["x-1"])


def test_controls_that_rest_on_one_another_in_a_circle_are_refused():
    circle = Proofs(
        controls={"A": Control(probes=(), rests_on=("B",)), "B": Control(probes=(), rests_on=("A",))}, clauses={}
    )
    with pytest.raises(StartError, match="circle"):
        control.check(circle, NAMES, [], [])


def test_the_probes_asked_are_those_that_could_tell_anything():
    assert control.wanted([clause("x-1", "A")], PROOFS) == ("a", "one")
    assert control.wanted([clause("x-9", "C")], PROOFS) == ()
