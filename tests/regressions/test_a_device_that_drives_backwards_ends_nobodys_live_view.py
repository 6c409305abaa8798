"""A speed below zero once overflowed a column and ended the one task that feeds every organisation's live view."""

import asyncio

from waykeep.api import app
from waykeep.live import Live, Spot


def spot(speed_mps):
    return Spot(fix_ms=1000, received_ms=1000, latitude_e7=1, longitude_e7=1, speed_mps=speed_mps)


def test_a_claimed_speed_stays_within_its_column():
    live = Live()
    for device, speed_mps in {"d1": -1.0, "d2": 1e9, "d3": 2.0}.items():
        live.put("t", device, spot(speed_mps))
    live.tick(2000)
    assert live.board("t")["speed"].tolist() == [0, 65_535, 200]


def test_a_tick_that_fails_is_not_the_last(monkeypatch):
    monkeypatch.setattr(app, "TICK_S", 0)
    ticks = []

    class Watching:
        async def follow_rules(self):
            """Nothing to follow."""

    async def go():
        thrice = asyncio.Event()

        class Failing(Live):
            def tick(self, now_ms):
                ticks.append(now_ms)
                if len(ticks) == 3:
                    thrice.set()
                raise OverflowError(now_ms)

        task = asyncio.create_task(app._tick(Failing(), Watching(), lambda: 1))
        await asyncio.wait_for(thrice.wait(), 20)
        task.cancel()

    asyncio.run(go())
    assert len(ticks) >= 3
