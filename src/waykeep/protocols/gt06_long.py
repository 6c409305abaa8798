"""GT06: what the contents of long frames (79 79) mean."""

import re
from collections.abc import Callable

from waykeep.model.position import Cell
from waykeep.protocols.gt06_parts import MPS_PER_KMH, Draft, read_cell, read_place, read_power, set_place
from waykeep.protocols.gt06_state import read_time_only
from waykeep.protocols.gt06_wire import Reader, moment_ms

MPS_PER_KNOT = 1852 / 3600

SAID_PLACE = re.compile(
    r"Current position!Lat:([NS])(\d+\.\d+),Lon:([EW])(\d+\.\d+),Course:(\d+\.\d+),Speed:(\d+\.\d+),"
    r"DateTime:20(\d\d)-(\d\d)-(\d\d) +(\d\d):(\d\d):(\d\d)"
)
FUEL_PROBE = re.compile(r"!AIOIL,\d+,\d+\.\d+,(\d+\.\d+),[^,]+,\d{4},(\d+\.\d+),[01],\d+,[0-9A-Fa-f]{2}")
OBD_NUMBERS = {40: "odometer", 43: "fuel", 45: "coolantTemp", 53: "obdSpeed", 54: "rpm", 71: "fuelUsed", 73: "hours"}
LOCK_ALARMS = {0xA2: "lowBattery", 0xA3: "lowBattery", 0xA4: "general", 0xA5: "door"}
BOOT_ALARMS = {0x11: "lowBattery", 0x12: "lowPower", 0x13: "powerCut", 0x14: "removing"}


def said(reader: Reader, draft: Draft) -> None:
    """Kind 21: the answer to an order, in ASCII or UTF-16; one kind of answer holds a place."""
    reader.take(4)
    raw = reader.take
    text = reader.text(reader.left) if reader.byte() == 1 else raw(reader.left).decode("utf-16-be", "replace")
    found = SAID_PLACE.fullmatch(text)
    if not found:
        draft.set(result=text)
        return
    north, latitude, east, longitude, course, speed, *date = found.groups()
    draft.fix_ms = draft.device_ms = moment_ms(tuple(map(int, date)), 0)
    draft.valid = True
    draft.place = float(latitude) * (-1 if north == "S" else 1), float(longitude) * (-1 if east == "W" else 1)
    draft.course_deg, draft.speed_mps = float(course), float(speed) * MPS_PER_KNOT


def information(reader: Reader, draft: Draft) -> bool:
    """Kind 94: a value whose sort the first byte names; says whether it is a known one."""
    read = INFORMATION.get(reader.byte())
    if read is None:
        return False
    read(reader, draft)
    return True


def _voltage(reader: Reader, draft: Draft) -> None:
    read_power(reader, draft, "adc1")


def _settings(reader: Reader, draft: Draft) -> None:
    for pair in reader.text(reader.left).split(";"):
        name, _, value = pair.partition("=")
        if not re.fullmatch(r"[0-9A-Fa-f]{1,8}", value):
            continue
        number = int(value, 16)
        if name in {"ALM1", "ALM2", "ALM3"}:
            draft.set(**{f"alarm{name[3]}Status": number})
        elif name == "STA1":
            draft.set(otherStatus=number)
        elif name == "DYD":
            draft.set(engineStatus=number)


def _door(reader: Reader, draft: Draft) -> None:
    if reader.left >= 7:
        read_time_only(reader, draft)
    flags = reader.byte()
    draft.set(door=bool(flags & 1), io1=bool(flags & 4))


def _card_number(reader: Reader, draft: Draft) -> None:
    reader.take(16)
    draft.set(iccid=reader.take(10).hex().rstrip("f"))


def _technology(reader: Reader, draft: Draft) -> None:
    draft.set(networkTechnology="4G" if 0 < reader.byte() < 128 else "2G")


def _fuel(reader: Reader, draft: Draft) -> None:
    if reader.peek() != ord("!"):
        reader.take(6)
    found = FUEL_PROBE.fullmatch(reader.text(reader.left))
    if found:
        draft.set(temp1=float(found[1]), fuel=float(found[2]))


def _peripheral(reader: Reader, draft: Draft) -> None:
    if chr(reader.peek()).isalpha():
        draft.set(serial=reader.text(reader.left).strip())
        return
    reader.take(2)
    draft.set(driverUniqueId=reader.take(4).hex())


def _weather(reader: Reader, draft: Draft) -> None:
    draft.set(temp1=reader.signed(4) / 10, humidity=reader.word() / 10)


INFORMATION: dict[int, Callable[[Reader, Draft], None]] = {
    0x00: _voltage,
    0x04: _settings,
    0x05: _door,
    0x0A: _card_number,
    0x0B: _technology,
    0x0D: _fuel,
    0x1B: _peripheral,
    0x1E: _weather,
}


def lock(reader: Reader, draft: Draft) -> None:
    """Kind 32: a report of an asset lock, with or without a fix."""
    _lock(reader, draft)


