"""One row of a recording, whatever its file was, and the position that it means."""

from datetime import UTC, datetime
from math import cos, isfinite, radians

import msgspec

from waykeep.geo import EARTH_RADIUS_M, Point
from waykeep.model.position import Position, Value

EPOCH_DIGITS = ((1e17, 1e-6), (1e14, 1e-3), (1e11, 1.0), (0.0, 1000.0))  # from so large on: ns, µs, ms, s
NAMES = {
    "latitude": ("latitude", "lat", "latitude_deg", "gps_lat", "location-lat"),
    "longitude": ("longitude", "lon", "lng", "long", "longitude_deg", "gps_lon", "location-long"),
    "time": ("time", "timestamp", "datetime", "date_time", "fix_time", "time_utc", "t", "date"),
    "altitude": ("altitude", "altitude_m", "ele", "elevation", "height", "alt"),
    "speed_mps": ("speed_mps", "speed"),
    "speed_kmh": ("speed_kmh", "speed_kph", "velocity"),
    "speed_knots": ("speed_knots", "knots"),
    "course": ("course", "course_deg", "bearing", "heading"),
    "accuracy": ("accuracy", "accuracy_m", "hacc"),
    "east": ("x", "east", "easting_m", "x_m"),
    "north": ("y", "north", "northing_m", "y_m"),
}
MEANINGS = {name: meaning for meaning, names in NAMES.items() for name in names}
SPEEDS = {"speed_mps": 1.0, "speed_kmh": 1 / 3.6, "speed_knots": 1852 / 3600}


class RowError(Exception):
    """A row that says something impossible: where, and why."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line, self.why = line, why


class Row(msgspec.Struct, frozen=True):
    """The values of one fix by their column, and where it stands in its file."""

    line: int
    values: dict[str, str]
    attributes: dict[str, Value] = {}


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """How to read a file.

    `columns` name the fields of a table without a heading, `by` is the column that names the unit (or `file`),
    `origin` is where
    local metres lie, `every_s` the time between fixes without one.
    """

    columns: tuple[str, ...] = ()
    by: str = ""
    origin: Point | None = None
    every_s: float = 1.0


def position_of(row: Row, layout: Layout, number: int) -> Position:
    """The position of a row; `number` counts the rows of its file, for those without a time."""
    told: dict[str, str] = {}
    for name, value in row.values.items():
        meaning = MEANINGS.get(name.strip().lower())
        if meaning and value.strip():
            told.setdefault(meaning, value.strip())
    latitude, longitude = _place(row, told, layout)
    fix_ms = round(number * layout.every_s * 1000) if "time" not in told else time_ms(told["time"], row.line)
    return Position(
        fix_ms=fix_ms,
        latitude_deg=latitude,
        longitude_deg=longitude,
        altitude_m=_number(row, told, "altitude"),
        speed_mps=_speed(row, told),
        course_deg=_course(row, told),
        accuracy_m=_number(row, told, "accuracy"),
        attributes=dict(row.attributes),
    )


def _place(row: Row, told: dict[str, str], layout: Layout) -> Point:
    latitude, longitude = _number(row, told, "latitude"), _number(row, told, "longitude")
    if latitude is None or longitude is None:
        east, north = _number(row, told, "east"), _number(row, told, "north")
        if east is None or north is None:
            raise RowError(row.line, f"no latitude and longitude among {', '.join(row.values) or 'nothing'}")
        if layout.origin is None:
            raise RowError(row.line, "places in local metres: say with --origin LATITUDE,LONGITUDE where they are")
        latitude = layout.origin[0] + north / radians(1) / EARTH_RADIUS_M
        longitude = layout.origin[1] + east / radians(1) / EARTH_RADIUS_M / cos(radians(layout.origin[0]))
    if abs(latitude) > 90 or abs(longitude) > 180:
        raise RowError(row.line, f"there is no place {latitude}, {longitude}")
    return latitude, longitude


def _speed(row: Row, told: dict[str, str]) -> float | None:
    for name, factor in SPEEDS.items():
        if (value := _number(row, told, name)) is not None:
            return max(0.0, value * factor)
    return None


def _course(row: Row, told: dict[str, str]) -> float | None:
    course = _number(row, told, "course")
    return None if course is None else course % 360


def _number(row: Row, told: dict[str, str], name: str) -> float | None:
    if name not in told:
        return None
    try:
        value = float(told[name])
    except ValueError:
        raise RowError(row.line, f"{name} is not a number: {told[name][:40]!r}") from None
    if not isfinite(value):
        raise RowError(row.line, f"{name} is not finite")
    return value


def time_ms(text: str, line: int) -> int:
    """Unix ms of ISO 8601 (UTC where no zone is said) or of a number of seconds, ms, µs or ns since 1970."""
    try:
        number = float(text)
    except ValueError:
        pass
    else:
        if not isfinite(number):
            raise RowError(line, "the time is not finite")
        return round(number * next(factor for least, factor in EPOCH_DIGITS if abs(number) >= least))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise RowError(line, f"no time that is understood: {text[:40]!r}") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return round((at - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000)
