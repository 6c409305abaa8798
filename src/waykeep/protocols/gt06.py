"""GT06 (Concox, Jimi, Wanway and the many that follow them): logs in with its IMEI, every report is answered.

The checksum is held against a device from the first frame on that shows a right one: clones exist that send noise
there, but a device that has computed one right is believed to compute all, and a wrong one then means damage.
"""

from collections.abc import Mapping

from waykeep.errors import ProtocolError
from waykeep.model.position import Value
from waykeep.protocols import gt06_cells as cells
from waykeep.protocols import gt06_fix as fix
from waykeep.protocols import gt06_long as long
from waykeep.protocols import gt06_state as state
from waykeep.protocols.base import Message, Order, Protocol, Request
from waykeep.protocols.cut import Buffer
from waykeep.protocols.gt06_device import Gt06Device, setup
from waykeep.protocols.gt06_parts import Draft, Part
from waykeep.protocols.gt06_wire import COUNTED, LOGIN, SHORT, Reader, cut, date_bytes, frame, sound

STRING, ADDRESS_REQUEST, TIME_REQUEST, PHOTO, PHOTO_PART = 0x15, 0x2A, 0x8A, 0x35, 0x36
ORDER, MODULAR, PERIPHERAL, SAID, INFORMATION = 0x80, 0x70, 0x9B, 0x21, 0x94
ANSWERS_OF_ORDERS = (0x80, 0x81, 0x82)
NO_ADDRESS = b"NA&&NA&&0##"
PHOTO_STEP = 1024
PLAIN = (0x17, 0x18, 0x23, 0x24, 0x28, 0x2C, 0x2E, 0x33, 0x34, 0x40, 0x95, 0xA1, 0xF3, STRING)  # carry no "type"
UNANSWERED = (0x34, INFORMATION, 0xF3)

KINDS: dict[int, Part] = {
    0x10: fix.fix,
    0x11: fix.fix_wide_cell,
    0x12: fix.fix_cell,
    0x13: state.status,
    STRING: state.text,
    0x16: fix.fix_status,
    0x18: cells.neighbours(2, 3, wifi=True),
    0x19: state.cell_status,
    0x1A: fix.fix,
    0x1E: fix.fix,
    0x22: fix.fix_reason,
    0x23: state.heartbeat,
    0x24: cells.neighbours(2, 3, wifi=False),
    0x26: fix.fix_status,
    0x27: fix.fix_status_area,
    0x28: cells.neighbours(2, 3, wifi=False),
    0x2C: cells.neighbours(2, 3, wifi=True),
    0x2D: fix.fix_reason,
    0x2E: cells.neighbours(2, 3, wifi=False),
    0x31: fix.fix_reason,
    0x32: fix.fix_status,
    0x33: cells.neighbours(2, 4, count=6, wifi=True),
    0x34: fix.fix_ports,
    0x36: state.status_modules,
    0x37: fix.fix_module,
    0x40: state.battery_pack,
    INFORMATION: state.supply,
    0x95: state.event,
    0xA0: fix.fix_widest_cell,
    0xA1: cells.neighbours(4, 8, wifi=False),
    0xA2: cells.neighbours(4, 8, wifi=True),
    0xA3: fix.fix_cell,
    0xA4: fix.fix_status_area,
    0xA5: state.cell_status_wide,
    0xA7: state.cell_address,
    0xF3: cells.wifi_only,
}
BY_LENGTH: dict[tuple[int, int], Part] = {
    (0x12, 0x21): fix.fix_benway,
    (0x12, 0x24): fix.fix_vxt,
    (0x12, 0x27): fix.fix_imei,
    (0x12, 0x29): fix.fix_driver_card,
    (0x12, 0x2B): fix.fix_fuel,
    (0x13, 0x13): state.status_obd,
    (0x13, 0x15): state.status_cold,
    (0x16, 0x24): fix.fix_status_vxt,
    (0x16, 0x26): fix.fix_status_wide,
    (0x17, 0x28): fix.fix_rfid,
    (0x22, 0x2F): fix.fix_weather,
    (0x22, 0x3C): fix.fix_trip,
    (0x24, 0x2E): fix.fix_ignition,
    (0x24, 0x31): cells.counted_neighbours,
    (0x27, 0x27): fix.fix_status_area_raw,
    (0x31, 0x2A): fix.fix_reason_4g,
    (0x32, 0x27): fix.fix_status_4g,
    (0x32, 0x29): fix.fix_status_4g,
    (0x34, 0x37): cells.neighbours(2, 4, wifi=False, wide_network=True, ta_first=True),
    (0x36, 0x35): fix.fix_driver_4g,
    (0xA2, 0x40): fix.fix_status_meter,
}
BEGIN_WITH_FIX = (0x10, 0x11, 0x12, 0x16, 0x1A, 0x1E, 0x22, 0x26, 0x27, 0x2D, 0x31, 0x32, 0x37, 0xA0, 0xA3, 0xA4)
UNTYPED_LENGTHS = ((0x13, 0x15), (0x24, 0x2E), (0x24, 0x31), (0x36, 0x35))
TYPED_LENGTHS = ((0x17, 0x28), (0xA2, 0x40))
LONGEST_CARD, LEAST_SPACE10X = 0x71, 0x17