def lock_alarm(reader: Reader, draft: Draft) -> None:
    """Kind 33: an alarm of an asset lock."""
    state = _lock(reader, draft)
    if state in {0xA0, 0xA1}:
        draft.set(armed=state == 0xA0)
    draft.alarm(LOCK_ALARMS.get(state))


def _lock(reader: Reader, draft: Draft) -> int:
    draft.fix_ms = draft.device_ms = reader.date_ms(draft.offset_ms)
    if reader.byte():
        draft.set(sat=reader.byte() & 0x0F)
        read_place(reader, draft)
    if size := reader.byte():
        before = reader.left
        read_cell(reader, draft)
        reader.take(max(0, size - 1 - (before - reader.left)))
        draft.set(rssi=reader.byte())
    reader.take(reader.byte())
    reader.take(reader.byte())
    state = reader.byte()
    draft.set(status=state)
    return state


def vehicle(reader: Reader, draft: Draft) -> None:
    """Kind 8C: what the vehicle's own bus says, as pairs of hexadecimal numbers in hundredths."""
    read_time_only(reader, draft)
    draft.set(ignition=reader.byte() > 0)
    for pair in reader.text(max(0, reader.left - 12)).split(","):
        name, _, value = pair.partition("=")
        if not re.fullmatch(r"[0-9A-Fa-f]{2}.*", name) or not value:
            continue
        number = int(name[:2], 16)
        if number == 74:
            draft.set(vin=value)
        elif number in OBD_NUMBERS and re.fullmatch(r"[0-9A-Fa-f]{1,8}", value):
            draft.set(**{OBD_NUMBERS[number]: int(value, 16) / 100})


def modules(reader: Reader, draft: Draft) -> None:
    """Kind 70: values that say their own kind and size; a fix may be one of them."""
    while reader.left >= 4:
        kind, size = reader.short(), reader.short()
        value = Reader(reader.take(size))
        if read := MODULES.get(kind):
            read(value, draft)


def _module_cell(value: Reader, draft: Draft) -> None:
    country, network, area, number, strength = (
        value.short(),
        value.short(),
        value.short(),
        value.unsigned(3),
        value.byte(),
    )
    if number:
        draft.cells.append(Cell(mcc=country, mnc=network, lac=area, cid=number, radio="gsm", signal_dbm=-strength))


def _module_fix(value: Reader, draft: Draft) -> None:
    draft.fix_ms = draft.device_ms = value.word() * 1000
    draft.set(sat=value.byte())
    draft.altitude_m = float(value.signed(2))
    latitude, longitude = value.word(), value.word()
    draft.speed_mps = value.byte() * MPS_PER_KMH
    set_place(draft, latitude, longitude, value.short())
    draft.attributes.pop("ignition", None)


def _module_boot(value: Reader, draft: Draft) -> None:
    reason = value.byte()
    draft.alarm(BOOT_ALARMS.get(reason))
    draft.set(bootReason=reason)


def _module_openings(value: Reader, draft: Draft) -> None:
    inputs = value.byte()
    draft.set(door=bool(inputs & 0x0F), tamper=bool(inputs >> 4))


def _module_distance(value: Reader, draft: Draft) -> None:
    """An odometer whose byte order differs between makers: raw, unless both orders say the same."""
    raw = value.take(4)
    if raw == raw[::-1]:
        draft.set(odometer=int.from_bytes(raw))
    draft.set(io46=int.from_bytes(raw))


MODULES: dict[int, Callable[[Reader, Draft], None]] = {
    0x03: lambda value, draft: draft.set(iccid=value.take(10).hex()),
    0x09: lambda value, draft: draft.set(sat=value.byte()),
    0x0A: lambda value, draft: draft.set(satVisible=value.byte()),
    0x11: _module_cell,
    0x18: lambda value, draft: read_power(value, draft, "battery"),
    0x28: lambda value, draft: draft.set(hdop=value.byte() / 10),
    0x29: lambda value, draft: draft.set(index=value.word()),
    0x2A: _module_openings,
    0x2B: _module_boot,
    0x2E: _module_distance,
    0x33: _module_fix,
    0x34: lambda value, draft: draft.set(event=value.byte()),
}


def alert(reader: Reader, draft: Draft) -> None:
    """Kind F1: the state of an alarm unit as values that say their own kind."""
    draft.device_ms = reader.word() * 1000
    while reader.left >= 3:
        kind, value = reader.short(), reader.take(reader.byte())
        number = int.from_bytes(value)
        if kind in ALERT_FLAGS:
            draft.set(**{ALERT_FLAGS[kind]: bool(number)})
        elif kind == 0x05:
            draft.set(power=number / 100)


ALERT_FLAGS = {0x01: "ignition", 0x02: "armed", 0x03: "motion"}


def peripheral(reader: Reader, draft: Draft) -> None:
    """Kind 9B: bytes of what is plugged into the serial port, as text where they are text."""
    reader.take(1)
    raw = reader.take(reader.left)
    printable = all(32 <= byte < 127 or byte in b"\r\n" for byte in raw)
    draft.set(result=raw.decode("ascii").strip() if printable else raw.hex())
