"""The newest position of each device: in memory, rebuilt at the start, written down by compaction only."""

import sqlite3
from collections.abc import Callable, Collection

import msgspec

from waykeep import seal
from waykeep.model.frame import Cleared, Columns, Flag
from waykeep.model.position import Value
from waykeep.model.rules import Attribution
from waykeep.store.engine import Database
from waykeep.store.frames import Sealed, frame_secret, open_frame
from waykeep.store.parts import month_of
from waykeep.store.places import associated
from waykeep.store.track import DAY_MS
from waykeep.store.vault import KeyGone, Vault

UNSURE = int(Flag.GAP | Flag.TIME_CLAIMED)  # never becomes the latest position
FRAMES_READ = 64  # newest received frames of each device that are opened at the start; later ones mend what they miss
NEWEST = (
    "SELECT id, tenant, device, day, count, key, frame FROM"
    " (SELECT *, row_number() OVER (PARTITION BY device ORDER BY id DESC) AS nth FROM tail) WHERE nth <= ? ORDER BY id"
)
INSERT = "INSERT OR REPLACE INTO latest (device, tenant, subject, key, place) VALUES (?, ?, ?, ?, ?)"


class LatestFix(msgspec.Struct, frozen=True, kw_only=True):
    """One device's newest position."""

    tenant: str
    device: str
    received_ms: int
    fix_ms: int
    flags: int
    latitude_e7: int | None
    longitude_e7: int | None
    altitude_m: float | None
    speed_mps: float | None
    course_deg: float | None
    accuracy_m: float | None
    attributes: dict[str, Value]


class _Row(msgspec.Struct, frozen=True, gc=False):
    """A position that still stands in its frame: most are replaced before anyone asks for them."""

    tenant: str
    received_ms: int
    columns: Columns
    at: int


