"""A newest position is of whoever drove then; the line of its read named only who drives the vehicle now."""

import asyncio

import pytest

from houses import DAY_MS, NOON_MS, House
from waykeep.flows.looking import Access, Looking
from waykeep.flows.watching import Watching
from waykeep.live import Live, Spot
from waykeep.model.access import Role, Viewer
from waykeep.policy.access import Reading

HOUR_MS = 3_600_000


@pytest.mark.parametrize("door", ["latest", "live"])
def test_who_drove_last_hears_that_their_last_place_was_looked_at(tmp_path, door):
    house, live = House(tmp_path), Live()
    tenant = house.tenant()
    ann, van = house.person(tenant), house.device(tenant)
    house.drives(ann, van, NOON_MS - DAY_MS)
    house.report(van, NOON_MS - 2 * HOUR_MS)
    house.drives(None, van, NOON_MS - HOUR_MS)
    place = Spot(fix_ms=NOON_MS - 2 * HOUR_MS, received_ms=NOON_MS, latitude_e7=1, longitude_e7=2)
    live.put(tenant, van, place)
    viewer = Viewer(person=house.person(tenant, "Max"), tenant=tenant, role=Role.MANAGER)
    reads = Access(house.ledger, house.directory, lambda _: Reading(), house.clock)

    async def look():
        if door == "latest":
            looking = Looking(reads, house.history, house.latest, lambda _: None)
            assert [one.device for one in await looking.latest(viewer)] == [van]
        else:
            view = Watching(reads, live).open(viewer, lambda: None)
            await view.watch(None)

    asyncio.run(look())

    assert [line.detail.viewer for line in house.ledger.lines_of(ann)] == [viewer.person]
    house.close()
