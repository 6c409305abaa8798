"""What a unit does now: moving, idling, stopped, offline, alarm or private, from its newest fix and its age."""

from collections.abc import Mapping
from enum import IntEnum

from waykeep.model.position import Value

MOVING_MPS = 1.5  # a walking pace; below it a parked receiver's noise looks like driving
OFFLINE_AFTER_MS = 10 * 60_000  # parked trackers customarily report every five minutes


class Status(IntEnum):
    """The states that every screen shows; the numbers stand in the live stream's frames."""

    OFFLINE = 0
    STOPPED = 1
    IDLING = 2
    MOVING = 3
    ALARM = 4
    PRIVATE = 5

    @property
    def word(self) -> str:
        """The state as the API names it."""
        return self.name.lower()


def doing(speed_mps: float | None, attributes: Mapping[str, Value]) -> Status:
    """What the fix itself says, whatever its age. An engine that runs without motion is idling."""
    if attributes.get("alarm"):
        return Status.ALARM
    if (speed_mps or 0.0) >= MOVING_MPS:
        return Status.MOVING
    return Status.IDLING if attributes.get("ignition") is True else Status.STOPPED


def status(does: Status, received_ms: int, now_ms: int, *, private: bool = False) -> Status:
    """What a screen shows: private goes before all, old news are no news."""
    if private:
        return Status.PRIVATE
    return Status.OFFLINE if now_ms - received_ms > OFFLINE_AFTER_MS else does
