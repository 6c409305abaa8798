"""Which records were received before: keyed hashes in memory, loaded from their table when a stretch of time is met."""

import hashlib
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable

from waykeep import seal
from waykeep.model.frame import Cleared, Columns, Flag
from waykeep.store.engine import Database
from waykeep.store.vault import Key

HASH_BYTES = 16
BUCKET_BYTES = 8
BUCKET_BITS = 20  # fix times that share 1,048 s share a bucket: one or two of a device are busy at a time
HASHES_IN_MEMORY = 400_000  # about 60 MB; what is beyond it is read again from the table when it is asked for
PLAIN = int(Flag.VALID)
NO_FIX_TIME = int(Flag.NO_FIX_TIME)  # as plain numbers: the enumeration's own arithmetic costs more than the rest
UNTIMED = -1  # the bucket of records whose device states no time

blake2b = hashlib.blake2b
Keyed = tuple[Key, ...]


class Bucket:
    """The hashes of one device and stretch of fix time, under the present seen key and under the last one."""

    __slots__ = ("changed", "last", "name", "present")

    def __init__(self, name: bytes, present: set[bytes], last: set[bytes]) -> None:
        self.name, self.present, self.last = name, present, last
        self.changed = 0


_NONE = Bucket(b"", set(), set())


class Seen:
    """Tells new records from resent ones. Memory may be ahead of the table by what is not folded yet."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._buckets: OrderedDict[tuple[str, int], Bucket] = OrderedDict()
        self._size = 0

    def fresh(self, frame: Cleared, keys: Keyed, batch: int) -> tuple[list[int], dict[bytes, bytearray]]:
        """Give the places in the frame of records not seen before, and their hashes by bucket name to be stored."""
        new: list[int] = []
        stored: dict[bytes, bytearray] = {}
        secret, stretch, bucket = keys[0].secret, None, _NONE
        for at, (its_stretch, record) in enumerate(zip(_stretches(frame.columns), frame.records, strict=True)):
            if not record:  # its decoder says that the same bytes are news each time
                new.append(at)
                continue
            if its_stretch != stretch:
                stretch, bucket = its_stretch, self._bucket(frame.device, its_stretch, keys)
            found = blake2b(record, key=secret, digest_size=HASH_BYTES).digest()
            if found in bucket.present:
                continue
            if bucket.last and seal.keyed_hash(keys[1].secret, record, HASH_BYTES) in bucket.last:
                continue
            bucket.present.add(found)
            bucket.changed = batch
            new.append(at)
            if bucket.name in stored:
                stored[bucket.name] += found
            else:
                stored[bucket.name] = bytearray(found)
        self._size += len(new)
        return new, stored

    def full(self, folded: int) -> bool:
        """Whether memory is full of what only memory can tell: changed by batches that are not in the table yet."""
        return self._size > HASHES_IN_MEMORY and next(iter(self._buckets.values())).changed > folded

    def trim(self, folded: int) -> None:
        """Let go of the least used stretches, but of none that a batch changed which is not in the table yet."""
        while self._size > HASHES_IN_MEMORY:
            name, bucket = next(iter(self._buckets.items()))
            if bucket.changed > folded:
                return
            del self._buckets[name]
            self._size -= len(bucket.present) + len(bucket.last)

    def clear(self, gone: Callable[[str], bool] = lambda _: True) -> None:
        """Forget what is in memory of these devices; what is durable must be folded before."""
        for name in [name for name in self._buckets if gone(name[0])]:
            bucket = self._buckets.pop(name)
            self._size -= len(bucket.present) + len(bucket.last)

    def _bucket(self, device: str, stretch: int, keys: Keyed) -> Bucket:
        bucket = self._buckets.get((device, stretch))
        if bucket is None:
            names = [bucket_name(key.secret, stretch) for key in keys]
            with self._db.read() as connection:
                loaded = [_load(connection, device, key.id, name) for key, name in zip(keys, names, strict=True)]
            bucket = Bucket(names[0], loaded[0], loaded[1] if len(loaded) > 1 else set())
            self._buckets[device, stretch] = bucket
            self._size += len(bucket.present) + len(bucket.last)
        else:
            self._buckets.move_to_end((device, stretch))
        return bucket


def bucket_name(secret: bytes, stretch: int) -> bytes:
    """The name of a stretch of time, which says nothing without the key."""
    return seal.keyed_hash(secret, b"stretch %d" % stretch, BUCKET_BYTES)


def _stretches(columns: Columns) -> Iterable[int]:
    """The stretch of time of each record: by what the device claimed, as a resend will claim it again."""
    if max(columns.flags) <= PLAIN:  # neither claimed nor without a time
        return [fix_ms >> BUCKET_BITS for fix_ms in columns.fix_ms]
    return [
        UNTIMED if flags & NO_FIX_TIME else (fix_ms if claimed_ms is None else claimed_ms) >> BUCKET_BITS
        for fix_ms, claimed_ms, flags in zip(columns.fix_ms, columns.claimed_ms, columns.flags, strict=True)
    ]


def _load(connection: sqlite3.Connection, device: str, key: str, name: bytes) -> set[bytes]:
    rows = connection.execute(
        "SELECT hashes FROM seen WHERE device = ? AND key = ? AND bucket = ?", (device, key, name)
    ).fetchall()
    return {hashes[at : at + HASH_BYTES] for (hashes,) in rows for at in range(0, len(hashes), HASH_BYTES)}
