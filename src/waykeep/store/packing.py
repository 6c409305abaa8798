"""Columns as small bytes: differences, byte planes, one zstd frame around them; lossless."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar, overload

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

from waykeep.errors import StoreError
from waykeep.model.position import Value

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Item = TypeVar("Item", bound=np.generic)

LEVEL = 15  # a day of one device in about a millisecond; higher levels gain less than one percent here
TRIAL_LEVEL = 1  # enough to see which order of differences packs best
HIGHEST_ORDER = 2
BITS = 64
WORDED = "so"  # kinds of columns whose integers are places in their words
MADE_SINGLY = 16  # beyond a sixteenth of the rows, making all at once is the faster way
LARGEST_SCALED = float(1 << 52)  # above it a double has no room left for a fraction

# What trackers count in: decimal parts, km/h and knots turned into m/s. True: the value is an integer divided by the
# number, False: multiplied. Both are tried, since they differ in the last bit.
SCALES: tuple[tuple[float, bool], ...] = (
    *((10.0**n, True) for n in range(7)),
    *((10.0**-n, False) for n in range(1, 7)),
    (3.6, True),
    (36.0, True),
    (1852 / 3600, False),
    (1852 / 36000, False),
    (1852 / 360000, False),
)


class Packed(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How a column of integers was packed: order of differences, bytes an item, the values that start them.

    `scale` None = the integers themselves, 0 = bits of a double, else what they are divided or multiplied by.
    `missing` says that a bit mask of the present values goes before the planes.
    """

    order: int
    width: int
    seeds: tuple[int, ...]
    scale: float | None = None
    divide: bool = True
    missing: bool = False


