"""Forgetting who held a vehicle refused what still arrived for hours in which someone else drove it."""

import asyncio

from houses import DAY_MS, NOON_MS, House

HOUR_MS = 3_600_000


def test_forgetting_a_holder_keeps_what_a_driver_still_sends(tmp_path):
    house = House(tmp_path)
    tenant = house.tenant()
    ann, bea, van = house.person(tenant, "Ann"), house.person(tenant, "Bea"), house.device(tenant)
    house.rows.fleet.assign(van, "assigned", ann, NOON_MS - DAY_MS).result()
    house.drives(bea, van, NOON_MS - 3 * HOUR_MS)
    house.drives(None, van, NOON_MS - HOUR_MS)

    asyncio.run(house.rights.forget(ann))
    hers = house.report(van, NOON_MS - 4 * HOUR_MS, received_ms=NOON_MS + 1)
    his = house.report(van, NOON_MS - 2 * HOUR_MS, received_ms=NOON_MS + 2)

    assert (hers.cleared, his.refused) == (None, ())
    assert house.read(van) == [NOON_MS - 2 * HOUR_MS]
    house.close()
