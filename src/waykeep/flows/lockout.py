"""When a sign-in is not even tried: a pure count of failures, for an account and for a source address."""

import msgspec


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """How many failures are free, how long the first lock lasts, and the longest one.

    Each further failure doubles the lock. A count that saw no failure for `forget_ms` starts anew.
    """

    free: int
    first_ms: int
    longest_ms: int
    forget_ms: int


# A person who mistypes five times waits half a minute; a guesser gets 96 tries a day out of it at best.
ACCOUNT = Limit(free=5, first_ms=30_000, longest_ms=900_000, forget_ms=86_400_000)
# One address may be a whole office behind one router; it may fail more often, over all accounts together.
SOURCE = Limit(free=30, first_ms=30_000, longest_ms=900_000, forget_ms=3_600_000)


class Count(msgspec.Struct, frozen=True):
    """Failures in a row, when the last one was, and until when no sign-in is tried."""

    failures: int = 0
    last_ms: int = 0
    until_ms: int = 0


NONE = Count()


def locked(count: Count, now_ms: int) -> bool:
    """Whether no sign-in is tried now; a clock that was set back never lengthens a lock beyond its own length."""
    return count.last_ms <= now_ms < count.until_ms or (now_ms < count.last_ms and count.until_ms > count.last_ms)


def failed(count: Count, now_ms: int, limit: Limit) -> Count:
    """The count after one more failure."""
    before = NONE if now_ms - count.last_ms >= limit.forget_ms else count
    failures = before.failures + 1
    over = failures - limit.free
    length_ms = 0 if over < 0 else min(limit.first_ms << min(over, 32), limit.longest_ms)
    return Count(failures, now_ms, now_ms + length_ms)


def forgiven(count: Count) -> Count:
    """The count after the last failure turned out to be none."""
    return Count(max(count.failures - 1, 0), count.last_ms, 0)
