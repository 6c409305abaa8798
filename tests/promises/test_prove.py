"""Clauses are proven on a throw-away server, and a broken control is noticed."""

import json
import subprocess
import sys

from waykeep.flows.prove.run import case


def prove(*words: str) -> tuple[int, dict]:
    command = [sys.executable, "-m", "waykeep", "prove", "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.stdout, done.stderr[-2000:]
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_a_server_without_location_keeps_its_promises():
    code, report = prove("--profile", "safetrack")
    by_id = {one["id"]: one for one in report["clauses"]}
    assert sum(report["counts"].values()) == len(by_id) == 74
    assert report["counts"]["fail"] == 0, [one for one in by_id.values() if one["result"] == "fail"]
    assert by_id["safetrack-45"]["result"] == "pass"
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
