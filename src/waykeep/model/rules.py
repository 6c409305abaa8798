"""What is promised about one device at this moment: an immutable snapshot for the gate."""

from itertools import pairwise

import msgspec


class Span(msgspec.Struct, frozen=True, gc=False):
    """A stretch of time, Unix ms UTC; `to_ms` is exclusive, None = still open."""

    from_ms: int
    to_ms: int | None = None

    def holds(self, at_ms: int) -> bool:
        """Whether the moment lies inside."""
        return self.from_ms <= at_ms and (self.to_ms is None or at_ms < self.to_ms)


def in_order(spans: tuple[Span, ...]) -> bool:
    """Whether spans stand by time and none overlaps the next."""
    return all(one.to_ms is not None and one.to_ms <= after.from_ms for one, after in pairwise(spans))


class Hours(msgspec.Struct, frozen=True):
    """Weekly hours in the subject's time zone: (weekday with Monday 0, from minute, to minute exclusive)."""

    zone: str
    weekly: tuple[tuple[int, int, int], ...]


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The promises about one device, as the gate needs them. Flows rebuild it at every change and swap it whole.

    `consented` None = no consent is needed, else the history of consents. `withdrawn`: nothing is accepted now.
    `private` is the history of private spans, `hours` the calendars outside which no fix is kept, each for its span.
    `collects` names the data categories that may be kept. `grid_m` rounds places to a grid (None = as sent).
    `retention_ms` is how long a fix may be kept from its fix time (None = no limit). `since_ms` is the device's first
    believed moment. `forgotten` are spans whose fixes belong to someone who was forgotten. The spans of `consented`,
    `private` and `forgotten` stand by time and do not overlap; ValueError otherwise.
    """

    tenant: str
    device: str
    keeps_location: bool = True
    collects: frozenset[str] = frozenset()
    consented: tuple[Span, ...] | None = None
    withdrawn: bool = False
    private: tuple[Span, ...] = ()
    hours: tuple[tuple[Span, Hours], ...] = ()
    grid_m: float | None = None
    retention_ms: int | None = None
    since_ms: int = 0
    forgotten: tuple[Span, ...] = ()

    def __post_init__(self) -> None:
        """Refuse spans out of order: the gate looks at the newest first and stops at the first that answers."""
        if not all(in_order(spans) for spans in (self.consented or (), self.private, self.forgotten)):
            raise ValueError("spans out of order")


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """Whose the fixes of a device are, over time: drivers go before assigned persons, they before the device."""

    device: str
    drivers: tuple[tuple[Span, str], ...] = ()
    assigned: tuple[tuple[Span, str], ...] = ()

    def subject_at(self, fix_ms: int) -> str:
        """The pseudonym of the subject of a fix of that time."""
        for spans in (self.drivers, self.assigned):
            for span, person in reversed(spans):
                if span.holds(fix_ms):
                    return person
        return self.device
