"""Recordings are read whatever their shape, and what cannot be understood is named by file and line."""

import gzip
import json
import zipfile

import pytest

from shared_input import SHARED, needs_shared
from waykeep.errors import AskError
from waykeep.simulate.recordings import read, shifted
from waykeep.simulate.recordings_row import Layout, time_ms

DATA = SHARED / "data" if SHARED else None


def written(folder, name, text):
    file = folder / name
    file.write_text(text)
    return file


def one(file, **layout):
    (track,) = read([file], Layout(**layout))
    return track.positions


def test_a_csv_is_read_by_the_names_of_its_columns(tmp_path):
    file = written(
        tmp_path, "a.csv", "time,lat,lng,speed_kmh,heading\n2026-01-01T00:00:01Z,1,2,36,90\n2026-01-01 00:00:00,1,2,,\n"
    )
    first, second = one(file)
    assert second.fix_ms - first.fix_ms == 1000
    assert (second.latitude_deg, second.longitude_deg, second.speed_mps, second.course_deg) == (1, 2, 10, 90)
    assert first.speed_mps == 0


def test_a_csv_without_a_heading_is_read_by_given_names(tmp_path):
    file = written(tmp_path, "a.csv", "x,52.5,13.4,1767225600\n")
    assert one(file, columns=("-", "latitude", "longitude", "time"))[0].fix_ms == 1_767_225_600_000


def test_a_gpx_is_read_with_time_and_height(tmp_path):
    file = written(
        tmp_path,
        "a.gpx",
        '<gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
        '<trkpt lat="1" lon="2"><ele>5</ele><time>2026-01-01T00:00:00Z</time></trkpt>'
        '<trkpt lat="1" lon="2.001"><time>2026-01-01T00:00:10Z</time></trkpt></trkseg></trk></gpx>',
    )
    first, second = one(file)
    assert first.altitude_m == 5
    assert first.course_deg == pytest.approx(90, abs=0.1)
    assert second.speed_mps == pytest.approx(11.1, abs=0.1)


def test_geojson_lines_and_json_lines_are_read(tmp_path):
    line = {"type": "LineString", "coordinates": [[2, 1], [2.001, 1, 7]]}
    assert len(one(written(tmp_path, "a.geojson", json.dumps({"type": "Feature", "geometry": line})))) == 2
    told = "\n".join(json.dumps({"lat": 1 + i / 100, "lon": 2, "timestamp": 1767225600 + i}) for i in range(3))
    assert [p.fix_ms for p in one(written(tmp_path, "a.jsonl", told))] == [
        1_767_225_600_000 + i * 1000 for i in range(3)
    ]


def test_packed_files_are_read(tmp_path):
    packed = tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(b"lat,lon\n1,2\n"))
    assert len(one(packed)) == 1
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x/one.csv", "lat,lon\n1,2\n")
        archive.writestr("x/two.csv", "lat,lon\n1,2\n1,3\n")
    assert [len(t.positions) for t in read([tmp_path / "a.zip"], Layout(by="file"))] == [1, 2]


def test_local_metres_are_laid_at_the_origin(tmp_path):
    file = written(tmp_path, "a.csv", "time,x,y\n1,0,0\n2,0,1000\n")
    with pytest.raises(AskError, match="--origin"):
        one(file)
    first, second = one(file, origin=(52.0, 13.0))
    assert (first.latitude_deg, first.longitude_deg) == (52.0, 13.0)
    assert second.latitude_deg == pytest.approx(52.008993, abs=1e-5)


def test_a_column_makes_units(tmp_path):
    file = written(tmp_path, "a.csv", "lat,lon,van\n1,2,a\n1,2,b\n1,3,a\n")
    assert {t.name: len(t.positions) for t in read([file], Layout(by="van"))} == {"a": 2, "b": 1}


def test_fixes_without_a_time_follow_each_other(tmp_path):
    file = written(tmp_path, "a.csv", "lat,lon\n1,2\n1,3\n")
    assert [p.fix_ms for p in one(file, every_s=5)] == [0, 5000]


