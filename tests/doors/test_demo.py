"""The demo from outside: a server of its own, a fleet on real sockets, and figures that add up after a restart."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest


def demo(home, *options):
    command = [sys.executable, "-m", "waykeep", "--home", str(home), "demo", "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done, json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}


def test_every_acknowledged_record_is_stored_exactly_once(tmp_path):
    done, found = demo(tmp_path / "home", "--for", "4s")
    assert done.returncode == 0, done.stderr
    assert found["stored"] == found["acknowledged"] - found["refused"]
    assert found["acknowledged"] == found["sent"] > 0
    assert found["duplicates"] == 0
    assert found["devices"] == {"gt06": 11, "h02": 11, "osmand": 11, "teltonika": 11}
    assert 0 < found["ack_p50_ms"] <= found["ack_p99_ms"]
    assert found["bytes_per_position"] > 0


def test_a_second_run_on_the_same_folder_counts_its_own_drive_only(tmp_path):
    for _ in range(2):
        done, found = demo(tmp_path / "home", "--for", "2s", "--units", "4")
        assert done.returncode == 0, done.stderr
        assert found["stored"] == found["acknowledged"] > 0


@pytest.mark.parametrize("profile", ["pars", "ivms"])
def test_a_profile_that_allows_no_door_in_clear_drives_on_this_machine_alone(tmp_path, profile):
    done, found = demo(tmp_path / "home", "--for", "1s", "--units", "4", "--profile", profile)
    assert done.returncode == 0, done.stderr
    assert found["stored"] == found["acknowledged"] > 0


def test_where_no_location_is_kept_nobody_drives(tmp_path):
    done, found = demo(tmp_path / "home", "--for", "1s", "--profile", "safetrack")
    assert done.returncode == 0, done.stderr
    assert (found["sent"], found["stored"], found["devices"]) == (0, 0, {})


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_where_no_location_is_kept_the_portal_stays_open_until_ctrl_c_and_says_why_nobody_drives(tmp_path, options):
    command = [sys.executable, "-m", "waykeep", "--home", str(tmp_path / "home"), "demo", "--profile", "safetrack"]
    environ = os.environ | {"WAYKEEP_WEB_PORT": "0"}
    running = subprocess.Popen(
        [*command, *options], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    said = (running.stderr if options else running.stdout).readline()
    assert said == "The profile safetrack keeps no location: no device door is open, and no unit drives.\n"
    time.sleep(0.5)  # what would end by itself has ended
    assert running.poll() is None
    running.send_signal(signal.SIGINT)
    told, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    if options:
        assert json.loads(told)["devices"] == {}
    else:
        assert "Sign in" in told


@pytest.mark.parametrize("options", [("--for", "soon"), ("--units", "-1"), ("--profile", "none-such")])
def test_what_cannot_be_is_refused_by_name(tmp_path, options):
    done, found = demo(tmp_path / "home", "--for", "1s", *options)
    assert done.returncode == 2
    assert found == {}
    assert options[1] in done.stderr or options[0].strip("-") in done.stderr
