"""A clock that lies must not delete anything."""

import pytest

from waykeep.policy.clockguard import DAY_MS, DRIFT_MS, Halt, Moment, judge

NOW = 1_800_000_000_000
TEN_YEARS = 3652 * DAY_MS
START = Moment(NOW, 5_000)


def after(wall_ms, boot_ms):
    return Moment(START.wall_ms + wall_ms, START.boot_ms + boot_ms)


def test_a_clock_that_runs_evenly_is_trusted():
    for hours in (0, 1, 24, 24 * 400):
        assert judge(START, after(hours * 3_600_000, hours * 3_600_000), NOW, NOW, 7) is None


@pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS, DRIFT_MS + 1, -DRIFT_MS - 1])
def test_a_clock_that_jumps_while_the_server_runs_is_not(jump):
    assert judge(START, after(60_000 + jump, 60_000), NOW, None, 7) is Halt.PARTED


@pytest.mark.parametrize("drift", [DRIFT_MS, -DRIFT_MS, 0])
def test_ten_minutes_of_drift_are_allowed(drift):
    assert judge(START, after(3_600_000 + drift, 3_600_000), NOW, None, 7) is None


def test_a_clock_set_back_before_the_start_is_behind_the_newest_line():
    assert judge(START, after(0, 0), NOW + TEN_YEARS, NOW + TEN_YEARS, 7) is Halt.BEHIND
    assert judge(START, after(0, 0), NOW + DRIFT_MS, NOW + DRIFT_MS, 7) is None
    assert judge(START, after(0, 0), NOW + DRIFT_MS + 1, NOW + DRIFT_MS + 1, 7) is Halt.BEHIND


def test_a_clock_set_forward_before_the_start_leaves_a_gap():
    assert judge(START, after(0, 0), NOW - TEN_YEARS, NOW - TEN_YEARS, 7) is Halt.GAP
    assert judge(START, after(0, 0), NOW - 7 * DAY_MS, NOW - 7 * DAY_MS, 7) is None
    assert judge(START, after(0, 0), NOW - 7 * DAY_MS - 1, NOW, 7) is Halt.GAP, "a new line does not heal the gap"


def test_the_longest_gap_is_a_setting():
    assert judge(START, after(0, 0), NOW - 20 * DAY_MS, None, 30) is None


def test_a_new_installation_has_no_line_and_goes_on():
    assert judge(START, after(0, 0), None, None, 7) is None
