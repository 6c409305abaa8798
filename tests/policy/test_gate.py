"""What the gate keeps, drops and marks, case by case."""

import pytest

from waykeep.model.frame import Cleared, Flag, Frame, Reason, Verdict
from waykeep.model.position import Cell, Position, Wifi
from waykeep.model.rules import Hours, Rules, Span
from waykeep.policy.gate import AHEAD_MS, GAP_MS, ROLLOVER_MS, admit

DAY_MS = 86_400_000
NOW = 1_800_000_000_000  # 2027-01-15 08:00 UTC, a Friday
EVERYTHING = frozenset({"location.precise", "vehicle.status", "quality.signal", "vehicle.fuel"})


def rules(**changes) -> Rules:
    plain = {"tenant": "t0", "device": "d0", "collects": EVERYTHING, "since_ms": NOW - 100 * DAY_MS}
    return Rules(**(plain | changes))


def place(fix_ms: int | None = NOW, **changes) -> Position:
    plain = {"latitude_deg": 48.2, "longitude_deg": 16.37, "speed_mps": 12.5, "course_deg": 90.0, "altitude_m": 171.0}
    return Position(fix_ms=fix_ms, **(plain | changes))


def judged(promised: Rules, *positions: Position, now_ms: int = NOW) -> Verdict:
    records = tuple(b"record %d" % i for i in range(len(positions)))
    frame = Frame(tenant="t0", device="d0", received_ms=NOW, positions=positions, records=records)
    return admit(frame, promised, now_ms)


def kept(verdict: Verdict) -> Cleared:
    assert verdict.cleared is not None
    return verdict.cleared


def reasons(verdict: Verdict) -> dict[Reason, int]:
    return {refused.reason: refused.count for refused in verdict.refused}


def test_a_frame_without_promises_against_it_is_kept_whole():
    cleared = kept(judged(rules(), place(), place(NOW - 1000, valid=False)))
    assert cleared.columns.fix_ms == (NOW, NOW - 1000)
    assert cleared.columns.latitude_e7 == (482_000_000, 482_000_000)
    assert cleared.columns.longitude_e7 == (163_700_000, 163_700_000)
    assert cleared.columns.flags == (Flag.VALID, 0)
    assert cleared.records == (b"record 0", b"record 1")


def test_a_frame_without_positions_is_neither_kept_nor_refused():
    assert judged(rules()) == Verdict(None, ())


def test_a_server_without_location_keeps_nothing():
    verdict = judged(rules(keeps_location=False), place(), place())
    assert (verdict.cleared, reasons(verdict)) == (None, {Reason.LOCATION_MODE: 2})


def test_after_a_withdrawal_nothing_is_accepted_even_of_the_time_before_it():
    verdict = judged(rules(withdrawn=True, consented=(Span(NOW - DAY_MS, NOW),)), place(NOW - 1000))
    assert (verdict.cleared, reasons(verdict)) == (None, {Reason.WITHDRAWN: 1})


def test_a_fix_is_kept_only_for_the_time_of_a_consent():
    promised = rules(consented=(Span(NOW - 5000, NOW - 3000), Span(NOW - 1000)))
    verdict = judged(promised, *(place(NOW - ago) for ago in (6000, 5000, 3001, 3000, 1000, 0)))
    assert kept(verdict).columns.fix_ms == (NOW - 5000, NOW - 3001, NOW - 1000, NOW)
    assert reasons(verdict) == {Reason.NO_CONSENT: 2}


def test_what_was_buffered_in_private_time_is_dropped_when_it_arrives_the_next_day():
    promised = rules(private=(Span(NOW - DAY_MS, NOW - DAY_MS + 1000),))
    verdict = judged(promised, place(NOW - DAY_MS + 500), place())
    assert reasons(verdict) == {Reason.PRIVATE_TIME: 1}
    assert kept(verdict).columns.flags == (Flag.GAP, Flag.VALID)


