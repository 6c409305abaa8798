"""Teltonika's text codecs (12, 13, 14): answers to orders, serial data, and the offer of a camera's picture."""

from waykeep.errors import ProtocolError
from waykeep.model.position import Position, Value
from waykeep.protocols.base import Message
from waykeep.protocols.checks import crc_ibm
from waykeep.protocols.cut import Reader

CODEC_12, CODEC_13, CODEC_14 = 0x0C, 0x0D, 0x0E
PICTURE = 0x0D
PICTURE_PART = 2048  # the most a camera sends at once
SCALE = ("UUUUww", "SSS")  # what an on-board scale begins and ends its line with
PRINTABLE = frozenset(b"\t\r\n") | frozenset(range(0x20, 0x7F))


def text_frame(content: bytes, kind: int = 5) -> bytes:
    """Frame an order (kind 5), as the server sends it."""
    body = bytes((CODEC_12, 1, kind)) + len(content).to_bytes(4, "big") + content + b"\x01"
    return bytes(4) + len(body).to_bytes(4, "big") + body + crc_ibm(body).to_bytes(4, "big")


def read_text(body: bytes) -> Message:
    """Read a text frame from its codec to its last count.

    Its check sum and what follows the text are not judged: cameras and serial devices behind a tracker fill them
    wrongly, and a text holds no record that could be stored wrongly or lost.
    """
    if len(body) < 8 or body[1] != 1:
        raise ProtocolError("teltonika: a text frame holds one text")
    size = int.from_bytes(body[3:7], "big")
    if size > len(body) - 8:
        raise ProtocolError("teltonika: a text longer than its frame")
    codec, kind, content = body[0], body[2], body[7 : 7 + size]
    return _picture(content) if kind == PICTURE else _text(codec, kind, Reader(content), body)


def _text(codec: int, kind: int, content: Reader, record: bytes) -> Message:
    attributes: dict[str, Value] = {}
    device_ms: int | None = None
    if codec == CODEC_12:
        attributes["type"] = kind
    elif codec == CODEC_13:
        device_ms = content.number(4) * 1000
    elif codec == CODEC_14:
        content.take(8)  # the IMEI again, in BCD
    text = _interpret(content.take(content.left), attributes)
    position = Position(fix_ms=None, device_ms=device_ms, attributes=attributes)
    return Message(positions=(position,), records=(record,), result=text)


def _interpret(content: bytes, attributes: dict[str, Value]) -> str:
    """Enter what the text means and give the text; what is not printable is given in hex."""
    if not PRINTABLE.issuperset(content):
        attributes["result"] = content.hex()
        return content.hex()
    text = content.decode("ascii").strip()
    if text.startswith(SCALE[0]) and text.endswith(SCALE[1]) and _scale(text, attributes):
        return text
    fields = text.split("|")
    if fields[0] == "GTSL" and len(fields) > 4:
        attributes["driverUniqueId"] = fields[4]
    else:
        attributes["result"] = text
    return text


def _scale(text: str, attributes: dict[str, Value]) -> bool:
    """Enter the weights of an on-board scale: eight axles, two loads, two totals."""
    names = [f"axle{n}" for n in range(1, 9)] + ["loadTruck", "loadTrailer", "totalTruck", "totalTrailer"]
    fields = text[len(SCALE[0]) : -len(SCALE[1])].rstrip(";").split(";")
    if len(fields) != len(names) or not all(f.replace(".", "", 1).isdecimal() and f.isascii() for f in fields):
        return False
    attributes |= {name: float(field) for name, field in zip(names, fields, strict=True)}
    return True


def _picture(content: bytes) -> Message:
    """Ask for the next part of a picture until an empty one comes; the picture itself is not kept anywhere."""
    reader = Reader(content)
    step = reader.number(1)
    if step not in (1, 2):
        return Message()
    picture = reader.take(4)
    following = 0
    if step == 2:
        offset, size = reader.number(4), reader.number(2)
        if size == 0:
            return Message()
        following = (offset + size) & 0xFFFF_FFFF
    ask = b"\x02" + picture + following.to_bytes(4, "big") + PICTURE_PART.to_bytes(2, "big")
    return Message(replies=(text_frame(ask, PICTURE),))