class Gt06:
    """One conversation: what is left of a frame, whose it is, its clock, whether its checksums count."""

    def __init__(self, transport: str = "tcp") -> None:
        self._buffer = Buffer(cut)
        self._transport = transport
        self._strict = False
        self._model = ""
        self._offset_ms = 0
        self._photos: dict[int, int] = {}

    def identify(self, unique_id: str, settings: Mapping[str, Value]) -> None:
        """Learn the model, and the offset of a device whose clock is not UTC (`utc_offset_s`)."""
        self._model = str(settings.get("model", "")) if unique_id else ""
        offset_s = settings.get("utc_offset_s")
        if isinstance(offset_s, int | float):
            self._offset_ms = int(offset_s * 1000)

    def ask(self, request: Request) -> list[Message]:
        """GT06 does not speak HTTP."""
        raise ProtocolError(f"gt06 does not speak HTTP: {request.method}")

    def feed(self, data: bytes) -> list[Message]:
        """Decode every frame that is whole now."""
        return [self._message(one) for one in self._buffer.feed(data)]

    def _message(self, data: bytes) -> Message:
        counted = data[:2] == SHORT and data[3] in COUNTED and data[2] + 5 != len(data)
        if counted:
            return self._wifi(data)
        right = sound(data)
        if self._strict and not right:
            raise ProtocolError("gt06: wrong checksum")
        self._strict = self._strict or right
        if data[:2] == SHORT:
            return self._short(data)
        return self._long(data)

    def _wifi(self, data: bytes) -> Message:
        draft = Draft(self._model, 0)
        reply = cells.wifi_and_cells(data, draft)
        return Message(positions=(draft.position(),), records=(data[2:-2],), replies=(reply,))

    def _short(self, data: bytes) -> Message:
        kind, content, serial = data[3], data[4:-6], int.from_bytes(data[-6:-4])
        reply = frame(kind, b"", serial)
        if kind == LOGIN:
            return self._login(data, reply)
        if kind == ADDRESS_REQUEST:
            return Message(replies=(frame(0x97, bytes([len(NO_ADDRESS), 0, 0, 0, 0]) + NO_ADDRESS, 0, long=True),))
        if kind == TIME_REQUEST:
            return Message(clock_reply=lambda now_ms: frame(TIME_REQUEST, date_bytes(now_ms), 0))
        if kind == PHOTO:
            return self._photo(Reader(content))
        return self._report(data, content, reply)

    def _report(self, data: bytes, content: bytes, reply: bytes) -> Message:
        length, kind = data[2], data[3]
        part = self._part(kind, length, content)
        if length + 5 != len(data) and kind in BEGIN_WITH_FIX:
            part, content = fix.fix_only, data[4:-2]
        if part is None:
            return Message(replies=() if kind in ANSWERS_OF_ORDERS else (reply,))
        if not content or (kind == 0x19 and length >= LEAST_SPACE10X):
            return Message()  # an empty report, or a table of cells in a form that nobody has described
        draft = Draft(self._model, self._offset_ms)
        part(Reader(content), draft)
        if (kind not in PLAIN and (kind, length) not in UNTYPED_LENGTHS) or (kind, length) in TYPED_LENGTHS:
            draft.attributes.setdefault("type", kind)
        silent = (kind in UNANSWERED and (kind, length) != (0x34, 0x37)) or (kind, length) == (0x24, 0x2E)
        return self._finished(draft, data, () if silent else (reply,))

    @staticmethod
    def _part(kind: int, length: int, content: bytes) -> Part | None:
        if kind == 0x12 and length >= LONGEST_CARD:
            return fix.fix_card
        if kind == 0x95 and content[:2] == b"\xff\xff":
            return state.event_4g
        if kind == 0x27 and length == 0x27 and not content[19] & 0x80:
            return fix.fix_status_area
        return BY_LENGTH.get((kind, length)) or KINDS.get(kind)

    def _login(self, data: bytes, reply: bytes) -> Message:
        digits = data[4:12].hex()
        if len(data) < 15 or not digits.isdecimal():
            raise ProtocolError("gt06: a login names an IMEI")
        if data[2] - 5 > 10 and len(data) >= 22 and not self._offset_ms:
            zone = int.from_bytes(data[14:16])
            seconds = (zone >> 4) // 100 * 3600 + (zone >> 4) % 100 * 60
            self._offset_ms = (-seconds if zone & 8 else seconds) * 1000
        return Message(device_ids=(digits[1:],), replies=(reply,))

    def _long(self, data: bytes) -> Message:
        kind, serial = data[4], int.from_bytes(data[-6:-4])
        reader = Reader(data[5:-6])
        if kind == PHOTO_PART:
            return self._photo_part(reader)
        draft = Draft(self._model, self._offset_ms)
        replies: tuple[bytes, ...] = ()
        if kind == INFORMATION:
            if not long.information(reader, draft):
                return Message()
        elif kind in LONG_KINDS:
            read, answer = LONG_KINDS[kind]
            read(reader, draft)
            replies = (frame(kind, b"", serial, long=answer == "long"),) if answer else ()
        else:
            return Message()
        return self._finished(draft, data, replies)

    @staticmethod
    def _finished(draft: Draft, data: bytes, replies: tuple[bytes, ...]) -> Message:
        position = draft.position()
        timed = position.fix_ms is not None or position.device_ms is not None
        record = data[2:-6] if timed else data[2:-4]  # a resend may get a new serial; without a time, only it tells
        result = position.attributes.get("result")
        return Message(
            positions=(position,),
            records=(record,),
            replies=replies,
            result=result if isinstance(result, str) else None,
        )

    def _photo(self, reader: Reader) -> Message:
        reader.take(6 + 1 + 4 + 4 + 3)
        size, number = reader.word(), reader.word()
        self._photos = {number: size}
        return Message(replies=(self._photo_request(number, 0),))

    def _photo_request(self, number: int, at: int) -> bytes:
        step = min(self._photos[number] - at, PHOTO_STEP)
        return frame(PHOTO_PART, number.to_bytes(4) + at.to_bytes(4) + step.to_bytes(2), 0)

    def _photo_part(self, reader: Reader) -> Message:
        number, at, size = reader.word(), reader.word(), reader.short()
        if number not in self._photos or at + size >= self._photos[number]:
            self._photos.pop(number, None)
            return Message()
        return Message(replies=(self._photo_request(number, at + size),))


