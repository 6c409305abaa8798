"""Teltonika's codec 7 (GH3000 and other hand-held trackers): each record says by masks what it holds."""

from struct import unpack
from typing import Any

from waykeep.errors import ProtocolError
from waykeep.model.position import Cell, Position, Value
from waykeep.protocols.cut import Reader
from waykeep.protocols.teltonika_io import GH_FAMILY

EPOCH_S = 1_167_609_600  # 2007-01-01: the device counts seconds from here in 30 bits
KMH = 1 / 3.6
HAS_PLACE, HAS_SMALL, HAS_MIDDLE, HAS_LARGE = 1, 2, 4, 8


def gh_position(reader: Reader) -> Position:
    """Read one record."""
    time_ms = ((reader.number(4) & 0x3FFF_FFFF) + EPOCH_S) * 1000
    mask = reader.number(1)
    place: dict[str, Any] = {}
    attributes: dict[str, Value] = {}
    cells: tuple[Cell, ...] = ()
    if mask & HAS_PLACE:
        cells = _place(reader, place, attributes)
    for bit, size in ((HAS_SMALL, 1), (HAS_MIDDLE, 2), (HAS_LARGE, 4)):
        if mask & bit:
            for _ in range(reader.number(1)):
                _item(reader.number(1), reader.number(size), attributes)
    if "latitude_deg" not in place:
        return Position(fix_ms=None, device_ms=time_ms, cells=cells, attributes=attributes)
    return Position(fix_ms=time_ms, cells=cells, attributes=attributes, **place)


def _place(reader: Reader, place: dict[str, Any], attributes: dict[str, Value]) -> tuple[Cell, ...]:
    mask = reader.number(1)
    cells: tuple[Cell, ...] = ()
    if mask & 1:
        latitude, longitude = unpack(">ff", reader.take(8))
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise ProtocolError("teltonika: no such place")
        place |= {"latitude_deg": latitude, "longitude_deg": longitude}
    for bit, size, name, factor in (
        (2, 2, "altitude_m", 1.0),
        (4, 1, "course_deg", 360 / 256),
        (8, 1, "speed_mps", KMH),
    ):
        if mask & bit:
            place[name] = reader.number(size) * factor
    if mask & 16:
        attributes["sat"] = reader.number(1)
    if mask & 32:
        cells = (Cell(lac=reader.number(2), cid=reader.number(2)),)
    if mask & 64:
        attributes["rssi"] = reader.number(1)
    if mask & 128:
        attributes["operator"] = reader.number(4)
    return cells


def _item(number: int, value: int, attributes: dict[str, Value]) -> None:
    known = GH_FAMILY.get(number)
    if known is None:
        attributes[f"io{number}"] = value
        return
    read = known.read(value) if known.read else value
    if read is not None:
        attributes[known.name] = read
