"""A demand made of a device's connections held for the next one only: an impostor who was in stayed in."""

import asyncio

import pytest

from house_open import opened
from waykeep.model.access import Role
from waykeep.protocols.teltonika_device import TeltonikaEncoder

UNIQUE_ID = "352000000000017"


def test_a_new_demand_meets_who_is_connected_already(tmp_path):
    async def run():
        async with opened(tmp_path) as house, house.browser(Role.ADMINISTRATOR) as head:
            unit = await house.enrol(head, UNIQUE_ID, protocol="teltonika")
            reader, writer = await asyncio.open_connection("127.0.0.1", house.serving.ports["teltonika"])
            writer.write(TeltonikaEncoder(UNIQUE_ID).hello())
            assert await reader.readexactly(1) == b"\x01"
            named = await head.patch(f"/v1/units/{unit}", json={"name": "Van 2"})
            assert named.status_code == 200
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.3)
            demand = {"settings": {"client_certificate": "ab" * 32}}
            assert (await head.patch(f"/v1/units/{unit}", json=demand)).status_code == 200
            assert await asyncio.wait_for(reader.read(), 10) == b""
            writer.close()

    asyncio.run(run())
