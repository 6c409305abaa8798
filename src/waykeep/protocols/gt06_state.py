"""GT06: what short frames (78 78) without a fix, and the events of cameras, mean."""

from waykeep.protocols.gt06_parts import (
    Draft,
    read_battery,
    read_cell,
    read_place,
    read_power,
    read_state,
    read_time,
)
from waykeep.protocols.gt06_wire import Reader

EVENTS = {
    0x01: "sos",
    0x0E: "lowPower",
    0x76: "temperature",
    0x80: "vibration",
    0x87: "overspeed",
    0x88: "powerCut",
    0x90: "hardAcceleration",
    0x91: "hardBraking",
    0x92: "hardCornering",
    0x93: "accident",
}


def status(reader: Reader, draft: Draft) -> None:
    """Kind 13: state, battery, signal, alarm; some makers put a voltage there."""
    read_state(reader, draft)
    if draft.model == "R11":
        read_power(reader, draft)
    else:
        read_battery(reader, draft)
    draft.set(rssi=reader.byte())
    if draft.model.startswith("LW"):
        draft.set(power=(reader.short() & 0xFFF) / 10)
    elif draft.model == "SEEWORLD":
        draft.set(power=float(reader.byte()))
    elif reader.left:
        draft.alarm_code(reader.byte())


def status_obd(reader: Reader, draft: Draft) -> None:
    """Kind 13, length 13: satellites and signal in one field, battery in percent, supply voltage."""
    read_state(reader, draft)
    signal = reader.short()
    draft.set(sat=(signal >> 10 & 0x1F) + (signal >> 5 & 0x1F), rssi=signal & 0x1F)
    draft.alarm_code(reader.byte())
    reader.take(1)
    draft.set(batteryLevel=reader.byte())
    reader.take(1)
    read_power(reader, draft)


def status_cold(reader: Reader, draft: Draft) -> None:
    """Kind 13, length 15: battery in percent and a temperature."""
    reader.take(5)
    draft.set(batteryLevel=reader.byte())
    reader.take(8)
    cold = reader.short()
    draft.set(temp1=(cold & 0x7FFF) / (10 if cold & 0x8000 else -10))


def status_modules(reader: Reader, draft: Draft) -> None:
    """Kind 36: state, battery, signal, alarm, then values that say their own kind."""
    read_status(reader, draft)
    reader.take(1)
    while reader.left >= 3:
        module, size = reader.short(), reader.byte()
        if module == 0x18:
            read_power(reader, draft, "battery")
        elif module == 0x32:
            draft.set(startupStatus=reader.byte())
        elif module == 0x6A:
            draft.set(batteryLevel=reader.byte())
        else:
            reader.take(size)


def cell_status(reader: Reader, draft: Draft) -> None:
    """Kind 19: the cell, state, battery, signal, alarm."""
    read_cell(reader, draft)
    read_status(reader, draft)


def cell_status_wide(reader: Reader, draft: Draft) -> None:
    """Kind A5: as 19 with wide cell numbers."""
    read_cell(reader, draft, lac=4, cid=8)
    read_status(reader, draft)


def cell_address(reader: Reader, draft: Draft) -> None:
    """Kind A7: asks for the address of a cell; only the cell is of use."""
    read_cell(reader, draft, lac=4, cid=8)


def heartbeat(reader: Reader, draft: Draft) -> None:
    """Kind 23: state and, from some, battery voltage and signal."""
    state = reader.byte()
    draft.set(armed=bool(state & 1), ignition=bool(state & 2), charge=bool(state & 4))
    if reader.left >= 2:
        read_power(reader, draft, "battery")
    if reader.left >= 1:
        draft.set(rssi=reader.byte())


def supply(reader: Reader, draft: Draft) -> None:
    """Kind 94 in a short frame: supply voltage."""
    draft.set(power=reader.signed(2) / 100)


def text(reader: Reader, draft: Draft) -> None:
    """Kind 15: the device's answer to an order, or its SIM card's number."""
    size = reader.byte()
    if size == 0:
        return
    reader.take(4)
    said = reader.text(size - 4)
    if said.startswith("<ICCID:"):
        draft.set(iccid=said[7:27])
    else:
        draft.set(result=said)


def event(reader: Reader, draft: Draft) -> None:
    """Kind 95: an event of a dashboard camera, with the files it recorded."""
    extended = reader.left > 7
    read_time_only(reader, draft)
    if extended:
        draft.fix_ms = draft.device_ms
        read_place(reader, draft, speed_size=0)
    _event(reader, draft, extended=extended)


def event_4g(reader: Reader, draft: Draft) -> None:
    """Kind 95 that begins with FFFF: satellites, speed and supply voltage too."""
    reader.take(3)
    read_time(reader, draft)
    draft.set(sat=reader.byte() & 0x0F)
    read_place(reader, draft, speed_size=0)
    draft.speed_mps = reader.short() / 3.6
    draft.set(power=reader.short() / 10)
    _event(reader, draft, extended=True)


def battery_pack(reader: Reader, draft: Draft) -> None:
    """Kind 40: the management of an electric vehicle's battery pack."""
    reader.take(8)
    draft.device_ms = reader.word() * 1000
    draft.set(relativeCapacity=reader.byte(), remainingCapacity=reader.short(), absoluteCapacity=reader.byte())
    draft.set(fullCapacity=reader.short(), batteryHealth=reader.byte(), batteryTemp=(reader.short() - 2731) / 10)
    draft.set(current=reader.short(), battery=reader.short() / 1000, cycleIndex=reader.short())
    for number in range(1, 15):
        draft.set(**{f"batteryCell{number}": reader.short() / 1000})
    draft.set(currentChargeInterval=reader.short(), maxChargeInterval=reader.short())
    draft.set(barcode=reader.text(16).strip(), batteryVersion=reader.short(), manufacturer=reader.text(16).strip())
    draft.set(batteryStatus=reader.word(), controllerStatus=reader.word(), controllerFault=reader.word())


def read_time_only(reader: Reader, draft: Draft) -> None:
    """The device's clock, without a fix."""
    draft.device_ms = reader.date_ms(draft.offset_ms)


def read_status(reader: Reader, draft: Draft) -> None:
    """State, battery, signal, alarm."""
    read_state(reader, draft)
    read_battery(reader, draft)
    draft.set(rssi=reader.byte())
    draft.alarm_code(reader.byte())


def _event(reader: Reader, draft: Draft, *, extended: bool) -> None:
    code = reader.byte()
    draft.set(event=code)
    draft.alarm("general" if code == 1 and not extended else EVENTS.get(code))
    if reader.left >= 2:
        draft.set(eventData=reader.short())
    if reader.left:
        draft.set(eventFiles=reader.text(reader.left))
