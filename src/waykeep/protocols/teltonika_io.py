"""Teltonika's IO elements: which attribute an id carries, and how its number is read.

Ids below are stable over all models (first table) or belong to the FM family (second table, used where the device's
model is known). Every other id is carried raw under its number, as `ioN`.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

from waykeep.model.position import Value

Read = Callable[[int], Value | None]


class Item(msgspec.Struct, frozen=True, gc=False):
    """One IO element. `read` makes the value of the number; it may answer None for 'nothing'.

    Without it the number stands as it came, or divided by `per_unit`. A `flag` is true above zero, and a `signed`
    number is two's complement. `code` packs a value for the encoder, as `size` bytes.
    """

    name: str
    size: int
    flag: bool = False
    signed: bool = False
    per_unit: int = 0
    read: Read | None = None
    code: Callable[[Value], int] | None = None


def _flag(name: str) -> Item:
    return Item(name, 1, flag=True, code=lambda value: 1 if value else 0)


def _plain(name: str, size: int, *, signed: bool = False) -> Item:
    return Item(name, size, signed=signed, code=lambda value: round(float(value)))


def _scaled(name: str, size: int, per_unit: int, *, signed: bool = False) -> Item:
    return Item(
        name,
        size,
        signed=signed,
        per_unit=per_unit,
        code=lambda value: round(float(value) * per_unit),
    )


def _alarm(alarms: dict[int, str]) -> Item:
    codes = {name: number for number, name in alarms.items()}
    return Item("alarm", 1, read=alarms.get, code=lambda value: codes.get(str(value), 0))


def _driver(number: int) -> str | None:
    """Give the key's number as it is engraved: the bus sends its lowest byte first."""
    key = (number & 0xFFFF_FFFF_FFFF_FFFF).to_bytes(8, "little")
    return key.hex().upper() if number else None


def _driver_code(value: Value) -> int:
    return int.from_bytes(bytes.fromhex(str(value)), "little")


COMMON: dict[int, Item] = {
    1: _flag("in1"),
    2: _flag("in2"),
    3: _flag("in3"),
    4: _flag("in4"),
    16: _plain("odometer", 4),
    17: _plain("axisX", 2, signed=True),
    18: _plain("axisY", 2, signed=True),
    19: _plain("axisZ", 2, signed=True),
    21: _plain("rssi", 1),
    25: _scaled("bleTemp1", 2, 100, signed=True),
    26: _scaled("bleTemp2", 2, 100, signed=True),
    27: _scaled("bleTemp3", 2, 100, signed=True),
    28: _scaled("bleTemp4", 2, 100, signed=True),
    66: _scaled("power", 2, 1000),
    67: _scaled("battery", 2, 1000),
    78: Item("driverUniqueId", 8, read=_driver, code=_driver_code),
    179: _flag("out1"),
    180: _flag("out2"),
    181: _scaled("pdop", 2, 10),
    182: _scaled("hdop", 2, 10),
    199: _plain("tripOdometer", 4),
    236: _alarm({1: "general"}),
    239: _flag("ignition"),
    240: _flag("motion"),
    241: _plain("operator", 4),
    253: _alarm({1: "hardAcceleration", 2: "hardBraking", 3: "hardCornering"}),
}

FM_FAMILY: dict[int, Item] = {
    9: _scaled("adc1", 2, 1000),
    10: _scaled("adc2", 2, 1000),
    11: Item("iccid", 8, read=str, code=lambda value: int(str(value))),
    12: _scaled("fuelUsed", 4, 1000),
    13: _scaled("fuelConsumption", 2, 100),
    30: _plain("faultCount", 1),
    32: _plain("coolantTemp", 1, signed=True),
    36: _plain("rpm", 2),
    43: _plain("milDistance", 2),
    57: _plain("hybridBatteryLevel", 1),
    68: _scaled("batteryCurrent", 2, 1000),
    72: _scaled("temp1", 4, 10, signed=True),
    73: _scaled("temp2", 4, 10, signed=True),
    74: _scaled("temp3", 4, 10, signed=True),
    75: _scaled("temp4", 4, 10, signed=True),
    80: _plain("dataMode", 1),
    81: _plain("obdSpeed", 1),
    82: _plain("throttle", 1),
    83: _scaled("fuelUsed", 4, 10),
    84: _scaled("fuel", 2, 10),
    85: _plain("rpm", 2),
    87: _plain("obdOdometer", 4),
    89: _plain("fuelLevel", 1),
    110: _scaled("fuelConsumption", 2, 10),
    113: _plain("batteryLevel", 1),
    115: _scaled("engineTemp", 2, 10, signed=True),
    200: _plain("sleepMode", 1),
    205: _plain("cid2g", 2),
    206: _plain("lac", 2),
    232: _flag("cngStatus"),
    235: _plain("oilLevel", 1),
    246: _alarm({1: "tow"}),
    247: _alarm({1: "accident"}),
    249: _alarm({1: "jamming"}),
    251: _alarm({1: "idle"}),
    252: _alarm({1: "powerCut"}),
    636: _plain("cid4g", 4),
}

GH_FAMILY: dict[int, Item] = {
    1: _plain("batteryLevel", 1),
    2: Item("usbConnected", 1, read=lambda number: number == 1),
    5: _plain("uptime", 4),
    20: _scaled("hdop", 2, 10),
    21: _scaled("vdop", 2, 10),
    22: _scaled("pdop", 2, 10),
    67: _scaled("battery", 2, 1000),
    221: _plain("button", 1),
    222: _alarm({1: "sos"}),
    240: Item("motion", 1, read=lambda number: number == 1),
    244: Item("roaming", 1, read=lambda number: number == 1),
}

_FM_MODEL = re.compile(r"(FM[BCMUTP]|FM3|MTB|MSP|TFT)\w*")

# Cells of trackers without a place, four (operator, area, cell, signal in -dBm) each in raw elements
CELL_TRACKERS = ("TAT100", "TAT140", "TAT141", "TAT240")
CELL_ITEMS = ((1200, 287, 288, 289), (1201, 290, 291, 292), (1202, 293, 294, 295), (1203, 296, 297, 298))


@lru_cache(256)
def items(model: str) -> dict[int, Item]:
    """Give the elements that are known for a device model ("" = any)."""
    return COMMON | FM_FAMILY if _FM_MODEL.fullmatch(model) else COMMON


def encodable() -> dict[str, tuple[int, Item]]:
    """Give element and id for each attribute that an encoder can send; the smallest id of a name wins."""
    found: dict[str, tuple[int, Item]] = {}
    for number, item in sorted((COMMON | FM_FAMILY).items()):
        if item.code and item.name != "alarm":
            found.setdefault(item.name, (number, item))
    return found
