"""H02's packed form: `$`, then decimal digits, two a byte."""

from datetime import UTC, datetime

from waykeep.errors import ProtocolError
from waykeep.model.position import Position, Value

MPS_PER_KNOT = 1852 / 3600
SHORTEST, WITH_IMEI, WIDEST = 32, 42, 48
VALID, NORTH, EAST = 2, 4, 8


def read(data: bytes) -> tuple[str, Position]:
    """Whose it is, and the position."""
    if len(data) < SHORTEST - 2:
        raise ProtocolError("h02: the packed form ends inside a field")
    digits = data.hex()[2:]
    named = 15 if len(data) == WITH_IMEI else 10
    rest = digits[16 if named == 15 else 10 :]
    unique_id = digits[:named]
    if not unique_id.isdecimal():
        raise ProtocolError("h02: a device is named by digits")
    flags = int(rest[31], 16)
    latitude = _degrees(rest[12:20], 2) * (1 if flags & NORTH else -1)
    longitude = _degrees(rest[22:31], 3) * (1 if flags & EAST else -1)
    attributes: dict[str, Value] = status(int(rest[38:46], 16))
    if (level := battery(int(rest[20:22], 16))) is not None:
        attributes["batteryLevel"] = level
    fix_ms = moment_ms(rest[6:12], rest[:6])
    placed = latitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180
    return unique_id, Position(
        fix_ms=fix_ms,
        device_ms=fix_ms,
        valid=bool(flags & VALID) and placed,
        latitude_deg=latitude if placed else None,
        longitude_deg=longitude if placed else None,
        speed_mps=_weighed(rest[32:35]) * MPS_PER_KNOT,
        course_deg=float(_weighed(rest[35:38])),
        attributes=attributes,
    )


def _weighed(digits: str) -> int:
    """Decimal digits; a hexadecimal one counts for its worth, as devices that send one mean it."""
    value = 0
    for digit in digits:
        value = value * 10 + int(digit, 16)
    return value


def _degrees(digits: str, whole: int) -> float:
    return _weighed(digits[:whole]) + _weighed(digits[whole:]) / 10_000 / 60


def moment_ms(date: str, time: str) -> int | None:
    """Unix ms of ddmmyy and hhmmss; None when they are no date."""
    try:
        at = datetime.strptime(date + time, "%d%m%y%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(at.timestamp() * 1000)


def battery(code: int) -> int | None:
    """Percent: up to 6 it counts steps, F1 to F6 is a few percent left."""
    if 1 <= code <= 3:
        return (code - 1) * 10
    if 4 <= code <= 6:
        return (code - 1) * 20
    if 7 <= code <= 100:
        return code
    return code - 0xF0 if 0xF1 <= code <= 0xF6 else None


def status(bits: int) -> dict[str, Value]:
    """What the status word says; its bits are low when something happens."""
    found: dict[str, Value] = {"status": bits, "ignition": bool(bits >> 10 & 1)}
    for alarm, low in (("vibration", (0,)), ("sos", (1, 18)), ("overspeed", (2,)), ("powerCut", (19,))):
        if any(not bits >> bit & 1 for bit in low):
            found["alarm"] = alarm
            break
    return found
