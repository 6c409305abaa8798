"""How the IO elements of a Teltonika record lie, learned once per layout so that records decode in one call.

A device sends the same elements in the same order for hours. The first record of a layout is walked element by
element; when the next has the same layout, it is compiled into one Struct with a mask over the bytes that must not
change (counts and ids), and from then on a record costs one comparison and one unpack. Both ways give the same.
"""

from collections.abc import Callable
from functools import lru_cache
from struct import Struct
from typing import Any

import msgspec

from waykeep.errors import ProtocolError
from waykeep.model.position import Value
from waykeep.protocols.teltonika_io import Read, items

LAYOUTS_KEPT = 512  # compiled layouts of all conversations; a fleet of one model uses a handful

_CODES = {1: "B", 2: "H", 4: "I", 8: "q", 16: "16s"}
_SIGNED = {1: "b", 2: "h", 4: "i", 8: "q"}

Signature = tuple[tuple[int, ...], ...]  # for each value size, the ids in their order


class Shape(msgspec.Struct, frozen=True, gc=False):
    """What differs between codecs: the head, the widths of ids and counts, and which value sizes come."""

    head: Struct
    id_size: int
    count_size: int
    sizes: tuple[int, ...]
    variable: bool


# time, priority, longitude, latitude, altitude, course, satellites, speed, event; padding: generation type, total
_HEAD = ">QBiihHBH"
SHAPES: dict[tuple[int, bool], Shape] = {
    (0x08, False): Shape(Struct(_HEAD + "Bx"), 1, 1, (1, 2, 4, 8), variable=False),
    (0x08, True): Shape(Struct(_HEAD + "Bx"), 1, 1, (1, 2, 4, 8, 16), variable=False),
    (0x8E, False): Shape(Struct(_HEAD + "Hxx"), 2, 2, (1, 2, 4, 8), variable=True),
    (0x8E, True): Shape(Struct(_HEAD + "Hxx"), 2, 2, (1, 2, 4, 8, 16), variable=True),
    (0x10, False): Shape(Struct(_HEAD + "Hxx"), 2, 1, (1, 2, 4, 8), variable=False),
    (0x10, True): Shape(Struct(_HEAD + "Hxx"), 2, 1, (1, 2, 4, 8, 16), variable=False),
}


class Layout(msgspec.Struct, frozen=True, gc=False):
    """One compiled layout: `unpack` gives a record's fields, the other lists say what becomes of them by index."""

    length: int
    mask: int
    pattern: int
    unpack: Callable[[bytes, int], tuple[Any, ...]]
    template: dict[str, Value]  # copied for each record, which costs less than to build it
    plain: tuple[tuple[str, int], ...]
    scaled: tuple[tuple[str, int, int], ...]
    reads: tuple[tuple[str, int, Read], ...]
    alarms: tuple[tuple[int, Read], ...]


def walk(data: bytes, at: int, shape: Shape) -> tuple[Signature, int]:
    """Find which elements lie at `at`, and where they end."""
    found: list[tuple[int, ...]] = []
    count_size, id_size, length = shape.count_size, shape.id_size, len(data)
    for size in shape.sizes:
        count = int.from_bytes(data[at : at + count_size], "big")
        at += count_size
        step = id_size + size
        end = at + count * step
        if end > length:
            raise ProtocolError("teltonika: more IO elements than bytes")
        found.append(tuple(int.from_bytes(data[i : i + id_size], "big") for i in range(at, end, step)))
        at = end
    return tuple(found), at


class Element(msgspec.Struct, frozen=True, gc=False):
    """One element of a layout: its name, its Struct code, and how the number becomes a value."""

    name: str
    code: str
    per_unit: int = 0
    read: Read | None = None


def _hex(field: Any) -> str:
    return bytes(field).hex()


@lru_cache(8 * LAYOUTS_KEPT)
def element(number: int, size: int, model: str) -> Element:
    """Give the element of that id and size; alarms share the name `alarm`."""
    item = items(model).get(number)
    if size == 16:
        return Element(f"io{number}", _CODES[16], read=_hex)
    if item is None:
        return Element(f"io{number}", _CODES[size])
    if item.flag:
        return Element(item.name, "?") if size == 1 else Element(item.name, _CODES[size], read=bool)
    return Element(item.name, (_SIGNED if item.signed else _CODES)[size], item.per_unit, item.read)


