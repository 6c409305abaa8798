"""Trips: cut where a vehicle stood, and nowhere else; on real recordings against what their people marked."""

import csv
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from waykeep.insight.trips import EARTH_RADIUS_M, trips

DATA = Path(__file__).parents[3] / "shared" / "data"
DEGREE_M = EARTH_RADIUS_M * np.pi / 180
NOW_MS = 1_800_000_000_000


def drive(*legs):
    """Fixes of (seconds, metres per second, ignition) legs along a meridian, one each ten seconds."""
    rows, at_ms, north_m = [], NOW_MS, 0.0
    for seconds, speed, ignition in legs:
        for _ in range(seconds // 10):
            rows.append((at_ms, north_m / DEGREE_M, speed, ignition))
            at_ms += 10_000
            north_m += speed * 10
    return rows


def cut(rows, *, silent=False):
    fix_ms, north, speed, ignition = (np.array(column) for column in zip(*rows, strict=True))
    speed = np.full(len(speed), np.nan) if silent else speed.astype(float)
    return trips(fix_ms.astype(np.int64), north.astype(float), np.zeros(len(north)), speed, ignition.astype(np.int8))


DAY = ((600, 0, -1), (900, 15, -1), (1200, 0, -1), (600, 20, -1), (600, 0, -1))


@pytest.mark.parametrize("silent", [False, True])
def test_two_drives_with_a_long_stop_between_are_two_trips(silent):
    first, second = cut(drive(*DAY), silent=silent)
    assert first.distance_m == pytest.approx(900 * 15, rel=0.02)
    assert second.distance_m == pytest.approx(600 * 20, rel=0.02)
    assert first.end_ms < second.start_ms
    assert (first.most_mps, second.most_mps) == (pytest.approx(15, rel=0.01), pytest.approx(20, rel=0.01))


def test_a_stop_at_lights_stays_inside_its_trip_and_is_told():
    (one,) = cut(drive((600, 10, -1), (240, 0, -1), (600, 10, -1)))
    assert one.still_ms == pytest.approx(240_000, abs=20_000)


def test_an_ignition_that_is_off_ends_a_trip_at_once():
    assert len(cut(drive((600, 10, 1), (60, 0, 0), (600, 10, 1)))) == 2
    assert cut(drive((600, 10, 0))) == []  # towed: not driven


def test_what_hardly_moves_or_is_short_is_no_trip():
    assert cut(drive((3600, 0, -1))) == []
    assert cut(drive((20, 10, -1), (600, 0, -1))) == []
    assert cut(drive((600, 0.2, -1))) == []
    assert cut(drive((600, 10, -1))[:3]) == []


def test_a_device_that_reports_seldom_keeps_its_trip_whole():
    rows = drive((5400, 15, -1))[::60]  # a fix each ten minutes
    (one,) = cut(rows)
    assert one.distance_m == pytest.approx((len(rows) - 1) * 600 * 15, rel=0.01)


def test_a_silence_of_hours_is_no_part_of_a_trip():
    rows = drive((600, 15, -1))
    later = [(at_ms + 3 * 3_600_000, north + 2.0, speed, ignition) for at_ms, north, speed, ignition in rows]
    assert len(cut(rows + later)) == 2


def recorded(name, key, time_key, places):
    """Fixes of a recording by what its people call a trip."""
    file = DATA / name
    if not file.exists():
        pytest.skip(f"needs the recordings beside the project: {file} is not there")
    found = defaultdict(list)
    with file.open() as lines:
        for row in csv.DictReader(lines):
            moment = datetime.fromisoformat(row[time_key]).replace(tzinfo=UTC)
            found[row[key]].append((int(moment.timestamp() * 1000), *(float(row[one]) for one in places)))
    return {name: sorted(rows) for name, rows in found.items()}


def cut_recorded(rows):
    fix_ms, latitude, longitude = (np.array(column) for column in zip(*rows, strict=True))
    unknown = np.full(len(rows), np.nan)
    return trips(fix_ms.astype(np.int64), latitude, longitude, unknown, np.full(len(rows), -1, dtype=np.int8))


def test_trips_that_people_marked_are_nearly_always_one():
    marked = recorded("gotrack/go_track_trackspoints.csv", "track_id", "time", ("latitude", "longitude"))
    long = [rows for rows in marked.values() if len(rows) >= 20 and sum_m(rows) >= 1000]
    counts = [len(cut_recorded(rows)) for rows in long]
    assert len(long) >= 100
    assert sum(one == 1 for one in counts) / len(counts) >= 0.9


def test_a_bus_day_is_cut_into_its_journeys_and_not_at_its_stops():
    journeys = recorded("liverpool_bus/route14_outbound.csv", "trip_id", "timestamp", ("latitude", "longitude"))
    vehicles = recorded("liverpool_bus/route14_outbound.csv", "vehicle_id", "timestamp", ("latitude", "longitude"))
    found = [(one.start_ms, one.end_ms) for rows in vehicles.values() for one in cut_recorded(rows)]
    real = [(rows[0][0], rows[-1][0]) for rows in journeys.values() if len(rows) >= 4]
    hit = sum(any(overlap(one, other) >= 0.5 for other in found) for one in real)
    assert hit / len(real) >= 0.9
    assert len(found) <= len(real) + 2


def overlap(one, other):
    shared = min(one[1], other[1]) - max(one[0], other[0])
    return max(0, shared) / (max(one[1], other[1]) - min(one[0], other[0]) or 1)


def sum_m(rows):
    return float(np.hypot(*np.diff(np.array([(row[1], row[2]) for row in rows]), axis=0).T).sum() * DEGREE_M)
