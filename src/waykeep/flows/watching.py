"""One open live view: a ledger line when it opens, changes, each quarter of an hour, and when it closes."""

import asyncio
from collections.abc import Callable

import msgspec

from waykeep.flows.looking import Access
from waykeep.live import Live, Watcher
from waykeep.model.access import SERVICE, Grant, Role, Viewer
from waykeep.policy import access

STAYS_EVERY_MS = 15 * 60_000
UNITS_AT_ONCE = 256  # about a millisecond


class View:
    """A viewer's window on the newest positions; what it may show is granted anew at every change."""

    def __init__(self, gate: Access, live: Live, viewer: Viewer, cut: Callable[[], None]) -> None:
        self._gate, self._live, self.viewer = gate, live, viewer
        self.watcher: Watcher = live.join(viewer.tenant, cut)
        self._asked: frozenset[str] | None = frozenset()
        self._grant: Grant | None = None
        self._noted_ms = 0

    async def watch(self, devices: frozenset[str] | None) -> None:
        """Show these units (None: all that the viewer sees); AskError when one may not be seen."""
        self._asked = devices
        await self._set(self._granted(devices))

    async def recheck(self, viewer: Viewer) -> None:
        """Follow what the account may see now: a unit that was taken away leaves, a new one of all comes in."""
        self.viewer = viewer
        if self._grant is None:
            return
        grant = self._granted(None)
        if self._asked is not None:
            grant = self._granted(self._asked & grant.devices)
        if grant.devices != self._grant.devices:
            for device in self._grant.devices - grant.devices:
                self.watcher.lose(device)
            await self._set(grant)
        else:
            if grant.devices != self.watcher.devices:  # a unit whose driver was forgotten is back
                self.watcher.watch(self._still(grant))
            if self._gate.now_ms() - self._noted_ms >= STAYS_EVERY_MS:
                await self._note("live-stays", grant)

    async def close(self) -> None:
        """The view is closed; its last line is written even when its task is being cancelled."""
        self._live.leave(self.watcher)
        if self._grant is not None:
            grant, self._grant = self._grant, None
            await asyncio.shield(self._note("live-close", grant))

    def take(self) -> list[bytes | str]:
        """What is to be sent now."""
        return self.watcher.take(self._gate.now_ms())

    async def _set(self, grant: Grant) -> None:
        if self._grant is None:
            await self._note("live-open", grant)
        elif grant.devices != self._grant.devices:
            await self._note("live-change", grant)
        self._grant = grant
        self.watcher.watch(self._still(grant))

    def _still(self, grant: Grant) -> frozenset[str]:
        """A unit forgotten while the line was being written must not come back through an older grant."""
        return grant.devices & {device.id for device in self._gate.fleet.devices(self.viewer.tenant)}

    async def _note(self, kind: str, grant: Grant) -> None:
        shown = ((one, self._live.newest_ms(grant.tenant, one)) for one in grant.devices)
        await self._gate.note(kind, grant, self.viewer, [(one, at_ms) for one, at_ms in shown if at_ms is not None])
        self._noted_ms = self._gate.now_ms()

    def _granted(self, devices: frozenset[str] | None) -> Grant:
        grant = self._gate.grant(self.viewer, SERVICE, devices, None, "live")
        if self.viewer.role is not Role.DRIVER:
            return grant
        return msgspec.structs.replace(grant, devices=frozenset(one for one in grant.devices if self._theirs(one)))

    def _theirs(self, device: str) -> bool:
        """Whether what is shown of a unit is the viewer's to see now.

        A unit that was handed over enters a driver's view at the first look after their own first fix.
        """
        attribution, now_ms = self._gate.fleet.attribution(device), self._gate.now_ms()
        fix_ms = self._live.newest_ms(self.viewer.tenant, device) or 0
        return all(access.theirs(self.viewer, attribution, at_ms) for at_ms in (now_ms, fix_ms))


class Watching:
    """Opens live views."""

    def __init__(self, gate: Access, live: Live) -> None:
        self._gate, self._live = gate, live
        self._private: set[str] = set()

    async def follow_rules(self) -> None:
        """Show who has private time now as private and the others no longer; hide what is past its retention."""
        now_ms, fleet = self._gate.now_ms(), self._gate.fleet
        tenants = {one.id: one.tenant for one in fleet.devices()}
        private = set()
        for at, (device, tenant) in enumerate(tenants.items()):
            if at % UNITS_AT_ONCE == 0:
                await asyncio.sleep(0)  # trackers wait for their answers meanwhile
            rules = fleet.rules(device)
            if access.private(rules, now_ms):
                private.add(device)
            fix_ms = self._live.newest_ms(tenant, device)
            if fix_ms is not None and access.past(rules, fix_ms, now_ms):
                self._live.hide(tenant, device)
            elif fix_ms is not None and self._closed(device, fix_ms):
                self._live.drop(device, returns=True)  # who watches loses the place at once, and the unit comes back
        there = {one.id for one in fleet.devices()}  # some may have left meanwhile
        for device in private ^ self._private:
            if device in tenants and device in there:
                self._live.private(tenants[device], device, private=device in private)
        self._private = private

    def _closed(self, device: str, fix_ms: int) -> bool:
        """Whether a fix is of someone whose past is closed: it leaves every screen at this look."""
        closed = self._gate.closed_for(SERVICE.purpose)
        return closed is not None and closed(self._gate.fleet.attribution(device).subject_at(fix_ms))

    def open(self, viewer: Viewer, cut: Callable[[], None]) -> View:
        """A view of nothing yet; `cut` drops its connection when it can no longer be told anything."""
        return View(self._gate, self._live, viewer, cut)
