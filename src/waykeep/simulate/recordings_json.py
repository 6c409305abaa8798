"""Recordings as JSON: GeoJSON, enviroCar's flavour of it, lists of objects (also with WKT points), JSON lines."""

import json
import re
from collections.abc import Iterator
from typing import Any

from waykeep.model.position import Value
from waykeep.simulate.recordings_row import Row, RowError

WKT_POINT = re.compile(r"\s*POINT\s*\(\s*(\S+)\s+(\S+?)\s*\)\s*")
PHENOMENA = {  # what a car says on its own bus, by enviroCar's names
    "Rpm": "rpm",
    "Speed": "obdSpeed",
    "Consumption": "fuelConsumption",
    "Engine Load": "engineLoad",
    "Throttle Position": "throttle",
    "Intake Temperature": "intakeTemp",
    "Intake Pressure": "intakePressure",
    "GPS HDOP": "hdop",
}
GPS_PHENOMENA = {"GPS Speed": "speed_kmh", "GPS Bearing": "bearing", "GPS Altitude": "altitude"}


def rows(text: str, *, lines: bool) -> Iterator[Row]:
    """The fixes of a JSON text, in its order."""
    if lines:
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip():
                yield from _value(_parsed(line, number), number)
        return
    try:
        yield from _value(_parsed(text, 1), 1)
    except RecursionError:
        raise RowError(1, "nested too deeply") from None


def _parsed(text: str, line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise RowError(line + error.lineno - 1, error.msg) from None
    except RecursionError:
        raise RowError(line, "nested too deeply") from None


def _value(value: Any, line: int) -> Iterator[Row]:
    if isinstance(value, list):
        for one in value:
            yield from _value(one, line)
    elif isinstance(value, dict):
        kind = value.get("type")
        if kind == "FeatureCollection":
            for feature in _list(value.get("features"), line):
                yield from _feature(feature, line)
        elif kind == "Feature":
            yield from _feature(value, line)
        elif kind in {"Point", "MultiPoint", "LineString", "MultiLineString", "GeometryCollection"}:
            yield from _geometry(value, {}, {}, line)
        else:
            yield from _object(value, line)


def _object(value: dict[str, Any], line: int) -> Iterator[Row]:
    """An object with a place under any usual name; without one it is no fix."""
    point = WKT_POINT.fullmatch(value["point"]) if isinstance(value.get("point"), str) else None
    plain = _plain(value)
    if point:
        yield Row(line, plain | {"longitude": point[1], "latitude": point[2]})
    elif any(name in plain for name in ("latitude", "lat", "latitude_deg")):
        yield Row(line, plain)
    elif isinstance(value.get("location"), dict | list):
        yield from _value(value["location"], line)


def _feature(value: Any, line: int) -> Iterator[Row]:
    if not isinstance(value, dict):
        raise RowError(line, "a feature is an object")
    told = value.get("properties")
    properties = told if isinstance(told, dict) else {}
    values, attributes = _plain(properties), dict[str, Value]()
    measured = properties.get("phenomenons")
    for name, one in measured.items() if isinstance(measured, dict) else ():
        number = one.get("value") if isinstance(one, dict) else None
        if isinstance(number, int | float):
            if name in GPS_PHENOMENA:
                values[GPS_PHENOMENA[name]] = str(number)
            elif name in PHENOMENA:
                attributes[PHENOMENA[name]] = round(float(number), 3)
    geometry = value.get("geometry")
    if isinstance(geometry, dict):
        yield from _geometry(geometry, values, attributes, line)


def _geometry(
    geometry: dict[str, Any], values: dict[str, str], attributes: dict[str, Value], line: int
) -> Iterator[Row]:
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        for one in _list(geometry.get("geometries"), line):
            yield from _geometry(one, values, attributes, line)
        return
    times = geometry.get("times") or values.get("coordTimes")
    for number, point in enumerate(_points(kind, geometry.get("coordinates"), line)):
        if not (isinstance(point, list) and len(point) >= 2 and all(isinstance(x, int | float) for x in point[:3])):
            raise RowError(line, f"no place: {str(point)[:40]}")
        place = {"longitude": str(point[0]), "latitude": str(point[1])}
        if len(point) > 2:
            place["altitude"] = str(point[2])
        if isinstance(times, list) and number < len(times):
            place["time"] = str(times[number])
        yield Row(line, values | place, attributes)


def _points(kind: Any, coordinates: Any, line: int) -> list[Any]:
    if kind == "Point":
        return [coordinates]
    if kind in {"LineString", "MultiPoint"}:
        return _list(coordinates, line)
    if kind == "MultiLineString":
        return [point for part in _list(coordinates, line) for point in _list(part, line)]
    return []  # areas are no drive


def _list(value: Any, line: int) -> list[Any]:
    if not isinstance(value, list):
        raise RowError(line, "a list is missing")
    return value


def _plain(value: dict[str, Any]) -> dict[str, str]:
    return {
        name: str(one)
        for name, one in value.items()
        if isinstance(one, str | int | float) and not isinstance(one, bool)
    }
