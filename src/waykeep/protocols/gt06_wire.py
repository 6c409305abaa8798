"""GT06 on the wire: where a frame ends, its checksum, reading fields, writing frames.

`78 78 | length | kind | content | serial (2) | checksum (2) | 0D 0A`; long frames begin with `79 79` and have a length
of two bytes. The length counts kind to checksum, the checksum covers length to serial. Real devices bend this: Wi-Fi
reports of kinds 17 and 69 hold a count of access points where the length stands and have neither serial nor checksum,
some logins stop after the first byte of the serial, and some frames are a byte longer than they say.
"""

from datetime import UTC, datetime, timedelta

from waykeep.errors import ProtocolError
from waykeep.protocols.checks import crc_itu

SHORT, LONG = b"\x78\x78", b"\x79\x79"
END = b"\r\n"
LOGIN = 0x01
COUNTED = (0x17, 0x69)  # kinds whose "length" may be a count of access points
LONGEST_LIE = 64  # how far past its stated length a frame's end is looked for
SHORTEST_LOGIN = 15


def frame(kind: int, content: bytes, serial: int, *, long: bool = False) -> bytes:
    """One whole frame."""
    size = len(content) + 5
    body = (size.to_bytes(2) if long else size.to_bytes(1)) + bytes([kind]) + content + (serial & 0xFFFF).to_bytes(2)
    return (LONG if long else SHORT) + body + crc_itu(body).to_bytes(2) + END


def sound(data: bytes) -> bool:
    """Whether the frame's checksum is right."""
    tail = data.rfind(b"\r")
    return tail >= 8 and crc_itu(data[2 : tail - 2]) == int.from_bytes(data[tail - 2 : tail])


def cut(data: bytes) -> tuple[bytes, int] | None:
    """The first whole frame and the bytes it took, or None to wait for more."""
    start = len(data) - len(data.lstrip(b"\r\n"))  # a frame counts as whole at its CR; what follows is skipped here
    rest = data[start:]
    if len(rest) < 5:
        return None
    if rest[:2] not in (SHORT, LONG):
        raise ProtocolError("gt06: a frame begins with 7878 or 7979")
    end = _end(rest)
    if end is None:
        return None
    return rest[:end] if rest[end - 1 : end] == b"\n" else rest[:end] + b"\n", start + end


def _end(rest: bytes) -> int | None:
    long = rest[:2] == LONG
    stated = 6 + int.from_bytes(rest[2:4]) if long else 5 + rest[2]
    if not long and rest[3] in COUNTED and (counted := _counted_end(rest)) is not None:
        return counted or None
    if len(rest) < stated:
        return _early_end(rest, stated)
    if rest[stated - 2 : stated] == END:
        return stated
    found = rest.find(END, 5, stated + LONGEST_LIE)
    if found < 0 and len(rest) > stated + LONGEST_LIE:
        raise ProtocolError("gt06: no end of frame where its length says")
    return found + 2 if found >= 0 else None


def _early_end(rest: bytes, stated: int) -> int | None:
    if len(rest) == SHORTEST_LOGIN and rest[:2] == SHORT and rest[3] == LOGIN and rest.endswith(END):
        return SHORTEST_LOGIN
    return stated - 1 if len(rest) == stated - 1 and rest.endswith(b"\r") and sound(rest) else None


def _counted_end(rest: bytes) -> int | None:
    """End of a Wi-Fi report of the counted form; 0 = wait for more, None = it is not of that form."""
    at = 10 + 7 * rest[2]
    if len(rest) > at:
        at += 4 + 5 * rest[at]
        if len(rest) >= at + 2:
            return at + 2 if rest[at : at + 2] == END else None
        return 0 if END not in rest[at:] else None
    return 0


class Reader:
    """Reads fields one after another; a message that ends early is a ProtocolError."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next bytes as they are."""
        if count < 0 or count > self.left:
            raise ProtocolError("gt06: the message ends inside a field")
        self._at += count
        return self._data[self._at - count : self._at]

    def peek(self, ahead: int = 0) -> int:
        """A byte that stays unread."""
        if ahead >= self.left:
            raise ProtocolError("gt06: the message ends inside a field")
        return self._data[self._at + ahead]

    def unsigned(self, size: int) -> int:
        """A big-endian number of that many bytes."""
        return int.from_bytes(self.take(size))

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def short(self) -> int:
        """Two bytes."""
        return int.from_bytes(self.take(2))

    def word(self) -> int:
        """Four bytes."""
        return int.from_bytes(self.take(4))

    def signed(self, size: int) -> int:
        """A big-endian number in two's complement."""
        return int.from_bytes(self.take(size), signed=True)

    def text(self, size: int) -> str:
        """ASCII; what is not shows as a replacement mark."""
        return self.take(size).decode("ascii", "replace")

    def date_ms(self, offset_ms: int) -> int | None:
        """Six bytes year to second in the device's zone, as Unix ms; None when they are no date."""
        return moment_ms(tuple(self.take(6)), offset_ms)

    def date_bcd_ms(self) -> int | None:
        """Six bytes year to second as two digits each, UTC, as Unix ms; None when they are no date."""
        return moment_ms(tuple((byte >> 4) * 10 + (byte & 15) for byte in self.take(6)), 0)


def moment_ms(fields: tuple[int, ...], offset_ms: int) -> int | None:
    """Unix ms of (year of the century, month, day, hour, minute, second) at an offset from UTC."""
    year, month, day, hour, minute, second = fields
    try:
        at = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return int(at.timestamp() * 1000) - offset_ms


def date_bytes(unix_ms: int) -> bytes:
    """The six bytes year to second of a moment, UTC."""
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=unix_ms)
    return bytes([at.year % 100, at.month, at.day, at.hour, at.minute, at.second])
