"""From what a person said to the spans in which their fixes may be kept; pure."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from waykeep.model.rules import Attribution, Span

ALWAYS = Span(-(2**62))  # from before any fix, without an end


def held(attribution: Attribution) -> tuple[tuple[Span, str], ...]:
    """Whose a device's fixes are, as spans that do not overlap; where nobody is named there is no span."""
    spans = [span for span, _ in (*attribution.drivers, *attribution.assigned)]
    edges = sorted({at for span in spans for at in (span.from_ms, span.to_ms) if at is not None})
    found: list[tuple[Span, str]] = []
    for start, end in zip_longest(edges, edges[1:]):
        person = attribution.subject_at(start)
        if person == attribution.device:
            continue
        if found and found[-1][1] == person and found[-1][0].to_ms == start:
            found[-1] = (Span(found[-1][0].from_ms, end), person)
        else:
            found.append((Span(start, end), person))
    return tuple(found)


def common(one: Span, other: Span) -> Span | None:
    """The part that two spans share."""
    start = max(one.from_ms, other.from_ms)
    ends = [span.to_ms for span in (one, other) if span.to_ms is not None]
    end = min(ends) if ends else None
    return Span(start, end) if end is None or start < end else None


def within(spans: Iterable[Span], bounds: Span) -> tuple[Span, ...]:
    """The parts of spans that lie in another."""
    return tuple(part for span in spans if (part := common(span, bounds)) is not None)


def without(spans: Iterable[Span]) -> tuple[Span, ...]:
    """All time that no span holds."""
    left: list[Span] = []
    start: int | None = ALWAYS.from_ms
    for span in sorted(spans, key=lambda span: span.from_ms):
        if start is None:
            break
        if start < span.from_ms:
            left.append(Span(start, span.from_ms))
        start = None if span.to_ms is None else max(start, span.to_ms)
    if start is not None:
        left.append(Span(start))
    return tuple(left)


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as spans in order that neither overlap nor touch."""
    return without(without(spans))


def agreed(changes: Sequence[tuple[int, bool]], *, required: bool) -> tuple[tuple[Span, ...], bool]:
    """The spans in which someone agreed, from their yes and no in order of time, and whether they took it back.

    Where no consent is required, silence is a yes. After a no nothing of theirs is kept, of whatever time, until they
    say yes again; then only the time between stays out.
    """
    spans: list[Span] = []
    since = None if required else ALWAYS.from_ms
    for at_ms, granted in changes:
        if granted and since is None:
            since = at_ms
        elif not granted and since is not None:
            spans.append(Span(since, at_ms))
            since = None
    if since is not None:
        return (*spans, Span(since)), False
    return (), bool(changes)
