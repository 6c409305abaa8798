"""Teltonika's elements of variable length (codec 8 extended): texts, beacons and sensor tags."""

from collections.abc import Callable

from waykeep.errors import ProtocolError
from waykeep.model.position import Value
from waykeep.protocols.cut import Reader

BEACONS = 385
PARAMETERS: dict[int, tuple[str, Callable[[bytes], Value]]] = {
    0: ("Rssi", lambda field: int.from_bytes(field, "big", signed=True)),
    1: ("Id", lambda field: field.hex()),
    5: ("Name", lambda field: field.decode("utf-8", "replace")),
    6: ("Temp", lambda field: int.from_bytes(field, "big", signed=True)),
    7: ("Humidity", lambda field: int.from_bytes(field, "big")),
    8: ("Magnet", any),
    13: ("LowBattery", any),
    14: ("Battery", lambda field: int.from_bytes(field, "big")),
    15: ("Mac", lambda field: field.hex()),
}
TAGS = frozenset({548, 10828, 10829, 10831, 11317})


def read_variable(data: bytes, at: int, attributes: dict[str, Value]) -> int:
    """Enter the variable elements at `at`; give where they end."""
    length = len(data)
    count = int.from_bytes(data[at : at + 2], "big")
    at += 2
    if at + 4 * count > length:
        raise ProtocolError("teltonika: more variable elements than bytes")
    for _ in range(count):
        number = int.from_bytes(data[at : at + 2], "big")
        end = at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end > length:
            raise ProtocolError("teltonika: a variable element is cut off")
        _enter(number, data[at + 4 : end], attributes)
        at = end
    return at


def _enter(number: int, field: bytes, attributes: dict[str, Value]) -> None:
    if number == 256:
        attributes["vin"] = field.decode("ascii", "replace")
    elif number == 281:
        attributes["dtcs"] = field.decode("ascii", "replace").replace(",", " ")
    elif number == BEACONS or number in TAGS:
        reader = Reader(field[1:])
        try:
            (_beacons if number == BEACONS else _tags)(reader, attributes)
        except ProtocolError:
            return  # a sensor's field that is cut off must not make the device repeat its record for ever
    else:
        attributes[f"io{number}"] = field.hex()


def _beacons(reader: Reader, attributes: dict[str, Value]) -> None:
    index = 0
    while reader.left:
        index += 1
        flags, name = reader.number(1), f"beacon{index}"
        if flags >> 4:
            attributes[f"{name}Uuid"] = reader.take(16).hex()
            attributes[f"{name}Major"] = reader.number(2)
            attributes[f"{name}Minor"] = reader.number(2)
        else:
            attributes[f"{name}Namespace"] = reader.take(10).hex()
            attributes[f"{name}Instance"] = reader.take(6).hex()
        attributes[f"{name}Rssi"] = reader.number(1, signed=True)
        if flags & 0b010:
            attributes[f"{name}Battery"] = reader.number(2) / 100
        if flags & 0b100:
            attributes[f"{name}Temp"] = reader.number(2)


def _tags(reader: Reader, attributes: dict[str, Value]) -> None:
    index = 0
    while reader.left:
        index += 1
        tag = Reader(reader.take(reader.number(1)))
        while tag.left:
            kind = tag.number(1)
            _tag(f"tag{index}", kind, tag.take(tag.number(1)), attributes)


def _tag(name: str, kind: int, field: bytes, attributes: dict[str, Value]) -> None:
    """Enter one parameter of a sensor tag; kinds that are not known are skipped by their length."""
    if kind == 2:
        _sensor(name, field, attributes)
    elif kind in PARAMETERS:
        what, read = PARAMETERS[kind]
        attributes[name + what] = read(field)


def _sensor(name: str, field: bytes, attributes: dict[str, Value]) -> None:
    """Enter a tag's own status: which values it has, and its battery in steps of 10 mV above 2 V."""
    flags = field[0] if field else 0
    if flags & 0x40:
        attributes[f"{name}LowBattery"] = True
    if flags & 0x80 and len(field) > 1:
        attributes[f"{name}Voltage"] = 2000 + field[1] * 10
