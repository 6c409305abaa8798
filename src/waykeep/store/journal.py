"""The durable, ordered log of accepted frames: each sealed under its device's key of the day, stored once."""

import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import msgspec
import zstandard

from waykeep import seal
from waykeep.errors import StoreError
from waykeep.model.frame import Cleared, Columns
from waykeep.store.engine import Database
from waykeep.store.folding import Folding, Row, fold_all
from waykeep.store.frames import Sealed, frame_place, frame_secret, packed
from waykeep.store.seen import Keyed, Seen
from waykeep.store.statements import insert
from waykeep.store.track import DAY_MS
from waykeep.store.vault import KeyGone, Vault

SEEN_DAYS = 7  # a seen key is replaced after so long; the last one is still tried

TAIL = "INSERT INTO tail (id, tenant, device, day, count, key, frame) VALUES "

SQUEEZED_FROM = 400  # bytes; a smaller frame gains nothing
SQUEEZE_LEVEL = -1  # a frame of ten records to a quarter in some microseconds


class Written(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What became of a batch. `fresh` holds what was new of each frame, `lost` the frames whose key is gone."""

    stored: int
    resent: int
    fresh: tuple[Cleared, ...]
    lost: tuple[Cleared, ...]


class _Device(msgspec.Struct, frozen=True, gc=False):
    """What the road needs of a device today."""

    day: int
    key: str
    secret: bytes
    place: bytes
    seen: Keyed


class _Chain:
    """Batches that trust each other: when one fails, those written after it fail too.

    They may call a record resent that only the failed one held.
    """

    __slots__ = ("broken",)

    def __init__(self) -> None:
        self.broken = False


class Journal:
    """Appends batches of cleared frames; a batch's future resolves when all of it is on disk.

    `append` is quick when `ready`, else it waits for the vault's disk: call `prepare` from another thread first.
    """

    def __init__(self, db: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._db, self._vault, self._random = db, vault, random
        self._lock = threading.RLock()
        self._devices: dict[str, _Device] = {}
        self._seen = Seen(db)
        self._chain = _Chain()
        self._squeeze = zstandard.ZstdCompressor(level=SQUEEZE_LEVEL).compress
        self._folding = Folding()
        self._issued = self._folded = 0
        db.move_beside()
        db.write(fold_all).result()  # what a stop left: memory knows nothing of it any more
        with db.read() as connection:
            # Hashes outlive the frames they came with: a number is never given twice.
            tail, seen = connection.execute(
                "SELECT (SELECT max(id) FROM tail), (SELECT max(frame) FROM seen)"
            ).fetchall()[0]
        self._next = max(tail or 0, seen or 0) + 1

    def ready(self, device: str, received_ms: int) -> bool:
        """Whether a frame of this device can be appended without waiting for its keys."""
        known = self._devices.get(device)
        return known is not None and known.day == received_ms // DAY_MS

    def prepare(self, tenant: str, device: str, received_ms: int) -> None:
        """Get the keys of a device's day, making them when they are missing; KeyGone when it was forgotten."""
        day = received_ms // DAY_MS
        key = self._vault.day_key(device, day, create=True)
        if key is None:
            raise KeyGone("no key for this device's day")
        known = _Device(
            day,
            key.id,
            frame_secret(key.secret),
            frame_place(tenant, device, day, key.id),
            self._vault.seen(device),
        )
        with self._lock:
            self._devices[device] = known
        if self._vault.day_key(device, day, create=False) != key:  # forgotten, or its window closed, meanwhile
            self.drop((device,))
            raise KeyGone("no key for this device's day")

    def append(self, frames: Sequence[Cleared]) -> Future[Written]:
        """Seal what is new of these frames and write it in one commit."""
        with self._lock:
            if self._chain.broken:
                self._db.write(fold_all).result()
                self._chain = _Chain()
                self._seen.clear()
            self._issued += 1
            rows: list[tuple[Any, ...]] = []
            hashes: list[Row] = []
            fresh: list[Cleared] = []
            lost: list[Cleared] = []
            resent = 0
            for frame in frames:
                try:
                    new = self._seal(frame, rows, hashes)
                except KeyGone:
                    lost.append(frame)
                    continue
                except BaseException:
                    self._chain.broken = True  # what memory noted of this batch never comes to the disk
                    raise
                if new is not None:
                    fresh.append(new)
                resent += len(frame.records) - (0 if new is None else len(new.records))
            stored = sum(len(frame.records) for frame in fresh)
            written = Written(stored=stored, resent=resent, fresh=tuple(fresh), lost=tuple(lost))
            keep = partial(self._folding.take, batch=self._issued, rows=hashes, whole=self._seen.full(self._folded))
            done = self._db.write(partial(_write, rows, keep, self._chain, written))
            done.add_done_callback(partial(self._settle, self._chain, self._issued))
            self._seen.trim(self._folded)
            return done

    def drop(self, devices: Collection[str]) -> None:
        """Forget keys and hashes in memory of these devices, after their keys changed or were destroyed."""
        with self._lock:
            self._db.write(fold_all).result()  # after what is in flight
            for device in devices:
                self._devices.pop(device, None)
            self._seen.clear(lambda device: device in devices)

    def settle(self) -> None:
        """Wait until every batch so far is durable or has failed."""
        self._db.write(lambda _: None).result()

    def renew_seen(self, now_ms: int) -> int:
        """Replace the seen keys that are seven days old; hashes under a destroyed key go with it."""
        rows = self._vault.keys.select("kind = 'seen'", ())
        newest: dict[str, int] = {}
        for row in rows:
            newest[str(row.device)] = max(row.slot, newest.get(str(row.device), 0))
        old = [device for device, slot in newest.items() if slot + SEEN_DAYS * DAY_MS <= now_ms]
        for device in old:
            gone = [(device, key) for key in self._vault.rotate_seen(device)]
            self._db.write(partial(_forget_hashes, gone)).result()
            self.drop((device,))
        return len(old)

    def forget(self, devices: Collection[str]) -> None:
        """Delete the hashes of forgotten devices, durably, and what memory holds of them."""
        self.drop(devices)
        self._db.write(partial(_forget_devices, [(device,) for device in devices])).result()

    def _seal(self, frame: Cleared, rows: list[tuple[Any, ...]], hashes: list[Row]) -> Cleared | None:
        known = self._devices.get(frame.device)
        if known is None or known.day != frame.received_ms // DAY_MS:
            self.prepare(frame.tenant, frame.device, frame.received_ms)
            known = self._devices[frame.device]
        new, stored = self._seen.fresh(frame, known.seen, self._issued)
        if not new:
            return None
        if len(new) < len(frame.records):
            frame = _part(frame, new)
        at, self._next = self._next, self._next + 1
        plain = packed(frame)
        if len(plain) > SQUEEZED_FROM:
            plain = self._squeeze(plain)
        sealed = seal.seal(known.secret, plain, known.place + b"%d" % at, self._random(seal.NONCE_BYTES))
        rows.append((at, frame.tenant, frame.device, known.day, len(frame.records), known.key, sealed))
        hashes.extend((frame.device, known.seen[0].id, name, at, bytes(found)) for name, found in stored.items())
        return frame

    def _settle(self, chain: _Chain, batch: int, done: Future[Written]) -> None:
        # Runs in the writer's thread before it takes the next batch.
        if done.exception() is not None:
            chain.broken = True
            self._folding.failed()
        else:
            self._folded = self._folding.durable(batch)


def rows_of(connection: sqlite3.Connection, device: str, from_day: int = 0, to_day: int = 1 << 40) -> list[Sealed]:
    """The rows of a device's tail received in a span of days (both included), in the order of receipt."""
    found = connection.execute(
        "SELECT id, tenant, device, day, count, key, frame FROM tail WHERE device = ? AND day BETWEEN ? AND ?"
        " ORDER BY id",
        (device, from_day, to_day),
    )
    return [Sealed(*row) for row in found.fetchall()]


def _write(rows: list[tuple[Any, ...]], keep: Callable[[sqlite3.Connection], None], chain: _Chain, written: Written,
           connection: sqlite3.Connection) -> Written:  # fmt: skip
    if chain.broken:
        raise StoreError("the batch before this one was not stored")
    try:
        insert(connection, TAIL, 7, rows)
        keep(connection)
    except BaseException:
        chain.broken = True
        raise
    return written


def _forget_hashes(gone: Iterable[tuple[str, str]], connection: sqlite3.Connection) -> None:
    fold_all(connection)
    connection.executemany("DELETE FROM seen WHERE device = ? AND key = ?", gone)


def _forget_devices(gone: Iterable[tuple[str]], connection: sqlite3.Connection) -> None:
    fold_all(connection)
    connection.executemany("DELETE FROM seen WHERE device = ?", gone)


def _part(frame: Cleared, index: Sequence[int]) -> Cleared:
    names = Columns.__struct_fields__
    columns = Columns(**{name: tuple(getattr(frame.columns, name)[at] for at in index) for name in names})
    return msgspec.structs.replace(frame, columns=columns, records=tuple(frame.records[at] for at in index))