LONG_KINDS: dict[int, tuple[Part, str]] = {
    SAID: (long.said, ""),
    0x32: (long.lock, "long"),
    0x33: (long.lock_alarm, "long"),
    MODULAR: (long.modules, "short"),
    0x8C: (long.vehicle, ""),
    PERIPHERAL: (long.peripheral, ""),
    0xF1: (long.alert, "short"),
}


def order(asked: Order, unique_id: str, settings: Mapping[str, Value], now_ms: int) -> bytes:
    """An order as bytes; a device with the `alternative` setting uses its other words, with its password."""
    del unique_id, now_ms  # the connection says whose it is; GT06 orders carry no time
    password = str(settings.get("password", "123456"))
    other = bool(settings.get("alternative"))
    if asked.kind == "engineStop":
        words = f"DYD,{password}#" if other else "Relay,1#"
    elif asked.kind == "engineResume":
        words = f"HFYD,{password}#" if other else "Relay,0#"
    elif asked.kind == "custom":
        words = str(asked.values.get("data", ""))
    else:
        raise ProtocolError(f"gt06 has no order {asked.kind}")
    said = words.encode("ascii", "replace")
    language = b"\x00\x02" if settings.get("language") else b""
    if len(said) > 240:
        raise ProtocolError("gt06: an order is at most 240 letters")
    return frame(ORDER, bytes([len(said) + 4]) + bytes(4) + said + language, 0)


def encoder(unique_id: str) -> Gt06Device:
    """The device's side."""
    return Gt06Device(unique_id)


PROTOCOL = Protocol(
    name="gt06",
    port=5023,
    transports=("tcp",),
    decoder=Gt06,
    encoder=encoder,
    cut=cut,
    order=order,
    orders=("engineStop", "engineResume", "custom"),
    acknowledges=True,
    setup=setup,
)
