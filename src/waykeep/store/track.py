"""A stretch of one device's positions as numpy columns, and its packed form inside a segment."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Generic, TypeVar, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from waykeep.errors import StoreError
from waykeep.model.frame import Columns
from waykeep.model.position import Cell, Value, Wifi
from waykeep.store.packing import (
    Named,
    Packed,
    Reader,
    pack_attributes,
    pack_floats,
    pack_integers,
    squeeze,
    unpack_attributes,
    unsqueeze,
)

FORMAT = 1
NOWHERE = -(1 << 31)  # no coordinate in degrees times 10^7 comes near it
NEVER = -(1 << 63)
DAY_MS = 86_400_000

FLOATS = ("altitude_m", "speed_mps", "course_deg", "accuracy_m")
EXTRAS = ("cells", "wifi", "attributes")
Radio = tuple[tuple[Cell, ...], tuple[Wifi, ...]]


Item = TypeVar("Item")


class Picked(Sequence[Item], Generic[Item]):
    """Rows picked from one or more sources without copying them."""

    def __init__(self, sources: tuple[Sequence[Item], ...], which: NDArray[np.int64], at: NDArray[np.int64]) -> None:
        self._sources, self._which, self._at = sources, which, at

    @classmethod
    def of(cls, source: Sequence[Item]) -> "Picked[Item]":
        """All rows of one source."""
        return cls((source,), np.zeros(len(source), dtype=np.int64), np.arange(len(source), dtype=np.int64))

    @classmethod
    def join(cls, parts: Sequence["Picked[Item]"]) -> "Picked[Item]":
        """One sequence after the other."""
        sources = tuple(chain.from_iterable(part._sources for part in parts))  # noqa: SLF001 (its own class)
        starts = np.cumsum([0, *(len(part._sources) for part in parts)])  # noqa: SLF001 (its own class)
        which = np.concatenate([part._which + start for part, start in zip(parts, starts, strict=False)])  # noqa: SLF001 (its own class)
        return cls(sources, which, np.concatenate([part._at for part in parts]))  # noqa: SLF001 (its own class)

    def take(self, index: NDArray[Any]) -> "Picked[Item]":
        """The rows of an index or a mask."""
        return Picked(self._sources, self._which[index], self._at[index])

    def __len__(self) -> int:
        """How many rows."""
        return len(self._at)

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> "Picked[Item]": ...
    def __getitem__(self, index: int | slice) -> "Item | Picked[Item]":
        """One row, or the rows of a slice."""
        if isinstance(index, slice):
            return Picked(self._sources, self._which[index], self._at[index])
        found: Item = self._sources[self._which[index]][self._at[index]]
        return found


class Track(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Positions of one device as columns of equal length.

    What was not said: NaN in floats, NOWHERE in coordinates (see `placed`), NEVER in `device_ms` and `claimed_ms`.
    `flags` are bits of model.frame.Flag. `attributes`, `cells` and `wifi` give a row by its index.
    """

    fix_ms: NDArray[np.int64]
    flags: NDArray[np.int64]
    latitude_e7: NDArray[np.int32]
    longitude_e7: NDArray[np.int32]
    altitude_m: NDArray[np.float32]
    speed_mps: NDArray[np.float32]
    course_deg: NDArray[np.float32]
    accuracy_m: NDArray[np.float32]
    device_ms: NDArray[np.int64]
    claimed_ms: NDArray[np.int64]
    cells: Picked[tuple[Cell, ...]]
    wifi: Picked[tuple[Wifi, ...]]
    attributes: Picked[dict[str, Value]]

    def __len__(self) -> int:
        """How many positions."""
        return len(self.fix_ms)

    @property
    def placed(self) -> NDArray[np.bool_]:
        """Which positions have a place."""
        there: NDArray[np.bool_] = self.latitude_e7 != NOWHERE
        return there

    def take(self, index: NDArray[Any]) -> "Track":
        """The positions of an index or a mask."""
        columns = {name: getattr(self, name)[index] for name in ARRAYS}
        return Track(**columns, **{name: getattr(self, name).take(index) for name in EXTRAS})

    def between(self, from_ms: int | None, to_ms: int | None) -> "Track":
        """The positions whose fix time lies in a span; `to_ms` is exclusive."""
        inside = np.ones(len(self), dtype=np.bool_)
        if from_ms is not None:
            inside &= self.fix_ms >= from_ms
        if to_ms is not None:
            inside &= self.fix_ms < to_ms
        return self if inside.all() else self.take(inside)

    def ordered(self) -> "Track":
        """The same positions by fix time; those of one moment keep their order."""
        if bool((self.fix_ms[1:] >= self.fix_ms[:-1]).all()):
            return self
        return self.take(np.argsort(self.fix_ms, kind="stable"))

    def days(self) -> Iterator[tuple[int, "Track"]]:
        """The positions of each UTC day, as (days since 1970, positions)."""
        day = self.fix_ms // DAY_MS
        for one in np.unique(day):
            yield int(one), self.take(day == one)


