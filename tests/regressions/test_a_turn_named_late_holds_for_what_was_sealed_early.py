"""Forgetting someone seals today's fixes early; a turn that was named for them afterwards left them where they were."""

import asyncio
from functools import partial

from houses import DAY_MS, NOON_MS, House
from waykeep.flows import sweeping
from waykeep.flows.fleet import DRIVER, Units
from waykeep.model.access import Role, Viewer

HOUR_MS = 3_600_000


def test_a_turn_named_late_holds_for_what_was_sealed_early(tmp_path):
    house = House(tmp_path)
    tenant = house.tenant()
    ann, bea, van = house.person(tenant, "Ann"), house.person(tenant, "Bea"), house.device(tenant)
    house.drives(ann, van, NOON_MS - DAY_MS)
    house.drives(None, van, NOON_MS - 4 * HOUR_MS)
    house.report(van, NOON_MS - 3 * HOUR_MS)
    viewer = Viewer(person="p0", tenant=tenant, role=Role.MANAGER)
    units = Units(
        house.rows, house.directory, frozenset({"osmand"}), house.clock, forget=house.rights.forget,
        reattribute=partial(sweeping.reattribute, house.compaction, house.vault, house.clock),
    )  # fmt: skip

    async def work():
        await house.rights.forget(ann)
        await units.assign(viewer, van, DRIVER, bea, NOON_MS - 4 * HOUR_MS)
        assert house.read(van) == [NOON_MS - 3 * HOUR_MS]
        await house.rights.forget(bea)
        await house.rights.swept()

    asyncio.run(work())

    assert house.read(van) == []
    house.close()
