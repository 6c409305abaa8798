"""Forgetting a driver took the newest position of vehicles held at that moment, not of those handed back before."""

import asyncio

from houses import DAY_MS, NOON_MS, House

HOUR_MS = 3_600_000


def test_a_forgotten_drivers_last_place_leaves_every_vehicle(tmp_path):
    house = House(tmp_path)
    tenant = house.tenant()
    ann, van = house.person(tenant), house.device(tenant)
    house.drives(ann, van, NOON_MS - DAY_MS)
    house.report(van, NOON_MS - 2 * HOUR_MS)
    house.drives(None, van, NOON_MS - HOUR_MS)  # handed back; the van has been silent since

    asyncio.run(house.rights.forget(ann))

    assert house.latest.latest([van]) == []
    house.latest.write_down(house.directory.attribution)
    with house.track.read() as connection:
        assert connection.execute("SELECT count(*) FROM latest").fetchall() == [(0,)]
    house.close()
