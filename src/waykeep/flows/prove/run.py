"""The story of a proof: start a throw-away server of the profile, plant, probe, judge each clause, take it all away."""

import hashlib
from collections.abc import Callable, Collection, Iterable

import msgspec

from waykeep.errors import StartError, WaykeepError
from waykeep.flows.attesting import OPERATOR
from waykeep.flows.prove import of_duties
from waykeep.flows.prove.probes import PROBES
from waykeep.flows.prove.running import Running
from waykeep.flows.prove.scene import Scene
from waykeep.flows.prove.stand import Stand
from waykeep.policy import control
from waykeep.policy.control import Judged, Outcome, Proofs, Result
from waykeep.policy.document import Policy
from waykeep.policy.register import Clause, Named
from waykeep.store import documents

Told = Callable[[str], None]
OTHERS = 10
DUTIES = "duties-attested"


class Case(msgspec.Struct, frozen=True):
    """A profile with all that its proof needs."""

    profile: str
    policy: Policy
    clauses: tuple[Clause, ...]
    names: dict[str, Named]
    proofs: Proofs


class Report(msgspec.Struct, frozen=True):
    """What the proof found: how many clauses have each result, each clause, and whether each control holds."""

    counts: dict[str, int]
    clauses: tuple[Judged, ...]
    controls: dict[str, bool]


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One sabotage: the control that was broken, and where its clauses did not answer as they should."""

    control: str
    unseen: tuple[str, ...]
    spilled: tuple[str, ...]
    failed: int


def case(profile: str) -> Case:
    """Read a profile's documents; StartError when its proofs do not fit its register."""
    policy = documents.policy(profile, fill=True)
    names, proofs = documents.controls(), documents.proofs()
    control.check(proofs, names, PROBES, documents.clause_ids())
    return Case(profile, policy, documents.clauses(policy), names, proofs)


def prove(of: Case, told: Told = lambda _: None) -> Report:
    """Probe a throw-away server and judge every clause of the profile."""
    wanted = [name for name in control.wanted(of.clauses, of.proofs) if PROBES[name].fits(of.policy)]
    duties = [one.id for one in of.clauses if one.kind == OPERATOR]
    found = _probe(of, [*wanted, *([DUTIES] if duties else [])], None, told)
    attested = dict.fromkeys(duties, found[DUTIES].evidence) if duties and found[DUTIES].passed else {}
    return _report(of, found, attested)


def prove_running(of: Case, url: str, token: str, told: Told = lambda _: None) -> Report:
    """Probe a server that already runs, with an organisation of canaries that is forgotten afterwards."""
    wanted = [name for name in control.wanted(of.clauses, of.proofs) if PROBES[name].fits(of.policy)]
    server = Running(url, token)
    scene = Scene(server, of.policy)
    try:
        found = _all([name for name in wanted if not PROBES[name].alone], scene, told)
        attested = of_duties.valid(scene)
    finally:
        for one in server.leave(scene.admin):
            told(f"could not be taken away: {one}")
    return _report(of, found, attested)


def _report(of: Case, found: dict[str, Outcome], attested: dict[str, str]) -> Report:
    judged = tuple(control.judge(clause, of.proofs, found, of.names, attested) for clause in of.clauses)
    return Report(control.counts(judged), judged, control.held(of.proofs, found))


def sabotage(
    of: Case, told: Told = lambda _: None, only: Collection[str] | None = None, *, whole: bool = False
) -> list[Trial]:
    """Break each control of the profile (or only some), each in a server of its own, and see which clauses notice.

    Beside the probes of what rests on the control ten others are asked, always the same ones; `whole` asks all.
    """
    fitting = [name for name in control.wanted(of.clauses, of.proofs) if PROBES[name].fits(of.policy)]
    named = {one for clause in of.clauses for one in clause.controls}
    trials = []
    for broken, one in of.proofs.controls.items():
        if broken not in named or (only and broken not in only) or not set(one.probes) & set(fitting):
            continue
        told(f"sabotage of {broken} ({of.names[broken].name})")
        asked = fitting if whole else _asked(of, broken, fitting)
        trials.append(_trial(of, broken, _probe(of, asked, broken, told)))
    return trials


def _asked(of: Case, broken: str, fitting: list[str]) -> list[str]:
    """The probes of a control and of what rests on it, and ten others that its name picks."""
    own = {probe for id_ in control.resting_on(of.proofs, broken) for probe in of.proofs.controls[id_].probes}
    others = [name for name in fitting if name not in own]
    others.sort(key=lambda name: hashlib.sha256(f"{broken} {name}".encode()).digest())
    return [name for name in fitting if name in own or name in others[:OTHERS]]


def _trial(of: Case, broken: str, found: dict[str, Outcome]) -> Trial:
    resting = control.resting_on(of.proofs, broken)
    judged = [control.judge(clause, of.proofs, found, of.names) for clause in of.clauses]
    failed = {one.id for one in judged if one.result is Result.FAIL}
    said = {one.id for one in judged if one.result is not Result.STATEMENT}
    return Trial(
        control=broken,
        unseen=tuple(one.id for one in of.clauses if broken in one.controls and one.id in said - failed),
        spilled=tuple(one.id for one in of.clauses if one.id in failed and not resting & set(one.controls)),
        failed=len(failed),
    )


def _probe(of: Case, names: Iterable[str], broken: str | None, told: Told) -> dict[str, Outcome]:
    wanted = tuple(names)
    if not wanted:
        return {}
    with Stand(of.profile, broken) as stand:
        return _all(wanted, Scene(stand, of.policy), told)


def _all(names: Iterable[str], scene: Scene, told: Told) -> dict[str, Outcome]:
    found = {}
    for name in names:
        found[name] = _ask(name, scene)
        told(f"{'held' if found[name].passed else 'BROKEN'}  {name}: {found[name].evidence}")
    return found


def _ask(name: str, scene: Scene) -> Outcome:
    """Run one probe. Whatever stops it is no proof; a server that it left stopped is started again."""
    try:
        return Outcome(name, passed=True, evidence=PROBES[name].run(scene))
    except StartError as error:
        return Outcome(name, passed=False, evidence=f"the server did not start: {error}")
    except WaykeepError as error:
        return Outcome(name, passed=False, evidence=str(error))
    except (OSError, KeyError, TypeError, IndexError, ValueError) as error:
        return Outcome(name, passed=False, evidence=f"{type(error).__name__}: {error}")
    finally:
        scene.server.stands()
