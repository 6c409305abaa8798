"""H02's text messages: fixes, cells around, heartbeats, answers."""

import re
from datetime import UTC, datetime, timedelta

import msgspec

from waykeep.model.position import Cell, Position, Value
from waykeep.protocols.h02_packed import moment_ms, status

MPS_PER_KNOT = 1852 / 3600

_LATITUDE = (
    r"(?:-(?P<lat_d>\d+)-(?P<lat_m>\d+\.\d+)|(?P<lat_d2>\d+)(?P<lat_m2>\d\d\.\d+)|(?P<lat_d3>\d+)(?P<lat_m3>\d{6}))"
)
_LONGITUDE = _LATITUDE.replace("lat_", "lon_")
FIX = re.compile(
    r",(?P<time>\d{6})?,(?:(?P<valid>[ABV])?|(?P<coding>\d+)),"
    rf"{_LATITUDE},(?P<ns>[NS]),{_LONGITUDE},(?P<ew>[EW]),"
    r" *(?P<knots>\d+\.?\d*),(?P<course>\d+\.?\d*)?,(?:\d+,)??(?P<date>\d{6})?"
    r"(?:(?:,[^,]*,[^,]*,[^,]*)?,(?P<bits>[0-9A-Fa-f]{8})"
    r"(?:,(?P<odometer>\d+),(?P<temp>-?\d+),(?P<fuel>\d+\.\d+),(?P<altitude>-?\d+),(?P<lac>[0-9A-Fa-f]+),(?P<cid>[0-9A-Fa-f]+)"
    r"|,(?P<more>.*))?|(?:,[^,]*,[^,]*,[^,]*)?)",
    re.ASCII,
)
ANSWERED = re.compile(r"(?P<result>.*?)(?P<fix>,(?:\d{6})?,(?:[ABV]?|\d+),-?\d.*)")
CELL_LIST = re.compile(
    r",(?P<time>\d{6}),(?P<mcc>\d+),(?P<mnc>\d+),\d+,\d+,(?P<cells>(?:\d+,\d+,-?\d+,)+)(?P<date>\d{6}),(?P<bits>[0-9A-Fa-f]{8}).*"
)
LINK = re.compile(
    r",(?P<time>\d{6}),(?P<rssi>\d+),(?P<sat>\d+),(?P<batteryLevel>\d+),(?P<steps>\d+),(?P<turnovers>\d+),"
    r"(?P<date>\d{6}),(?P<bits>[0-9A-Fa-f]{8}).*"
)
CELLS = re.compile(
    r",(?P<time>\d{6}),(?P<mcc>\d{3})(?P<mnc>\d+),(?P<count>\d+),(?P<cells>.*),(?P<battery>[0-9A-Fa-f]{4}),\d+,X,"
    r"(?P<date>\d{6}),(?P<bits>[0-9A-Fa-f]{8})"
)
WATCH_CELLS = re.compile(r",V,(?P<mcc>\d+),(?P<mnc>\d+),(?P<cells>.+)")
WATCH_FIX = re.compile(
    r",[AB],(?P<lat_d>\d+)(?P<lat_m>\d\d\.\d+),(?P<ns>[NS]),(?P<lon_d>\d+)(?P<lon_m>\d\d\.\d+),(?P<ew>[EW]),"
    r"(?P<knots>\d+\.\d+),(?P<course>\d+\.\d+),(?P<date>\d{6}).*"
)


