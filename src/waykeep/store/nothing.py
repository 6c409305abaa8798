"""What stands where history would be on a server whose policy keeps no location: nothing, and no table for it."""

from collections.abc import Collection, Iterator

from waykeep.model.access import Grant
from waykeep.store.latest import LatestFix
from waykeep.store.track import Track


class NoHistory:
    """Gives no position and keeps none."""

    def track(self, grant: Grant) -> Iterator[Track]:
        """Nothing."""
        del grant
        return iter(())

    def latest(self, devices: Collection[str]) -> list[LatestFix]:
        """Nothing."""
        del devices
        return []