class Latest:
    """Newest positions by device; `update` follows the journal, on the event loop's thread."""

    def __init__(
        self,
        db: Database,
        vault: Vault,
        random: Callable[[int], bytes],
        retention_ms: Callable[[str], int | None] = lambda _: None,
        clock: Callable[[], int] = lambda: 0,
    ) -> None:
        self._db, self._vault, self._random = db, vault, random
        self._retention_ms, self._clock = retention_ms, clock
        self._fix_ms: dict[str, int] = {}
        self._newest: dict[str, LatestFix | _Row] = {}
        self._drops: dict[str, int] = {}
        self._load()

    def update(self, frame: Cleared) -> None:
        """Take a frame's newest believed place, when it is newer than what is known."""
        self._take(frame.tenant, frame.device, frame.received_ms, frame.columns)

    def latest(self, devices: Collection[str]) -> list[LatestFix]:
        """The newest positions of these devices, of those that have one and may still be kept."""
        now_ms = self._clock()
        found = []
        for device in devices:
            one = self._newest.get(device)
            if isinstance(one, _Row):
                one = self._newest[device] = _fix(device, one)
            if one is not None and self._kept(one, now_ms):
                found.append(one)
        return found

    def newest_ms(self, device: str) -> int | None:
        """The fix time of a device's newest position."""
        return self._fix_ms.get(device)

    def drop(self, devices: Collection[str]) -> None:
        """Forget these devices' newest positions, in memory and on disk, at once."""
        for device in devices:
            self._drops[device] = self._drops.get(device, 0) + 1
            self._newest.pop(device, None)
            self._fix_ms.pop(device, None)
        gone = [(device,) for device in devices]
        self._db.write(lambda connection: connection.executemany("DELETE FROM latest WHERE device = ?", gone))

    def write_down(self, attribution: Callable[[str], Attribution]) -> int:
        """Write every newest position sealed under its subject's key, as compaction does; say how many.

        Sealing a fleet takes seconds, in another thread: what is dropped meanwhile is not written any more. The row of
        a unit that has been silent for longer than its places may be kept goes.
        """
        now_ms = self._clock()
        drops, rows, past = {}, [], []
        for device in tuple(self._newest):
            drops[device] = self._drops.get(device, 0)
            one = self._newest.get(device)
            fix = _fix(device, one) if isinstance(one, _Row) else one
            if fix is not None and not self._kept(fix, now_ms):
                past.append((device,))
            elif fix is not None and (row := self._sealed(fix, attribution)) is not None:
                rows.append(row)

        def job(connection: sqlite3.Connection) -> int:
            still = [row for row in rows if self._drops.get(str(row[0]), 0) == drops[str(row[0])]]
            connection.executemany("DELETE FROM latest WHERE device = ?", past)
            connection.executemany(INSERT, still)
            return len(still)

        return self._db.write(job).result()

    def _kept(self, one: LatestFix, now_ms: int) -> bool:
        kept_ms = self._retention_ms(one.device)
        return kept_ms is None or now_ms < one.fix_ms + kept_ms

    def _sealed(self, one: LatestFix, attribution: Callable[[str], Attribution]) -> tuple[str | bytes, ...] | None:
        subject = attribution(one.device).subject_at(one.fix_ms)
        try:
            key = self._vault.data_key(one.tenant, one.device, subject, month_of(one.fix_ms // DAY_MS), create=True)
        except KeyGone:
            return None
        assert key is not None
        place = _place(one.tenant, one.device, subject, key.id)
        sealed = seal.seal(_secret(key.secret), msgspec.msgpack.encode(one), place, self._random(seal.NONCE_BYTES))
        return one.device, one.tenant, subject, key.id, sealed

    def _load(self) -> None:
        with self._db.read() as connection:
            written = connection.execute("SELECT device, tenant, subject, key, place FROM latest").fetchall()
            frames = [Sealed(*row) for row in connection.execute(NEWEST, (FRAMES_READ,)).fetchall()]
        shut = []
        for device, tenant, subject, key, sealed in written:
            secret = self._vault.open_data_key(key)
            if secret is None:
                shut.append((device, key))
            else:
                plain = seal.unseal(_secret(secret), sealed, _place(tenant, device, subject, key))
                one = msgspec.msgpack.decode(plain, type=LatestFix)
                self._newest[device], self._fix_ms[device] = one, one.fix_ms
        if shut:
            self._db.write(
                lambda link: link.executemany("DELETE FROM latest WHERE device = ? AND key = ?", shut)
            ).result()
        for row in frames:
            key_ = self._vault.day_key(row.device, row.day, create=False)
            if key_ is not None and key_.id == row.key:
                kept = open_frame(row, frame_secret(key_.secret))
                self._take(row.tenant, row.device, kept.received_ms, kept.columns)

    def _take(self, tenant: str, device: str, received_ms: int, columns: Columns) -> None:
        known_ms = self._fix_ms.get(device)
        newest = max(columns.fix_ms)
        if known_ms is not None and newest < known_ms:
            return
        at = columns.fix_ms.index(newest)
        if not _believed(columns, at):
            rows = [n for n in range(len(columns.fix_ms)) if _believed(columns, n)]
            if not rows:
                return
            at = max(rows, key=columns.fix_ms.__getitem__)
            if known_ms is not None and columns.fix_ms[at] < known_ms:
                return
        self._fix_ms[device], self._newest[device] = columns.fix_ms[at], _Row(tenant, received_ms, columns, at)


def _believed(columns: Columns, at: int) -> bool:
    return not columns.flags[at] & UNSURE and columns.latitude_e7[at] is not None


def _fix(device: str, row: _Row) -> LatestFix:
    columns, at = row.columns, row.at
    return LatestFix(
        tenant=row.tenant,
        device=device,
        received_ms=row.received_ms,
        fix_ms=columns.fix_ms[at],
        flags=columns.flags[at],
        latitude_e7=columns.latitude_e7[at],
        longitude_e7=columns.longitude_e7[at],
        altitude_m=columns.altitude_m[at],
        speed_mps=columns.speed_mps[at],
        course_deg=columns.course_deg[at],
        accuracy_m=columns.accuracy_m[at],
        attributes=columns.attributes[at],
    )


def _secret(secret: bytes) -> bytes:
    return seal.subkey(secret, b"latest")


def _place(tenant: str, device: str, subject: str, key: str) -> bytes:
    return associated("latest", "place", tenant, device, subject, 0, 0, key)
