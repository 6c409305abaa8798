"""What an export is: points in the order of their fix time, written piece by piece so that memory stays flat."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from waykeep.model.position import Value

PIECE = 1000  # points held at once where a format wants all times before all places


class Point(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One position of an export. `begins` = a gap lies before it: nothing joins it to the last one."""

    fix_ms: int
    latitude: float
    longitude: float
    altitude_m: float | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    accuracy_m: float | None = None
    begins: bool = False
    attributes: dict[str, Value] = {}


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """One file format. `write(name, points)` gives the file's bytes as they come."""

    name: str
    media_type: str
    write: Callable[[str, Iterable[Point]], Iterator[bytes]]


def instant(at_ms: int) -> str:
    """A moment as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def pieces(points: Iterable[Point]) -> Iterator[tuple[bool, Sequence[Point]]]:
    """Points of one segment in pieces of bounded size, with whether a new segment begins.

    A long segment's next piece repeats the last point, so that its line is whole.
    """
    held: list[Point] = []
    begins = True
    for point in points:
        if held and (point.begins or len(held) >= PIECE):
            yield begins, held
            begins = point.begins
            held = [] if begins else held[-1:]
        held.append(point)
    if held:
        yield begins, held


def plain_xml(text: str) -> str:
    """Text for an XML element: marks escaped, characters that XML forbids left out."""
    allowed = "".join(
        c for c in text if c in "\t\n\r" or "\x20" <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
    return allowed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
