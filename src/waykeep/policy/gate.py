"""The one door that a position goes through before anything keeps or shows it; only this file makes a Cleared.

Each fix is judged by its own time against what was promised for that time, and by the state now. A frame to which
no promise applies passes with one look (`_plain`); any other is judged fix by fix (`_judge`).
"""

from collections import Counter
from math import cos, floor, radians
from operator import attrgetter
from typing import Any

from waykeep.model.attributes import COARSE, PRECISE
from waykeep.model.frame import Cleared, Columns, Flag, Frame, Reason, Refused, Verdict
from waykeep.model.position import Position, Value
from waykeep.model.rules import Rules, Span
from waykeep.policy.calendar import inside, wholly_inside
from waykeep.policy.fields import COURSE, QUALITY, Allowed, allowed

MINUTE_MS = 60_000
AHEAD_MS = 5 * MINUTE_MS  # a clock this far ahead is believed: cheap trackers drift, and mobile networks set them late
ROLLOVER_MS = 1024 * 7 * 86_400_000  # a GPS week number has ten bits
GAP_MS = 60 * MINUTE_MS  # a gap marker tells the hour only, so its ends say nothing about when private time began
METRES_PER_DEGREE = 111_320.0

_ROW = attrgetter(
    "fix_ms",
    "device_ms",
    "valid",
    "latitude_deg",
    "longitude_deg",
    "altitude_m",
    "speed_mps",
    "course_deg",
    "accuracy_m",
    "cells",
    "wifi",
    "attributes",
)
_Row = tuple[Any, ...]  # one value for each column of Columns, in its order


def admit(frame: Frame, rules: Rules, now_ms: int) -> Verdict:
    """Clear what may be kept of a frame and say why the rest may not; pure."""
    count = len(frame.positions)
    if not count:
        return Verdict(None, ())
    if not rules.keeps_location:
        return Verdict(None, (Refused(Reason.LOCATION_MODE, count),))
    if rules.withdrawn:
        return Verdict(None, (Refused(Reason.WITHDRAWN, count),))
    if rules.grid_m is not None:
        return _judge(frame, rules, now_ms, allowed(_blurred(rules.collects)))
    names = allowed(rules.collects)
    if names.everything:
        columns = _plain(frame, rules, now_ms, names)
        if columns is not None:
            return Verdict(_cleared(frame, columns, frame.records), ())
    return _judge(frame, rules, now_ms, names)


def _blurred(collects: frozenset[str]) -> frozenset[str]:
    """What is kept when places are kept to a grid: all that the document allows but precise places."""
    return (collects - {PRECISE}) | {COARSE} if PRECISE in collects else collects


def _cleared(frame: Frame, columns: Columns, records: tuple[bytes, ...]) -> Cleared:
    return Cleared(
        tenant=frame.tenant, device=frame.device, received_ms=frame.received_ms, columns=columns, records=records
    )


def _plain(frame: Frame, rules: Rules, now_ms: int, names: Allowed) -> Columns | None:
    """The whole frame as columns when no promise touches any of it, else None."""
    rows = zip(*map(_ROW, frame.positions), strict=True)
    fix, device, valid, latitude, longitude, altitude, speed, course, accuracy, cells, wifi, attributes = rows
    if None in fix or None in latitude or None in longitude:
        return None
    if not _free(min(fix), max(fix), rules, now_ms):
        return None
    if min(latitude) < -90.0 or max(latitude) > 90.0 or min(longitude) < -180.0 or max(longitude) > 180.0:
        return None
    if not names.all_of_each(attributes):
        return None
    try:
        latitude_e7 = tuple([round(x * 1e7) for x in latitude])
        longitude_e7 = tuple([round(x * 1e7) for x in longitude])
    except (ValueError, OverflowError):  # NaN escapes min and max
        return None
    nothing = (None,) * len(fix)
    return Columns(
        fix_ms=fix,
        flags=tuple(map(int, valid)),
        latitude_e7=latitude_e7,
        longitude_e7=longitude_e7,
        altitude_m=altitude,
        speed_mps=speed,
        course_deg=course,
        accuracy_m=accuracy,
        device_ms=device,
        claimed_ms=nothing,
        cells=cells,
        wifi=wifi,
        attributes=attributes,
    )


