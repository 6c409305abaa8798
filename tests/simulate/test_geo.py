"""Distances, directions and lines."""

from itertools import pairwise

import pytest

from waykeep import geo

BERLIN, TEHRAN = (52.52, 13.405), (35.6892, 51.389)


def test_a_degree_of_latitude_is_a_sixtieth_of_sixty_nautical_miles():
    assert geo.distance_m((0, 0), (1, 0)) == pytest.approx(111_195, abs=1)


def test_distance_and_bearing_lead_to_the_other_place():
    there = geo.destination(BERLIN, geo.bearing_deg(BERLIN, TEHRAN), geo.distance_m(BERLIN, TEHRAN))
    assert there == pytest.approx(TEHRAN, abs=1e-9)


def test_the_way_over_the_date_line_is_the_short_one():
    assert geo.distance_m((0, 179.9), (0, -179.9)) == pytest.approx(22_239, abs=1)
    assert geo.between((0, 179.9), (0, -179.9), 0.75)[1] == pytest.approx(-179.95)
    assert geo.destination((0, 179.9), 90, 22_239)[1] == pytest.approx(-179.9, abs=1e-4)


@pytest.mark.parametrize(("before", "after", "turn"), [(350, 10, 20), (10, 350, -20), (0, 180, -180), (90, 90, 0)])
def test_turns_are_the_short_way_round(before, after, turn):
    assert geo.turn_deg(before, after) == turn


def test_simplifying_keeps_ends_and_what_is_off_the_line():
    line = [(0, 0), (0.0000001, 0.001), (0.001, 0.002), (0, 0.003), (0, 0.004)]
    assert geo.simplify(line, 5) == [0, 1, 2, 3, 4]
    assert geo.simplify(line, 60) == [0, 2, 4]
    assert geo.simplify(line, 500) == [0, 4]


def test_no_point_is_further_off_than_the_tolerance():
    line = [(0.001 * (i % 7) / 7, 0.0003 * i) for i in range(200)]
    kept = geo.simplify(line, 20)
    for first, last in pairwise(kept):
        assert all(geo.off_line_m(line[i], line[first], line[last]) <= 20 for i in range(first, last))


def test_the_length_of_a_line_is_the_sum_of_its_pieces():
    assert geo.length_m([(0, 0), (0, 1), (0, 2)]) == pytest.approx(2 * geo.distance_m((0, 0), (0, 1)))
