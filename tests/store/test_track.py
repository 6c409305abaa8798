"""Tracks: columns to numpy and back, packed without loss and small."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waykeep.errors import StoreError
from waykeep.model.frame import Columns, Flag
from waykeep.model.position import Cell, Wifi
from waykeep.store.packing import pack_floats, pack_integers
from waykeep.store.track import EMPTY, NEVER, NOWHERE, decode, distinct, encode, gather, join

DAY_MS = 86_400_000
VALUES = st.one_of(st.booleans(), st.integers(-(1 << 63), (1 << 64) - 1), st.floats(), st.text())


def columns(*rows):
    """Columns out of rows of (fix_ms, changes)."""
    nothing = {
        "flags": 1, "latitude_e7": None, "longitude_e7": None, "altitude_m": None, "speed_mps": None,
        "course_deg": None, "accuracy_m": None, "device_ms": None, "claimed_ms": None, "cells": (), "wifi": (),
        "attributes": {},
    }  # fmt: skip
    full = [{"fix_ms": fix_ms} | nothing | changes for fix_ms, changes in rows]
    return Columns(**{name: tuple(row[name] for row in full) for name in Columns.__struct_fields__})


def drive(count, step_ms=30_000, start_ms=1_790_000_000_000):
    """A day's drive as a teltonika tracker tells it: 12 attributes, speed in km/h, corners and stops."""
    chance = random.Random(7)
    latitude, longitude, speed, course, odometer = 356_892_000, 513_890_000, 0, 90.0, 48_000_000
    rows = []
    for at in range(count):
        driving = (at // 200) % 3 != 2
        speed = max(0, min(110, speed + chance.randint(-9, 9))) if driving else 0
        if speed:
            course = (course + chance.gauss(0, 6)) % 360
        metres = speed / 3.6 * step_ms / 1000
        latitude += int(metres * np.cos(np.radians(course)) * 90)
        longitude += int(metres * np.sin(np.radians(course)) * 110)
        odometer += int(metres)
        rows.append((
            start_ms + at * step_ms,
            {
                "latitude_e7": latitude, "longitude_e7": longitude, "altitude_m": 1190 + (at // 40) % 30,
                "speed_mps": speed / 3.6, "course_deg": int(course), "device_ms": start_ms + at * step_ms,
                "attributes": {
                    "priority": 0, "sat": 12 + (at // 9) % 3, "event": 0, "ignition": driving, "motion": speed > 0,
                    "rssi": 4 - (at // 60) % 2, "io200": 0, "io69": 1, "power": 13.8 + ((at // 5) % 3) * 0.1,
                    "battery": 4.1, "odometer": odometer, "io24": speed,
                },
            },
        ))  # fmt: skip
    return columns(*rows)


def same(one, other):
    return all(
        list(map(repr, getattr(one, name))) == list(map(repr, getattr(other, name)))
        for name in Columns.__struct_fields__
    )


def test_a_packed_track_unpacks_to_the_same_numbers_and_attributes():
    track = gather([drive(500)])

    again = decode(encode(track))

    assert same(track, again)
    assert again.attributes[3] == track.attributes[3]


def test_what_a_device_did_not_say_stays_unsaid():
    track = decode(encode(gather([columns((5, {}), (6, {"latitude_e7": 1, "longitude_e7": -2, "device_ms": 7}))])))

    assert track.placed.tolist() == [False, True]
    assert track.latitude_e7[0] == NOWHERE
    assert track.device_ms.tolist() == [NEVER, 7]
    assert np.isnan(track.altitude_m).all()
    assert track.attributes[0] == {}


def test_a_typical_day_with_twelve_attributes_takes_at_most_thirteen_bytes_a_position():
    day = gather([drive(2880)])

    assert len(encode(day)) / len(day) <= 13


def test_values_of_every_kind_come_back_with_their_type():
    kinds = [
        {"a": True, "b": 1, "c": 0.1, "d": "x", "e": 1},
        {"a": False, "b": -(1 << 62), "c": float("inf"), "d": "y", "e": "two"},
        {"b": 1 << 63, "c": -0.0, "e": 3.5},
        {"z": ""},
    ]
    track = decode(encode(gather([columns(*((at, {"attributes": one}) for at, one in enumerate(kinds)))])))

    assert [repr(sorted(row.items())) for row in track.attributes] == [repr(sorted(row.items())) for row in kinds]


def test_cells_and_access_points_come_back_on_their_row():
    cell, wifi = Cell(mcc=432, mnc=11, lac=7, cid=9), Wifi(mac="aa:bb:cc:00:11:22", signal_dbm=-60)
    track = decode(encode(gather([columns((1, {}), (2, {"cells": (cell,), "wifi": (wifi,)}))])))

    assert [list(track.cells), list(track.wifi)] == [[(), (cell,)], [(), (wifi,)]]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-(1 << 62), 1 << 62),
            st.one_of(st.none(), st.integers(-900_000_000, 900_000_000)),
            st.one_of(st.none(), st.floats(width=32, allow_nan=False)),
            st.dictionaries(st.sampled_from("abc"), VALUES),
        )
    )
)
def test_any_track_survives_packing(rows):
    track = gather([
        columns(*(
            (at, {"latitude_e7": place, "speed_mps": speed, "attributes": attributes})
            for at, place, speed, attributes in rows
        ))
    ])  # fmt: skip

    again = decode(encode(track))

    assert [track.fix_ms.tolist(), track.latitude_e7.tolist()] == [again.fix_ms.tolist(), again.latitude_e7.tolist()]
    assert track.speed_mps.tobytes() == again.speed_mps.tobytes()
    assert [repr(sorted(row.items())) for row in track.attributes] == [
        repr(sorted(row.items())) for row in again.attributes
    ]