ARRAYS = tuple(name for name in Track.__struct_fields__ if name not in EXTRAS)
TYPES = {"fix_ms": np.int64, "flags": np.int64, "latitude_e7": np.int32, "longitude_e7": np.int32} | {
    "altitude_m": np.float32, "speed_mps": np.float32, "course_deg": np.float32, "accuracy_m": np.float32,
    "device_ms": np.int64, "claimed_ms": np.int64,
}  # fmt: skip
MISSING = {"latitude_e7": NOWHERE, "longitude_e7": NOWHERE, "device_ms": NEVER, "claimed_ms": NEVER}


def gather(frames: Iterable[Columns]) -> Track:
    """One track out of frames, in the order given."""
    columns = list(frames)
    arrays: dict[str, Any] = {}
    for name in ARRAYS:
        values = list(chain.from_iterable(getattr(one, name) for one in columns))
        if name in MISSING:
            none = MISSING[name]
            values = [none if value is None else value for value in values]
        arrays[name] = np.array(values, dtype=TYPES[name])
    extras = {name: list(chain.from_iterable(getattr(one, name) for one in columns)) for name in EXTRAS}
    arrays |= {name: Picked.of(rows) for name, rows in extras.items()}
    return Track(**arrays)


EMPTY = gather(())


def join(tracks: Sequence[Track]) -> Track:
    """One track after the other, as one; order them with `ordered`."""
    some = [track for track in tracks if len(track)]
    if len(some) < 2:
        return some[0] if some else EMPTY
    columns: dict[str, Any] = {name: np.concatenate([getattr(track, name) for track in some]) for name in ARRAYS}
    columns |= {name: Picked.join([getattr(track, name) for track in some]) for name in EXTRAS}
    return Track(**columns)


def distinct(track: Track) -> Track:
    """The track without records that decode to one already in it."""
    keep = first_of_each(track)
    return track if keep.all() else track.take(keep)


def first_of_each(track: Track) -> NDArray[np.bool_]:
    """Which records do not decode to one before them.

    Where the device's time was not believed, its claimed time tells records apart, since a resend is received later.
    """
    when = np.where(track.claimed_ms == NEVER, track.fix_ms, track.claimed_ms)
    _, inverse, counts = np.unique(when, return_inverse=True, return_counts=True)
    twice = np.flatnonzero(counts[inverse] > 1)
    keep = np.ones(len(track), dtype=np.bool_)
    seen: set[bytes] = set()
    encode = msgspec.msgpack.Encoder(order="sorted").encode
    for at in map(int, twice):
        numbers = tuple(getattr(track, name)[at].tobytes() for name in ARRAYS if name != "fix_ms")
        row = encode((int(when[at]), numbers, track.cells[at], track.wifi[at], track.attributes[at]))
        keep[at] = row not in seen
        seen.add(row)
    return keep


class _Core(msgspec.Struct, frozen=True, array_like=True):
    """The packed numbers: one entry for each array, in the order of ARRAYS."""

    columns: tuple[Packed, ...]
    planes: bytes


