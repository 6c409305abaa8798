"""Whether the clock may be trusted to delete by: a wrong one must not sweep, turn an epoch, or let anything expire."""

from enum import StrEnum

import msgspec

DRIFT_MS = 10 * 60_000  # clocks that are set by hand or by the network move less; daylight saving does not move UTC
DAY_MS = 86_400_000


class Halt(StrEnum):
    """Why nothing may be deleted until an administrator has looked at the clock."""

    PARTED = "wall-clock-moved"
    BEHIND = "clock-behind-newest-line"
    GAP = "long-gap-before-start"


class Moment(msgspec.Struct, frozen=True):
    """Both clocks at one moment: the one that may be set, and the time since boot, which only runs."""

    wall_ms: int
    boot_ms: int


def judge(
    start: Moment, now: Moment, newest_at_start_ms: int | None, newest_ms: int | None, gap_days: int
) -> Halt | None:
    """Give the reason to stop, if there is one.

    `start` is the server's start or the last confirmation; `newest_ms` is the time of the ledger's newest line now,
    `newest_at_start_ms` what it was then. A ledger without lines has nothing that could be deleted too early.
    """
    if abs((now.wall_ms - start.wall_ms) - (now.boot_ms - start.boot_ms)) > DRIFT_MS:
        return Halt.PARTED
    if newest_ms is not None and now.wall_ms < newest_ms - DRIFT_MS:
        return Halt.BEHIND
    if newest_at_start_ms is not None and start.wall_ms > newest_at_start_ms + gap_days * DAY_MS:
        return Halt.GAP
    return None
