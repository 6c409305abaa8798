"""A vehicle whose driver was forgotten never came back to the map: it counted as forgotten itself until a restart."""

import asyncio
from types import SimpleNamespace

from waykeep.flows.watching import Watching
from waykeep.live import Live, Spot
from waykeep.model.access import Grant, Purpose, Role, Viewer
from waykeep.model.rules import Attribution

TENANT, NOW_MS = "t1", 1_800_000_000_000
VIEWER = Viewer(person="p1", tenant=TENANT, role=Role.MANAGER)
GRANT = Grant(
    viewer="p1", tenant=TENANT, purpose=Purpose.PROVIDE_SERVICE, devices=frozenset({"d1"}), from_ms=None, to_ms=None,
    route="live",
)  # fmt: skip


class Gate:
    """Leave to see one van, and no ledger."""

    fleet = SimpleNamespace(
        devices=lambda _: [SimpleNamespace(id="d1")], attribution=lambda device: Attribution(device=device)
    )

    def grant(self, viewer, purpose, devices, span, route):
        del viewer, purpose, devices, span, route
        return GRANT

    async def note(self, kind, grant, *more):
        del kind, grant, more

    def now_ms(self):
        return NOW_MS


def spot(fix_ms):
    return Spot(fix_ms=fix_ms, received_ms=fix_ms, latitude_e7=1, longitude_e7=2)


def test_a_vehicle_is_live_again_after_its_driver_was_forgotten():
    live = Live()

    async def work():
        view = Watching(Gate(), live).open(VIEWER, lambda: None)
        await view.watch(None)
        live.put(TENANT, "d1", spot(NOW_MS))
        live.tick(NOW_MS)
        assert isinstance(view.take()[-1], bytes)

        gone = asyncio.create_task(live.gone("d1", returns=True))
        await asyncio.sleep(0)
        assert view.take() == ['{"kind":"gone","unit":"d1"}']
        view.watcher.told()
        await gone
        await view.recheck(VIEWER)
        live.tick(NOW_MS)
        assert not [message for message in view.take() if isinstance(message, bytes)], "the driver's place is gone"

        live.put(TENANT, "d1", spot(NOW_MS + 1))
        live.tick(NOW_MS)
        assert isinstance(view.take()[-1], bytes)

    asyncio.run(work())
