"""Lengths of time as a policy document writes them (ISO 8601), and the words that leave one open."""

import re

DAY_MS = 86_400_000
_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
# A year of 365 and a month of 30 days: where a promise bounds how long something is kept, shorter is the safe reading.
_UNIT_MS = {
    "years": 365 * DAY_MS,
    "months": 30 * DAY_MS,
    "weeks": 7 * DAY_MS,
    "days": DAY_MS,
    "hours": 3_600_000,
    "minutes": 60_000,
    "seconds": 1000,
}
_OPEN = re.compile(r"operator_choice|by_law|limitation_period\([A-Z]{2}\)")
NO_LENGTH = ("attempt", "none")  # as soon as one can; no limit


def is_open(value: object) -> bool:
    """Whether a value is left to the operator."""
    return isinstance(value, str) and _OPEN.fullmatch(value) is not None


def length_ms(text: str) -> int | None:
    """A length in milliseconds; None where the document sets no limit or leaves it open.

    Raises ValueError for anything else.
    """
    if text in NO_LENGTH or is_open(text):
        return None
    match = _DURATION.fullmatch(text)
    if match is None or len(text) < 3 or text.endswith("T"):
        raise ValueError(f"{text!r} is no length such as P30D, P2Y or PT72H")
    return sum(int(count) * _UNIT_MS[unit] for unit, count in match.groupdict().items() if count)
