"""Fewer points of a track for a screen: what is left keeps its shape, its ends and both sides of every gap."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

GAP_MS = 10 * 60_000  # parked trackers customarily report every five minutes; longer silence is a gap

Floats = NDArray[np.float64]


def breaks(fix_ms: NDArray[np.int64], gap_ms: int = GAP_MS) -> NDArray[np.intp]:
    """The indexes at which a new segment begins; the first point always does."""
    if not len(fix_ms):
        return np.zeros(0, dtype=np.intp)
    return np.concatenate([[0], np.flatnonzero(np.diff(fix_ms) > gap_ms) + 1]).astype(np.intp)


def thin(latitude: Floats, longitude: Floats, begins: NDArray[np.intp], points: int) -> NDArray[np.intp]:
    """The indexes of about so many points: of each bucket, the one farthest from the line between its ends.

    `begins` are the segments' first indexes: these and the points before them stay.
    """
    size = len(latitude)
    if size <= points or points < 2:
        return np.arange(size, dtype=np.intp)
    kept = np.unique(np.concatenate([begins, begins[1:] - 1, [size - 1]]))
    edges = np.unique(np.linspace(0, size, max(points - len(kept), 1) + 1).astype(np.intp))
    first, last = edges[:-1], edges[1:]
    bucket = np.repeat(np.arange(len(first)), last - first)
    away = _distance(latitude, longitude, first[bucket], (last - 1)[bucket])
    top = np.maximum.reduceat(away, first)
    candidates = np.flatnonzero(away == top[bucket])
    _, one = np.unique(bucket[candidates], return_index=True)
    chosen: NDArray[np.intp] = np.unique(np.concatenate([kept, candidates[one]]))
    return chosen


def _distance(latitude: Floats, longitude: Floats, a: NDArray[Any], b: NDArray[Any]) -> Floats:
    """How far each point lies from the line between its bucket's ends, or from the first where both are one place."""
    east, north = longitude[b] - longitude[a], latitude[b] - latitude[a]
    x, y = longitude - longitude[a], latitude - latitude[a]
    length = np.hypot(east, north)
    with np.errstate(invalid="ignore", divide="ignore"):
        across = np.abs(x * north - y * east) / length
    away: Floats = np.where(length > 0, across, np.hypot(x, y))
    return away
