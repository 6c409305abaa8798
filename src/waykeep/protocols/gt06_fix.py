"""GT06: what short frames (78 78) with a fix mean, by kind and, where makers differ, by length."""

from waykeep.protocols.gt06_parts import (
    STATUS_ALARMS,
    Draft,
    read_battery,
    read_cell,
    read_fix,
    read_power,
    read_sized_cell,
    read_state,
)
from waykeep.protocols.gt06_state import read_status
from waykeep.protocols.gt06_wire import Reader

VXT_ALARMS = STATUS_ALARMS | {7: "overspeed"}


def fix(reader: Reader, draft: Draft) -> None:
    """A fix and perhaps the serving cell, then what else fits."""
    read_fix(reader, draft)
    _tail(reader, draft)


def fix_only(reader: Reader, draft: Draft) -> None:
    """A frame that is not as long as it says: only the fix at its beginning is believed."""
    read_fix(reader, draft)


def fix_cell(reader: Reader, draft: Draft) -> None:
    """Kind 12: a fix and the serving cell."""
    read_fix(reader, draft)
    if reader.left:
        read_cell(reader, draft)
    _tail(reader, draft)


def fix_wide_cell(reader: Reader, draft: Draft) -> None:
    """Kind 11: the cell's numbers are a size larger."""
    read_fix(reader, draft)
    if reader.left:
        read_cell(reader, draft, mnc=2, cid=4)
    _tail(reader, draft)


def fix_widest_cell(reader: Reader, draft: Draft) -> None:
    """Kind A0: the cell as 4G counts it."""
    read_fix(reader, draft)
    if reader.left:
        read_cell(reader, draft, lac=4, cid=8)
    _tail(reader, draft)


def fix_imei(reader: Reader, draft: Draft) -> None:
    """Kind 12, length 27: the device's number stands first."""
    reader.take(8)
    fix_cell(reader, draft)


def fix_card(reader: Reader, draft: Draft) -> None:
    """Kind 12, 71 and longer: odometer and driver's licence."""
    read_fix(reader, draft)
    read_cell(reader, draft)
    draft.set(odometer=reader.word(), card=reader.text(reader.byte()).strip())


def fix_benway(reader: Reader, draft: Draft) -> None:
    """Kind 12, length 21: a mask with inputs and one analogue value, a temperature or a voltage."""
    read_fix(reader, draft)
    read_cell(reader, draft)
    mask = reader.short()
    draft.set(ignition=bool(mask & 0x8000), in2=bool(mask & 0x4000))
    if mask & 0x1000:
        value = mask & 0x1FF
        draft.set(temp1=-value if mask & 0x200 else value)
    else:
        value = mask & 0x3FF
        draft.set(adc1=value if mask & 0x2000 else value / 10)


def fix_vxt(reader: Reader, draft: Draft) -> None:
    """Kind 12, length 24: state and supply voltage."""
    read_fix(reader, draft)
    read_cell(reader, draft)
    read_state(reader, draft, VXT_ALARMS)
    read_power(reader, draft)
    draft.set(rssi=reader.byte())


def fix_fuel(reader: Reader, draft: Draft) -> None:
    """Kind 12, length 2B: state, supply, oil, temperature, odometer in tens of metres."""
    read_fix(reader, draft)
    read_cell(reader, draft)
    read_state(reader, draft)
    read_power(reader, draft)
    draft.set(rssi=reader.byte())
    draft.alarm_code(reader.byte())
    draft.set(oil=reader.short())
    cold = reader.byte()
    draft.set(temp1=-(cold & 0x7F) if cold & 0x80 else cold, odometer=reader.word() * 10)


def fix_driver_card(reader: Reader, draft: Draft) -> None:
    """Kind 12, length 29: odometer, card, time at the wheel."""
    read_fix(reader, draft)
    read_cell(reader, draft)
    draft.set(odometer=reader.word(), card=reader.text(reader.byte()))
    draft.alarm("general" if reader.byte() else None)
    draft.set(cardStatus=reader.byte(), drivingTime=reader.short())


