"""Exports over HTTP: a file in each format, from sealed history, with its ledger line."""

import xml.etree.ElementTree as ET

import httpx
import pytest
from portal import BEARER, Portal, minutes, run

import road
from waykeep.model.rules import Span

UNIT = road.device_id(0)
SPAN = {"from": str(road.NOON_MS - 7_200_000), "to": str(road.NOON_MS)}


@pytest.fixture
def portal(tmp_path):
    made = Portal(tmp_path, names=["Bus <7>", "Van", "Car"])
    yield made
    made.close()


def test_every_format_comes_whole_and_each_leaves_its_line(portal):
    quiet = (Span(road.NOON_MS - 3_000_000, road.NOON_MS - 2_700_000),)
    portal.drive(minutes(2000), device=UNIT, private=quiet)

    async def work():
        found = {}
        async with portal.open() as address, httpx.AsyncClient(base_url=f"http://{address}", headers=BEARER) as client:
            for form in ("gpx", "kml", "geojson", "csv"):
                answer = await client.get(f"/v1/units/{UNIT}/export", params=SPAN | {"format": form})
                assert answer.status_code == 200
                assert answer.headers["content-disposition"] == f'attachment; filename="track.{form}"'
                assert answer.headers["cache-control"] == "no-store"
                found[form] = answer
            wrong = await client.get(f"/v1/units/{UNIT}/export", params=SPAN | {"format": "exe"})
            assert (wrong.status_code, wrong.json()["slug"]) == (400, "wrong-field")
        return found

    found = run(work())
    assert portal.kinds() == ["export"] * 4
    root = ET.fromstring(found["gpx"].content)
    space = "{http://www.topografix.com/GPX/1/1}"
    assert root.findtext(f"{space}trk/{space}name") == "Bus <7>"
    segments = [len(one) for one in root.iter(f"{space}trkseg")]
    assert (len(segments), sum(segments)) == (2, 1700)
    assert len(found["csv"].text.splitlines()) == 1701
    assert found["geojson"].json()["features"][0]["properties"]["name"] == "Bus <7>"
    ET.fromstring(found["kml"].content)


def test_a_stranger_gets_no_file_and_no_line(portal):
    portal.caller("narrow", 1, devices=[])

    async def work():
        async with portal.open() as address, httpx.AsyncClient(base_url=f"http://{address}") as client:
            headers = {"authorization": "Bearer narrow"}
            return await client.get(f"/v1/units/{UNIT}/export", params=SPAN, headers=headers)

    assert run(work()).status_code == 404
    assert portal.kinds() == []
