"""Parts of the history: one stretch of a device's day, packed and sealed for one subject. Imports no database."""

from collections.abc import Callable

import msgspec
import numpy as np

from waykeep import seal
from waykeep.errors import StoreError
from waykeep.store.places import VERSION, associated
from waykeep.store.track import Track, decode, encode

EARTH_RADIUS_M = 6_371_008.8
PROVISIONAL = 1_000_000  # parts from here on were sealed for a backup before their window closed


class Segment(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One row, in the order of its columns."""

    tenant: str
    device: str
    day: int
    subject: str
    part: int
    count: int
    key: str
    version: int
    header: bytes
    body: bytes


class Header(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a segment's sealed header tells without its body. Bounds are None where no fix has a place."""

    first_ms: int
    last_ms: int
    count: int
    distance_m: float
    south_west_e7: tuple[int, int] | None
    north_east_e7: tuple[int, int] | None


class Place(msgspec.Struct, frozen=True, gc=False):
    """Which row a segment is."""

    tenant: str
    device: str
    day: int
    subject: str
    part: int


def seal_segment(track: Track, place: Place, key: str, secret: bytes, random: Callable[[int], bytes]) -> Segment:
    """Pack and seal one stretch of a day."""
    sealed = [
        seal.seal(seal.subkey(secret, column.encode()), plain, _tied(place, column, key), random(seal.NONCE_BYTES))
        for column, plain in (("header", msgspec.msgpack.encode(header(track))), ("body", encode(track)))
    ]
    return Segment(place.tenant, place.device, place.day, place.subject, place.part, len(track), key, VERSION, *sealed)


def open_track(row: Segment, secret: bytes) -> Track:
    """Open a segment's body."""
    return decode(_open(row, "body", row.body, secret))


def open_header(row: Segment, secret: bytes) -> Header:
    """Open a segment's header."""
    return msgspec.msgpack.decode(_open(row, "header", row.header, secret), type=Header)


def header(track: Track) -> Header:
    """What a header says of a track."""
    latitude, longitude = track.latitude_e7[track.placed], track.longitude_e7[track.placed]
    some = len(latitude) > 0
    return Header(
        int(track.fix_ms[0]),
        int(track.fix_ms[-1]),
        len(track),
        distance_m(track),
        (int(latitude.min()), int(longitude.min())) if some else None,
        (int(latitude.max()), int(longitude.max())) if some else None,
    )


def distance_m(track: Track) -> float:
    """The length of the line through a track's places, on a sphere."""
    latitude = np.radians(track.latitude_e7[track.placed] / 1e7)
    longitude = np.radians(track.longitude_e7[track.placed] / 1e7)
    across = np.sin(np.diff(longitude) / 2) ** 2 * np.cos(latitude[1:]) * np.cos(latitude[:-1])
    chord = np.sqrt(np.clip(np.sin(np.diff(latitude) / 2) ** 2 + across, 0.0, 1.0))
    return float(2 * EARTH_RADIUS_M * np.arcsin(chord).sum())


def month_of(day: int) -> int:
    """The month of a day since 1970, as year × 12 + month − 1."""
    return int(np.datetime64(day, "D").astype("datetime64[M]").astype(np.int64)) + 1970 * 12


def days_of(month: int) -> tuple[int, int]:
    """The first and the last day since 1970 of a month."""
    first = np.datetime64(month - 1970 * 12, "M")
    last = (first + 1).astype("datetime64[D]") - 1
    return int(first.astype("datetime64[D]").astype(np.int64)), int(last.astype(np.int64))


def _open(row: Segment, column: str, sealed: bytes, secret: bytes) -> bytes:
    place = Place(row.tenant, row.device, row.day, row.subject, row.part)
    try:
        return seal.unseal(seal.subkey(secret, column.encode()), sealed, _tied(place, column, row.key))
    except StoreError as error:
        raise StoreError(f"segment of day {row.day}, part {row.part}, {column}: {error}") from None


def _tied(place: Place, column: str, key: str) -> bytes:
    return associated("segment", column, place.tenant, place.device, place.subject, place.day, place.part, key)