def _free(first_ms: int, last_ms: int, rules: Rules, now_ms: int) -> bool:
    """Whether no promise about time touches any moment between two, both included."""
    return (
        rules.since_ms <= first_ms
        and last_ms <= now_ms + AHEAD_MS
        and _kept(first_ms, rules, now_ms)
        and not _touched(rules.private, first_ms, last_ms)
        and not _touched(rules.forgotten, first_ms, last_ms)
        and (rules.consented is None or _covered(rules.consented, first_ms, last_ms))
        and (not rules.hours or all(wholly_inside(hours, first_ms, last_ms) for _, hours in rules.hours))
    )


def _kept(fix_ms: int, rules: Rules, now_ms: int) -> bool:
    return rules.retention_ms is None or now_ms < fix_ms + rules.retention_ms


def _touched(spans: tuple[Span, ...], first_ms: int, last_ms: int) -> bool:
    """Whether any span holds a moment between two, both included; the newest first, since most fixes are of now."""
    for span in reversed(spans):
        if span.to_ms is not None and span.to_ms <= first_ms:
            return False
        if span.from_ms <= last_ms:
            return True
    return False


def _covered(spans: tuple[Span, ...], first_ms: int, last_ms: int) -> bool:
    """Whether one span holds all moments between two, both included; the newest first."""
    for span in reversed(spans):
        if span.from_ms <= first_ms:
            return span.to_ms is None or last_ms < span.to_ms
    return False


def _judge(frame: Frame, rules: Rules, now_ms: int, names: Allowed) -> Verdict:
    """Judge each position on its own."""
    refused: Counter[Reason] = Counter()
    rows: list[_Row] = []
    records: list[bytes] = []
    gaps: set[int] = set()
    dropped = 0
    for position, record in zip(frame.positions, frame.records, strict=True):
        fix_ms, claimed_ms, flags = _moment(position.fix_ms, rules, frame.received_ms, now_ms)
        reason = _refusal(position, fix_ms, claimed_ms, rules, now_ms)
        if reason is None:
            attributes = names.of(position.attributes)
            dropped += len(position.attributes) - len(attributes)
            row = _row(position, (fix_ms, claimed_ms, flags), attributes, rules, names)
            if row is not None:
                rows.append(row)
                records.append(record)
                continue
            reason = Reason.CATEGORY_OFF
        refused[reason] += 1
        hour = fix_ms // GAP_MS
        if reason in (Reason.PRIVATE_TIME, Reason.OUTSIDE_HOURS) and hour not in gaps:
            gaps.add(hour)
            rows.append(_gap(hour * GAP_MS))
            records.append(b"gap %d" % hour)  # the same hour's marker is then known as a resend
    said = tuple(Refused(reason, n) for reason, n in refused.items())
    if not rows:
        return Verdict(None, said, dropped)
    columns: dict[str, Any] = dict(zip(Columns.__struct_fields__, zip(*rows, strict=True), strict=True))
    return Verdict(_cleared(frame, Columns(**columns), tuple(records)), said, dropped)


def _moment(fix_ms: int | None, rules: Rules, received_ms: int, now_ms: int) -> tuple[int, int | None, Flag]:
    """The time by which a fix is judged and kept, the claimed one where it was not believed, and the flags."""
    if fix_ms is None:
        return received_ms, None, Flag.NO_FIX_TIME
    last_ms = now_ms + AHEAD_MS
    if rules.since_ms <= fix_ms <= last_ms:
        return fix_ms, None, Flag(0)
    mended_ms = fix_ms + ROLLOVER_MS if fix_ms < rules.since_ms else fix_ms - ROLLOVER_MS
    if rules.since_ms <= mended_ms <= last_ms:
        return mended_ms, None, Flag.TIME_MENDED
    if fix_ms < rules.since_ms and not _kept(fix_ms, rules, now_ms):
        return fix_ms, None, Flag(0)  # retention refuses it, whatever the clock was
    return received_ms, fix_ms, Flag.TIME_CLAIMED