def fix_reason(reader: Reader, draft: Draft) -> None:
    """Kinds 22, 2D, 31: a fix with engine, reason of the report and whether it was stored on the way."""
    read_fix(reader, draft)
    if reader.left:
        read_cell(reader, draft)
    _reason(reader, draft)
    _tail(reader, draft)


def fix_reason_4g(reader: Reader, draft: Draft) -> None:
    """Kind 31, length 2A: wide cell numbers and an altitude."""
    read_fix(reader, draft)
    read_cell(reader, draft, mnc=2, cid=8)
    _reason(reader, draft)
    if reader.left > 2:
        draft.set(odometer=reader.word())
    draft.altitude_m = float(reader.signed(2))


def fix_weather(reader: Reader, draft: Draft) -> None:
    """Kind 22, length 2F: odometer, travel time, temperature, humidity."""
    read_fix(reader, draft)
    read_cell(reader, draft, cid=4)
    draft.set(ignition=reader.byte() > 0)
    reader.take(2)
    draft.set(odometer=reader.word())
    reader.take(4)
    cold = reader.short()
    draft.set(temp1=(-(cold & 0x7FFF) if cold & 0x8000 else cold) / 100, humidity=reader.short() / 100)


def fix_trip(reader: Reader, draft: Draft) -> None:
    """Kind 22, length 3C: number and clock first, then a fix, state, voltages, odometer and engine minutes."""
    reader.take(1 + 8 + 6)
    read_fix(reader, draft)
    draft.attributes.pop("ignition", None)
    read_sized_cell(reader, draft)
    read_state(reader, draft)
    read_power(reader, draft)
    draft.set(battery=reader.byte() / 10, rssi=reader.byte())
    draft.alarm_code(reader.byte())
    reader.take(1)
    draft.set(odometer=reader.unsigned(3), hours=reader.unsigned(3) * 60_000)


def fix_module(reader: Reader, draft: Draft) -> None:
    """Kind 37: as 22, then one sensor value."""
    read_fix(reader, draft)
    read_cell(reader, draft)
    _reason(reader, draft)
    module, size = reader.short(), reader.byte()
    if module == 0x27:
        read_power(reader, draft)
    elif module == 0x2E:
        draft.set(odometer=reader.word())
    elif module == 0x3B:
        draft.accuracy_m = reader.short() / 100
    else:
        reader.take(size)
    _tail(reader, draft)


def fix_rfid(reader: Reader, draft: Draft) -> None:
    """Kind 17, length 28: a fix and the card that was read."""
    read_fix(reader, draft)
    read_cell(reader, draft)
    draft.set(driverUniqueId=reader.take(8).hex())
    reader.take(1)
    _tail(reader, draft)


def fix_status(reader: Reader, draft: Draft) -> None:
    """Kinds 16, 26, 32: a fix, the cell after its length, state, battery, signal, alarm."""
    read_fix(reader, draft)
    _cell_and_status(reader, draft)
    _tail(reader, draft, skip=1)


def fix_status_area(reader: Reader, draft: Draft) -> None:
    """Kinds 27 and A4: as 16, with the number of the area."""
    read_fix(reader, draft)
    _cell_and_status(reader, draft)
    reader.take(1)
    if reader.left:
        draft.set(geofence=reader.byte())


def fix_status_area_raw(reader: Reader, draft: Draft) -> None:
    """Kind 27 with a long network code: makers differ in where the state begins, so only the alarm is believed."""
    read_fix(reader, draft)
    read_sized_cell(reader, draft)
    draft.set(io1=reader.byte(), io2=reader.byte(), io3=reader.byte())
    draft.alarm_code(reader.byte())
    reader.take(1)
    draft.set(io4=reader.byte())


