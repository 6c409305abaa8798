"""The newest position of a shared unit once went to whoever drove it next, and to its holder while another drove."""

import asyncio

import msgspec
from websockets.asyncio.client import connect

from house_open import opened
from waykeep import wiring
from waykeep.model.access import Role

UNIQUE = "350000000000011"


async def _heard(house, person):
    """What a live view of all says within a second and a half."""
    address = house.web.replace("http:", "ws:") + "/v1/stream"
    heard = []
    async with connect(address, additional_headers=[("cookie", f"sid={house.session(person)}")]) as socket:
        await socket.send('{"watch":"all"}')
        try:
            while True:
                heard.append(await asyncio.wait_for(socket.recv(), 1.5))
        except TimeoutError:
            return [one for one in heard if isinstance(one, bytes)]


async def _shared(folder):
    async with opened(folder) as house, house.browser(Role.ADMINISTRATOR) as head:
        ada, bo = house.people[Role.DRIVER], house.person(Role.DRIVER, "Bo Later")
        unit = await house.enrol(head, UNIQUE, person=bo.id, since_ms=wiring.now_ms() - 3_600_000)
        seen = {}

        async def look(when):
            for person in (ada, bo):
                cookies = {"sid": house.session(person)}
                async with house.browser(Role.DRIVER) as browser:
                    answer = await browser.get("/v1/positions/latest", headers={"cookie": f"sid={cookies['sid']}"})
                seen[when, person.name] = (len(answer.json()), bool(await _heard(house, person)))

        async def drives(person):
            body = {"kind": "driver", "person": None if person is None else person.id}
            assert (await head.post(f"/v1/units/{unit}/assign", json=body)).status_code == 200

        await drives(ada)
        await asyncio.sleep(1.1)
        assert await house.report(UNIQUE) == 200
        await asyncio.sleep(0.5)
        await look("Ada drives")
        await asyncio.sleep(1.1)
        await drives(None)
        await look("Ada left")
        await asyncio.sleep(1.1)
        assert await house.report(UNIQUE, lat="47.4") == 200
        await asyncio.sleep(0.5)
        await look("Bo's own")
        latest = (await head.get("/v1/positions/latest")).json()
    return ada.name, bo.name, seen, latest


def test_a_driver_never_sees_where_another_left_the_unit(tmp_path):
    ada, bo, seen, latest = asyncio.run(asyncio.wait_for(_shared(tmp_path), 120))
    nothing, shown = (0, False), (1, True)
    assert seen == {
        ("Ada drives", ada): shown, ("Ada drives", bo): nothing,
        ("Ada left", ada): nothing, ("Ada left", bo): nothing,
        ("Bo's own", ada): nothing, ("Bo's own", bo): shown,
    }, msgspec.json.encode(latest)  # fmt: skip
    assert len(latest) == 1
