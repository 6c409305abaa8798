"""Canaries: planted values, every form in which one could lie about, and the search for them in raw bytes."""

import base64
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from struct import Struct
from urllib.parse import quote

import msgspec

SHORT = 8  # a needle below this stands in random bytes by chance: it counts only beside its other half
NEAR = 32
SCALES = {"e5": 1e5, "e6": 1e6, "e7": 1e7, "e4 minutes": 600_000.0, "gt06": 1_800_000.0}
GEOHASH = "0123456789bcdefghjkmnpqrstuvwxyz"
GEOHASH_LETTERS = 9  # a square of five metres
DECIMALS = (5, 6, 7)


class Canary(msgspec.Struct, frozen=True, kw_only=True):
    """A planted value: a place, or a text (a name, an e-mail, a phone number, a plate, a unique id)."""

    name: str
    text: str = ""
    place: tuple[float, float] | None = None


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """One form of a canary: `needle` in the bytes, and near it `other` where the needle alone could be chance."""

    canary: str
    form: str
    needle: bytes
    other: bytes = b""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A canary's form that stands in the bytes, and where."""

    canary: str
    form: str
    at: int


def forms(canary: Canary) -> tuple[Form, ...]:
    """Every form that is looked for."""
    made = [] if canary.place is None else list(_place_forms(canary, *canary.place))
    if canary.text:
        made.extend(Form(canary=canary.name, form=form, needle=needle) for form, needle in _text_forms(canary.text))
    unique = {(one.form, one.needle, one.other): one for one in made}
    return tuple(unique.values())


def scan(data: bytes, wanted: Iterable[Form]) -> list[Found]:
    """Every form that stands in the bytes, once each."""
    return [Found(canary=one.canary, form=one.form, at=at) for one in wanted if (at := _find(data, one)) is not None]


def geohash(latitude_deg: float, longitude_deg: float, letters: int = GEOHASH_LETTERS) -> str:
    """The geohash of a place."""
    spans = [[-180.0, 180.0], [-90.0, 90.0]]
    values = (longitude_deg, latitude_deg)
    bits = 0
    for step in range(letters * 5):
        span, value = spans[step % 2], values[step % 2]
        middle = (span[0] + span[1]) / 2
        bits = bits << 1 | (value >= middle)
        span[0 if value >= middle else 1] = middle
    return "".join(GEOHASH[bits >> 5 * at & 31] for at in reversed(range(letters)))


def _find(data: bytes, form: Form) -> int | None:
    at = data.find(form.needle)
    if not form.other:
        return None if at < 0 else at
    while at >= 0:
        near = data[max(at - NEAR - len(form.other), 0) : at + len(form.needle) + NEAR + len(form.other)]
        if form.other in near:
            return at
        at = data.find(form.needle, at + 1)
    return None


def _place_forms(canary: Canary, latitude_deg: float, longitude_deg: float) -> Iterator[Form]:
    for form, latitude, longitude in _pairs(latitude_deg, longitude_deg):
        for its_form, one, other in _written(form, latitude, longitude):
            if len(one) >= SHORT and len(other) >= SHORT:
                yield Form(canary=canary.name, form=its_form, needle=one)
                yield Form(canary=canary.name, form=its_form, needle=other)
            else:
                yield Form(canary=canary.name, form=its_form, needle=one, other=other)
    hashed = geohash(latitude_deg, longitude_deg).encode()
    yield Form(canary=canary.name, form="geohash", needle=hashed)
    yield Form(canary=canary.name, form="geohash, capitals", needle=hashed.upper())


def _pairs(latitude_deg: float, longitude_deg: float) -> Iterator[tuple[str, bytes, bytes]]:
    """The binary and decimal forms of a place."""
    for form, write in _writers():
        yield form, write(latitude_deg), write(longitude_deg)


