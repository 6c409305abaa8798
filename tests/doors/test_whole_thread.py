"""One thread through the whole server: a tracker reports, a person sees it, knows who looked, and it is forgotten."""

import asyncio
import json
import time

import httpx
import pytest
from frames import unpacked
from websockets.asyncio.client import connect
from whole import Server

from waykeep.store import audit
from waykeep.store.heads import Heads


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    yield made
    made.close()


def report(server, unique_id, at_s, latitude):
    """A fix as the OsmAnd protocol sends it, to the real door; 200 means that it is durable."""
    params = {"id": unique_id, "lat": latitude, "lon": 51.4, "timestamp": at_s, "speed": 20}
    answer = httpx.get(f"http://127.0.0.1:{server.ports['osmand']}/", params=params)
    assert answer.status_code == 200


async def until(view, fits):
    """Messages up to the first that fits."""
    found = []
    async with asyncio.timeout(20):
        while not found or not fits(found[-1]):
            message = await view.recv()
            found.append(unpacked(message)[1] if isinstance(message, bytes) else json.loads(message))
    return found


def test_a_tracker_reports_a_person_sees_it_and_a_promise_is_kept(server):
    unit = server.enrol("walker-7", "osmand")
    now_s = int(time.time()) + 1  # a fix from before its device was enrolled never becomes the latest
    server.ask("POST", f"/v1/units/{unit}/assign", json={"person": server.person, "kind": "assigned"})
    span = {"from": (now_s - 3600) * 1000, "to": (now_s + 60) * 1000}

    async def work():
        address = server.address.replace("http", "ws") + "/v1/stream"
        async with connect(address, additional_headers=server.headers) as view:
            await view.send(json.dumps({"watch": [unit]}))
            names = await until(view, lambda message: isinstance(message, dict))
            await asyncio.to_thread(report, server, "walker-7", now_s, 35.7)
            (row,) = (await until(view, lambda message: isinstance(message, list)))[-1]
            assert dict(names[-1]["slots"])[row["slot"]] == unit
            assert (row["lat_e7"], row["fix_s"]) == (357_000_000, now_s)
            track = (await asyncio.to_thread(server.ask, "GET", f"/v1/units/{unit}/track", params=span)).json()
            assert (track["latitude"], track["fix_ms"]) == ([35.7], [now_s * 1000])
            looked = (await asyncio.to_thread(server.ask, "GET", "/v1/me/looked")).json()
            assert [(line["kind"], line["viewer_name"]) for line in looked][:2] == [
                ("read", "Ada"),
                ("live-open", "Ada"),
            ]
            gone = await asyncio.to_thread(server.ask, "DELETE", f"/v1/units/{unit}")
            assert gone.status_code == 200
            assert (await until(view, lambda message: isinstance(message, dict)))[-1] == {"kind": "gone", "unit": unit}

    asyncio.run(work())
    assert server.ask("GET", f"/v1/units/{unit}/track", params=span).status_code == 404
    assert unit not in server.ask("GET", "/v1/positions/latest").text
    server.close()
    found = audit.verify(server.settings.path("data_dir") / "ledger.db", Heads(server.settings.path("heads_dir")))
    assert found.faults == []
    assert found.heads >= 1
