"""GeoJSON (RFC 7946): a line feature between gaps, with the times beside the coordinates."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from waykeep.reports.base import Export, Point, instant, pieces


def write(name: str, points: Iterable[Point]) -> Iterator[bytes]:
    """The file."""
    yield b'{"type":"FeatureCollection","features":['
    joint = b"\n"
    for segment, (begins, piece) in enumerate(pieces(points)):
        yield joint + msgspec.json.encode(_feature(name, segment, piece, begins=begins))
        joint = b",\n"
    yield b"\n]}\n"


def _feature(name: str, number: int, piece: Sequence[Point], *, begins: bool) -> dict[str, object]:
    places = [_place(point) for point in piece]
    alone = len(places) == 1  # a line of one point is none
    return {
        "type": "Feature",
        "geometry": {"type": "Point" if alone else "LineString", "coordinates": places[0] if alone else places},
        "properties": {
            "name": name,
            "piece": number,
            "after_gap": begins,
            "times": [instant(point.fix_ms) for point in piece],
            "speed_mps": [point.speed_mps for point in piece],
        },
    }


def _place(point: Point) -> list[float]:
    place = [point.longitude, point.latitude]
    return place if point.altitude_m is None else [*place, round(point.altitude_m, 1)]


EXPORT = Export(name="geojson", media_type="application/geo+json", write=write)