def spelled(data: bytes, at: int, shape: Shape, signature: Signature, model: str) -> dict[str, Value]:
    """Read the elements one by one: the way for a layout that is seen for the first time."""
    attributes: dict[str, Value] = {}
    alarms: dict[int, str] = {}
    for size, numbers in zip(shape.sizes, signature, strict=True):
        at += shape.count_size
        for number in numbers:
            at += shape.id_size
            its = element(number, size, model)
            value: Any = _value(data[at : at + size], its)
            at += size
            if its.name == "alarm":
                alarms[number] = value
            elif value is None:
                attributes.pop(its.name, None)
            else:
                attributes[its.name] = value
    if raised := [alarm for alarm in alarms.values() if alarm]:
        attributes["alarm"] = ",".join(raised)
    return attributes


def _value(field: bytes, its: Element) -> Value | None:
    value: Any = field if its.code == "16s" else int.from_bytes(field, "big", signed=its.code in "bhiq")
    if its.code == "?":
        return bool(value)
    if its.read:
        return its.read(value)
    plain: int = value
    return plain / its.per_unit if its.per_unit else plain


@lru_cache(LAYOUTS_KEPT)
def compiled(shape_key: tuple[int, bool], model: str, signature: Signature) -> Layout:
    """Compile a layout; `model` decides which ids have names."""
    shape = SHAPES[shape_key]
    codes, mask, pattern = [shape.head.format], bytearray(), bytearray()
    elements: list[tuple[int, Element]] = []
    for size, numbers in zip(shape.sizes, signature, strict=True):
        codes.append(f"{shape.count_size}x")
        mask += b"\xff" * shape.count_size
        pattern += len(numbers).to_bytes(shape.count_size, "big")
        for number in numbers:
            its = element(number, size, model)
            codes.append(f"{shape.id_size}x{its.code}")
            elements.append((number, its))
            mask += b"\xff" * shape.id_size + bytes(size)
            pattern += number.to_bytes(shape.id_size, "big") + bytes(size)
    return _layout(bytes(mask), bytes(pattern), "".join(codes), elements)


def _layout(mask: bytes, pattern: bytes, codes: str, elements: list[tuple[int, Element]]) -> Layout:
    plain: list[tuple[str, int]] = [("priority", 1), ("sat", 6), ("event", 8)]
    scaled: list[tuple[str, int, int]] = []
    reads: list[tuple[str, int, Read]] = []
    alarms: dict[int, tuple[int, Read]] = {}
    for index, (number, its) in enumerate(elements, 9):
        if its.name == "alarm" and its.read:
            alarms[number] = (index, its.read)
        elif its.read:
            reads.append((its.name, index, its.read))
        elif its.per_unit:
            scaled.append((its.name, index, its.per_unit))
        else:
            plain.append((its.name, index))
    return Layout(
        length=len(mask),
        mask=int.from_bytes(mask, "big"),
        pattern=int.from_bytes(pattern, "big"),
        unpack=Struct(codes).unpack_from,
        template=dict.fromkeys([*(n for n, _ in plain), *(n for n, _, _ in scaled), *(n for n, _, _ in reads)], 0),
        plain=tuple(plain),
        scaled=tuple(scaled),
        reads=tuple(reads),
        alarms=tuple(alarms.values()),
    )


def attributes_of(layout: Layout, fields: tuple[Any, ...]) -> dict[str, Value]:
    """Give the attributes of an unpacked record."""
    attributes = layout.template.copy()
    for name, index in layout.plain:
        attributes[name] = fields[index]
    for name, index, per_unit in layout.scaled:
        attributes[name] = fields[index] / per_unit
    for name, index, read in layout.reads:
        value = read(fields[index])
        if value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = value
    if layout.alarms and (raised := [alarm for index, read in layout.alarms if (alarm := read(fields[index]))]):
        attributes["alarm"] = ",".join(map(str, raised))
    return attributes
