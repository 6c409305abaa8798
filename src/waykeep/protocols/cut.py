"""Framing: whole frames out of a stream that comes in any pieces, within a bound."""

from collections.abc import Callable

from waykeep.errors import ProtocolError
from waykeep.protocols.base import LONGEST_BUFFER

WINDOW = 1024  # how far the cut looks behind a first frame: many short frames must not copy the whole rest each

Cut = Callable[[bytes], tuple[bytes, int] | None]


class Buffer:
    """The bytes of an unfinished frame; never more than `limit` of them."""

    __slots__ = ("_cut", "_limit", "_rest")

    def __init__(self, cut: Cut, limit: int = LONGEST_BUFFER) -> None:
        """Keep the framing rule: `cut(data)` gives the first whole frame and the bytes it took, or None to wait."""
        self._cut, self._limit, self._rest = cut, limit, b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes and give the frames that are whole now."""
        rest = self._rest + data if self._rest else data
        frames: list[bytes] = []
        at, window = 0, len(rest)
        while at < len(rest):
            found = self._cut(rest[at : at + window] if at else rest)
            if found is not None:
                frame, taken = found
                frames.append(frame)
                at, window = at + taken, WINDOW
            elif at + window < len(rest):
                window *= 4
            else:
                break
        self._rest = rest[at:]
        if len(self._rest) > self._limit:
            raise ProtocolError(f"no frame end within {self._limit} bytes")
        return frames

    def __len__(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._rest)


def until(ends: bytes, longest: int) -> Cut:
    """Frames that end with these bytes, which are not part of the frame."""

    def cut(data: bytes) -> tuple[bytes, int] | None:
        end = data.find(ends, 0, longest + len(ends))
        if end >= 0:
            return data[:end], end + len(ends)
        if len(data) > longest:
            raise ProtocolError(f"no frame end within {longest} bytes")
        return None

    return cut


class Reader:
    """Walks over the fields of one frame; a field that is cut off is a ProtocolError, never a wrong number."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        """Begin at the first byte."""
        self._data, self._at = data, 0

    def take(self, size: int) -> bytes:
        """Give the next bytes."""
        end = self._at + size
        if end > len(self._data):
            raise ProtocolError("a field is cut off")
        field = self._data[self._at : end]
        self._at = end
        return field

    def number(self, size: int, *, signed: bool = False) -> int:
        """Give the next big-endian number."""
        return int.from_bytes(self.take(size), "big", signed=signed)

    @property
    def left(self) -> int:
        """How many bytes there are still."""
        return len(self._data) - self._at
