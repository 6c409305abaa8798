"""The tail as positions: a device's frames that are not history yet, opened once and kept for the next reader."""

import threading
from collections import OrderedDict
from collections.abc import Collection

import msgspec

from waykeep.store.engine import Database
from waykeep.store.frames import Sealed, frame_secret, open_frame
from waykeep.store.track import EMPTY, Track, gather, join
from waykeep.store.vault import Vault

POSITIONS_KEPT = 100_000  # about 100 MB with a dozen attributes each

ROWS = "SELECT id, tenant, device, day, count, key, frame FROM tail WHERE device = ? AND id > ? ORDER BY id"


class _Open(msgspec.Struct, frozen=True):
    """A device's open tail up to a row."""

    upto: int
    track: Track


class Tail:
    """Opens tails. `drop` must be called when a device's frames or day keys go."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db, self._vault = db, vault
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._drops = 0

    def read(self, device: str) -> Track:
        """All positions of a device's tail, in the order of receipt. Frames whose key was destroyed are gone."""
        with self._lock:
            before, drops = self._open.get(device, _Open(0, EMPTY)), self._drops
        with self._db.read() as connection:
            rows = [Sealed(*row) for row in connection.execute(ROWS, (device, before.upto)).fetchall()]
        if not rows:
            return before.track
        track = join([before.track, self._opened(rows)])
        with self._lock:
            if drops == self._drops:  # else what was read may be gone by now: good for this answer only
                self._open[device] = _Open(rows[-1].id, track)
                self._open.move_to_end(device)
                while len(self._open) > 1 and sum(len(one.track) for one in self._open.values()) > POSITIONS_KEPT:
                    self._open.popitem(last=False)
        return track

    def drop(self, devices: Collection[str]) -> None:
        """Close what is open of these devices."""
        with self._lock:
            self._drops += 1
            for device in devices:
                self._open.pop(device, None)

    def _opened(self, rows: list[Sealed]) -> Track:
        secrets: dict[str, bytes | None] = {}
        for row in rows:
            if row.key not in secrets:
                key = self._vault.day_key(row.device, row.day, create=False)
                secrets[row.key] = None if key is None or key.id != row.key else frame_secret(key.secret)
        return gather(open_frame(row, secret).columns for row in rows if (secret := secrets[row.key]) is not None)
