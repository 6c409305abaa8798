"""CSV (RFC 4180): one position a line; text that a spreadsheet would run as a formula is made harmless."""

from collections.abc import Iterable, Iterator

import msgspec

from waykeep.reports.base import Export, Point, instant

COLUMNS = "time,segment,latitude,longitude,altitude_m,speed_mps,course_deg,accuracy_m,attributes"
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(name: str, points: Iterable[Point]) -> Iterator[bytes]:  # noqa: ARG001 - a table has no title line
    """The file."""
    yield f"{COLUMNS}\r\n".encode()
    segment = 0
    for point in points:
        segment += point.begins or segment == 0
        yield _line(segment, point).encode()


def _line(segment: int, point: Point) -> str:
    figures = (point.altitude_m, point.speed_mps, point.course_deg, point.accuracy_m)
    cells = [
        instant(point.fix_ms),
        str(segment),
        f"{point.latitude:.7f}",
        f"{point.longitude:.7f}",
        *("" if figure is None else f"{figure:.2f}" for figure in figures),
        quoted(msgspec.json.encode(point.attributes).decode() if point.attributes else ""),
    ]
    return ",".join(cells) + "\r\n"


def quoted(text: str) -> str:
    """A cell of text: quoted, and with an apostrophe before what would begin a formula."""
    harmless = "'" + text if text.startswith(FORMULA) else text
    return '"' + harmless.replace('"', '""') + '"' if harmless else ""


EXPORT = Export(name="csv", media_type="text/csv; charset=utf-8", write=write)
