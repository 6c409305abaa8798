"""From stored tracks to what is shown: columns for a screen, points for a file, gaps by name."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import isnan

import msgspec
import numpy as np

from waykeep.insight.thinning import GAP_MS, breaks, thin
from waykeep.insight.trips import Trip, trips
from waykeep.model.frame import Flag
from waykeep.model.position import Value
from waykeep.reports.base import Point
from waykeep.store.track import Track, join

HOUR_MS = 3_600_000
GAP = int(Flag.GAP)
DEGREE = 1e7
FIGURES = ("altitude_m", "speed_mps", "course_deg", "accuracy_m")


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch without positions. A `private` one has no exact ends: something in these hours was not kept."""

    from_ms: int
    to_ms: int
    kind: str


class TrackShown(msgspec.Struct, frozen=True, kw_only=True):
    """A track as columns of equal length; null where the device said nothing."""

    fix_ms: Sequence[int]
    latitude: Sequence[float | None]
    longitude: Sequence[float | None]
    speed_mps: Sequence[float | None]
    course_deg: Sequence[float | None]
    altitude_m: Sequence[float | None]
    accuracy_m: Sequence[float | None]
    flags: Sequence[int]
    attributes: Sequence[dict[str, Value]]
    gaps: Sequence[Gap]
    count: int


def shown(tracks: Iterable[Track], points: int) -> TrackShown:
    """Columns of about so many points, with both sides of every gap."""
    whole = join(list(tracks)).ordered()
    marks = whole.fix_ms[(whole.flags & GAP) != 0]
    track = whole.take((whole.flags & GAP) == 0)
    count = len(track)
    latitude, longitude = _degrees(track)
    if count > points:
        there = np.flatnonzero(track.placed)
        begins = breaks(track.fix_ms[there])
        index = there[thin(latitude[there], longitude[there], begins, points)]
        gaps = _gaps(track.fix_ms[there], marks)
        track, latitude, longitude = track.take(index), latitude[index], longitude[index]
    else:
        gaps = _gaps(track.fix_ms, marks)
    return TrackShown(
        fix_ms=track.fix_ms.tolist(),
        latitude=latitude.tolist(),
        longitude=longitude.tolist(),
        speed_mps=np.round(track.speed_mps.astype(np.float64), 2).tolist(),
        course_deg=np.round(track.course_deg.astype(np.float64), 1).tolist(),
        altitude_m=np.round(track.altitude_m.astype(np.float64), 1).tolist(),
        accuracy_m=np.round(track.accuracy_m.astype(np.float64), 1).tolist(),
        flags=track.flags.tolist(),
        attributes=list(track.attributes),
        gaps=gaps,
        count=count,
    )


def exported(tracks: Iterable[Track]) -> Iterator[Point]:
    """Every position with a place, one after the other; a point after silence or private time begins a segment."""
    last_ms: int | None = None
    for track in tracks:
        latitude, longitude = (column.tolist() for column in _degrees(track))
        figures = [getattr(track, name).tolist() for name in FIGURES]
        attributes, flags = track.attributes, track.flags.tolist()
        for at, fix_ms in enumerate(track.fix_ms.tolist()):
            if flags[at] & GAP:
                last_ms = None
            elif not isnan(latitude[at]):
                altitude, speed, course, accuracy = (_known(column[at]) for column in figures)
                yield Point(
                    fix_ms=fix_ms,
                    latitude=latitude[at],
                    longitude=longitude[at],
                    altitude_m=altitude,
                    speed_mps=speed,
                    course_deg=course,
                    accuracy_m=accuracy,
                    begins=last_ms is None or fix_ms - last_ms > GAP_MS,
                    attributes=attributes[at],
                )
                last_ms = fix_ms


def driven(tracks: Iterable[Track]) -> list[Trip]:
    """The trips of one device; private time and other gaps cut them."""
    whole = join(list(tracks)).ordered()
    marks = np.unique(whole.fix_ms[(whole.flags & GAP) != 0])
    track = whole.take(((whole.flags & GAP) == 0) & whole.placed)
    ignition = np.array([_switch(one.get("ignition")) for one in track.attributes], dtype=np.int8)
    latitude, longitude = _degrees(track)
    pieces = np.searchsorted(track.fix_ms, marks)
    found: list[Trip] = []
    for first, last in pairwise([0, *np.unique(pieces).tolist(), len(track)]):
        part = slice(first, last)
        found += trips(
            track.fix_ms[part], latitude[part], longitude[part], track.speed_mps[part].astype(np.float64),
            ignition[part],
        )  # fmt: skip
    return found


def _switch(value: Value | None) -> int:
    return -1 if value is None else int(bool(value))


def _known(value: float) -> float | None:
    return None if isnan(value) else value


def _degrees(track: Track) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    placed = track.placed
    return tuple(np.where(placed, column / DEGREE, np.nan) for column in (track.latitude_e7, track.longitude_e7))


def _gaps(
    fix_ms: np.ndarray[tuple[int], np.dtype[np.int64]], marks: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> list[Gap]:
    """Silences between fixes, and the marked hours; marked hours that touch are one."""
    private: list[Gap] = []
    for mark in np.unique(marks).tolist():
        if private and mark <= private[-1].to_ms:
            private[-1] = Gap(from_ms=private[-1].from_ms, to_ms=mark + HOUR_MS, kind="private")
        else:
            private.append(Gap(from_ms=mark, to_ms=mark + HOUR_MS, kind="private"))
    silent = [Gap(from_ms=int(fix_ms[at - 1]), to_ms=int(fix_ms[at]), kind="gap") for at in breaks(fix_ms)[1:].tolist()]
    silent = [one for one in silent if not any(p.from_ms < one.to_ms and one.from_ms < p.to_ms for p in private)]
    return sorted([*private, *silent], key=lambda gap: gap.from_ms)
