"""`waykeep prove`: each clause of a profile, proven on a throw-away server."""

import argparse
import os
import sys
import time
from functools import partial

import msgspec

from waykeep import __version__, settings, wiring
from waykeep.cli.base import Command
from waykeep.flows import control
from waykeep.flows.prove.run import Case, Report, Trial, case, prove, prove_running, sabotage
from waykeep.policy.control import Result
from waykeep.store import documents
from waykeep.store.proof import ProofReport

TOKEN = "WAYKEEP_PROVE_TOKEN"  # noqa: S105  the name of a variable
THROW_AWAY = "a throw-away server of this profile"
WORDS = {Result.NOT_YET: "not yet"}


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--profile", default="base", choices=documents.PROFILES, help="which profile (default: base)")
    parser.add_argument("--url", help=f"probe this running server instead; its administrator's token is in {TOKEN}")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    parser.add_argument("--control", action="append", help="with --self-test: break only this one (may come again)")
    parser.add_argument("--all", action="store_true", help="with --self-test: ask every probe each time, no sample")
    parser.add_argument("--publish", action="store_true", help="sign what was found and show it on this home's /proof")
    parser.add_argument("--self-test", action="store_true", help="break each control and see its clauses fail")


def _run(arguments: argparse.Namespace) -> int:
    of = case(arguments.profile)
    if arguments.self_test:
        trials = sabotage(of, _note, arguments.control, whole=arguments.all)
        _tell_trials(trials)
        if arguments.json:
            print(msgspec.json.encode({"trials": trials}).decode())
        return 1 if any(trial.unseen or trial.spilled for trial in trials) else 0
    token = os.environ.get(TOKEN, "")
    report = prove_running(of, arguments.url, token, _note) if arguments.url else prove(of, _note)
    if arguments.publish:
        _publish(arguments, of, report)
    if not arguments.json:
        _tell(report, {clause.id: clause.says for clause in of.clauses})
    else:
        print(msgspec.json.encode(report).decode())
    return 1 if report.counts[Result.FAIL] else 0


def _publish(arguments: argparse.Namespace, of: Case, report: Report) -> None:
    """Have the home's own server (or this command, where none runs) sign the report and keep it."""
    known = settings.load(arguments.home)
    proof = ProofReport(
        profile=of.profile,
        product=of.policy.parts.product,
        policy_version=of.policy.parts.version,
        policy_hash=of.policy.hash,
        made_ms=time.time_ns() // 1_000_000,  # noqa: TID251  a command's clock
        program=__version__,
        server=arguments.url or THROW_AWAY,
        counts=report.counts,
        controls=report.controls,
        clauses=report.clauses,
    )
    open_store = partial(wiring.handlers, known)
    done = control.do(known.path("data_dir"), open_store, "keep-proof", proof=msgspec.to_builtins(proof))
    _note(f"signed with the key {done['key']}; see /proof")


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tell(report: Report, says: dict[str, str]) -> None:
    for one in report.clauses:
        print(f"{WORDS.get(one.result, one.result.value):9}  {one.id:13}  {says[one.id]}")
        for line in one.evidence:
            print(f"{'':26}{line}")
        if one.missing:
            print(f"{'':26}missing: {one.missing}")
    print(", ".join(f"{count} {WORDS.get(Result(result), result)}" for result, count in report.counts.items()))


def _tell_trials(trials: list[Trial]) -> None:
    for trial in trials:
        print(f"{trial.control}: {trial.failed} clauses failed")
        if trial.unseen:
            print(f"  UNSEEN, should have failed: {', '.join(trial.unseen)}")
        if trial.spilled:
            print(f"  SPILLED, should have held: {', '.join(trial.spilled)}")


COMMAND = Command(
    name="prove", help="prove each clause of a profile on a throw-away server", arguments=_arguments, run=_run
)
