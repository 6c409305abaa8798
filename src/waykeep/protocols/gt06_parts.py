"""GT06: the pieces that its messages are put together from (fix, cell, status, alarm codes)."""

from collections.abc import Callable

from waykeep.model.position import Cell, Position, Value, Wifi
from waykeep.protocols.gt06_wire import Reader

MPS_PER_KMH = 1 / 3.6
UNITS_PER_DEGREE = 1_800_000  # a unit is a 30,000th of a minute
COURSE = 0x3FF
NORTH, WEST, FIXED, ENGINE_KNOWN, ENGINE_ON = 1 << 10, 1 << 11, 1 << 12, 1 << 14, 1 << 15
WIDE_NETWORK = 1 << 15  # set in the country code: the network code has two bytes

STATUS_ALARMS = {1: "vibration", 2: "powerCut", 3: "lowBattery", 4: "sos", 6: "geofence", 7: "removing"}

ALARMS = {
    0x01: "sos",
    0x02: "powerCut",
    0x03: "vibration",
    0x04: "geofenceEnter",
    0x05: "geofenceExit",
    0x06: "overspeed",
    0x09: "vibration",
    0x0C: "tampering",
    0x0E: "lowBattery",
    0x0F: "lowBattery",
    0x11: "powerOff",
    0x13: "tampering",
    0x14: "door",
    0x18: "removing",
    0x19: "lowBattery",
    0x1A: "hardBraking",
    0x1B: "hardCornering",
    0x23: "fallDown",
    0x25: "tampering",
    0x28: "hardBraking",
    0x29: "hardAcceleration",
    0x2A: "hardCornering",
    0x2B: "hardCornering",
    0x2C: "accident",
    0x2E: "hardCornering",
    0x30: "jamming",
}
ALARMS_OF_MODEL = {"LW": {0x18: "accident", 0x19: "hardAcceleration"}}


class Draft:
    """A position while its message is being read; `offset_ms` is the device's clock against UTC."""

    def __init__(self, model: str, offset_ms: int) -> None:
        self.model, self.offset_ms = model.upper(), offset_ms
        self.fix_ms: int | None = None
        self.device_ms: int | None = None
        self.valid = False
        self.place: tuple[float, float] | None = None
        self.altitude_m: float | None = None
        self.speed_mps: float | None = None
        self.course_deg: float | None = None
        self.accuracy_m: float | None = None
        self.cells: list[Cell] = []
        self.wifi: list[Wifi] = []
        self.attributes: dict[str, Value] = {}
        self._alarms: list[str] = []

    def set(self, **attributes: Value) -> None:
        """Keep sensor values."""
        self.attributes.update(attributes)

    def alarm(self, name: str | None) -> None:
        """Add an alarm; several of one message stand side by side."""
        if name:
            self._alarms.append(name)
            self.attributes["alarm"] = ",".join(self._alarms)

    def alarm_code(self, code: int) -> None:
        """Add the alarm of a vendor code, which differs between makers."""
        own = ALARMS_OF_MODEL.get(self.model[:2], {})
        self.alarm(own.get(code, ALARMS.get(code)))

    def position(self) -> Position:
        """The finished position."""
        latitude, longitude = self.place or (None, None)
        return Position(
            fix_ms=self.fix_ms,
            device_ms=self.device_ms,
            valid=self.valid,
            latitude_deg=latitude,
            longitude_deg=longitude,
            altitude_m=self.altitude_m,
            speed_mps=self.speed_mps,
            course_deg=self.course_deg,
            accuracy_m=self.accuracy_m,
            cells=tuple(self.cells),
            wifi=tuple(self.wifi),
            attributes=self.attributes,
        )


def read_fix(reader: Reader, draft: Draft) -> None:
    """Time, satellites, place, speed, course."""
    read_time(reader, draft)
    draft.set(sat=reader.byte() & 0x0F)
    read_place(reader, draft)


def read_time(reader: Reader, draft: Draft) -> None:
    """The time of a fix."""
    draft.fix_ms = draft.device_ms = reader.date_ms(draft.offset_ms)


def read_place(reader: Reader, draft: Draft, speed_size: int = 1) -> None:
    """Place, speed (0 bytes = none), course."""
    latitude, longitude = reader.word(), reader.word()
    if speed_size:
        draft.speed_mps = reader.unsigned(speed_size) * MPS_PER_KMH
    set_place(draft, latitude, longitude, reader.short())


def set_place(draft: Draft, latitude: int, longitude: int, flags: int) -> None:
    """The place, with the hemispheres, fix and course that the flags hold."""
    draft.course_deg = float(flags & COURSE)
    draft.valid = bool(flags & FIXED)
    north, east = latitude / UNITS_PER_DEGREE, longitude / UNITS_PER_DEGREE
    if north <= 90 and east <= 180:
        draft.place = (north if flags & NORTH else -north, -east if flags & WEST else east)
    else:
        draft.valid = False
    if flags & ENGINE_KNOWN:
        draft.set(ignition=bool(flags & ENGINE_ON))


def read_cell(reader: Reader, draft: Draft, *, lac: int = 2, cid: int = 3, mnc: int = 1) -> None:
    """The serving cell, its numbers in so many bytes."""
    country = reader.short()
    network = reader.unsigned(2 if country & WIDE_NETWORK else mnc)
    draft.cells.append(
        Cell(mcc=country & 0x7FFF, mnc=network, lac=reader.unsigned(lac), cid=reader.unsigned(cid), radio="gsm")
    )


def read_sized_cell(reader: Reader, draft: Draft) -> bool:
    """The serving cell after its length, which counts itself; says whether there was one.

    A length of 17 or more is the form with wide numbers. A length of zero may still be followed by the zeros that a
    table of neighbours would take.
    """
    size = reader.byte()
    if size == 0:
        rest = reader.left
        if all(reader.peek(i) == 0 for i in range(9, min(45, rest))):
            reader.take(min(rest, 45))
        return False
    before = reader.left
    wide = size >= 16
    read_cell(reader, draft, lac=4 if wide else 2, cid=8 if wide else 3)
    rest = size - 1 - (before - reader.left)
    if rest > 0:
        reader.take(rest)
    return True


def read_state(reader: Reader, draft: Draft, alarms: dict[int, str] = STATUS_ALARMS) -> None:
    """The byte of engine, charging, relay and alarm."""
    state = reader.byte()
    draft.set(status=state, ignition=bool(state & 2), charge=bool(state & 4), blocked=bool(state & 0x80))
    draft.alarm(alarms.get(state >> 3 & 7))


def read_battery(reader: Reader, draft: Draft) -> None:
    """Battery in six steps or in percent."""
    level = reader.byte()
    if level <= 6:
        draft.set(batteryLevel=level * 100 // 6)
    elif level <= 100:
        draft.set(batteryLevel=level)


def read_power(reader: Reader, draft: Draft, name: str = "power") -> None:
    """A voltage in hundredths."""
    draft.set(**{name: reader.short() / 100})


def mac(raw: bytes) -> str:
    """A hardware address in lower case with colons."""
    return raw.hex(":")


Part = Callable[[Reader, Draft], None]
