"""What happens by the clock: heartbeat, sweeps, epochs, expiries; and the guard that stops them when the clock lies."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Protocol as Shape

import msgspec

from waykeep.errors import AskError
from waykeep.policy import clockguard
from waykeep.policy.clockguard import Halt, Moment
from waykeep.store.engine import sync, write_private

log = logging.getLogger(__name__)

HOUR_MS = 3_600_000
LOOK_EVERY_S = 60.0  # a round is late by at most this much


class Ledger(Shape):
    """What the guard needs of the ledger."""

    def newest_ms(self) -> int | None:
        """Give the time of the newest line."""
        ...

    def heartbeat(self) -> Future[int]:
        """Write the hourly line."""
        ...


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """Something done every so often. `deletes` = it stops while the clock is not trusted."""

    name: str
    every_ms: int
    run: Callable[[], Awaitable[None]]
    deletes: bool = True


class Stopped(msgspec.Struct, frozen=True):
    """What the marker file says while rounds wait for an administrator."""

    reason: Halt
    since_ms: int


class Rounds:
    """Runs each round when it is due. A stop outlives a restart: only `confirm` ends it."""

    def __init__(
        self,
        rounds: Sequence[Round],
        *,
        ledger: Ledger,
        now: Callable[[], Moment],
        marker: Path,
        gap_days: int,
        alarm: Callable[[str], None],
    ) -> None:
        self._rounds, self._ledger, self._now, self._marker = rounds, ledger, now, marker
        self._gap_days, self._alarm = gap_days, alarm
        self._start = now()
        self._newest_at_start = ledger.newest_ms()
        self._due: dict[str, int] = {}

    def also(self, one: Round) -> None:
        """Run this one too: it needs what was made after the clock was first looked at."""
        self._rounds = (*self._rounds, one)

    @property
    def stopped(self) -> Stopped | None:
        """Why nothing is deleted now; None when all is well."""
        if not self._marker.exists():
            return None
        return msgspec.json.decode(self._marker.read_bytes(), type=Stopped)

    async def run(self) -> None:
        """Look for what is due, for ever."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Judge the clock, then run what is due."""
        now = self._now()
        stopped = self._judge(now)
        heartbeat = Round(name="heartbeat", every_ms=HOUR_MS, run=self._beat)
        for one in (heartbeat, *self._rounds):
            if now.boot_ms >= self._due.get(one.name, now.boot_ms) and not (stopped and one.deletes):
                self._due[one.name] = now.boot_ms + one.every_ms
                if not await self._attempt(one):
                    self._due[one.name] = now.boot_ms + min(one.every_ms, HOUR_MS)  # a promise is not late by a day

    async def confirm(self) -> None:
        """Take an administrator's word that the clock is right now; the rounds go on."""
        if self.stopped is None:
            raise AskError("clock-not-stopped", "Nothing waits for a confirmation of the clock.", 409)
        await asyncio.wrap_future(self._ledger.heartbeat())  # the newest line is of a trusted time again
        self._start, self._newest_at_start = self._now(), None
        self._marker.unlink()
        sync(self._marker.parent)

    def _judge(self, now: Moment) -> bool:
        if self._marker.exists():
            return True
        halt = clockguard.judge(self._start, now, self._newest_at_start, self._ledger.newest_ms(), self._gap_days)
        if halt is None:
            return False
        write_private(self._marker, msgspec.json.encode(Stopped(halt, now.wall_ms)))
        log.error("rounds stopped, the clock is not trusted", extra={"reason": halt.value})
        self._alarm(halt.value)
        return True

    async def _beat(self) -> None:
        await asyncio.wrap_future(self._ledger.heartbeat())

    async def _attempt(self, one: Round) -> bool:
        try:
            await one.run()
        except Exception as error:  # noqa: BLE001 (this is the door where rounds end: one's bug must not stop the others)
            log.error("round failed", extra={"round": one.name, "error": type(error).__name__})  # noqa: TRY400 (a traceback may hold who and where)
            self._alarm(f"round-failed-{one.name}")
            return False
        return True
