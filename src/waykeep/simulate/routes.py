"""The demo's routes: courses that the project made up around real cities, as headings, lengths and speeds.

A course starts at a place and goes leg after leg: direction in degrees, length in metres, speed in km/h. No leg follows
a real road's survey; they only look like town streets, ring roads and highways of their surroundings.
"""

import re
from itertools import pairwise
from math import radians, sqrt, tan

import msgspec

from waykeep.geo import Point, bearing_deg, destination, distance_m, turn_deg

MPS_PER_KMH = 1 / 3.6
COMFORT_SIDEWAYS_MPS2 = 2.0  # what drivers accept in a bend
COMFORT_BRAKING_MPS2 = 2.0
BEND_M = 28.0  # a corner is rounded off from so far before it
BEND_POINTS = 7

# place, country, start, legs
COURSES = """
Berlin: DE 52.5208 13.4094
    275 900 50, 290 1400 50, 265 2200 50, 200 700 30, 160 1300 50, 95 2600 50, 75 1900 50, 120 800 30, 85 1500
    50, 40 1100 50, 350 1700 50, 310 1200 60, 330 2400 80, 10 3100 80, 55 1500 80, 80 900 50
Hamburg: DE 53.5510 9.9950
    110 800 50, 140 1900 50, 165 2700 60, 185 3900 100, 200 6100 120, 215 5200 120, 190 3300 100, 150 1200 60,
    95 700 50
München: DE 48.1374 11.5755
    0 1200 50, 330 800 50, 280 1600 60, 240 2100 60, 190 1500 50, 130 1700 60, 95 2300 60, 60 1400 50, 20 1900
    60, 350 4200 100, 5 6800 120, 15 5400 120, 40 1100 60
Tehran: IR 35.6997 51.3380
    90 1400 50, 85 2300 60, 95 1800 60, 60 900 40, 10 1500 50, 355 2600 60, 320 1900 70, 300 2400 80, 275 3100
    80, 250 1700 60, 190 1300 50, 165 2200 60
Isfahan: IR 32.6546 51.6680
    180 700 40, 150 1500 50, 100 1900 60, 70 2600 70, 45 2200 70, 350 1300 50, 300 1800 60, 265 2400 60, 220
    1600 50
Bandar Abbas: IR 27.1832 56.2666
    20 1100 50, 5 2400 60, 350 5300 90, 15 7800 100, 30 6200 100, 10 4400 90, 340 1500 60
Qingdao: CN 36.0671 120.3826
    45 900 40, 70 1700 50, 95 2100 60, 60 1900 60, 20 2800 70, 350 3600 80, 330 2500 80, 300 1400 50, 255 2000
    60, 210 1200 40
Shenzhen: CN 22.5431 114.0579
    92 1900 60, 88 2700 60, 70 1500 60, 30 1200 50, 345 1800 60, 300 2600 80, 275 4100 80, 265 3300 80, 190 1600
    60, 120 1300 50
Chengdu: CN 30.6586 104.0647
    0 1500 50, 45 1300 60, 90 2100 60, 135 2400 60, 180 2600 60, 225 2200 60, 270 2500 60, 315 2300 60, 0 1900
    60, 60 1100 40
Dubai: AE 25.2048 55.2708
    40 1600 80, 42 3800 100, 38 5400 100, 60 2100 80, 110 1500 60, 150 2300 80, 200 1900 60, 225 3600 100, 232
    4800 100
Abu Dhabi: AE 24.4667 54.3667
    130 1800 60, 128 3200 80, 120 5100 120, 105 6400 120, 80 4200 100, 20 1300 60, 330 2600 80
São Paulo: BR -23.5614 -46.6559
    315 1100 50, 300 1700 50, 270 900 40, 220 1500 60, 190 2800 70, 160 3400 90, 120 2100 70, 80 1600 50, 35
    1900 50, 350 1300 50
"""


class Route(msgspec.Struct, frozen=True):
    """A course as points: how far along each is, how fast one goes on from it, how fast one may pass it."""

    place: str
    country: str
    points: tuple[Point, ...]
    along_m: tuple[float, ...]
    pace_mps: tuple[float, ...]
    limit_mps: tuple[float, ...]

    @property
    def length_m(self) -> float:
        """The whole length."""
        return self.along_m[-1]


def routes() -> tuple[Route, ...]:
    """Every course, ready to drive."""
    heads = re.split(r"^(?=\S)", COURSES, flags=re.MULTILINE)
    return tuple(_route(*one.split("\n", 1)) for one in heads if one.strip())


def _route(head: str, legs: str) -> Route:
    place, _, rest = head.partition(":")
    country, latitude, longitude = rest.split()
    triples = [tuple(map(float, leg.split())) for leg in legs.split(",")]
    points, speeds = _rounded((float(latitude), float(longitude)), triples)
    return finished(place, country, points, speeds)


def _rounded(start: Point, legs: list[tuple[float, ...]]) -> tuple[list[Point], list[float]]:
    """Corners as curves; the speed of a point is that of the leg that leads on from it."""
    points, speeds = [start], [legs[0][2] * MPS_PER_KMH]
    corner = start
    for (direction, size, _), (after, next_size, next_kmh) in pairwise(legs):
        corner = destination(corner, direction, size)
        bend = min(BEND_M, size / 3, next_size / 3)
        into, out = destination(corner, direction + 180, bend), destination(corner, after, bend)
        for step in range(BEND_POINTS):
            part = step / (BEND_POINTS - 1)
            points.append(_bend(into, corner, out, part))
            speeds.append(next_kmh * MPS_PER_KMH)
    direction, size, kmh = legs[-1]
    points.append(destination(corner, direction, size))
    speeds.append(kmh * MPS_PER_KMH)
    return points, speeds


def _bend(into: Point, corner: Point, out: Point, part: float) -> Point:
    rest = 1 - part
    first, middle, last = rest * rest, 2 * rest * part, part * part
    return (
        first * into[0] + middle * corner[0] + last * out[0],
        first * into[1] + middle * corner[1] + last * out[1],
    )


def finished(place: str, country: str, points: list[Point], speeds: list[float]) -> Route:
    """Limit the speeds by the bends and by the braking that they need."""
    along, limits = [0.0], list(speeds)
    for one, other in pairwise(points):
        along.append(along[-1] + distance_m(one, other))
    for i in range(1, len(points) - 1):
        turned = abs(turn_deg(bearing_deg(points[i - 1], points[i]), bearing_deg(points[i], points[i + 1])))
        step = min(along[i] - along[i - 1], along[i + 1] - along[i])
        if turned > 0.1:
            radius_m = step / 2 / tan(min(radians(turned), 3.0) / 2)
            limits[i] = min(limits[i], sqrt(COMFORT_SIDEWAYS_MPS2 * radius_m))
        limits[i] = min(limits[i], speeds[i - 1])
    for order in (range(len(points) - 2, -1, -1), range(1, len(points))):
        for i in order:
            near = i + 1 if order.step < 0 else i - 1
            reach = sqrt(limits[near] ** 2 + 2 * COMFORT_BRAKING_MPS2 * abs(along[near] - along[i]))
            limits[i] = min(limits[i], reach)
    return Route(place, country, tuple(points), tuple(along), tuple(speeds), tuple(limits))
