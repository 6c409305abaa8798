"""Marks: the forms in which a planted place or word could lie readable in raw bytes."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from struct import pack
from urllib.parse import quote

NEAR_BYTES = 32  # a form shorter than 8 bytes counts only where latitude and longitude stand this close
LONG = 8


def words(text: str) -> Iterator[tuple[str, bytes]]:
    """The forms of a name, address or id."""
    plain = text.encode()
    yield "text", plain
    yield "utf-16", text.encode("utf-16-le")
    yield "hex", plain.hex().encode()
    yield "url", quote(text, safe="").encode()
    for shift in range(3):  # the same text at the three places that it can have in base64
        whole = b64encode(b"\0" * shift + plain)
        inner = whole[4 if shift else 0 : len(whole) - 4]
        if len(inner) >= LONG:
            yield "base64", inner


def places(latitude: float, longitude: float) -> Iterator[tuple[str, bytes, bytes]]:
    """The forms of a place: latitude and longitude, which count together."""
    for digits in range(4, 8):
        yield f"decimal {digits}", f"{latitude:.{digits}f}"[:-1].encode(), f"{longitude:.{digits}f}"[:-1].encode()
    for scale in (10**5, 10**6, 10**7, 1_800_000):
        for order in ("<i", ">i"):
            yield f"{order} x {scale}", pack(order, round(latitude * scale)), pack(order, round(longitude * scale))
    for order in ("<d", ">d", "<f", ">f"):
        yield order, pack(order, latitude), pack(order, longitude)


def found_word(folder: Path, text: str) -> list[str]:
    """The files in which a word is readable, and how."""
    forms = list(words(text))
    return [f"{file.name} as {name}" for file, data in _files(folder) for name, form in forms if form in data]


def found_place(folder: Path, latitude: float, longitude: float) -> list[str]:
    """The files in which a place is readable, and how."""
    forms = list(places(latitude, longitude))
    return [f"{file.name} as {name}" for file, data in _files(folder) for name, *pair in forms if _near(data, *pair)]


def _near(data: bytes, one: bytes, other: bytes) -> bool:
    if len(one) >= LONG and len(other) >= LONG:
        return one in data or other in data
    start = data.find(one)
    while start >= 0:
        if other in data[max(0, start - NEAR_BYTES) : start + len(one) + NEAR_BYTES]:
            return True
        start = data.find(one, start + 1)
    return False


def _files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield file, file.read_bytes()