def _writers() -> Iterator[tuple[str, Callable[[float], bytes]]]:
    """Each form's name, and what writes one coordinate in it."""
    for order, mark in (("little", "<"), ("big", ">")):
        yield f"double, {order}", Struct(f"{mark}d").pack
        yield f"float, {order}", Struct(f"{mark}f").pack
        for name, scale in SCALES.items():
            yield f"integer {name}, {order}", partial(_integer, Struct(f"{mark}i"), scale, round)
            yield f"integer {name} cut, {order}", partial(_integer, Struct(f"{mark}i"), scale, int)
    for places in DECIMALS:
        yield f"decimal {places}", partial(_decimal, places)
        yield f"decimal {places} cut", partial(_cut, places)
        yield f"BCD degrees {places}", partial(_packed_degrees, places)
    for name, scale in SCALES.items():
        yield f"digits {name}", partial(_digits, scale)
    yield "degrees and minutes", lambda degrees: _minutes(degrees).encode()
    yield "BCD minutes", lambda degrees: _bcd(_minutes(degrees))


def _integer(form: Struct, scale: float, whole: Callable[[float], int], degrees: float) -> bytes:
    return form.pack(whole(degrees * scale))


def _digits(scale: float, degrees: float) -> bytes:
    return str(abs(round(degrees * scale))).encode()


def _cut(places: int, degrees: float) -> bytes:
    return f"{abs(degrees):.9f}"[: places - 9].encode()


def _packed_degrees(places: int, degrees: float) -> bytes:
    return _bcd(f"{abs(degrees):.{places}f}")


def _decimal(places: int, degrees: float) -> bytes:
    return f"{abs(degrees):.{places}f}".encode()


def _written(form: str, one: bytes, other: bytes) -> Iterator[tuple[str, bytes, bytes]]:
    """A pair as it is, and as it would be written in text."""
    yield form, one, other
    yield f"{form}, hex", one.hex().encode(), other.hex().encode()
    yield f"{form}, HEX", one.hex().upper().encode(), other.hex().upper().encode()
    for (shift, first), (_, second) in zip(_base64(one), _base64(other), strict=True):
        yield f"{form}, base64 at {shift}", first, second
    if form.startswith("decimal"):
        yield f"{form}, URL-coded", one.replace(b".", b"%2E"), other.replace(b".", b"%2E")
        yield f"{form}, url-coded", one.replace(b".", b"%2e"), other.replace(b".", b"%2e")


def _text_forms(text: str) -> Iterator[tuple[str, bytes]]:
    plain = text.encode()
    yield "text", plain
    yield "small letters", text.lower().encode()
    yield "capitals", text.upper().encode()
    yield "UTF-16, little", text.encode("utf-16-le")
    yield "UTF-16, big", text.encode("utf-16-be")
    yield "hex", plain.hex().encode()
    yield "HEX", plain.hex().upper().encode()
    for shift, needle in _base64(plain):
        yield f"base64 at {shift}", needle
    yield "URL-coded", quote(text, safe="").encode()
    yield "URL-coded, all", "".join(f"%{byte:02X}" for byte in plain).encode()
    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) >= SHORT:
        swapped = "".join(digits[at : at + 2][::-1] for at in range(0, len(digits) - 1, 2))
        yield "BCD", _bcd(digits)
        yield "BCD, shifted", _bcd("0" + digits)
        yield "BCD, swapped", bytes.fromhex(swapped)
        yield "integer, big", int(digits).to_bytes(8, "big")
        yield "integer, little", int(digits).to_bytes(8, "little")


def _base64(data: bytes) -> Iterator[tuple[int, bytes]]:
    """What base64 makes of the bytes at each of the three places of a group, without the letters they share."""
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + data)
        first = -(-shift * 8 // 6)
        yield shift, whole[first : (shift + len(data)) * 8 // 6]


def _bcd(text: str) -> bytes:
    """Two digits a byte; an odd last one is left out."""
    digits = "".join(letter for letter in text if letter.isdigit())
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


def _minutes(degrees: float) -> str:
    """Degrees and minutes as NMEA writes them, `ddmm.mmmm`."""
    whole = int(abs(degrees))
    return f"{whole:02d}{(abs(degrees) - whole) * 60:07.4f}"
