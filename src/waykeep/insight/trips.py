"""Trips and stops: a trip is what lies between two standstills of five minutes; ignition goes before speed.

The rule of speed and time, as most fleet products use it: moving at 3 km/h or more; standing for more than five
minutes, a silence of a quarter of an hour, or an ignition that is off ends a trip. Short or nearly still ones are drift
of a parked receiver and no trip.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8
LEAST_SPEED_MPS = 3 / 3.6
STANDS_MS = 5 * 60_000
SILENCE_MS = 15 * 60_000
LEAST_DISTANCE_M, LEAST_FIXES = 300.0, 4

Floats = NDArray[np.float64]


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """One trip: Unix ms, degrees, metres. `still_ms` is what it stood within, at lights and the like."""

    start_ms: int
    end_ms: int
    start: tuple[float, float]
    end: tuple[float, float]
    distance_m: float
    still_ms: int
    most_mps: float
    fixes: int


def trips(
    fix_ms: NDArray[np.int64], latitude: Floats, longitude: Floats, speed_mps: Floats, ignition: NDArray[Any]
) -> list[Trip]:
    """The trips of one device, from fixes in order of time, each with a place.

    `speed_mps` is NaN where the device said none: then it is what lies between the fix and the one before. `ignition`
    is 1 on, 0 off, -1 unknown.
    """
    if len(fix_ms) < LEAST_FIXES:
        return []
    step_m = np.concatenate([[0.0], _steps_m(latitude, longitude)])
    step_ms = np.concatenate([[1], np.maximum(np.diff(fix_ms), 1)])
    implied = step_m / step_ms * 1000.0
    speed = np.where(np.isnan(speed_mps), implied, speed_mps)
    moving = (speed >= LEAST_SPEED_MPS) & (ignition != 0)
    at = np.flatnonzero(moving)
    if not len(at):
        return []
    between_ms = np.diff(fix_ms[at])
    off = np.diff(np.cumsum(ignition == 0)[at]) > 0
    next_to = np.diff(at) == 1  # no standing fix between: a device that reports seldom, if it got somewhere meanwhile
    went = next_to & (implied[at[1:]] >= LEAST_SPEED_MPS) & (between_ms <= SILENCE_MS)
    ends = np.flatnonzero(((between_ms > STANDS_MS) & ~went) | off)
    firsts, lasts = np.concatenate([[0], ends + 1]), np.concatenate([ends, [len(at) - 1]])
    found = []
    for first, last in zip(at[firsts], at[lasts], strict=True):
        begin = max(int(first) - 1, 0)  # it set off from the place where it stood
        if step_ms[first] > STANDS_MS or ignition[begin] == 0:
            begin = int(first)
        end = int(last)
        if end + 1 < len(fix_ms) and step_ms[end + 1] <= STANDS_MS:
            end += 1  # and it ends where it stands
        one = _trip(begin, end, fix_ms, latitude, longitude, speed, step_m, moving)
        if one.fixes >= LEAST_FIXES and one.distance_m >= LEAST_DISTANCE_M:
            found.append(one)
    return found


def _trip(
    first: int, last: int, fix_ms: NDArray[np.int64], latitude: Floats, longitude: Floats, speed: Floats,
    step_m: Floats, moving: NDArray[np.bool_],
) -> Trip:  # fmt: skip
    inside = slice(first, last + 1)
    steps_ms = np.diff(fix_ms[inside])
    return Trip(
        start_ms=int(fix_ms[first]),
        end_ms=int(fix_ms[last]),
        start=(float(latitude[first]), float(longitude[first])),
        end=(float(latitude[last]), float(longitude[last])),
        distance_m=float(step_m[first + 1 : last + 1].sum()),
        still_ms=int(steps_ms[~moving[first + 1 : last + 1]].sum()),
        most_mps=float(speed[inside].max()),
        fixes=last + 1 - first,
    )


def _steps_m(latitude: Floats, longitude: Floats) -> Floats:
    """The great-circle distance from each fix to the next (haversine)."""
    north, east = np.radians(latitude), np.radians(longitude)
    half = np.sin(np.diff(north) / 2) ** 2
    half += np.cos(north[:-1]) * np.cos(north[1:]) * np.sin(np.diff(east) / 2) ** 2
    steps: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(half)))
    return steps
