"""Frames of the tail: how one is packed, tied to its place and opened. Imports no database."""

import msgspec
import zstandard

from waykeep import seal
from waykeep.errors import StoreError
from waykeep.model.frame import Cleared, Columns
from waykeep.store.places import associated

LARGEST_INTEGER = (1 << 64) - 1
SQUEEZED = b"\x28"  # how a zstd frame begins; a plain one begins with the mark of a list of two, 92

_encode = msgspec.msgpack.Encoder().encode


class Kept(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What a tail frame holds once it is open."""

    received_ms: int
    columns: Columns


_decode = msgspec.msgpack.Decoder(Kept).decode


class Sealed(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One row of the tail."""

    id: int
    tenant: str
    device: str
    day: int
    count: int
    key: str
    frame: bytes


def frame_place(tenant: str, device: str, day: int, key: str) -> bytes:
    """What ties a frame to its place, but for the row's number, which follows it."""
    return associated("tail", "frame", tenant, device, "", day, 0, key) + b"\0"


def open_frame(row: Sealed, secret: bytes) -> Kept:
    """Open one row of the tail under its day key's secret for frames."""
    place = frame_place(row.tenant, row.device, row.day, row.key) + b"%d" % row.id
    try:
        packed = seal.unseal(secret, row.frame, place)
        return _decode(zstandard.ZstdDecompressor().decompress(packed) if packed[:1] == SQUEEZED else packed)
    except (StoreError, msgspec.MsgspecError, zstandard.ZstdError) as error:
        raise StoreError(f"tail, row {row.id}: {error}") from None


def frame_secret(day_secret: bytes) -> bytes:
    """The sub-key of a day key under which frames are sealed."""
    return seal.subkey(day_secret, b"frame")


def packed(frame: Cleared) -> bytes:
    """Pack a frame, not yet squeezed."""
    try:
        return _encode((frame.received_ms, frame.columns))
    except OverflowError:
        # A number longer than 64 bits is kept as its digits.
        rows = tuple(
            {name: str(value) if isinstance(value, int) and _long(value) else value for name, value in row.items()}
            for row in frame.columns.attributes
        )
        return _encode((frame.received_ms, msgspec.structs.replace(frame.columns, attributes=rows)))


def _long(value: int) -> bool:
    return not -(1 << 63) <= value <= LARGEST_INTEGER
