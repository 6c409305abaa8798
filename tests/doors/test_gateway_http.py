"""Devices that report over HTTP, on the port of their protocol."""

import asyncio
import base64

import msgspec
import pytest

from road import NOON_MS, device_id, position
from road_doors import answer, hung_up, site
from waykeep.gateway import http
from waykeep.gateway.http import HttpBounds
from waykeep.protocols.osmand_device import OsmandEncoder

ID = "352000000000000"
TAKEN = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
NOT_TAKEN = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"


def stored(one):
    return [at for at, _ in one.store.positions(device_id())]


def get(at_ms, unique_id=ID, more=""):
    return f"GET /?id={unique_id}&lat=35.5&lon=51.4&timestamp={at_ms}{more} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_requests_on_one_connection_are_answered_in_order_after_durability(tmp_path, size):
    async def run():
        async with site(tmp_path, "osmand") as one:
            reader, writer = await one.connect()
            encoder = OsmandEncoder(ID)
            data = encoder.report([position(NOON_MS)]) + encoder.report([position(NOON_MS + n) for n in (1, 2, 3)])
            for at in range(0, len(data), size):
                writer.write(data[at : at + size])
                await asyncio.sleep(0)
            assert await answer(reader, 2 * len(TAKEN)) == TAKEN * 2
            assert stored(one) == [NOON_MS + n for n in range(4)]

    asyncio.run(run())


def test_a_form_and_a_json_body_are_taken(tmp_path):
    async def run():
        async with site(tmp_path, "osmand") as one:
            reader, writer = await one.connect()
            form = f"id={ID}&lat=35.5&lon=51.4&timestamp={NOON_MS}".encode()
            location = {"timestamp": "2026-05-27T11:59:00Z", "coords": {"latitude": 35.6, "longitude": 51.4}}
            body = msgspec.json.encode({"device_id": ID, "location": location})
            for kind, content in (("application/x-www-form-urlencoded", form), ("application/json", body)):
                head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n\r\n"
                writer.write(head.encode() + content)
                assert await answer(reader, len(TAKEN)) == TAKEN
            assert len(stored(one)) == 2

    asyncio.run(run())


def test_an_unknown_device_is_refused_and_waits(tmp_path):
    async def run():
        async with site(tmp_path, "osmand") as one:
            reader, writer = await one.connect()
            writer.write(get(NOON_MS, "nobody"))
            assert await hung_up(reader) == NOT_TAKEN
            assert [name for name, _, _ in one.directory.knocked] == ["nobody"]

    asyncio.run(run())


def test_a_request_that_says_nothing_is_answered_400_and_the_next_one_is_taken(tmp_path):
    async def run():
        async with site(tmp_path, "osmand") as one:
            reader, writer = await one.connect()
            writer.write(b"GET /favicon.ico HTTP/1.1\r\nHost: x\r\n\r\n" + get(NOON_MS))
            assert await answer(reader, len(NOT_TAKEN + TAKEN)) == NOT_TAKEN + TAKEN

    asyncio.run(run())


def test_a_connection_that_asks_to_close_is_closed_after_its_answer(tmp_path):
    async def run():
        async with site(tmp_path, "osmand") as one:
            reader, writer = await one.connect()
            writer.write(get(NOON_MS).replace(b"Host: x", b"Connection: close"))
            assert await hung_up(reader) == TAKEN

    asyncio.run(run())


def test_a_password_comes_as_a_header_or_a_pair_and_is_asked_of_every_request(tmp_path):
    def basic(at_ms, said):
        return get(at_ms).replace(b"Host: x", b"Authorization: Basic " + said)

    right, wrong = base64.b64encode(b"any:secret 1"), base64.b64encode(b"any:secret 2")

    async def run():
        async with site(tmp_path, "osmand") as one:
            one.demand(door_password="secret 1")
            for refused in (get(NOON_MS), basic(NOON_MS, wrong), basic(NOON_MS, b"%%%"), basic(NOON_MS, right[:-3])):
                reader, writer = await one.connect()
                writer.write(refused)
                assert await hung_up(reader) == NOT_TAKEN
            reader, writer = await one.connect()
            writer.write(basic(NOON_MS, right) + get(NOON_MS + 1, more="&password=secret%201"))
            assert await answer(reader, 2 * len(TAKEN)) == TAKEN * 2
            writer.write(get(NOON_MS + 2))
            assert await hung_up(reader) == NOT_TAKEN
            assert stored(one) == [NOON_MS, NOON_MS + 1]
            assert one.directory.knocked == [(ID, "osmand", NOON_MS)] * 5
            assert b"password" not in str(one.shown.frames).encode()

    asyncio.run(run())


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /?id=" + b"x" * (http.LONGEST_TARGET + 1),
        b"GET / HTTP/1.1\r\n" + b"a: " + b"b" * (http.LONGEST_HEADERS + 1) + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 900000\r\n\r\n" + b"x" * (http.LONGEST_BODY + 1),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /?" + b"a=1&" * 300 + b" HTTP/1.1\r\n\r\n",
    ],
    ids=["tls", "version", "target", "headers", "body", "chunks", "pairs"],
)
def test_what_is_no_request_or_too_long_is_hung_up_on(tmp_path, data):
    async def run():
        async with site(tmp_path, "osmand") as one:
            reader, writer = await one.connect()
            writer.write(data)
            assert await hung_up(reader) == b""
            assert one.counters["hung-up.protocol"] == 1

    asyncio.run(run())


def test_a_request_that_drips_in_is_hung_up_on(tmp_path):
    async def run():
        async with site(tmp_path, "osmand", bounds=http_sweeps(), http_bounds=HttpBounds(request_s=0.3)) as one:
            reader, writer = await one.connect()
            for byte in get(NOON_MS)[:-2] * 2:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.02)
                if reader.at_eof():
                    break
            assert await hung_up(reader) == b""

    asyncio.run(run())


def test_an_idle_connection_is_closed(tmp_path):
    async def run():
        async with site(tmp_path, "osmand", bounds=http_sweeps(), http_bounds=HttpBounds(kept_s=0.2)) as one:
            reader, writer = await one.connect()
            writer.write(get(NOON_MS))
            assert await hung_up(reader) == TAKEN

    asyncio.run(run())


def http_sweeps():
    from waykeep.gateway.tcp import Bounds  # noqa: PLC0415 (only here)

    return Bounds(sweep_s=0.05)
