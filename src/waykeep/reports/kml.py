"""KML 2.2 with times: a MultiTrack that is not interpolated, so that a gap stays a gap."""

from collections.abc import Iterable, Iterator, Sequence

from waykeep.reports.base import Export, Point, instant, pieces, plain_xml

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">
<Document><name>{name}</name>
<Placemark><name>{name}</name>
<gx:MultiTrack><gx:interpolate>0</gx:interpolate>
"""
TAIL = "</gx:MultiTrack>\n</Placemark>\n</Document>\n</kml>\n"


def write(name: str, points: Iterable[Point]) -> Iterator[bytes]:
    """The file."""
    yield HEAD.format(name=plain_xml(name)).encode()
    for _, piece in pieces(points):
        yield _track(piece).encode()
    yield TAIL.encode()


def _track(piece: Sequence[Point]) -> str:
    times = "".join(f"<when>{instant(point.fix_ms)}</when>\n" for point in piece)
    places = "".join(
        f"<gx:coord>{point.longitude:.7f} {point.latitude:.7f} {point.altitude_m or 0:.1f}</gx:coord>\n"
        for point in piece
    )
    return f"<gx:Track>\n{times}{places}</gx:Track>\n"


EXPORT = Export(name="kml", media_type="application/vnd.google-earth.kml+xml", write=write)
