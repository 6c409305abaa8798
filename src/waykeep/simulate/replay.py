"""Recordings driven again: each track's tracker sends it over a real socket, at a chosen speed."""

import asyncio
from collections.abc import Sequence

from waykeep.errors import AskError
from waykeep.model.position import Position
from waykeep.protocols.base import Protocol
from waykeep.simulate.recordings import Track
from waykeep.simulate.tracker import Monotonic, Stats, Tracker, together

AHEAD = 200  # as fast as it goes: so many fixes wait at a tracker at most
LOOK_S = 0.02
STUCK_S = 30.0
TURNED_AWAY = 4  # connections in a row that ended without any answer


def unit_ids(first: str, count: int) -> list[str]:
    """Ids of so many units: the first one's last digits counted up."""
    if count == 1:
        return [first]
    head = first.rstrip("0123456789")
    digits = first[len(head) :]
    if not digits or len(str(int(digits) + count - 1)) > len(digits):
        raise AskError("replay-unit", f"{first}: {count} units need an id that ends in a number that can count up")
    return [f"{head}{int(digits) + i:0{len(digits)}}" for i in range(count)]


async def replay(
    tracks: Sequence[Track],
    ids: Sequence[str],
    protocol: Protocol,
    address: tuple[str, int],
    *,
    speed: float,
    monotonic: Monotonic,
    batch: int | None = None,
) -> Stats:
    """Send every track; `speed` 1 is as it was driven, 0 as fast as it is answered. AskError when nobody answers."""
    stats = Stats()
    trackers = [Tracker(unit, protocol, address, stats, monotonic, batch=batch) for unit in ids]
    begin_ms = min(track.positions[0].fix_ms or 0 for track in tracks)

    async def work() -> None:
        pairs = zip(tracks, trackers, strict=True)
        await asyncio.gather(*(_feed(track.positions, one, begin_ms, speed, monotonic) for track, one in pairs))
        await asyncio.gather(*(_emptied(one) for one in trackers))

    await together(trackers, work())
    return stats


async def _feed(
    positions: Sequence[Position], tracker: Tracker, begin_ms: int, speed: float, monotonic: Monotonic
) -> None:
    begun_s = monotonic()
    for position in positions:
        if speed > 0:
            due_s = ((position.fix_ms or 0) - begin_ms) / 1000 / speed
            await asyncio.sleep(max(0.0, begun_s + due_s - monotonic()))
        elif tracker.waiting >= AHEAD:
            await _room(tracker)
        tracker.measure(position)


async def _room(tracker: Tracker) -> None:
    """Wait until half of what waits has been answered."""
    await _answered(tracker, AHEAD // 2)


async def _emptied(tracker: Tracker) -> None:
    await _answered(tracker, 0)


async def _answered(tracker: Tracker, most_left: int) -> None:
    """Wait until no more than so many fixes wait for their answer; AskError when the server takes none."""
    left, quiet_s = tracker.waiting, 0.0
    while tracker.waiting > most_left:
        await asyncio.sleep(LOOK_S)
        quiet_s = 0.0 if tracker.waiting < left else quiet_s + LOOK_S
        left = tracker.waiting
        if tracker.turned_away >= TURNED_AWAY:
            raise AskError("replay-refused", "the server hangs up on this unit: is it enrolled there?")
        if quiet_s > STUCK_S:
            raise AskError("replay-unanswered", "nobody answers at that address")
