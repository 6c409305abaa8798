"""H02 (Huabao, Sinotrack, Coban 103B and their like): text between `*` and `#`, or a packed form behind `$`.

A text names its maker, the device and its kind: `*HQ,8612345678,V1,…#`. Positions (V1, NBR) are confirmed with V4 and
the time that the device stated; the packed form is not answered. There is no checksum.
"""

import re
from collections.abc import Mapping

from waykeep.errors import ProtocolError
from waykeep.model.position import Position, Value
from waykeep.protocols import h02_packed as packed
from waykeep.protocols import h02_text as text
from waykeep.protocols.base import Message, Order, Protocol, Request
from waykeep.protocols.cut import Buffer
from waykeep.protocols.h02_device import H02Device, setup
from waykeep.protocols.h02_text import Told

LONGEST_TEXT = 1024  # the longest known text, an answer to an order, has some 300 letters
PLAIN, TAILED, LONG_ID = 32, 45, 42  # sizes of the packed form; the middle one carries cells, the last a whole IMEI
PARTS = re.compile(r"\*(?P<maker>[^,]{2}),(?P<id>\d*),(?P<kind>[^,#]*)(?P<rest>[^#]*)#?")
CONFIRMED = ("V1", "NBR")
ECHOED = ("HTBT", "V0")
READERS = {"NBR": text.neighbours, "LINK": text.link, "V3": text.cells, "VP1": text.watch, "SMS": text.answer}


def cut(data: bytes) -> tuple[bytes, int] | None:
    """The first text up to its `#`, or packed form up to its size; line ends and noise between are skipped."""
    starts = [at for mark in (b"*", b"$", b"X") if (at := data.find(mark)) >= 0]
    if not starts:
        if len(data) > LONGEST_TEXT:
            raise ProtocolError("h02: nothing that begins a message")
        return None
    start = min(starts)
    if data[start : start + 1] == b"*":
        return _cut_text(data, start)
    end = start + (PLAIN if data[start : start + 1] == b"X" else _packed_size(data[start:]))
    return (data[start:end], end) if len(data) >= end else None


def _cut_text(data: bytes, start: int) -> tuple[bytes, int] | None:
    end = data.find(b"#", start, start + LONGEST_TEXT)
    if end >= 0:
        return data[start : end + 1], end + 1
    if len(data) - start >= LONGEST_TEXT:
        raise ProtocolError(f"h02: no end of text within {LONGEST_TEXT} bytes")
    return None


def _packed_size(rest: bytes) -> int:
    """The packed form does not say its size: what stands where the next message would begin tells."""
    for size in (PLAIN, LONG_ID, TAILED, packed.WIDEST):
        if len(rest) == size or (len(rest) > size and rest[size : size + 1] in (b"*", b"$", b"X", b"\r")):
            return size
    return PLAIN


class H02:
    """One conversation: what is left of a message, and the size that its packed messages have."""

    def __init__(self, transport: str = "tcp") -> None:
        self._buffer = Buffer(cut)
        self._datagrams = transport == "udp"

    def identify(self, unique_id: str, settings: Mapping[str, Value]) -> None:
        """Every message names its device: nothing to remember."""
        del unique_id, settings

    def ask(self, request: Request) -> list[Message]:
        """H02 does not speak HTTP."""
        raise ProtocolError(f"h02 does not speak HTTP: {request.method}")

    def feed(self, data: bytes) -> list[Message]:
        """Decode every message that is whole now."""
        if self._datagrams:
            return [_message(data)] if data else []
        return [_message(one) for one in self._buffer.feed(data)]


def _message(data: bytes) -> Message:
    if data[:1] == b"$":
        unique_id, position = packed.read(data)
        return Message(device_ids=(unique_id,), positions=(position,), records=(data,))
    if data[:1] != b"*":
        return Message()  # X: the packed form of a device without a fix; nothing in it is documented
    said = data.decode("ascii", "replace").strip()
    found = PARTS.fullmatch(said)
    if not found:
        raise ProtocolError("h02: a text names its maker, device and kind")
    return _told(found, said, data)


def _told(found: re.Match[str], said: str, data: bytes) -> Message:
    kind, unique_id = found["kind"], found["id"]
    told = Told(unique_id=unique_id, kind=kind, said=said, rest=found["rest"])
    position: Position | None = READERS[kind](told) if kind in READERS else None
    replies: tuple[bytes, ...] = ()
    if kind in ECHOED:
        position = text.heartbeat(told)
        replies = (f"{said[: found.end('kind')]}#".encode("ascii", "replace"),)
    elif kind not in READERS:
        position = text.fix(told)
    if position is None:
        return Message(replies=replies)
    if kind in CONFIRMED and unique_id:
        replies = (f"*HQ,{unique_id},V4,{kind},{text.clock(position)}#".encode(),)
    result = position.attributes.get("result")
    return Message(
        device_ids=(unique_id,) if unique_id else (),
        positions=(position,),
        records=(data,),
        replies=replies,
        result=result if isinstance(result, str) else None,
    )


def order(asked: Order, unique_id: str, settings: Mapping[str, Value], now_ms: int) -> bytes:
    """An order as text; it carries the time of day, UTC, which the answer repeats."""
    interval = asked.values.get("frequency", 60)
    words = {
        "alarmArm": "SCF,{},0,0",
        "alarmDisarm": "SCF,{},1,1",
        "engineStop": "S20,{},1,1",
        "engineResume": "S20,{},1,0",
        "positionPeriodic": f"D1,{{}},{interval}" if settings.get("alternative") else f"S71,{{}},22,{interval}",
    }.get(asked.kind)
    if words is None:
        raise ProtocolError(f"h02 has no order {asked.kind}")
    second = now_ms // 1000 % 86_400
    time = f"{second // 3600:02}{second // 60 % 60:02}{second % 60:02}"
    return f"*HQ,{unique_id},{words.format(time)}#".encode("ascii", "replace")


PROTOCOL = Protocol(
    name="h02",
    port=5013,
    transports=("tcp", "udp"),
    decoder=H02,
    encoder=H02Device,
    cut=cut,
    order=order,
    orders=("alarmArm", "alarmDisarm", "engineStop", "engineResume", "positionPeriodic"),
    acknowledges=True,
    setup=setup,
)
