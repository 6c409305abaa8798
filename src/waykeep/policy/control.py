"""What a control is, and what may be said of a clause when its controls were probed; pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter

import msgspec

from waykeep.errors import StartError
from waykeep.policy.register import Clause, Named

NOTHING: Mapping[str, str] = {}


class Result(StrEnum):
    """What is said of a clause."""

    PASS = "pass"  # noqa: S105  a word, no secret
    FAIL = "fail"
    ATTESTED = "attested"
    STATEMENT = "statement"
    NOT_YET = "not_yet"


class Control(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A running mechanism behind clauses.

    `probes` show that it stands; when one fails every clause that names the control fails. `rests_on` are the controls
    without which it cannot stand: only their sabotage may fail its clauses too.
    """

    probes: tuple[str, ...]
    rests_on: tuple[str, ...] = ()


class Proofs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The controls that stand, the probes that cover each clause, and what is missing where that is worth saying."""

    controls: dict[str, Control]
    clauses: dict[str, tuple[str, ...]]
    missing: dict[str, str] = {}


class Outcome(msgspec.Struct, frozen=True):
    """What one probe found."""

    probe: str
    passed: bool
    evidence: str


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of one clause, on what evidence, and what is missing."""

    id: str
    result: Result
    controls: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    missing: str = ""


def check(proofs: Proofs, known_controls: Iterable[str], known_probes: Iterable[str], clauses: Iterable[str]) -> None:
    """Refuse proofs that name what is not there, or controls that rest on one another in a circle."""
    controls, probes, ids = set(known_controls), set(known_probes), set(clauses)
    named = {probe for control in proofs.controls.values() for probe in control.probes}
    named |= {probe for wanted in proofs.clauses.values() for probe in wanted}
    strange = [
        *(f"control {one}" for one in proofs.controls if one not in controls),
        *(f"probe {one}" for one in sorted(named - probes)),
        *(f"clause {one}" for one in (*proofs.clauses, *proofs.missing) if one not in ids),
        *(f"control {one}" for c in proofs.controls.values() for one in c.rests_on if one not in proofs.controls),
    ]
    if strange:
        raise StartError(f"proofs.yaml names what is not there: {', '.join(strange)}")
    try:
        TopologicalSorter({id_: one.rests_on for id_, one in proofs.controls.items()}).prepare()
    except CycleError as error:
        raise StartError(f"proofs.yaml: controls rest on one another in a circle: {error.args[1]}") from error


def resting_on(proofs: Proofs, control: str) -> frozenset[str]:
    """A control and every one that rests on it, near or far."""
    found, before = {control}, set[str]()
    while found != before:
        before = set(found)
        found |= {id_ for id_, one in proofs.controls.items() if before & set(one.rests_on)}
    return frozenset(found)


def wanted(clauses: Iterable[Clause], proofs: Proofs) -> tuple[str, ...]:
    """The probes that could tell anything about these clauses, in the order of the proofs."""
    of_profile = tuple(clauses)
    named = {probe for one in of_profile for probe in proofs.clauses.get(one.id, ())}
    controls = {control for one in of_profile for control in one.controls}
    ordered = [probe for id_, one in proofs.controls.items() if id_ in controls for probe in one.probes]
    ordered += [probe for probes in proofs.clauses.values() for probe in probes if probe in named]
    return tuple(dict.fromkeys(ordered))


def judge(
    clause: Clause,
    proofs: Proofs,
    found: Mapping[str, Outcome],
    names: Mapping[str, Named],
    attested: Mapping[str, str] = NOTHING,
) -> Judged:
    """Say of a clause what its probes allow: it passes only when each control it names is proven, and for what it says.

    A probe that could not run in this profile is absent from `found`, and proves nothing. `attested` gives the evidence
    of each clause of the operator's whose attestation is valid now.
    """
    own = proofs.clauses.get(clause.id, ())
    of_controls = [probe for id_ in clause.controls if id_ in proofs.controls for probe in proofs.controls[id_].probes]
    asked = tuple(dict.fromkeys((*own, *of_controls)))
    failed = [found[probe] for probe in asked if probe in found and not found[probe].passed]

    def said(result: Result, outcomes: Iterable[Outcome] = (), missing: str = "") -> Judged:
        evidence = tuple(f"{one.probe}: {one.evidence}" for one in outcomes)
        return Judged(id=clause.id, result=result, controls=clause.controls, evidence=evidence, missing=missing)

    if clause.kind == "document-only":
        return said(Result.STATEMENT)
    if failed:
        return said(Result.FAIL, failed)
    if clause.id in attested:
        return Judged(
            id=clause.id, result=Result.ATTESTED, controls=clause.controls, evidence=(attested[clause.id],), missing=""
        )
    missing = _missing(clause, proofs, [probe for probe in asked if probe not in found], names)
    if missing:
        return said(Result.NOT_YET, missing=missing)
    return said(Result.PASS, [found[probe] for probe in asked])


def held(proofs: Proofs, found: Mapping[str, Outcome]) -> dict[str, bool]:
    """Each control of which a probe ran, and whether none of them failed."""
    ran = {id_: [found[probe].passed for probe in one.probes if probe in found] for id_, one in proofs.controls.items()}
    return {id_: all(passed) for id_, passed in ran.items() if passed}


def _missing(clause: Clause, proofs: Proofs, absent: list[str], names: Mapping[str, Named]) -> str:
    """What stands between a clause and a pass; empty when nothing does."""
    if clause.kind == "operator-workflow":
        return "a signed, dated attestation of the operator, made through a screen"
    if clause.id in proofs.missing:
        return proofs.missing[clause.id]
    unbuilt = [f"{id_} ({names[id_].name})" for id_ in clause.controls if id_ not in proofs.controls]
    if unbuilt:
        return f"a proven control {', '.join(unbuilt)}"
    if not proofs.clauses.get(clause.id):
        return f"a probe for what this clause says: {clause.proof}"
    return f"probes that cannot run here: {', '.join(absent)}" if absent else ""


def counts(judged: Iterable[Judged]) -> dict[str, int]:
    """How many clauses have each result; every result is named."""
    results = [one.result for one in judged]
    return {result.value: results.count(result) for result in Result}
