"""Endless headers once filled memory and stopped the loop for seconds; silent connections were held for ever."""

import asyncio

import httpx

from house_open import opened
from waykeep.api import serve
from waykeep.model.access import Role

PIECE = b"v" * 65_536


async def _sent(port, first, pieces):
    """How many bytes a door takes of a request that goes on and on, before it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    taken = 0
    try:
        writer.write(first)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            taken += len(piece)
            await asyncio.sleep(0.005)
        await asyncio.wait_for(reader.read(), 5)
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()
    return taken


async def _attacks(folder):
    async with opened(folder) as house:
        doors = {"portal": house.serving.web_port, "device": house.serving.ports["osmand"]}
        chunked = b"POST /v1/session HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\nt: "
        taken = {}
        for name, port in doors.items():
            head = b"GET / HTTP/1.1\r\nhost: x\r\n"
            taken[name, "one header"] = await _sent(port, head + b"a: ", [PIECE] * 200)
            taken[name, "many headers"] = await _sent(port, head, [b"a: " + b"v" * 4000 + b"\r\n"] * 2000)
            taken[name, "trailer"] = await _sent(port, chunked, [PIECE] * 200)
        async with house.browser(Role.ADMINISTRATOR) as head:
            large = await head.post("/v1/groups", json={"name": "x" * 900_000})
            healthy = await head.get("/v1/session")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{doors['device']}") as device:
            body = await device.post("/", content=b"id=1&" + b"x" * 200_000)
        return taken, large.status_code, healthy.status_code, body.status_code


def test_a_request_without_end_is_cut_off(tmp_path):
    taken, large, healthy, body = asyncio.run(asyncio.wait_for(_attacks(tmp_path), 120))
    assert {what: size for what, size in taken.items() if size > 6_000_000} == {}
    assert (large, healthy) == (422, 200)
    assert body == 400  # read to its end and understood by nobody, but not cut off


def test_a_connection_that_never_asks_is_closed(tmp_path, monkeypatch):
    monkeypatch.setattr(serve, "REQUEST_S", 0.3)

    async def go():
        async with opened(tmp_path) as house:
            closed = []
            for said in (
                b"",
                b"\r\n",
                b"GET / HTTP/1.1\r\n",
                b"POST /v1/session HTTP/1.1\r\ncontent-length: 9\r\n\r\n{",
            ):
                reader, writer = await asyncio.open_connection("127.0.0.1", house.serving.web_port)
                writer.write(said)
                closed.append(await asyncio.wait_for(reader.read(), 20))
                writer.close()
            async with house.browser(Role.ADMINISTRATOR) as head:
                first = await head.get("/v1/session")
                await asyncio.sleep(0.6)
                return closed, first.status_code, (await head.get("/v1/session")).status_code

    closed, first, second = asyncio.run(asyncio.wait_for(go(), 120))
    assert closed[:3] == [b"", b"", b""]
    assert (first, second) == (200, 200)
