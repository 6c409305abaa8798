"""Killed at any moment, under load, the server has every acknowledged record exactly once."""

import asyncio
import random
from collections import Counter

from load import Server, trackers, under_load

from road import Store, device_id

KILLS, DEVICES = 50, 8


def test_fifty_kills_under_load_lose_nothing_acknowledged_and_store_nothing_twice(tmp_path):
    fleet = trackers(DEVICES)
    chance = random.Random(50)
    server = Server(tmp_path, DEVICES)
    for left in reversed(range(KILLS)):
        after = Server(tmp_path, DEVICES) if left else None
        asyncio.run(under_load(fleet, server, chance.uniform(0.0, 0.12)))
        server = after

    store = Store(tmp_path, now_ms=fleet[0].next_ms)
    for tracker in fleet:
        found = Counter(at for at, _ in store.positions(device_id(tracker.number)))
        with store.db.read() as connection:
            rows = connection.execute("SELECT sum(count) FROM tail WHERE device = ?", (device_id(tracker.number),))
            assert rows.fetchall()[0][0] == sum(found.values()), "reading drops repeats: there must be none to drop"
        assert set(tracker.acked) <= set(found)
        assert set(found.values()) == {1}
        assert len(tracker.acked) > KILLS, "the load was real"
    store.close()
