"""The policy documents of this installation: each signed, bound to the one before, never changed, never removed."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from functools import partial
from pathlib import Path

import msgspec

from waykeep import seal
from waykeep.errors import StartError
from waykeep.store.engine import Database

SHIPPED = "shipped"  # the weight of a document that came with the package
PURPOSE = "policy"  # of the signing key
COLUMNS = "number, document, version, hash, chain, published_ms, effective_ms, weight, signature"

Layers = tuple[tuple[str, str], ...]  # file name and text, lowest first


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version. `weight`: shipped, first, minor or material. `layers` is the whole text, base and overlays."""

    number: int
    document: str
    version: str
    hash: str
    layers: Layers
    published_ms: int
    effective_ms: int
    weight: str
    signature: bytes = b""


class Versions:
    """Reads and adds. `seed` signs; a row that its signature does not cover refuses the start."""

    def __init__(self, database: Database, seed: bytes) -> None:
        self._database, self._seed = database, seed

    def all(self) -> tuple[Version, ...]:
        """Every version, oldest first."""
        with self._database.read() as connection:
            return tuple(_rows(connection))

    def count(self) -> int:
        """How many there are: versions are only added, so what was read of so many still holds."""
        with self._database.read() as connection:
            return int(connection.execute("SELECT count(*) FROM policy_version").fetchone()[0])

    def in_force(self, now_ms: int) -> Version | None:
        """The newest version whose day has come."""
        return in_force(self.all(), now_ms)

    def hash_in_force(self, now_ms: int) -> str | None:
        """The hash of `in_force`, without reading its texts: it is asked every second."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT hash FROM policy_version WHERE effective_ms <= ? OR number = 1 ORDER BY number DESC LIMIT 1",
                (now_ms,),
            ).fetchone()
        return None if row is None else str(row[0])

    def add(self, version: Version) -> Future[Version]:
        """Sign a version as the next one and keep it; its number and signature are made here."""
        return self._database.write(partial(_add, self._seed, version))

    def verify(self) -> None:
        """StartError naming the version that was changed, dropped or added behind the program's back."""
        before = b""
        for number, version in enumerate(self.all(), 1):
            if version.number != number:
                raise StartError(f"policy version {number} is missing: versions are never removed")
            if not seal.verify(seal.public_key(self._seed), version.signature, _signed(version, before)):
                raise StartError(f"policy version {number} ({version.version}) is not as it was published")
            before = version.signature


def in_force(versions: tuple[Version, ...], now_ms: int) -> Version | None:
    """The newest version whose day has come; a clock that was set back does not undo the first one."""
    return next((one for one in reversed(versions) if one.effective_ms <= now_ms or one.number == 1), None)


def on_disk(file: Path) -> tuple[Version, ...]:
    """The versions in a database that nobody has opened yet; they are verified when it is."""
    if not file.exists():
        return ()
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            return tuple(_rows(connection))
        except sqlite3.OperationalError:
            return ()  # a database from before its tables


def _rows(connection: sqlite3.Connection) -> Iterator[Version]:
    found = connection.execute(f"SELECT {COLUMNS} FROM policy_version ORDER BY number").fetchall()  # noqa: S608 (a constant of ours)
    for number, document, version, hash_, chain, published_ms, effective_ms, weight, signature in found:
        yield Version(
            number=number,
            document=document,
            version=version,
            hash=hash_,
            layers=msgspec.json.decode(chain, type=Layers),
            published_ms=published_ms,
            effective_ms=effective_ms,
            weight=weight,
            signature=signature,
        )


def _add(seed: bytes, version: Version, connection: sqlite3.Connection) -> Version:
    last = connection.execute("SELECT number, signature FROM policy_version ORDER BY number DESC LIMIT 1").fetchone()
    number, before = last or (0, b"")
    named = msgspec.structs.replace(version, number=number + 1, signature=b"")
    signed = msgspec.structs.replace(named, signature=seal.sign(seed, _signed(named, before)))
    chain = msgspec.json.encode(signed.layers).decode()
    connection.execute(
        f"INSERT INTO policy_version ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 (a constant of ours)
        (
            signed.number, signed.document, signed.version, signed.hash, chain, signed.published_ms,
            signed.effective_ms, signed.weight, signed.signature,
        ),
    )  # fmt: skip
    return signed


def _signed(version: Version, before: bytes) -> bytes:
    """What a signature covers: the whole version and the signature of the one before."""
    return msgspec.json.encode((msgspec.structs.replace(version, signature=b""), before.hex()), order="deterministic")
