"""Killed at any moment, under load, the server has every acknowledged record exactly once."""

import asyncio
import random
import signal
from collections import Counter

from load import Home, Server, Whole, trackers, under_load

from road import Store, device_id

KILLS, WHOLE_KILLS, DEVICES = 40, 10, 8


def right(tracker, found, in_rows, kills):
    """Each record that the tracker was told is stored stands there, and none stands there twice."""
    assert in_rows == sum(found.values()), "reading drops repeats: there must be none to drop"
    assert set(tracker.acked) <= set(found)
    assert set(found.values()) == {1}
    assert len(tracker.acked) > kills, "the load was real"


def test_forty_kills_under_load_lose_nothing_acknowledged_and_store_nothing_twice(tmp_path):
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
            right(tracker, found, rows.fetchall()[0][0], KILLS)
    store.close()


def test_ten_more_kills_of_the_whole_server_neither(tmp_path):
    fleet = trackers(DEVICES)
    chance = random.Random(10)
    home = Home(tmp_path)
    home.enrol(fleet)
    for _ in range(WHOLE_KILLS):
        asyncio.run(under_load(fleet, Whole(home), chance.uniform(0.0, 0.12)))
    last = Whole(home)
    last.go()
    last.kill(signal.SIGTERM)

    held = home.held(max(tracker.next_ms for tracker in fleet))
    assert set(held) == {tracker.unique_id for tracker in fleet}
    for tracker in fleet:
        right(tracker, *held[tracker.unique_id], WHOLE_KILLS)