def _refusal(position: Position, fix_ms: int, claimed_ms: int | None, rules: Rules, now_ms: int) -> Reason | None:
    """The first promise that forbids to keep this fix."""
    if _impossible(position.latitude_deg, position.longitude_deg):
        return Reason.IMPOSSIBLE
    if not _kept(fix_ms, rules, now_ms):
        return Reason.RETENTION
    return _broken(fix_ms, claimed_ms, rules)


def _broken(fix_ms: int, claimed_ms: int | None, rules: Rules) -> Reason | None:
    """The first promise about this moment that keeping the fix would break."""
    # A claimed time that was not believed still counts against keeping: the doubt is the subject's.
    moments = (fix_ms,) if claimed_ms is None else (fix_ms, claimed_ms)
    if any(span.holds(at) for span in rules.forgotten for at in moments):
        return Reason.FORGOTTEN
    if rules.consented is not None and not any(span.holds(fix_ms) for span in rules.consented):
        return Reason.NO_CONSENT
    if any(span.holds(at) for span in rules.private for at in moments):
        return Reason.PRIVATE_TIME
    if any(span.holds(fix_ms) and not inside(hours, fix_ms) for span, hours in rules.hours):
        return Reason.OUTSIDE_HOURS
    return None


def _impossible(latitude_deg: float | None, longitude_deg: float | None) -> bool:
    if latitude_deg is None or longitude_deg is None:
        return latitude_deg is not longitude_deg
    return not (-90.0 <= latitude_deg <= 90.0 and -180.0 <= longitude_deg <= 180.0)


def _row(
    position: Position,
    moment: tuple[int, int | None, Flag],
    attributes: dict[str, Value],
    rules: Rules,
    names: Allowed,
) -> _Row | None:
    """One position as a row of Columns, without what may not be kept; None when nothing would be left."""
    fix_ms, claimed_ms, flags = moment
    precise = PRECISE in names.categories
    grid_m = rules.grid_m if COARSE in names.categories and not precise else None
    moves = precise or grid_m is not None
    if not moves and not attributes:
        return None
    place = _place(position, precise, grid_m)
    if grid_m is not None and place:
        flags |= Flag.COARSE
    if position.valid and place:
        flags |= Flag.VALID
    accuracy_m = position.accuracy_m if precise and QUALITY in names.categories else None
    latitude_e7, longitude_e7 = place or (None, None)
    return (
        fix_ms,
        int(flags),
        latitude_e7,
        longitude_e7,
        position.altitude_m if precise else None,
        position.speed_mps if moves else None,
        position.course_deg if moves and COURSE in names.categories else None,
        grid_m if grid_m is not None and place else accuracy_m,
        position.device_ms,
        claimed_ms,
        position.cells if precise else (),
        position.wifi if precise else (),
        attributes,
    )


def _place(position: Position, precise: bool, grid_m: float | None) -> tuple[int, int] | None:  # noqa: FBT001  two facts of the rules, no switch
    """The place as it may be kept, degrees × 10^7."""
    if position.latitude_deg is None or position.longitude_deg is None:
        return None
    place = (position.latitude_deg, position.longitude_deg)
    if not precise:
        if grid_m is None:
            return None
        place = _on_grid(*place, grid_m)
    return round(place[0] * 1e7), round(place[1] * 1e7)


def _gap(fix_ms: int) -> _Row:
    """A row that says only that around this hour something was not kept."""
    return (fix_ms, int(Flag.GAP), *(None,) * 8, (), (), {})


def _on_grid(latitude_deg: float, longitude_deg: float, grid_m: float) -> tuple[float, float]:
    """The middle of the grid cell that holds the place; cells are about `grid_m` wide at every latitude."""
    step = grid_m / METRES_PER_DEGREE
    middle = min(max((floor(latitude_deg / step) + 0.5) * step, -90.0), 90.0)
    across = min(step / max(cos(radians(middle)), 1e-6), 360.0)
    east = (floor(longitude_deg / across) + 0.5) * across
    return middle, min(max(east, -180.0), 180.0)
