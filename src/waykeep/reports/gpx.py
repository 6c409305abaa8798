"""GPX 1.1: one track, a segment between gaps."""

from collections.abc import Iterable, Iterator

from waykeep.reports.base import Export, Point, instant, plain_xml

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="Waykeep" xmlns="http://www.topografix.com/GPX/1/1">
<trk><name>{name}</name>
"""
TAIL = "</trk>\n</gpx>\n"


def write(name: str, points: Iterable[Point]) -> Iterator[bytes]:
    """The file."""
    yield HEAD.format(name=plain_xml(name)).encode()
    inside = False
    for point in points:
        opening = "" if inside and not point.begins else "</trkseg>\n<trkseg>\n" if inside else "<trkseg>\n"
        inside = True
        yield (opening + _point(point)).encode()
    yield (("</trkseg>\n" if inside else "") + TAIL).encode()


def _point(point: Point) -> str:
    height = "" if point.altitude_m is None else f"<ele>{point.altitude_m:.1f}</ele>"
    place = f'lat="{point.latitude:.7f}" lon="{point.longitude:.7f}"'
    return f"<trkpt {place}>{height}<time>{instant(point.fix_ms)}</time></trkpt>\n"


EXPORT = Export(name="gpx", media_type="application/gpx+xml", write=write)
