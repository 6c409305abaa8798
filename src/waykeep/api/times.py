"""Moments in queries: Unix milliseconds or ISO 8601."""

from datetime import UTC, datetime

from waykeep.errors import AskError

EARLIEST_MS = 0
LATEST_MS = 253_402_300_799_999  # the end of the year 9999, the last that ISO 8601 writes without agreement


def moment(text: str, name: str) -> int:
    """A moment as Unix milliseconds; without a zone it is UTC. AskError names the field."""
    if text.lstrip("-").isascii() and text.lstrip("-").isdigit() and len(text) <= 16:
        at_ms = int(text)
    else:
        try:
            when = datetime.fromisoformat(text)
            at_ms = round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, OverflowError) as error:
            raise AskError(
                "wrong-field", f"{name}: give Unix milliseconds or a time like 2026-02-28T12:00:00Z."
            ) from error
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        raise AskError("wrong-field", f"{name}: this moment lies outside 1970 to 9999.")
    return at_ms


def span(from_text: str, to_text: str) -> tuple[int, int]:
    """The span of a query; its end is exclusive."""
    return moment(from_text, "from"), moment(to_text, "to")
