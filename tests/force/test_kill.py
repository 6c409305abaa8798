"""Killed at any moment, under load, `waykeep serve` has every acknowledged record exactly once."""

import asyncio
import random
import signal

import pytest
from load import Home, Whole, trackers, under_load

DEVICES = 8


@pytest.mark.parametrize(
    ("kills", "longest_s", "window_h"),
    [(30, 0.12, 48), (20, 1.5, -24)],
    ids=["soon after its start", "while its tail becomes history"],
)
def test_kills_under_load_lose_nothing_acknowledged_and_store_nothing_twice(tmp_path, kills, longest_s, window_h):
    fleet = trackers(DEVICES)
    chance = random.Random(kills)
    home = Home(tmp_path, window_h)
    home.enrol(fleet)
    server = Whole(home)
    for _ in range(kills):
        after = Whole(home)
        asyncio.run(under_load(fleet, server, chance.uniform(0.0, longest_s)))
        server = after
    server.go()
    server.kill(signal.SIGTERM)

    held = home.held(max(tracker.next_ms for tracker in fleet))
    assert set(held) == {tracker.unique_id for tracker in fleet}
    for tracker in fleet:
        found, (in_tail, in_history) = held[tracker.unique_id]
        assert in_tail + in_history == sum(found.values()), "reading drops repeats: there must be none to drop"
        assert bool(in_history) is (window_h < 0), "the tail became history where it should"
        assert set(tracker.acked) <= set(found)
        assert set(found.values()) == {1}
        assert len(tracker.acked) > kills, "the load was real"
