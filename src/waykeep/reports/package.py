"""A person's own data as one ZIP file: JSON, CSV, GPX, a page to read, and a manifest with the hash of each."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import IO, cast

import msgspec

README, MANIFEST = "index.html", "manifest.json"
LONGEST_TABLE = 500  # rows of a kind on the page to read; its file holds all

Rows = Sequence[Mapping[str, object]]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the package: the data categories in it, where they came from, and its bytes as they come."""

    name: str
    categories: tuple[str, ...]
    origin: str
    pieces: Callable[[], Iterable[bytes]]


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A file as the manifest names it."""

    name: str
    categories: tuple[str, ...]
    origin: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What the package holds, under which policy it was made, and when; `terms` are what binds who gets it."""

    subject: str
    made_ms: int
    product: str
    policy: str
    policy_version: str
    policy_hash: str
    terms: Mapping[str, str] = {}
    files: tuple[Filed, ...] = ()


def as_json(name: str, categories: tuple[str, ...], origin: str, rows: Rows) -> Part:
    """A part of JSON rows."""
    return Part(name=name, categories=categories, origin=origin, pieces=lambda: (_pretty(rows),))


def page(title: str, tables: Mapping[str, Rows]) -> bytes:
    """Everything in words and tables, for a person to read: no script, nothing loaded from anywhere."""
    body = "".join(f"<h2>{escape(name)}</h2>{_table(rows)}" for name, rows in tables.items())
    style = (
        "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;"
        "color-scheme:light dark}"
        "table{border-collapse:collapse;width:100%}td,th{border:1px solid #8888;padding:.3rem .5rem;text-align:start;"
        "vertical-align:top;overflow-wrap:anywhere}"
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{style}</style>'
        f"<h1>{escape(title)}</h1>{body}</html>\n"
    ).encode()


def written(parts: Iterable[Part], manifest: Manifest) -> Iterator[bytes]:
    """The bytes of the ZIP while they are made; the manifest comes last, when every hash is known."""
    sink = _Sink()
    files = []
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            digest, size = hashlib.sha256(), 0
            with archive.open(part.name, "w", force_zip64=True) as file:
                for piece in part.pieces():
                    digest.update(piece)
                    size += len(piece)
                    file.write(piece)
                    yield from sink.taken()
            files.append(
                Filed(
                    name=part.name, categories=part.categories, origin=part.origin, size=size,
                    sha256=digest.hexdigest(),
                )
            )  # fmt: skip
        archive.writestr(MANIFEST, _pretty(msgspec.structs.replace(manifest, files=tuple(files))))
    yield from sink.taken()


class _Sink:
    """A file that cannot be sought, whose bytes are taken as they come."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing lies in between."""

    def taken(self) -> Iterator[bytes]:
        held, self._held = self._held, []
        if held:
            yield b"".join(held)


def _pretty(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def _table(rows: Rows) -> str:
    if not rows:
        return "<p>Nothing is kept.</p>"
    names = list(rows[0])
    head = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in names)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(row.get(name)))}</td>" for name in names) + "</tr>"
        for row in rows[:LONGEST_TABLE]
    )
    rest = f"<p>{len(rows) - LONGEST_TABLE} more are in the file.</p>" if len(rows) > LONGEST_TABLE else ""
    return f"<table><tr>{head}</tr>{lines}</table>{rest}"


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
