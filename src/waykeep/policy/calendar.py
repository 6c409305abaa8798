"""Weekly working hours in the subject's own time zone."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from waykeep.model.rules import Hours

MINUTE_MS = 60_000
_QUARTER = 15  # minutes; today's zones differ from UTC by whole quarters
_MOST_QUARTERS = 8  # a frame of more than two hours is judged fix by fix
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def inside(hours: Hours, at_ms: int) -> bool:
    """Whether a moment lies in the hours; where a clock is set back, both passes of the hour count."""
    return _minute_inside(hours, at_ms // MINUTE_MS)


def wholly_inside(hours: Hours, first_ms: int, last_ms: int) -> bool:
    """Whether every moment between two, both included, surely lies in the hours; False may be said too often."""
    step = _QUARTER * MINUTE_MS
    first, last = first_ms // step, last_ms // step
    return last - first < _MOST_QUARTERS and all(_quarter_inside(hours, n) for n in range(first, last + 1))


@lru_cache(maxsize=4096)
def _quarter_inside(hours: Hours, quarter: int) -> bool:
    return all(_minute_inside(hours, quarter * _QUARTER + minute) for minute in range(_QUARTER))


def _minute_inside(hours: Hours, minute: int) -> bool:
    local = (_EPOCH + timedelta(minutes=minute)).astimezone(_zone(hours.zone))
    of_day, weekday = local.hour * 60 + local.minute, local.weekday()
    return any(day == weekday and start <= of_day < end for day, start, end in hours.weekly)


@lru_cache(maxsize=512)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