class Named(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One attribute's column. `kind`: b(ool) i(nteger) f(loat) s(tring, an index into `words`) o(ther, `words`)."""

    name: str
    kind: str
    packed: Packed
    words: tuple[Value, ...] = ()


class Reader:
    """Takes columns back out of the planes, in the order in which they were put."""

    def __init__(self, data: bytes, count: int) -> None:
        self._data, self._count, self._at = data, count, 0

    def integers(self, packed: Packed) -> tuple[Integers, Mask | None]:
        """One column of integers, and which of them are present (None = all)."""
        mask = self._mask() if packed.missing else None
        count = self._count - packed.order
        planes = np.frombuffer(self._bytes(count * packed.width), dtype=np.uint8).reshape(packed.width, count)
        wide = np.zeros((count, 8), dtype=np.uint8)
        wide[:, : packed.width] = planes.T
        folded = wide.view(np.uint64).reshape(count)
        values = ((folded >> np.uint64(1)) ^ (~(folded & np.uint64(1)) + np.uint64(1))).view(np.int64)
        for seed in reversed(packed.seeds):
            values = np.concatenate((np.array([seed], dtype=np.int64), values)).cumsum(dtype=np.int64)
        return values, mask

    def floats(self, packed: Packed) -> tuple[Floats, Mask | None]:
        """One column of doubles; what is missing is NaN."""
        values, mask = self.integers(packed)
        if packed.scale is None:
            raise StoreError("a packed column of integers stands where floats belong")
        found = values.view(np.float64) if packed.scale == 0 else _scaled(values, packed.scale, divide=packed.divide)
        return (found if mask is None else np.where(mask, found, np.nan)), mask

    def _mask(self) -> Mask:
        bits = np.frombuffer(self._bytes((self._count + 7) // 8), dtype=np.uint8)
        return np.unpackbits(bits, count=self._count).astype(np.bool_)

    def _bytes(self, size: int) -> bytes:
        found = self._data[self._at : self._at + size]
        if len(found) != size:
            raise StoreError("a packed column is cut short")
        self._at += size
        return found


def pack_integers(values: Integers, present: Mask | None = None) -> tuple[Packed, bytes]:
    """Pack one column; where `present` is False the value does not matter."""
    if present is None or present.all():
        return _best(values, b"")
    packed, planes = _best(_filled(values, present), np.packbits(present).tobytes())
    return msgspec.structs.replace(packed, missing=True), planes


def pack_floats(values: NDArray[np.floating[Any]], present: Mask | None = None) -> tuple[Packed, bytes]:
    """Pack one column of floats as scaled integers where that loses nothing at their width, else as their bits."""
    some = ~np.isnan(values) if present is None else present
    full = _filled(values, some) if some.any() else np.zeros_like(values)
    integers, scale, divide = _unscaled(full)
    packed, planes = pack_integers(integers, some)
    return msgspec.structs.replace(packed, scale=scale, divide=divide), planes


def pack_attributes(rows: Sequence[dict[str, Value]]) -> tuple[list[Named], bytes]:
    """Turn rows of attributes into one column for each name, and pack those."""
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    packed = [_attribute(name, [row.get(name) for row in rows]) for name in names]
    return [one for one, _ in packed], b"".join(planes for _, planes in packed)


def unpack_attributes(reader: Reader, columns: Sequence[Named], count: int) -> "Attributes":
    """The rows of attributes again; a value that was missing is not in its row."""
    return Attributes([_Column(column, *_values(reader, column)) for column in columns], count)


class _Column(NamedTuple):
    named: Named
    values: NDArray[Any]
    mask: Mask | None

    def one(self, at: int) -> Value:
        """The value of one row."""
        value: Value = self.values[at].item()
        return self.named.words[max(int(value), 0)] if self.named.kind in WORDED else value

    def all(self) -> list[Value]:
        """The values of all rows; where one is missing it does not matter."""
        values: list[Value] = self.values.tolist()
        return [self.named.words[max(int(at), 0)] for at in values] if self.named.kind in WORDED else values


class Attributes(Sequence[dict[str, Value]]):
    """Rows of attributes kept as columns. A few rows are made one by one, all of them once many were asked for."""

    def __init__(self, columns: list[_Column], count: int) -> None:
        self._columns, self._count = columns, count
        self._singly = count // MADE_SINGLY
        self._rows: list[dict[str, Value]] | None = None

    def __len__(self) -> int:
        """How many rows."""
        return self._count

    @overload
    def __getitem__(self, index: int) -> dict[str, Value]: ...
    @overload
    def __getitem__(self, index: slice) -> list[dict[str, Value]]: ...
    def __getitem__(self, index: int | slice) -> dict[str, Value] | list[dict[str, Value]]:
        """One row, or the rows of a slice."""
        if self._rows is None and not isinstance(index, slice) and self._singly > 0:
            self._singly -= 1
            return {one.named.name: one.one(index) for one in self._columns if one.mask is None or one.mask[index]}
        if self._rows is None:
            self._rows = self._all()
        return self._rows[index]

    def _all(self) -> list[dict[str, Value]]:
        rows: list[dict[str, Value]] = [{} for _ in range(self._count)]
        for column in self._columns:
            name, mask = column.named.name, column.mask
            if mask is None:
                for row, value in zip(rows, column.all(), strict=True):
                    row[name] = value
                continue
            for row, value, present in zip(rows, column.all(), mask.tolist(), strict=True):
                if present:
                    row[name] = value
        return rows


def squeeze(data: bytes) -> bytes:
    """One zstd frame."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(data)


def unsqueeze(data: bytes) -> bytes:
    """What `squeeze` took."""
    try:
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as error:
        raise StoreError("a packed column does not decompress") from error


def _best(values: Integers, before: bytes) -> tuple[Packed, bytes]:
    """The order of differences that compresses best, and its planes."""
    trial = zstandard.ZstdCompressor(level=TRIAL_LEVEL)
    best: tuple[int, Packed, bytes] | None = None
    seeds: list[int] = []
    for order in range(min(HIGHEST_ORDER, max(len(values) - 1, 0)) + 1):
        if order:
            seeds.append(int(values[0]))
            values = np.diff(values)
        folded = ((values << np.int64(1)) ^ (values >> np.int64(BITS - 1))).view(np.uint64)
        width = (int(folded.max(initial=0)).bit_length() + 7) // 8
        planes = folded.view(np.uint8).reshape(len(values), 8)[:, :width].T.tobytes()
        cost = len(trial.compress(planes)) if width else 0
        if best is None or cost < best[0]:
            best = (cost, Packed(order, width, tuple(seeds)), planes)
    assert best is not None
    return best[1], before + best[2]


def _filled(values: NDArray[Item], present: Mask) -> NDArray[Item]:
    """Values with each missing one replaced by the last present one, so that differences there are nothing."""
    if not len(values):
        return values
    last = np.maximum.accumulate(np.where(present, np.arange(len(values)), int(present.argmax())))
    return values[last]


def _unscaled(values: NDArray[np.floating[Any]]) -> tuple[Integers, float, bool]:
    """Integers and the scale that gives exactly these floats back; scale 0 = the bits of a double."""
    sample = values[:16]  # most scales fail on the first few
    for scale, divide in SCALES:
        if _exact(sample, scale, divide=divide) and _exact(values, scale, divide=divide):
            return _raw(values, scale, divide=divide).astype(np.int64), scale, divide
    return values.astype(np.float64).view(np.int64), 0.0, True


def _exact(values: NDArray[np.floating[Any]], scale: float, *, divide: bool) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):  # the largest doubles overflow here and are kept as bits
        raw = _raw(values, scale, divide=divide)
    if not (np.abs(raw) < LARGEST_SCALED).all():
        return False
    again = _scaled(raw.astype(np.int64), scale, divide=divide).astype(values.dtype)
    return again.tobytes() == values.tobytes()  # bits, since -0.0 equals 0.0


def _raw(values: NDArray[np.floating[Any]], scale: float, *, divide: bool) -> Floats:
    wide = values.astype(np.float64)
    scaled: Floats = np.rint(wide * scale if divide else wide / scale)
    return scaled


def _scaled(values: Integers, scale: float, *, divide: bool) -> Floats:
    scaled: Floats = np.true_divide(values, scale) if divide else np.multiply(values, scale)
    return scaled


def _attribute(name: str, values: list[Value | None]) -> tuple[Named, bytes]:
    present = np.array([value is not None for value in values], dtype=np.bool_)
    kinds = {type(value) for value in values if value is not None}
    kind = kinds.pop() if len(kinds) == 1 else object
    if kind is bool or (kind is int and all(value is None or _fits(value) for value in values)):
        packed, planes = pack_integers(np.array([int(value or 0) for value in values], dtype=np.int64), present)
        return Named(name, "b" if kind is bool else "i", packed), planes
    if kind is float:
        floats = np.array([0.0 if value is None else value for value in values], dtype=np.float64)
        packed, planes = pack_floats(floats, present)
        # a NaN that was sent is present: its bits were kept, as nothing scales to it
        return Named(name, "f", packed), planes
    if kind is str:
        words = {word: at for at, word in enumerate(dict.fromkeys(value for value in values if value is not None))}
        index = [0 if value is None else words[value] for value in values]
        packed, planes = pack_integers(np.array(index, dtype=np.int64), present)
        return Named(name, "s", packed, tuple(words)), planes
    packed, planes = pack_integers(np.cumsum(present).astype(np.int64) - 1, present)
    return Named(name, "o", packed, tuple(value for value in values if value is not None)), planes


def _fits(value: Value) -> bool:
    return -(1 << 63) <= int(value) < 1 << 63


def _values(reader: Reader, column: Named) -> tuple[NDArray[Any], Mask | None]:
    if column.kind == "f":
        return reader.floats(column.packed)
    integers, mask = reader.integers(column.packed)
    return (integers.astype(np.bool_) if column.kind == "b" else integers), mask
