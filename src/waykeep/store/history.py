"""Reading positions: history and tail merged, by fix time, never beyond a grant or a retention limit."""

from collections.abc import Callable, Iterator

from waykeep.model.access import Grant
from waykeep.store.parts import Segment
from waykeep.store.segments import Segments
from waykeep.store.tail import Tail
from waykeep.store.track import DAY_MS, Track, distinct, join

DAYS_AT_ONCE = 31  # a month of one device is what memory holds while a long span is read

Clock = Callable[[], int]


class History:
    """Reads what is granted. `retention_ms` gives how long a device's fixes may be kept (None = no limit)."""

    def __init__(self, segments: Segments, tail: Tail, retention_ms: Callable[[str], int | None], clock: Clock) -> None:
        self._segments, self._tail, self._retention_ms, self._clock = segments, tail, retention_ms, clock

    def track(self, grant: Grant) -> Iterator[Track]:
        """The granted positions, device by device, a piece for each day, ordered by fix time."""
        for device in sorted(grant.devices):
            for _, track in self.pieces(grant, device):
                yield track

    def pieces(self, grant: Grant, device: str) -> Iterator[tuple[int, Track]]:
        """The granted positions of one device, as (day, track)."""
        if device not in grant.devices or grant.from_ms is None or grant.to_ms is None:
            return
        from_ms = self._within(device, grant.from_ms)
        if from_ms >= grant.to_ms:
            return
        # The tail is read first: what compaction moves meanwhile is then met twice, and never missed.
        tail = dict(self._tail.read(device).between(from_ms, grant.to_ms).days())
        first, last = from_ms // DAY_MS, (grant.to_ms - 1) // DAY_MS
        days = sorted({*self._segments.days(device, first, last), *tail})
        for at in range(0, len(days), DAYS_AT_ONCE):
            some = days[at : at + DAYS_AT_ONCE]
            rows = self._segments.rows(device, some[0], some[-1])
            for day in some:
                track = self._day(rows, day, tail.get(day)).between(from_ms, grant.to_ms)
                if len(track):
                    yield day, track

    def days(self, grant: Grant, device: str) -> dict[int, int]:
        """How many positions each granted day holds (days since 1970)."""
        return {day: len(track) for day, track in self.pieces(grant, device)}

    def _day(self, rows: list[Segment], day: int, tail: Track | None) -> Track:
        parts = self._segments.tracks([row for row in rows if row.day == day])
        if tail is None:
            return join(parts).ordered()
        return distinct(join([*parts, tail]).ordered()) if parts else tail.ordered()

    def _within(self, device: str, from_ms: int) -> int:
        kept_ms = self._retention_ms(device)
        return from_ms if kept_ms is None else max(from_ms, self._clock() - kept_ms + 1)
