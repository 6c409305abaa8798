"""The demo fleet on the road: each unit drives in real time and its tracker reports over a real socket."""

import asyncio
from collections.abc import Callable, Mapping
from random import Random

from waykeep.protocols.base import Protocol
from waykeep.simulate.fleet import Unit, vehicles
from waykeep.simulate.tracker import Monotonic, Stats, Tracker, together
from waykeep.simulate.vehicle import Vehicle

Clock = Callable[[], int]

SHORTEST_S, LONGEST_S = 1.0, 2.0  # a fix every second or two
BROKEN_LINES = 0.02  # share of reports after which a line breaks before the answer: a resend follows
LONGEST_AWAY_S = 6.0  # a tunnel; what was measured inside comes out of it in one go
LAST_ANSWERS_S = 15.0


class Fleet:
    """Units with their vehicles and trackers. `ports` are the server's, by protocol; units without one stay away."""

    def __init__(
        self,
        units: tuple[Unit, ...],
        protocols: Mapping[str, Protocol],
        *,
        host: str,
        ports: Mapping[str, int],
        random: Random,
        clock: Clock,
        monotonic: Monotonic,
        broken_lines: float = BROKEN_LINES,
    ) -> None:
        self.units = tuple(unit for unit in units if unit.protocol in ports)
        self.stats = Stats()
        self._clock, self._monotonic, self._random = clock, monotonic, random
        self._vehicles = vehicles(self.units, random)
        self._trackers = [
            Tracker(
                unit.unique_id,
                protocols[unit.protocol],
                (host, ports[unit.protocol]),
                self.stats,
                monotonic,
                loses=lambda _: random.random() < broken_lines,
                away_s=lambda: random.uniform(0, LONGEST_AWAY_S),
            )
            for unit in self.units
        ]

    async def run(self, stop: asyncio.Event) -> None:
        """Drive until told to stop, then wait for the last answers."""
        await together(self._trackers, self._work(stop))

    async def _work(self, stop: asyncio.Event) -> None:
        pairs = zip(self._vehicles, self._trackers, strict=True)
        periods = [self._random.uniform(SHORTEST_S, LONGEST_S) for _ in self.units]
        await asyncio.gather(*(self._one(v, t, p, stop) for (v, t), p in zip(pairs, periods, strict=True)))
        await asyncio.gather(*(tracker.finished(LAST_ANSWERS_S) for tracker in self._trackers))

    async def _one(self, vehicle: Vehicle, tracker: Tracker, period_s: float, stop: asyncio.Event) -> None:
        """One unit. Fixes stand on whole seconds, as receivers give them, and never two on one."""
        driven_s, last_s = self._monotonic(), 0
        wait_s = self._random.uniform(0, period_s)
        while not await _told(stop, wait_s):
            now_s, second = self._monotonic(), self._clock() // 1000
            vehicle.drive(max(0.0, now_s - driven_s))
            driven_s, wait_s = now_s, period_s
            if second > last_s:
                last_s = second
                tracker.measure(vehicle.position(second * 1000))


async def _told(stop: asyncio.Event, within_s: float) -> bool:
    try:
        await asyncio.wait_for(stop.wait(), within_s)
    except TimeoutError:
        return False
    return True
