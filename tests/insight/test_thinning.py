"""Fewer points keep a track's ends, gaps and corners."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waykeep.insight.thinning import GAP_MS, breaks, thin


def test_a_segment_begins_at_the_start_and_after_each_gap():
    fix_ms = np.array([0, 1000, 1000 + GAP_MS, 1000 + 2 * GAP_MS + 1])
    assert breaks(fix_ms).tolist() == [0, 3]
    assert breaks(np.array([], dtype=np.int64)).tolist() == []


def test_a_corner_stays_when_a_straight_road_is_thinned():
    latitude = np.concatenate([np.linspace(35, 36, 500), np.full(500, 36.0)])
    longitude = np.concatenate([np.full(500, 51.0), np.linspace(51, 52, 500)])
    kept = thin(latitude, longitude, np.array([0]), 20)
    assert min(abs(kept - 499)) <= 1
    assert len(kept) <= 22


def test_both_sides_of_a_gap_stay():
    line = np.linspace(0, 1, 1000)
    kept = thin(line, line, np.array([0, 400, 700]), 30).tolist()
    assert {0, 399, 400, 699, 700, 999} <= set(kept)


@pytest.mark.parametrize("points", [0, 1])
def test_too_few_points_to_keep_a_shape_leave_it_whole(points):
    line = np.linspace(0, 1, 10)
    assert len(thin(line, line, np.array([0]), points)) == 10


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 3000), st.integers(2, 500), st.integers(0, 2**31))
def test_what_is_left_is_in_order_bounded_and_keeps_the_ends(size, points, seed):
    walk = np.random.default_rng(seed).normal(size=(2, size)).cumsum(axis=1)
    kept = thin(walk[0], walk[1], np.array([0]), points)
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, size - 1)
    assert len(kept) <= max(points + 3, 3) or len(kept) == size