class _Rest(msgspec.Struct, frozen=True, array_like=True):
    """The packed attributes, and the few rows that hold cells or Wi-Fi."""

    columns: tuple[Named, ...]
    planes: bytes
    radio: dict[int, Radio]


class _Body(msgspec.Struct, frozen=True, array_like=True):
    """What stands in a segment's body before it is sealed; `core` and `rest` are zstd frames."""

    format: int
    count: int
    core: bytes
    rest: bytes


def encode(track: Track) -> bytes:
    """Pack a track for a segment's body."""
    packed = [_pack(track, name) for name in ARRAYS]
    core = _Core(tuple(one for one, _ in packed), b"".join(planes for _, planes in packed))
    named, planes = pack_attributes(track.attributes)
    radio = {at: (track.cells[at], track.wifi[at]) for at in range(len(track)) if track.cells[at] or track.wifi[at]}
    to_bytes = msgspec.msgpack.encode
    rest = _Rest(tuple(named), planes, radio)
    return to_bytes(_Body(FORMAT, len(track), squeeze(to_bytes(core)), squeeze(to_bytes(rest))))


def decode(body: bytes) -> Track:
    """Unpack what `encode` packed; attributes are unpacked only when one of them is asked for."""
    try:
        found = msgspec.msgpack.decode(body, type=_Body)
        if found.format != FORMAT:
            raise StoreError("a segment of an unknown format")
        core = msgspec.msgpack.decode(unsqueeze(found.core), type=_Core)
    except msgspec.MsgspecError as error:
        raise StoreError("a segment does not decode") from error
    reader = Reader(core.planes, found.count)
    arrays: dict[str, Any] = {}
    for name, packed in zip(ARRAYS, core.columns, strict=True):
        arrays[name] = _unpack(reader, packed, name, arrays)
    rest = _Later(found.rest, found.count)
    index = np.arange(found.count, dtype=np.int64)
    which = np.zeros(found.count, dtype=np.int64)
    columns: dict[str, Any] = {name: Picked((_Column(rest, name),), which, index) for name in EXTRAS}
    return Track(**arrays, **columns)


def _pack(track: Track, name: str) -> tuple[Packed, bytes]:
    values = getattr(track, name)
    if name in FLOATS:
        return pack_floats(values)
    wide = values.astype(np.int64)
    if name not in MISSING:
        return pack_integers(wide)
    present = wide != MISSING[name]
    if name == "device_ms":  # nearly always the fix time or a little later
        wide = wide - track.fix_ms
    return pack_integers(wide, present)


def _unpack(reader: Reader, packed: Packed, name: str, before: dict[str, Any]) -> NDArray[Any]:
    if name in FLOATS:
        return reader.floats(packed)[0].astype(TYPES[name])
    values, mask = reader.integers(packed)
    if name == "device_ms":
        values = values + before["fix_ms"]
    if mask is not None:
        values = np.where(mask, values, MISSING[name])
    return values.astype(TYPES[name])


class _Later:
    """A segment's extras, unpacked when the first of them is asked for."""

    def __init__(self, packed: bytes, count: int) -> None:
        self._packed, self.count = packed, count
        self._rows: dict[str, Sequence[Any]] | None = None

    def rows(self, name: str) -> Sequence[Any]:
        """All rows of `cells`, `wifi` or `attributes`."""
        if self._rows is None:
            rest = msgspec.msgpack.decode(unsqueeze(self._packed), type=_Rest)
            attributes = unpack_attributes(Reader(rest.planes, self.count), rest.columns, self.count)
            radio = [rest.radio.get(at, ((), ())) for at in range(self.count)]
            self._rows = {
                "attributes": attributes,
                "cells": [cells for cells, _ in radio],
                "wifi": [wifi for _, wifi in radio],
            }
        return self._rows[name]


class _Column(Sequence[Any]):
    """One of a segment's extras as a sequence of rows."""

    def __init__(self, rest: _Later, name: str) -> None:
        self._rest, self._name = rest, name

    def __len__(self) -> int:
        """How many rows."""
        return self._rest.count

    def __getitem__(self, index: Any) -> Any:
        """Give one row."""
        return self._rest.rows(self._name)[index]