def test_a_drive_is_shifted_so_that_it_ends_then(tmp_path):
    file = written(tmp_path, "a.csv", "time,lat,lon\n1000,1,2\n1060,1,3\n")
    (track,) = shifted(read([file], Layout()), 5_000_000)
    assert [p.fix_ms for p in track.positions] == [4_940_000, 5_000_000]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "lat,lon\n1,2\n1,abc\n", "a.csv:3: longitude is not a number"),
        ("a.csv", "lat,lon\n1,2\n91,2\n", "a.csv:3: there is no place"),
        ("a.csv", "lat,lon,time\n1,2,noon\n", "a.csv:2: no time that is understood"),
        ("a.csv", "lat,lon\n1,2,3\n", "a.csv:2: 3 fields where 2 are named"),
        ("a.csv", "what,ever\n1,2\n", "a.csv:1: the first line names no column"),
        ("a.csv", "lat,lon\n", "a.csv: no positions"),
        ("a.json", '{"type":\n "FeatureCollection",,}', "a.json:2:"),
        ("a.jsonl", '{"lat":1,"lon":2}\n{oops\n', "a.jsonl:2:"),
        ("a.gpx", "<gpx>\n<trk>\n</gpx>", "a.gpx:3: not well-formed"),
        ("a.gpx", '<gpx>\n\n<trkpt lat="1"/></gpx>', "a.gpx:3: a point without lat and lon"),
        ("a.gpx", '<!DOCTYPE x [<!ENTITY a "b">]><gpx/>', "a.gpx:1: a GPX file has no document type"),
        ("a.xyz", "?", "a.xyz: neither GPX"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(tmp_path, name, text, told):
    with pytest.raises(AskError) as error:
        one(written(tmp_path, name, text))
    assert told in error.value.text


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AskError, match="no such file"):
        one(tmp_path / "none.csv")


def test_a_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AskError, match=r"a\.csv:2: nothing in van"):
        one(written(tmp_path, "a.csv", "lat,lon\n1,2\n"), by="van")


SAME_TIMES = [
    "1767225600",
    "1767225600000",
    "1767225600000000",
    "1767225600000000000",
    "2026-01-01",
    "2026-01-01 00:00:00+0000",
    "2026-01-01T01:00:00.000000000+01:00",
]


@pytest.mark.parametrize("text", SAME_TIMES)
def test_times_are_understood_in_every_usual_form(text):
    assert time_ms(text, 1) == 1_767_225_600_000


TAXI = (*"-----", "time", *"----", "longitude", "latitude", "-", "-")
SHARED_TRACKS = [
    ("denver_traces/sample_trace_1.csv", {}, 1, 1053),
    ("denver_traces/test_trace.gpx", {}, 1, 778),
    ("denver_traces/test_trace_stationary_points.geojson", {}, 1, 20),
    ("denver_traces/trace_bad_start.geojson", {}, 1, 17),
    ("envirocar/track_1.json", {}, 1, 368),
    ("envirocar/track_2.json", {}, 1, 269),
    ("goal/trajectories.zip", {"by": "file", "origin": (47.6, -122.3)}, 805, 57_960),
    ("gotrack/go_track_trackspoints.csv", {"by": "track_id"}, 163, 18_107),
    ("liverpool_bus/route14_outbound.csv", {"by": "vehicle_id"}, 8, 1533),
    ("munich_barefoot/x0001-001.json", {}, 1, 1194),
    ("munich_barefoot/x0001-001.geojson", {}, 1, 1194),
    ("munich_barefoot/x0001-015.geojson", {}, 1, 80),
    ("munich_barefoot/dbscan_points.csv", {"columns": TAXI}, 1, 682),
    ("tsbs_iot/tsbs_iot_seed123_scale10_6h.txt.gz", {"by": "name"}, 10, 18_931),
]  # fmt: skip


@needs_shared
@pytest.mark.parametrize(("name", "layout", "tracks", "positions"), SHARED_TRACKS, ids=[s[0] for s in SHARED_TRACKS])
def test_real_recordings_are_read_whole(name, layout, tracks, positions):
    found = read([DATA / name], Layout(**layout))
    assert (len(found), sum(len(t.positions) for t in found)) == (tracks, positions)
    for track in found:
        times = [p.fix_ms for p in track.positions]
        assert times == sorted(times)


@needs_shared
def test_what_a_car_says_on_its_bus_is_kept():
    (track,) = read([DATA / "envirocar" / "track_1.json"], Layout())
    assert {"rpm", "obdSpeed", "fuelConsumption"} <= track.positions[0].attributes.keys()
    assert track.positions[0].speed_mps == pytest.approx(58.97586710375765 / 3.6)