def test_a_constant_column_takes_no_bytes_and_speeds_in_kilometres_an_hour_take_one():
    assert pack_integers(np.full(1000, 77, dtype=np.int64))[1] == b""
    speeds = (np.arange(1000) % 120 / 3.6).astype(np.float32)
    assert pack_floats(speeds)[0].scale == 3.6
    assert len(pack_floats(speeds)[1]) <= 1000


def test_a_cut_segment_is_a_store_error_and_not_an_empty_track():
    body = encode(gather([drive(20)]))

    with pytest.raises(StoreError):
        decode(body[: len(body) // 2])
    with pytest.raises(StoreError):
        decode(body[:-9] + bytes(9)).attributes[0]


def test_joined_tracks_are_ordered_by_fix_time_with_their_attributes():
    one = gather([columns((10, {"attributes": {"n": 10}}), (30, {"attributes": {"n": 30}}))])
    other = decode(encode(gather([columns((20, {"attributes": {"n": 20}}), (5, {"attributes": {"n": 5}}))])))

    merged = join([one, EMPTY, other]).ordered()

    assert merged.fix_ms.tolist() == [5, 10, 20, 30]
    assert [row["n"] for row in merged.attributes] == [5, 10, 20, 30]


def test_equal_records_are_kept_once_and_two_different_ones_of_a_second_both():
    place = {"latitude_e7": 1, "longitude_e7": 2, "attributes": {"a": 1}}
    track = gather([columns((1, place), (1, place | {"attributes": {"a": 2}}), (1, place), (2, place))])

    assert [(int(t), track.attributes[i]["a"]) for i, t in enumerate(track.fix_ms)][2] == (1, 1)
    kept = distinct(track)
    assert kept.fix_ms.tolist() == [1, 1, 2]
    assert [row["a"] for row in kept.attributes] == [1, 2, 1]


def test_a_record_with_a_wrong_clock_that_was_sent_twice_is_known_by_its_claimed_time():
    flags = int(Flag.TIME_CLAIMED | Flag.VALID)
    track = gather([columns((100, {"claimed_ms": 7, "flags": flags}), (200, {"claimed_ms": 7, "flags": flags}))])

    assert distinct(track).fix_ms.tolist() == [100]


def test_a_track_is_cut_into_utc_days_and_spans():
    track = gather([columns((DAY_MS - 1, {}), (DAY_MS, {}), (DAY_MS + 5, {}))])

    assert [(day, part.fix_ms.tolist()) for day, part in track.days()] == [
        (0, [DAY_MS - 1]),
        (1, [DAY_MS, DAY_MS + 5]),
    ]
    assert track.between(DAY_MS, DAY_MS + 5).fix_ms.tolist() == [DAY_MS]