def test_only_a_marker_without_exact_ends_stays_of_private_time():
    hidden = place(
        accuracy_m=3.0, device_ms=NOW, cells=(Cell(lac=1, cid=2),), wifi=(Wifi(mac="00:00:00:00:00:01"),),
        attributes={"ignition": True},
    )  # fmt: skip
    cleared = kept(judged(rules(private=(Span(NOW - 1000),)), hidden, hidden))
    columns = cleared.columns
    assert columns.fix_ms == (NOW // GAP_MS * GAP_MS,), "one marker an hour, on the hour"
    assert columns.flags == (Flag.GAP,)
    assert (columns.cells, columns.wifi, columns.attributes) == (((),), ((),), ({},))
    for name in ("latitude_e7", "longitude_e7", "altitude_m", "speed_mps", "course_deg", "accuracy_m"):
        assert getattr(columns, name) == (None,)
    assert (columns.device_ms, columns.claimed_ms) == ((None,), (None,))
    assert b"record 0" not in cleared.records, "not even the hash of what was sent"


def test_the_markers_of_one_hour_are_known_as_resends_of_one_record():
    promised = rules(private=(Span(NOW - DAY_MS),))
    first, second = (kept(judged(promised, place(NOW - ago))).records for ago in (2000, 1000))
    assert first == second


@pytest.mark.parametrize(
    ("zone", "kept_then"),
    [("UTC", True), ("Europe/Vienna", True), ("Asia/Tehran", True), ("America/New_York", False)],
)
def test_working_hours_are_those_of_the_subjects_zone(zone, kept_then):
    office = Hours(zone, tuple((day, 8 * 60, 18 * 60) for day in range(5)))  # NOW is Friday 08:00 in UTC
    verdict = judged(rules(hours=((Span(0), office),)), place())
    assert reasons(verdict) == ({} if kept_then else {Reason.OUTSIDE_HOURS: 1})


def test_hours_bind_only_the_time_for_which_they_were_set():
    closed = Hours("UTC", ())
    promised = rules(hours=((Span(NOW - 5000, NOW - 3000), closed),))
    verdict = judged(promised, *(place(NOW - ago) for ago in (5001, 5000, 3001, 3000)))
    assert reasons(verdict) == {Reason.OUTSIDE_HOURS: 2}
    assert len(kept(verdict).columns.fix_ms) == 3, "two fixes and a marker"


@pytest.mark.parametrize("minute", [0, 1, 14, 15, 59])
def test_hours_that_end_at_any_minute_hold_to_the_millisecond(minute):
    start_ms = NOW + minute * 60_000  # NOW is 08:00 sharp
    office = Hours("UTC", ((4, 8 * 60, 8 * 60 + minute),))
    promised = rules(hours=((Span(0), office),))
    assert reasons(judged(promised, place(start_ms), now_ms=start_ms)) == {Reason.OUTSIDE_HOURS: 1}
    before = judged(promised, place(start_ms - 1), now_ms=start_ms)
    assert reasons(before) == ({} if minute else {Reason.OUTSIDE_HOURS: 1})


def test_a_fix_is_refused_at_its_retention_limit_and_kept_a_moment_before():
    promised = rules(retention_ms=DAY_MS)
    assert reasons(judged(promised, place(NOW - DAY_MS))) == {Reason.RETENTION: 1}
    assert reasons(judged(promised, place(NOW - DAY_MS + 1))) == {}


def test_a_fix_older_than_retention_is_refused_even_from_before_the_device_was_known():
    promised = rules(retention_ms=DAY_MS, since_ms=NOW - 1000)
    assert reasons(judged(promised, place(NOW - 2 * DAY_MS))) == {Reason.RETENTION: 1}


def test_the_fixes_of_someone_who_was_forgotten_are_refused():
    assert reasons(judged(rules(forgotten=(Span(NOW - 10, NOW),)), place(NOW - 1))) == {Reason.FORGOTTEN: 1}


@pytest.mark.parametrize("fix_ms", [NOW + AHEAD_MS + 1, NOW - 101 * DAY_MS])
def test_a_time_that_cannot_be_is_kept_beside_the_time_of_receipt(fix_ms):
    columns = kept(judged(rules(), place(fix_ms))).columns
    assert (columns.fix_ms, columns.claimed_ms) == ((NOW,), (fix_ms,))
    assert columns.flags == (Flag.TIME_CLAIMED | Flag.VALID,)


def test_a_clock_five_minutes_ahead_is_believed():
    assert kept(judged(rules(), place(NOW + AHEAD_MS))).columns.fix_ms == (NOW + AHEAD_MS,)


@pytest.mark.parametrize("error_ms", [ROLLOVER_MS, -ROLLOVER_MS])
def test_an_exact_error_of_1024_weeks_is_mended(error_ms):
    columns = kept(judged(rules(retention_ms=DAY_MS), place(NOW - 1000 + error_ms))).columns
    assert (columns.fix_ms, columns.claimed_ms) == ((NOW - 1000,), (None,))
    assert columns.flags == (Flag.TIME_MENDED | Flag.VALID,)


def test_a_position_without_a_time_has_the_time_of_receipt():
    columns = kept(judged(rules(), place(None))).columns
    assert (columns.fix_ms, columns.flags) == ((NOW,), (Flag.NO_FIX_TIME | Flag.VALID,))


def test_a_claimed_time_inside_private_time_is_not_kept_although_it_is_not_believed():
    before = NOW - 150 * DAY_MS
    assert reasons(judged(rules(private=(Span(before, before + 1000),)), place(before))) == {Reason.PRIVATE_TIME: 1}


@pytest.mark.parametrize(
    "where", [(90.1, 0.0), (0.0, -180.1), (float("nan"), 0.0), (0.0, float("inf")), (None, 1.0), (1.0, None)]
)
def test_an_impossible_place_is_refused(where):
    lost = place(latitude_deg=where[0], longitude_deg=where[1])
    assert reasons(judged(rules(), lost, place())) == {Reason.IMPOSSIBLE: 1}


def test_a_message_without_a_place_keeps_its_other_values():
    columns = kept(judged(rules(), Position(fix_ms=NOW, attributes={"ignition": True}))).columns
    assert (columns.latitude_e7, columns.flags, columns.attributes) == ((None,), (0,), ({"ignition": True},))


def test_without_the_category_of_places_every_locating_field_is_dropped():
    seen = place(
        accuracy_m=3.0, cells=(Cell(lac=1, cid=2),), wifi=(Wifi(mac="00:00:00:00:00:01"),),
        attributes={"ignition": True, "odometer": 123_456.0},
    )  # fmt: skip
    verdict = judged(rules(collects=frozenset({"vehicle.status", "quality.signal"})), seen)
    columns = kept(verdict).columns
    for name in ("latitude_e7", "longitude_e7", "altitude_m", "speed_mps", "course_deg", "accuracy_m"):
        assert getattr(columns, name) == (None,)
    assert (columns.cells, columns.wifi, columns.attributes) == (((),), ((),), ({"ignition": True},))
    assert verdict.dropped == 1


def test_a_position_of_which_nothing_may_be_kept_is_refused():
    assert reasons(judged(rules(collects=frozenset()), place())) == {Reason.CATEGORY_OFF: 1}


def test_an_attribute_that_nobody_named_is_dropped_and_counted():
    verdict = judged(rules(), place(attributes={"ignition": True, "never heard of": 1}))
    assert kept(verdict).columns.attributes == ({"ignition": True},)
    assert verdict.dropped == 1


def test_a_grid_moves_the_place_to_the_middle_of_its_cell_and_drops_what_tells_more():
    seen = place(cells=(Cell(lac=1, cid=2),), accuracy_m=3.0)
    columns = kept(judged(rules(grid_m=1000.0), seen, place(latitude_deg=48.2001))).columns
    assert columns.latitude_e7[0] == columns.latitude_e7[1] != 482_000_000
    assert abs(columns.latitude_e7[0] - 482_000_000) < 50_000, "within half a cell, in 10⁻⁷ degrees"
    assert columns.accuracy_m == (1000.0, 1000.0)
    assert columns.cells == ((), ())
    assert columns.altitude_m == (None, None)
    assert columns.flags == (Flag.VALID | Flag.COARSE,) * 2


def test_the_coarse_category_alone_keeps_places_only_on_a_grid():
    coarse = frozenset({"location.coarse"})
    assert reasons(judged(rules(collects=coarse), place())) == {Reason.CATEGORY_OFF: 1}
    assert kept(judged(rules(collects=coarse, grid_m=1000.0), place())).columns.flags == (Flag.VALID | Flag.COARSE,)
