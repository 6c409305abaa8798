"""Distances, directions and lines on the Earth, taken as a sphere of its mean radius."""

from collections.abc import Sequence
from itertools import pairwise
from math import asin, atan2, cos, degrees, hypot, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8

Point = tuple[float, float]  # latitude, longitude in degrees


def distance_m(one: Point, other: Point) -> float:
    """The great-circle distance, by the haversine formula."""
    latitude, other_latitude = radians(one[0]), radians(other[0])
    half = sin((other_latitude - latitude) / 2) ** 2
    half += cos(latitude) * cos(other_latitude) * sin(radians(other[1] - one[1]) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half)))


def bearing_deg(one: Point, other: Point) -> float:
    """The direction from one to the other at the start, clockwise from north, 0 to 360."""
    latitude, other_latitude = radians(one[0]), radians(other[0])
    turn = radians(other[1] - one[1])
    east = sin(turn) * cos(other_latitude)
    north = cos(latitude) * sin(other_latitude) - sin(latitude) * cos(other_latitude) * cos(turn)
    return degrees(atan2(east, north)) % 360


def destination(start: Point, direction_deg: float, along_m: float) -> Point:
    """Where one is after going so far in a direction; the longitude is -180 to 180."""
    latitude, course, angle = radians(start[0]), radians(direction_deg), along_m / EARTH_RADIUS_M
    there = asin(sin(latitude) * cos(angle) + cos(latitude) * sin(angle) * cos(course))
    east = atan2(sin(course) * sin(angle) * cos(latitude), cos(angle) - sin(latitude) * sin(there))
    return degrees(there), (start[1] + degrees(east) + 540) % 360 - 180


def between(one: Point, other: Point, part: float) -> Point:
    """A point on the straight way between two near ones; `part` 0 is the first, 1 the second."""
    east = (other[1] - one[1] + 540) % 360 - 180
    return one[0] + (other[0] - one[0]) * part, (one[1] + east * part + 540) % 360 - 180


def turn_deg(before_deg: float, after_deg: float) -> float:
    """How far one direction is turned from another, -180 to 180, to the right positive."""
    return (after_deg - before_deg + 540) % 360 - 180


def length_m(line: Sequence[Point]) -> float:
    """The length of a line through points."""
    return sum(distance_m(one, other) for one, other in pairwise(line))


def east_north_m(origin: Point, point: Point) -> tuple[float, float]:
    """Metres east and north of an origin that is near."""
    east = radians((point[1] - origin[1] + 540) % 360 - 180) * EARTH_RADIUS_M * cos(radians(origin[0]))
    return east, radians(point[0] - origin[0]) * EARTH_RADIUS_M


def off_line_m(point: Point, start: Point, end: Point) -> float:
    """How far a point is from the straight piece between two others, all of them near each other."""
    east, north = east_north_m(start, point)
    along_east, along_north = east_north_m(start, end)
    square = along_east**2 + along_north**2
    part = max(0.0, min(1.0, (east * along_east + north * along_north) / square)) if square else 0.0
    return hypot(east - part * along_east, north - part * along_north)


def simplify(line: Sequence[Point], tolerance_m: float) -> list[int]:
    """The places in the line that must stay so that no point is further off than the tolerance (Douglas–Peucker)."""
    if len(line) < 3:
        return list(range(len(line)))
    kept = {0, len(line) - 1}
    open_pieces = [(0, len(line) - 1)]
    while open_pieces:
        first, last = open_pieces.pop()
        if last - first < 2:
            continue
        furthest = max(range(first + 1, last), key=lambda i: off_line_m(line[i], line[first], line[last]))
        if off_line_m(line[furthest], line[first], line[last]) > tolerance_m:
            kept.add(furthest)
            open_pieces += [(first, furthest), (furthest, last)]
    return sorted(kept)
