"""Clauses are proven on a throw-away server, and a broken control is noticed."""

import json
import subprocess
import sys

import pytest

from waykeep.flows.prove.run import case


def prove(*words: str) -> tuple[int, dict]:
    command = [sys.executable, "-m", "waykeep", "prove", "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.stdout, done.stderr[-2000:]
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    ("profile", "clauses", "passed"),
    [
        ("base", 18, 1),
        ("pars", 46, 24),
        ("smartpar", 73, 36),
        ("ivms", 130, 29),
        ("trak", 153, 63),
        ("safetrack", 74, 23),
    ],
)
def test_no_clause_of_any_profile_fails_and_none_that_passed_is_lost(profile, clauses, passed):
    code, report = prove("--profile", profile)
    by_id = {one["id"]: one for one in report["clauses"]}
    assert sum(report["counts"].values()) == len(by_id) == clauses
    assert report["counts"]["fail"] == 0, [one for one in by_id.values() if one["result"] == "fail"]
    assert report["counts"]["pass"] >= passed
    assert all(one["missing"] for one in by_id.values() if one["result"] == "not_yet")
    assert all(one["evidence"] for one in by_id.values() if one["result"] == "pass")
    assert code == 0


def test_a_broken_control_fails_its_clauses_and_no_others():
    code, report = prove("--profile", "smartpar", "--self-test", "--control", "MAP")
    (trial,) = report["trials"]
    named = [one.id for one in case("smartpar").clauses if "MAP" in one.controls and one.kind != "document-only"]
    assert (trial["control"], trial["unseen"], trial["spilled"]) == ("MAP", [], [])
    assert trial["failed"] >= len(named) > 0
    assert code == 0
