"""Teltonika: codecs 8, 8 extended, 16 and 7 for positions, 12, 13 and 14 for texts, over TCP and UDP.

TCP: `length(2) imei`, answered with 01, then frames `0000 0000 length(4) codec count … count crc(4)`, answered with
the number of records taken (4 bytes). UDP: `length(2) id(2) 01 id(1) length(2) imei codec count … count`.
"""

import re
from collections.abc import Mapping

from waykeep.errors import AskError, ProtocolError
from waykeep.model.position import Cell, Position, Value
from waykeep.protocols.base import Message, Order, Protocol, Request
from waykeep.protocols.checks import crc_ibm
from waykeep.protocols.cut import Buffer, Reader
from waykeep.protocols.teltonika_device import CODEC_8, TeltonikaEncoder, setup
from waykeep.protocols.teltonika_gh import gh_position
from waykeep.protocols.teltonika_io import CELL_ITEMS, CELL_TRACKERS
from waykeep.protocols.teltonika_layout import SHAPES, Layout, Signature, attributes_of, compiled, spelled, walk
from waykeep.protocols.teltonika_text import CODEC_12, CODEC_13, CODEC_14, read_text, text_frame
from waykeep.protocols.teltonika_variable import read_variable

CODEC_GH = 0x07
PING, PINGS = 0xFF, b"\xff"
LONGEST_FRAME = 64 * 1024  # 255 records of the largest that devices send, about 250 bytes each
LONGEST_UNMEASURED = 1280  # the most that the first firmware put into a frame
LONGEST_ID = 64  # an IMEI has 15 digits; other makes that speak this protocol send serial numbers
LAST_MS = 7_258_118_400_000  # the year 2200: a clock beyond it is broken, and the time counts as not stated
LAYOUTS = 3  # a device alternates between few: periodic records, and those of its events
KMH = 1 / 3.6
TEXTS = (CODEC_12, CODEC_13, CODEC_14)
WRONG_SUM = "teltonika: the check sum is wrong"

_ACCEPTED, _REFUSED = b"\x01", b"\x00"
_HEX = re.compile(r"([0-9A-Fa-f]{2})+")


def cut(data: bytes) -> tuple[bytes, int] | None:
    """Cut the first frame off a TCP stream: a ping, an introduction or a data frame."""
    if not data:
        return None
    if data[0] == PING:
        return data[:1], 1
    if len(data) < 2:
        return None
    total = 2 + int.from_bytes(data[:2], "big")
    if total > 2 + LONGEST_ID:
        raise ProtocolError("teltonika: an introduction that is too long")
    if total == 2:
        if any(data[2:4]):
            raise ProtocolError("teltonika: a frame begins with four zero bytes")
        if len(data) < 8:
            return None
        size = int.from_bytes(data[4:8], "big") or _unmeasured(data)
        if not size:
            return None
        total = 12 + size
        if total > LONGEST_FRAME:
            raise ProtocolError(f"teltonika: a frame of more than {LONGEST_FRAME} bytes")
    return (data[:total], total) if len(data) >= total else None


def _unmeasured(data: bytes) -> int:
    """Give the size of a body whose length field is zero, as the first firmware sent it; 0 = more must come.

    Such a frame is short, holds codec 8, and its check sum is zero as well; its end is found by walking its records.
    """
    if len(data) < 11:
        return 0
    at, shape = 10, SHAPES[CODEC_8, False]
    if data[8] != CODEC_8 or not data[9]:
        raise ProtocolError("teltonika: a frame without a length")
    try:
        for _ in range(data[9]):
            _, at = walk(data, at + shape.head.size, shape)
    except ProtocolError:
        if len(data) > LONGEST_UNMEASURED:
            raise
        return 0
    return at + 1 - 8


