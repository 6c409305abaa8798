"""A whole server at DEBUG, asked and reported to in every way that fails: no record says who or where."""

import asyncio
import logging

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect

from house_open import opened
from waykeep.model.access import Role

UNIQUE, STRANGER = "352000000041417", "359999999941418"
NAME, EMAIL, NOBODY = "Quilla Zubaran", "quilla@zubaran.example", "nobody@hidden.example"
LATITUDE, LONGITUDE, HOSTILE = "47.31337", "8.51234", "qqhostile"
PLANTED = (UNIQUE, STRANGER, "Quilla", "quilla", NOBODY, "47.313", "473133", "8.5123", "851234", HOSTILE, "192.0.2.44")
CLIENTS = ("httpx", "httpcore", "websockets.client")  # the test's own side of the wire


class Kept(logging.Handler):
    """Every record of every logger, as text with all its fields and its trace."""

    def __init__(self):
        super().__init__(logging.NOTSET)
        self.said = []

    def emit(self, record):
        """Keep it."""
        if not record.name.startswith(CLIENTS):
            trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
            self.said.append(f"{record.name} {record.getMessage()} {record.__dict__} {trace}")


@pytest.fixture
def kept():
    root, handler = logging.getLogger(), Kept()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


async def _devices(house):
    """Reports that are taken, unknown, broken and absurd, over each transport."""
    assert await house.report(UNIQUE) == 200
    await house.report(UNIQUE, speed="-1", bearing="-1")
    await house.report(STRANGER)
    await house.report(UNIQUE, lat=HOSTILE)
    ports = house.serving.ports
    for name, data in {
        "h02": f"*HQ,{STRANGER},V1,121212,A,4731.337,N,00851.234,E,0,0,010126,FFFFFFFF#".encode(),
        "gt06": b"\x78\x78" + HOSTILE.encode() + b"\r\n" * 4,
        "teltonika": b"\x00\x0f" + STRANGER.encode() + HOSTILE.encode(),
    }.items():
        reader, writer = await asyncio.open_connection("127.0.0.1", ports[name])
        writer.write(data)
        await asyncio.wait({asyncio.create_task(reader.read(64))}, timeout=0.3)
        writer.close()


async def _people(house, sid, unit):
    """Sign-ins that fail, reads with everything in the query, and requests that are none."""
    async with httpx.AsyncClient(base_url=house.web, cookies={"sid": sid}, timeout=30) as browser:
        for login in (EMAIL, NOBODY, NAME):
            await browser.post("/v1/session", json={"login": login, "password": HOSTILE})
        await browser.post("/v1/session/forgotten", json={"login": EMAIL})
        await browser.post("/v1/session/forgotten", json={"login": EMAIL}, headers={"origin": f"http://[{HOSTILE}"})
        await browser.get(f"/v1/units/{unit}/track", params={"from": "0", "to": "4102444800000", "x": UNIQUE})
        await browser.get(f"/v1/units/{unit}/export", params={"from": "0", "to": "4102444800000", "format": "csv"})
        await browser.get("/v1/positions/latest")
        await browser.get(f"/v1/units/{HOSTILE}/track", params={"from": HOSTILE, "to": EMAIL})
        await browser.post("/v1/units", content=b'{"name":"' + HOSTILE.encode() + b'\xff"}')
        await browser.get(
            f"/{HOSTILE}/{UNIQUE}", params={"q": EMAIL}, headers={"upgrade": HOSTILE, "connection": "upgrade"}
        )
    address = house.web.replace("http:", "ws:") + f"/v1/stream?who={UNIQUE}"
    async with connect(address, additional_headers=[("cookie", f"sid={sid}"), ("x-who", EMAIL)]) as socket:
        for ask in ('{"watch":"all"}', f'{{"watch":["{HOSTILE}"]}}', HOSTILE):
            await socket.send(ask)
        await socket.send(HOSTILE.encode())
        await asyncio.sleep(0.8)


def test_the_log_of_a_whole_server_never_says_who_or_where(tmp_path, kept):
    async def go():
        async with opened(tmp_path) as house, house.browser(Role.ADMINISTRATOR) as head:
            person = house.person(Role.ADMINISTRATOR, NAME, EMAIL)
            sid = house.session(person)
            unit = await house.enrol(head, UNIQUE, name=f"{NAME}'s van", person=person.id)
            await asyncio.sleep(1.1)
            await _devices(house)
            await _people(house, sid, unit)
            await head.delete(f"/v1/people/{person.id}")
            return sid, unit, person.id

    secrets = (*PLANTED, *asyncio.run(asyncio.wait_for(go(), 120)))
    logging.getLogger("waykeep.test").debug(
        "so that the search has something to find: %s", msgspec.json.encode(PLANTED)
    )
    *said, marked = kept.said
    assert all(what in marked for what in PLANTED)
    assert [(what, line[:300]) for line in said for what in secrets if what in line] == []
