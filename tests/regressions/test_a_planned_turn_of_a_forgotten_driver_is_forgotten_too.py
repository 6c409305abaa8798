"""A turn that was planned for later outlived its driver in memory: from then on no window of any device closed."""

import asyncio

from houses import DAY_MS, NOON_MS, House

HOUR_MS = 3_600_000
WINDOW_H = 48


def fixture(path):
    house = House(path)
    tenant = house.tenant()
    ann, van = house.person(tenant), house.device(tenant)
    house.drives(ann, van, NOON_MS + HOUR_MS)
    return house, ann, van


def later(house, van):
    """The planned hour has come: the van reports, and its window passes."""
    house.clock.now_ms = NOON_MS + 2 * HOUR_MS
    house.report(van, house.clock.now_ms)
    house.clock.now_ms += 4 * DAY_MS
    return house.compaction.run(house.clock(), WINDOW_H)


def test_a_planned_turn_of_a_forgotten_driver_is_forgotten_too(tmp_path):
    house, ann, van = fixture(tmp_path)

    asyncio.run(house.rights.forget(ann))

    assert house.directory.attribution(van).subject_at(NOON_MS + 2 * HOUR_MS) == van
    assert later(house, van) == 1
    assert house.read(van) == [NOON_MS + 2 * HOUR_MS]
    house.close()


def test_a_crash_while_forgetting_leaves_no_turn_behind(tmp_path):
    house, ann, van = fixture(tmp_path)
    house.vault.erasures.forget(ann, "person")  # and no further: the process died here
    house.close()

    house = House(tmp_path)
    asyncio.run(house.rights.mend(house.parting.subjects()))

    assert house.directory.attribution(van).subject_at(NOON_MS + 2 * HOUR_MS) == van
    assert later(house, van) == 1
    house.close()