class Teltonika:
    """One conversation: who it is with, and the layouts that its records had lately."""

    __slots__ = ("_buffer", "_extended", "_hears_cells", "_known", "_layouts", "_model", "_seen", "_udp")

    def __init__(self, transport: str = "tcp") -> None:
        """Begin a conversation over `tcp` or `udp`."""
        self._udp = transport == "udp"
        self._buffer = Buffer(cut)
        self._known = False
        self._model = ""
        self._extended = False
        self._hears_cells = False
        self._layouts: tuple[tuple[int, Layout], ...] = ()
        self._seen: tuple[int, Signature] | None = None

    def identify(self, unique_id: str, settings: Mapping[str, Value]) -> None:
        """Learn the device and its settings: `model` names more elements, `extended` adds 16-byte elements."""
        del unique_id
        model, extended = str(settings.get("model", "")), settings.get("extended") is True
        if (model, extended) != (self._model, self._extended):
            self._layouts, self._seen = (), None
        self._known, self._model, self._extended = True, model, extended
        self._hears_cells = model in CELL_TRACKERS

    def ask(self, request: Request) -> list[Message]:
        """Refuse: the protocol does not speak HTTP."""
        raise ProtocolError(f"teltonika: no {request.method} here")

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes of the stream in any pieces, or one datagram."""
        if self._udp:
            return [self._datagram(data)]
        if not len(self._buffer):
            data = data.lstrip(PINGS)  # nothing else begins with that byte, and they may come in thousands
        return [message for frame in self._buffer.feed(data) if (message := self._frame(frame))]

    def _frame(self, frame: bytes) -> Message | None:
        if frame[0] == PING:
            return None
        if frame[1]:
            return self._introduction(frame[2:])
        if not self._known:
            raise ProtocolError("teltonika: data before the introduction")
        body = frame[8:-4]
        if len(body) < 3:
            raise ProtocolError("teltonika: an empty frame")
        if body[0] in TEXTS:
            return read_text(body)
        unmeasured = not any(frame[4:8])  # then the sum is zero too
        if (0 if unmeasured else crc_ibm(body)) != int.from_bytes(frame[-4:], "big"):
            raise ProtocolError(WRONG_SUM)
        positions, records = self._records(body)
        return Message(positions=positions, records=records, replies=(len(positions).to_bytes(4, "big"),))

    def _introduction(self, name: bytes) -> Message:
        self._known = True
        return Message(device_ids=(_unique_id(name),), replies=(_ACCEPTED,), refusal=_REFUSED)

    def _datagram(self, data: bytes) -> Message:
        reader = Reader(data)
        if reader.number(2) != len(data) - 2:
            raise ProtocolError("teltonika: a datagram's length is wrong")
        packet, _, number = reader.take(2), reader.take(1), reader.take(1)
        unique_id = _unique_id(reader.take(reader.number(2)))
        body = reader.take(reader.left)
        if body and body[0] in TEXTS:
            message = read_text(body)
            return Message(
                device_ids=(unique_id,), positions=message.positions, records=message.records, result=message.result
            )
        positions, records = self._records(body)
        answer = b"\x00\x05" + packet + b"\x01" + number + len(positions).to_bytes(1, "big")
        return Message(device_ids=(unique_id,), positions=positions, records=records, replies=(answer,))

    def _records(self, body: bytes) -> tuple[tuple[Position, ...], tuple[bytes, ...]]:
        """Read the records between the two counts."""
        if len(body) < 3 or body[1] != body[-1]:
            raise ProtocolError("teltonika: the two counts differ")
        count, end = body[1], len(body) - 1
        if body[0] == CODEC_GH:
            return _gh_records(body[2:end], count)
        if (body[0], self._extended) not in SHAPES:
            raise ProtocolError("teltonika: a codec that is not known")
        positions: list[Position] = []
        records: list[bytes] = []
        at = 2
        for _ in range(count):
            position, after = self._record(body, at, body[0])
            positions.append(position)
            records.append(body[at:after])
            at = after
        if at != end:
            raise ProtocolError("teltonika: the records do not fill the frame")
        return tuple(positions), tuple(records)

    def _record(self, body: bytes, at: int, codec: int) -> tuple[Position, int]:
        shape = SHAPES[codec, self._extended]
        begin = at + shape.head.size
        for its_codec, layout in self._layouts:
            end = begin + layout.length
            if (
                its_codec == codec
                and end <= len(body)
                and int.from_bytes(body[begin:end], "big") & layout.mask == layout.pattern
            ):
                fields = layout.unpack(body, at)
                attributes = attributes_of(layout, fields)
                break
        else:
            signature, end = walk(body, begin, shape)
            fields = shape.head.unpack_from(body, at)
            attributes = spelled(body, begin, shape, signature, self._model)
            attributes |= {"priority": fields[1], "sat": fields[6], "event": fields[8]}
            self._learn(codec, signature)
        if shape.variable:
            end = read_variable(body, end, attributes)
        time_ms, _, longitude_e7, latitude_e7, altitude, course, satellites, speed_kmh = fields[:8]
        placed = -900_000_000 <= latitude_e7 <= 900_000_000 and -1_800_000_000 <= longitude_e7 <= 1_800_000_000
        position = Position(
            fix_ms=time_ms if time_ms <= LAST_MS else None,
            valid=satellites != 0 and placed,
            latitude_deg=latitude_e7 / 1e7 if placed else None,
            longitude_deg=longitude_e7 / 1e7 if placed else None,
            altitude_m=altitude,
            speed_mps=speed_kmh * KMH,
            course_deg=course,
            cells=self._cells(attributes) if self._hears_cells or "lac" in attributes else (),
            attributes=attributes,
        )
        return position, end

    def _learn(self, codec: int, signature: Signature) -> None:
        """Compile a layout when it comes for the second time in a row: strange bytes must not cost a compilation."""
        if self._seen == (codec, signature):
            layout = compiled((codec, self._extended), self._model, signature)
            self._layouts = ((codec, layout), *self._layouts[: LAYOUTS - 1])
        self._seen = (codec, signature)

    def _cells(self, attributes: dict[str, Value]) -> tuple[Cell, ...]:
        """Take the mobile cells out of the attributes of a model that sends them."""
        if self._hears_cells:
            return tuple(
                Cell(mnc=mnc, lac=lac, cid=cid, signal_dbm=-signal)
                for numbers in CELL_ITEMS
                if len(found := _pop_all(attributes, tuple(f"io{n}" for n in numbers))) == len(numbers)
                for mnc, lac, cid, signal in (found,)
            )
        for name, radio in (("cid2g", None), ("cid4g", "lte")):
            if "lac" in attributes and name in attributes:
                cid, lac = _pop_all(attributes, (name, "lac"))
                return (_cell(lac, cid, attributes.get("operator", 0), radio),)
        return ()


def _unique_id(name: bytes) -> str:
    if not name or len(name) > LONGEST_ID or not name.isalnum() or not name.isascii():
        raise ProtocolError("teltonika: an introduction that is no id")
    return name.decode("ascii")


def _gh_records(data: bytes, count: int) -> tuple[tuple[Position, ...], tuple[bytes, ...]]:
    reader = Reader(data)
    positions: list[Position] = []
    records: list[bytes] = []
    for _ in range(count):
        before = reader.left
        positions.append(gh_position(reader))
        records.append(data[len(data) - before : len(data) - reader.left])
    if reader.left:
        raise ProtocolError("teltonika: the records do not fill the frame")
    return tuple(positions), tuple(records)


def _pop_all(attributes: dict[str, Value], names: tuple[str, ...]) -> tuple[int, ...]:
    if not all(name in attributes for name in names):
        return ()
    return tuple(int(attributes.pop(name)) for name in names)


def _cell(lac: int, cid: int, operator: Value, radio: str | None) -> Cell:
    """Give the cell; the operator's number is the country (three digits) and the network (two or three)."""
    digits = str(operator)
    if len(digits) < 4:
        return Cell(lac=lac, cid=cid, radio=radio)
    return Cell(mcc=int(digits[:3]), mnc=int(digits[3:]), lac=lac, cid=cid, radio=radio)


def order(wanted: Order, unique_id: str, settings: Mapping[str, Value], now_ms: int) -> bytes:
    """Encode an order as a codec 12 frame: hex digits as bytes, anything else as a line of text."""
    del unique_id, settings, now_ms
    texts = {"engineStop": "setdigout 1", "engineResume": "setdigout 0", "custom": str(wanted.values.get("data", ""))}
    text = texts.get(wanted.kind)
    if text is None:
        raise AskError("order-unknown", f"teltonika has no order {wanted.kind}")
    return text_frame(bytes.fromhex(text) if _HEX.fullmatch(text) else (text + "\r\n").encode("utf-8"))


PROTOCOL = Protocol(
    name="teltonika",
    port=5027,
    transports=("tcp", "udp"),
    decoder=Teltonika,
    encoder=TeltonikaEncoder,
    cut=cut,
    order=order,
    orders=("custom", "engineStop", "engineResume"),
    acknowledges=True,
    setup=setup,
)
