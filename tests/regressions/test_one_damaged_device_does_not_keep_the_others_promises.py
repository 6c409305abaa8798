"""One frame or row that did not open stopped the windows and the retention of every device after it."""

import asyncio
from collections import Counter

import pytest

from houses import DAY_MS, NOON_MS, House
from waykeep.errors import StoreError
from waykeep.flows import sweeping
from waykeep.model.rules import Rules

WINDOW_H = 48


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def fleet(house):
    tenant = house.tenant()
    return [house.device(tenant, f"35200000000000{n}") for n in range(3)]


def damage(house, table, column, device):
    change = f"UPDATE {table} SET {column} = zeroblob(300) WHERE device = ?"
    house.track.write(lambda connection: connection.execute(change, (device,))).result()


def rows(house, table):
    with house.track.read() as connection:
        return {row[0] for row in connection.execute(f"SELECT DISTINCT device FROM {table}").fetchall()}


def test_one_damaged_frame_leaves_only_its_own_window_open(house, fleet):
    for device in fleet:
        house.report(device, NOON_MS)
    damage(house, "tail", "frame", fleet[1])

    with pytest.raises(StoreError):
        house.compaction.run(NOON_MS + 4 * DAY_MS, WINDOW_H)

    assert (rows(house, "tail"), rows(house, "segment")) == ({fleet[1]}, {fleet[0], fleet[2]})


def test_one_damaged_row_leaves_only_its_own_history_past_retention(house, fleet):
    kept_ms = 10 * DAY_MS
    limit_ms = NOON_MS - kept_ms
    for device in fleet:
        house.report(device, limit_ms - 1, received_ms=limit_ms)
    house.compact()
    house.directory.rules_from(lambda device, _: Rules(tenant=device.tenant, device=device.id, retention_ms=kept_ms))
    damage(house, "segment", "body", fleet[1])
    rounds = sweeping.rounds(
        house.compaction, house.latest, house.directory, house.vault, None, Counter(), house.clock, window_h=WINDOW_H
    )
    (retention,) = [one for one in rounds if one.name == "retention"]

    with pytest.raises(StoreError):
        asyncio.run(retention.run())

    assert rows(house, "segment") == {fleet[1]}
