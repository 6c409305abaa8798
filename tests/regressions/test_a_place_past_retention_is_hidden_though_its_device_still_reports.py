"""A device that reports without a place kept its last place on the live map alive beyond its retention."""

import asyncio
from types import SimpleNamespace

from waykeep.flows.watching import Watching
from waykeep.live import Live, Spot
from waykeep.model.rules import Rules

TENANT, NOW_MS, DAY_MS = "t1", 1_800_000_000_000, 86_400_000


def test_a_place_past_retention_is_hidden_though_its_device_still_reports():
    live = Live()
    fleet = SimpleNamespace(
        devices=lambda: [SimpleNamespace(id="d1", tenant=TENANT)],
        rules=lambda device: Rules(tenant=TENANT, device=device, retention_ms=30 * DAY_MS),
    )
    old_ms = NOW_MS - 31 * DAY_MS
    live.put(TENANT, "d1", Spot(fix_ms=old_ms, received_ms=old_ms, latitude_e7=357_000_000, longitude_e7=514_000_000))
    live.tick(old_ms)
    live.put(TENANT, "d1", Spot(fix_ms=NOW_MS, received_ms=NOW_MS, latitude_e7=None, longitude_e7=None))
    live.tick(NOW_MS)

    asyncio.run(Watching(SimpleNamespace(now_ms=lambda: NOW_MS, fleet=fleet), live).follow_rules())

    board = live.board(TENANT)
    assert (board["placed"].tolist(), board["latitude"].tolist()) == ([False], [0])