def fix_status_vxt(reader: Reader, draft: Draft) -> None:
    """Kind 16, length 24: the cell stands without its length."""
    read_fix(reader, draft)
    read_cell(reader, draft)
    read_state(reader, draft, VXT_ALARMS)
    read_battery(reader, draft)
    draft.set(rssi=reader.byte())


def fix_status_wide(reader: Reader, draft: Draft) -> None:
    """Kind 16, length 26: cell numbers a byte longer."""
    read_fix(reader, draft)
    reader.take(1)
    read_cell(reader, draft, cid=4)
    read_status(reader, draft)


def fix_status_4g(reader: Reader, draft: Draft) -> None:
    """Kind 32, lengths 27 and 29: cell numbers a size larger, perhaps an altitude at the end."""
    read_fix(reader, draft)
    reader.take(1)
    read_cell(reader, draft, mnc=2, cid=4)
    read_status(reader, draft)
    reader.take(1)
    if reader.left >= 2:
        draft.altitude_m = float(reader.signed(2))


def fix_status_meter(reader: Reader, draft: Draft) -> None:
    """Kind A2, length 40: state, voltage, odometer, engine seconds, inputs."""
    read_fix(reader, draft)
    read_cell(reader, draft, lac=4, cid=8)
    reader.take(1)
    read_state(reader, draft)
    read_power(reader, draft)
    read_battery(reader, draft)
    draft.set(rssi=reader.byte())
    draft.alarm_code(reader.byte())
    reader.take(1)
    draft.set(odometer=reader.word(), hours=reader.word() * 1000)
    reader.take(8)
    draft.set(input=reader.short())


def fix_ignition(reader: Reader, draft: Draft) -> None:
    """Kind 24, length 2E: a fix, engine and both voltages."""
    read_fix(reader, draft)
    read_cell(reader, draft)
    draft.set(ignition=reader.byte() > 0)
    read_power(reader, draft)
    read_power(reader, draft, "battery")


def fix_driver_4g(reader: Reader, draft: Draft) -> None:
    """Kind 36, length 35: a fix, engine, odometer, voltages, engine minutes and the driver's card."""
    read_fix(reader, draft)
    read_cell(reader, draft, cid=4)
    draft.set(ignition=reader.byte() > 0, uploadMode=reader.byte(), archive=reader.byte() > 0, odometer=reader.word())
    read_power(reader, draft)
    draft.set(battery=reader.byte() / 10, hours=reader.unsigned(3) * 60_000, driverUniqueId=reader.take(8).hex())


def fix_ports(reader: Reader, draft: Draft) -> None:
    """Kind 34: a fix with odometer, card, voltages, ports and analogue inputs."""
    reader.take(4)
    read_fix(reader, draft)
    draft.attributes.pop("ignition", None)
    reader.take(2)
    draft.set(odometer=reader.word())
    read_cell(reader, draft, cid=4)
    if card := reader.word():
        draft.set(driverUniqueId=str(card))
    read_power(reader, draft, "battery")
    read_power(reader, draft)
    ports = reader.word()
    draft.set(input=reader.byte(), output=reader.byte())
    for number in range(1, (ports >> 20 & 0x0F) + 1):
        read_power(reader, draft, f"adc{number}")


def _cell_and_status(reader: Reader, draft: Draft) -> None:
    read_sized_cell(reader, draft)
    read_status(reader, draft)


def _reason(reader: Reader, draft: Draft) -> None:
    if reader.left >= 3:
        draft.set(ignition=reader.byte() > 0, event=reader.byte(), archive=reader.byte() > 0)


def _tail(reader: Reader, draft: Draft, skip: int = 0) -> None:
    """What may follow: engine, mode and "stored on the way" in three bytes, an odometer in four."""
    if reader.left in (3 + skip, 7 + skip) and reader.left != 4:
        reader.take(skip)
        draft.set(ignition=reader.byte() > 0)
        reader.take(1)
        if reader.byte():
            draft.set(archive=True)
    if reader.left in (4, 4 + skip):
        reader.take(reader.left - 4)
        draft.set(odometer=reader.word())
