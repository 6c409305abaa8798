"""What must never come in by a form: card numbers, and on a server without location whatever writes a place."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from waykeep.policy.parts import Document

DEEPEST, MOST_TEXTS = 32, 60_000  # the longest list of a form names a fleet of 50,000 units
CARD, PLACE = "card-number", "place-in-text"
SECRET = frozenset({"password", "present", "secret", "credential", "code"})  # random or one's own words, never kept
TEXTS = frozenset({"text", "name", "answer", "facts", "reference", "value", "necessity", "to", "why", "verdict",
    "statement", "contact", "address", "title", "because"})  # fmt: skip

_DIGITS = re.compile(r"(?<!\d)(?<!\d\.)\d(?:[ -]?\d){12,40}(?!\d|\.\d)")
_LENGTHS = (14, 15, 16, 17, 18, 19)
# Issuer ranges of ISO/IEC 7812 with their lengths; an IMEI (15 digits) begins with none of the 15-digit ones.
_ISSUERS = re.compile(
    r"4\d{15}(?:\d{3})?|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|9792\d{12}"
)
_DECIMALS = r"[-+]?\d{1,3}\.\d{3,}"
_PLACES = tuple(
    re.compile(one)
    for one in (
        rf"(?<![\d.]){_DECIMALS} ?°? ?[NSns]?(?: ?[,;/|] ?| ){_DECIMALS}(?!\.\d)",  # 41.2345, 44.7654
        r"\d{1,3} ?[°º] ?\d{1,2}(?:\.\d+)? ?['′’]",  # degrees and minutes
        r"\$?G[PNLAB](?:RMC|GGA|GLL),",  # NMEA 0183
        r"\d{4}\.\d+,[NS],\d{5}\.\d+,[EW]",
        rf"(?i)\b(?:geo:|m?lat[a-z]{{0,9}}[\"']? ?[=:] ?){_DECIMALS}",  # a geo address, a map's link, a pair by name
        r"\b[23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3}\b",  # Open Location Code
    )
)
_GEOHASH = re.compile(r"(?<![\w-])(?=[a-z]*\d)(?=(?:\d*[a-z]){3})[0-9b-hjkmnp-z]{8,12}(?![\w-])")

_SIGNS = str.maketrans({"٫": ".", "،": ",", "؛": ";", "\u2212": "-"})  # as Persian and Arabic write figures


def judge(document: Document) -> Callable[[str, str], str | None]:
    """What this document refuses: gives of a field's name and text the slug of what it may not hold, or None."""
    cards = any(one.pan == "forbidden" for one in document.categories.values())
    places = document.location_mode == "server_none"

    def unwanted(key: str, text: str) -> str | None:
        if key in SECRET:
            return None
        if cards and card(text):
            return CARD
        return PLACE if places and (place(text) or (key in TEXTS and geohash(text))) else None

    return unwanted


def card(text: str) -> bool:
    """Whether a number with the form and check digit (ISO/IEC 7812-1, Luhn) of a payment card stands in a text."""
    for found in _DIGITS.findall(_plain(text)):
        parts = re.split(r"[ -]", found)
        for first in range(len(parts)):  # a date or a code may stand before or behind it
            number = ""
            for part in parts[first:]:
                number += part
                if len(number) in _LENGTHS and _ISSUERS.fullmatch(number) and _checks(number):
                    return True
    return False


def place(text: str) -> bool:
    """Whether coordinates stand in a text, in one of the ways in which people and programs write them."""
    plain = _plain(text)
    return any(one.search(plain) for one in _PLACES)


def geohash(text: str) -> bool:
    """Whether a word could be a geohash of 8 letters or more: within some 20 metres."""
    return _GEOHASH.search(text) is not None


def texts(value: Any) -> Iterator[tuple[str, str]]:
    """Every text and number in a JSON value with the name of its field; two numbers named as a place count together.

    Names are texts too. ValueError for a value deeper or with more in it than any form of ours.
    """
    found: list[tuple[str, str]] = []
    left: list[tuple[str, Any, int]] = [("", value, 0)]
    while left:
        key, one, depth = left.pop()
        if depth > DEEPEST or len(found) + len(left) > MOST_TEXTS:
            raise ValueError("deeper, or more, than any form")
        if isinstance(one, dict):
            for name, inner in one.items():
                found.append(("", str(name)))
                if isinstance(inner, float):
                    found.append((str(name), f"{name}={inner!r}"))
                left.append((str(name), inner, depth + 1))
        elif isinstance(one, list):
            if len(one) > MOST_TEXTS:
                raise ValueError("more than any form")
            left += [(key, inner, depth + 1) for inner in one]
            if len(one) > 1 and all(isinstance(inner, float) for inner in one):
                found.append((key, ", ".join(f"{inner:.7f}" for inner in one)))
        elif one is not None and not isinstance(one, bool):
            found.append((key, str(one)))
    return iter(found)


def _plain(text: str) -> str:
    """The text with digits of every script as 0 to 9, and each stretch of white space as one space."""
    plain = " ".join(text.translate(_SIGNS).split())
    if plain.isascii():
        return plain
    return "".join(str(unicodedata.digit(one)) if one.isdigit() and not one.isascii() else one for one in plain)


def _checks(number: str) -> bool:
    total = 0
    for at, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if at % 2 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0