class Told(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One text: whose, of which kind, all of it, and what stands behind the kind."""

    unique_id: str
    kind: str
    said: str
    rest: str


def fix(told: Told) -> Position | None:
    """V1 and its relatives, and V4, which answers an order and then says where the device is."""
    if not told.kind.startswith("V"):
        return None
    rest, attributes = told.rest, dict[str, Value]()
    if told.kind == "V4":
        answered = ANSWERED.fullmatch(rest)
        if not answered:
            return None
        rest = answered["fix"]
        attributes["result"] = answered["result"].lstrip(",")
    found = FIX.fullmatch(rest)
    if not found:
        return None
    return _fix(found, attributes)


def _fix(found: re.Match[str], attributes: dict[str, Value]) -> Position | None:
    if found["bits"]:
        attributes |= status(int(found["bits"], 16))
    altitude_m: float | None = None
    heard: tuple[Cell, ...] = ()
    if found["odometer"]:
        attributes |= {"odometer": int(found["odometer"]), "temp1": int(found["temp"]), "fuel": float(found["fuel"])}
        altitude_m = float(found["altitude"])
        heard = (Cell(mcc=0, mnc=0, lac=int(found["lac"], 16), cid=int(found["cid"], 16), radio="gsm"),)
    if found["more"]:
        attributes |= {f"io{n}": value.strip() for n, value in enumerate(found["more"].rstrip(",").split(","), 1)}
    fix_ms = moment_ms(found["date"], found["time"] or "000000") if found["date"] else None
    latitude, longitude = _place(found, "lat"), _place(found, "lon")
    placed = latitude <= 90 and longitude <= 180
    return Position(
        fix_ms=fix_ms,
        device_ms=fix_ms,
        valid=placed and (found["valid"] == "A" or found["coding"] is not None),
        latitude_deg=(latitude if found["ns"] == "N" else -latitude) if placed else None,
        longitude_deg=(longitude if found["ew"] == "E" else -longitude) if placed else None,
        altitude_m=altitude_m,
        speed_mps=float(found["knots"]) * MPS_PER_KNOT,
        course_deg=float(found["course"] or 0),
        cells=heard,
        attributes=attributes,
    )


def _place(found: re.Match[str], axis: str) -> float:
    for form in ("", "2"):
        if found[f"{axis}_d{form}"]:
            return int(found[f"{axis}_d{form}"]) + float(found[f"{axis}_m{form}"]) / 60
    return int(found[f"{axis}_d3"]) + int(found[f"{axis}_m3"]) / 10_000 / 60


def neighbours(told: Told) -> Position | None:
    """NBR: the cells around, with their strength."""
    found = CELL_LIST.fullmatch(told.rest)
    if not found:
        return None
    numbers = [int(n) for n in found["cells"].rstrip(",").split(",")]
    mcc, mnc = int(found["mcc"]), int(found["mnc"])
    cells = tuple(
        Cell(mcc=mcc, mnc=mnc, lac=numbers[i], cid=numbers[i + 1], radio="gsm", signal_dbm=-abs(numbers[i + 2]))
        for i in range(0, len(numbers), 3)
    )
    return _placeless(found, status(int(found["bits"], 16)), cells)


def link(told: Told) -> Position | None:
    """LINK: the heartbeat of a watch."""
    found = LINK.fullmatch(told.rest)
    if not found:
        return None
    counts: dict[str, Value] = {
        name: int(found[name]) for name in ("rssi", "sat", "batteryLevel", "steps", "turnovers")
    }
    return _placeless(found, counts | status(int(found["bits"], 16)))


def cells(told: Told) -> Position | None:
    """V3: the cells around, four fields each, and the battery in hundredths."""
    found = CELLS.fullmatch(told.rest)
    if not found:
        return None
    fields = found["cells"].split(",")
    mcc, mnc, count = int(found["mcc"]), int(found["mnc"]), int(found["count"])
    heard = [
        Cell(mcc=mcc, mnc=mnc, lac=int(fields[i]), cid=int(fields[i + 1]), radio="gsm")
        for i in range(0, min(count * 4, len(fields) - 1), 4)
        if fields[i].isdecimal() and fields[i + 1].isdecimal()
    ]
    attributes = status(int(found["bits"], 16)) | {"battery": int(found["battery"], 16)}
    return _placeless(found, attributes, tuple(heard))


def watch(told: Told) -> Position | None:
    """VP1: the position of a watch, by satellites or by cells; only the day is stated."""
    if found := WATCH_CELLS.fullmatch(told.rest):
        mcc, mnc = int(found["mcc"]), int(found["mnc"])
        heard = []
        for one in found["cells"].split("Y"):
            numbers = one.split(",")
            if len(numbers) == 3 and all(n.lstrip("-").isdecimal() for n in numbers):
                lac, cid, strength = map(int, numbers)
                heard.append(Cell(mcc=mcc, mnc=mnc, lac=lac, cid=cid, radio="gsm", signal_dbm=-strength))
        return Position(fix_ms=None, valid=False, cells=tuple(heard))
    found = WATCH_FIX.fullmatch(told.rest)
    if not found:
        return None
    fix_ms = moment_ms(found["date"], "000000")
    latitude = int(found["lat_d"]) + float(found["lat_m"]) / 60
    longitude = int(found["lon_d"]) + float(found["lon_m"]) / 60
    placed = latitude <= 90 and longitude <= 180
    return Position(
        fix_ms=fix_ms,
        device_ms=fix_ms,
        valid=placed,
        latitude_deg=(latitude if found["ns"] == "N" else -latitude) if placed else None,
        longitude_deg=(longitude if found["ew"] == "E" else -longitude) if placed else None,
        speed_mps=float(found["knots"]) * MPS_PER_KNOT,
        course_deg=float(found["course"]),
    )


def answer(told: Told) -> Position | None:
    """SMS: what the device would have answered to a text message."""
    return Position(fix_ms=None, valid=False, attributes={"result": told.rest.lstrip(",")})


def heartbeat(told: Told) -> Position | None:
    """HTBT: some tell the battery."""
    level = told.rest.lstrip(",").split(",")[0]
    if not level.isdecimal() or len(level) > 3:
        return None
    return Position(fix_ms=None, valid=False, attributes={"batteryLevel": int(level)})


def clock(position: Position) -> str:
    """The time that a confirmation repeats, as fourteen digits."""
    stated_ms = position.fix_ms if position.fix_ms is not None else position.device_ms
    if stated_ms is None:
        return "0" * 14
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stated_ms):%Y%m%d%H%M%S}"


def _placeless(found: re.Match[str], attributes: dict[str, Value], heard: tuple[Cell, ...] = ()) -> Position:
    return Position(
        fix_ms=None,
        device_ms=moment_ms(found["date"], found["time"]),
        valid=False,
        cells=heard,
        attributes=attributes,
    )
