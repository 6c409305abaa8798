"""Files of a track: each parses as its format, keeps gaps apart, escapes what it is given, and needs little memory."""

import csv
import io
import json
import tracemalloc
import xml.etree.ElementTree as ET

import pytest

from waykeep.reports import EXPORTS
from waykeep.reports.base import PIECE, Point

NASTY = 'Ünit <1> & "co" \x00]]> =cmd()'
GPX = "{http://www.topografix.com/GPX/1/1}"
GX = "{http://www.google.com/kml/ext/2.2}"
KML = "{http://www.opengis.net/kml/2.2}"
START_MS = 1_750_000_000_123


def points(count, gaps=(), **changes):
    return [
        Point(
            fix_ms=START_MS + n * 1000,
            latitude=-35.0 - n / 10_000,
            longitude=51.0,
            altitude_m=1200.5,
            speed_mps=12.5,
            begins=n == 0 or n in gaps,
            **changes,
        )
        for n in range(count)
    ]


def written(form, some, name=NASTY):
    return b"".join(EXPORTS[form].write(name, some))


def test_gpx_parses_and_a_gap_begins_a_segment():
    root = ET.fromstring(written("gpx", points(10, gaps=(4,))))
    track = root.find(f"{GPX}trk")
    assert track.findtext(f"{GPX}name") == 'Ünit <1> & "co" ]]> =cmd()'
    assert [len(segment) for segment in track.findall(f"{GPX}trkseg")] == [4, 6]
    first = track.find(f"{GPX}trkseg/{GPX}trkpt")
    assert (first.get("lat"), first.get("lon")) == ("-35.0000000", "51.0000000")
    assert [child.tag.removeprefix(GPX) for child in first] == ["ele", "time"]
    assert first.findtext(f"{GPX}time") == "2025-06-15T15:06:40.123Z"


def test_kml_parses_and_each_track_has_as_many_times_as_places():
    root = ET.fromstring(written("kml", points(2 * PIECE + 5, gaps=(7,))))
    tracks = root.findall(f".//{GX}MultiTrack/{GX}Track")
    sizes = [(len(one.findall(f"{KML}when")), len(one.findall(f"{GX}coord"))) for one in tracks]
    assert all(times == places for times, places in sizes)
    assert sizes[0] == (7, 7)
    assert sum(times for times, _ in sizes) == 2 * PIECE + 5 + len(sizes) - 2  # a long segment's pieces share a point
    assert root.findtext(f".//{GX}MultiTrack/{GX}interpolate") == "0"


def test_geojson_parses_and_a_lonely_point_is_no_line():
    body = json.loads(written("geojson", points(6, gaps=(5,))))
    line, alone = body["features"]
    assert (line["geometry"]["type"], len(line["geometry"]["coordinates"])) == ("LineString", 5)
    assert (alone["geometry"]["type"], alone["geometry"]["coordinates"]) == ("Point", [51.0, -35.0005, 1200.5])
    assert len(line["properties"]["times"]) == 5
    assert alone["properties"]["after_gap"] is True


def test_csv_parses_and_counts_segments():
    rows = list(csv.DictReader(io.StringIO(written("csv", points(4, gaps=(2,))).decode(), newline="")))
    assert [row["segment"] for row in rows] == ["1", "1", "2", "2"]
    assert float(rows[3]["latitude"]) == pytest.approx(-35.0003)
    assert rows[0]["course_deg"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", '"=1'])
def test_no_cell_of_text_begins_a_formula(text):
    from waykeep.reports.csv import quoted  # noqa: PLC0415 - only here

    (cell,) = next(csv.reader(io.StringIO(quoted(text), newline="")))
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.endswith(text)


def test_what_a_device_sent_as_text_comes_whole_and_harmless():
    rows = list(
        csv.DictReader(io.StringIO(written("csv", points(1, attributes={"result": '=HYPERLINK("x")'})).decode()))
    )
    assert json.loads(rows[0]["attributes"]) == {"result": '=HYPERLINK("x")'}


@pytest.mark.parametrize("form", EXPORTS)
def test_nothing_to_write_is_still_a_whole_file(form):
    body = written(form, [])
    assert body
    if form in {"gpx", "kml"}:
        ET.fromstring(body)
    elif form == "geojson":
        assert json.loads(body)["features"] == []


@pytest.mark.parametrize("form", EXPORTS)
def test_ten_times_the_points_need_the_same_memory(form):
    def peak(count):
        source = (
            Point(fix_ms=START_MS + n * 1000, latitude=35.0, longitude=51.0, begins=n % 7000 == 0) for n in range(count)
        )
        tracemalloc.start()
        size = sum(len(piece) for piece in EXPORTS[form].write("x", source))
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, peak_bytes

    small_size, small = peak(3000)
    large_size, large = peak(30_000)
    assert large_size > 9 * small_size
    assert large < 1.5 * small
