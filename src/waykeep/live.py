"""Who is watching now: each watcher gets the newest position per device and tick; a slow one loses old positions only.

A board holds one organisation's newest positions as columns. A watcher keeps no queue: it remembers the tick it was
last sent, and what changed since is read from the columns when its connection is ready. So a watcher costs the same
however slow it is, and no one waits for it. Everything here runs on the event loop's thread.
"""

import asyncio
import struct
from collections.abc import Callable
from typing import Any
from weakref import WeakValueDictionary

import msgspec
import numpy as np
from numpy.typing import NDArray

from waykeep.insight.status import OFFLINE_AFTER_MS, Status, doing
from waykeep.model.frame import Cleared, Columns, Flag

HEADER = struct.Struct("<BBHId")
VERSION, POSITIONS = 1, 1
FIRST_SLOTS = 64
TELL_WITHIN_S = 2.0  # a watcher that cannot take a goodbye in this time is cut off
UNSURE = int(Flag.GAP | Flag.TIME_CLAIMED)  # never becomes the latest position


class Spot(msgspec.Struct, frozen=True, kw_only=True):
    """A device's newest position, as a watcher sees it."""

    fix_ms: int
    received_ms: int
    latitude_e7: int | None
    longitude_e7: int | None
    speed_mps: float | None = None
    course_deg: float | None = None
    does: Status = Status.STOPPED


def newest(columns: Columns, received_ms: int) -> Spot | None:
    """The newest believed row of a frame; None when there is none."""
    at = columns.fix_ms.index(max(columns.fix_ms))
    if columns.flags[at] & UNSURE:
        rows = [row for row, flags in enumerate(columns.flags) if not flags & UNSURE]
        if not rows:
            return None
        at = max(rows, key=columns.fix_ms.__getitem__)
    return Spot(
        fix_ms=columns.fix_ms[at],
        received_ms=received_ms,
        latitude_e7=columns.latitude_e7[at],
        longitude_e7=columns.longitude_e7[at],
        speed_mps=columns.speed_mps[at],
        course_deg=columns.course_deg[at],
        does=doing(columns.speed_mps[at], columns.attributes[at]),
    )


COLUMNS: dict[str, Any] = {
    "longitude": np.int32,
    "latitude": np.int32,
    "fix_ms": np.int64,
    "received_ms": np.int64,
    "speed": np.uint16,
    "course": np.uint8,
    "does": np.uint8,
    "status": np.uint8,
    "private": np.bool_,
    "placed": np.bool_,  # a device that never said where it is has no row on the map
    "changed": np.int64,
}


PLACE = ("longitude", "latitude", "fix_ms", "received_ms", "speed", "course", "placed")


class Board:
    """One organisation's newest positions as columns, one slot a device; a slot is never given to another device."""

    def __init__(self) -> None:
        self.slots: dict[str, int] = {}
        self.tick = 0
        self.watchers: set[Watcher] = set()
        self._used = 0
        self._fix_ms: dict[str, int] = {}
        self._placed_ms: dict[str, int] = {}
        self._fresh: dict[str, Spot] = {}
        self._frames: dict[tuple[Members, int], bytes] = {}
        self._members: WeakValueDictionary[frozenset[str], Members] = WeakValueDictionary()
        self._columns: dict[str, NDArray[Any]] = {n: np.zeros(FIRST_SLOTS, dtype=kind) for n, kind in COLUMNS.items()}

    def __getitem__(self, name: str) -> NDArray[Any]:
        """The used part of a column."""
        return self._columns[name][: self._used]

    def slot(self, device: str) -> int:
        """The device's slot, made at first need."""
        if device not in self.slots:
            if self._used == len(self._columns["placed"]):
                self._columns = {name: np.concatenate([old, np.zeros_like(old)]) for name, old in self._columns.items()}
            self.slots[device] = self._used
            self._used += 1
        return self.slots[device]

    def put(self, device: str, spot: Spot) -> None:
        """Take a newer position; one from before the shown one is history and not shown.

        It enters the columns at the tick's end, so a device that reports often costs one row a tick.
        """
        known_ms = self._fix_ms.get(device)
        if known_ms is None or spot.fix_ms >= known_ms:
            self._fix_ms[device] = spot.fix_ms
            self._fresh[device] = spot
            if spot.latitude_e7 is not None:
                self._placed_ms[device] = spot.fix_ms

    def set_private(self, device: str, *, private: bool) -> None:
        """Show the device as private, or no longer."""
        self._columns["private"][self.slot(device)] = private

    def newest_ms(self, device: str) -> int | None:
        """The time of the position that is shown; a device may have reported since without a place."""
        return self._placed_ms.get(device)

    def hide(self, device: str) -> None:
        """Show no position of the device until a newer one comes."""
        self._fresh.pop(device, None)
        self._fix_ms.pop(device, None)
        self._placed_ms.pop(device, None)
        at = self.slots.get(device)
        if at is not None:
            for name in PLACE:
                self._columns[name][at] = 0
            self._frames.clear()

    def drop(self, device: str) -> None:
        """Forget the device; its watchers hear of it before anything else."""
        self.hide(device)
        self.slots.pop(device, None)
        for devices in [devices for devices in self._members if device in devices]:
            del self._members[devices]  # they know it by the slot that it had
        for watcher in self.watchers:
            watcher.lose(device)

    def members(self, devices: frozenset[str]) -> "Members":
        """These devices as a mask, shared by all who watch the same ones."""
        found = self._members.get(devices)
        if found is None:
            found = self._members[devices] = Members({device: self.slot(device) for device in devices})
        return found

    def advance(self, now_ms: int) -> None:
        """End a tick: new positions enter the columns, statuses follow the clock, and every watcher may look."""
        self.tick += 1
        self._frames.clear()
        if self._fresh:
            self._fold()
        shown = np.where(now_ms - self["received_ms"] > OFFLINE_AFTER_MS, np.uint8(Status.OFFLINE), self["does"])
        shown = np.where(self["private"], np.uint8(Status.PRIVATE), shown)
        self["changed"][shown != self["status"]] = self.tick
        self["status"][:] = shown
        for watcher in self.watchers:
            watcher.wake.set()

    def _fold(self) -> None:
        fresh, self._fresh = self._fresh, {}
        at = np.array([self.slot(device) for device in fresh], dtype=np.intp)
        spots, columns = list(fresh.values()), self._columns
        columns["fix_ms"][at] = [spot.fix_ms for spot in spots]
        columns["received_ms"][at] = [spot.received_ms for spot in spots]
        columns["does"][at] = [spot.does for spot in spots]
        columns["speed"][at] = [_within(round((spot.speed_mps or 0.0) * 100), 65_535) for spot in spots]
        columns["course"][at] = [round((spot.course_deg or 0.0) * 256 / 360) % 256 for spot in spots]
        placed = [n for n, spot in enumerate(spots) if spot.latitude_e7 is not None and spot.longitude_e7 is not None]
        columns["latitude"][at[placed]] = [spots[n].latitude_e7 for n in placed]
        columns["longitude"][at[placed]] = [spots[n].longitude_e7 for n in placed]
        columns["placed"][at[placed]] = True
        columns["changed"][at] = self.tick

    def frame(self, members: "Members", since: int, now_ms: int) -> bytes:
        """What changed for these members after a tick, as one binary frame; empty when nothing did."""
        key = (members, since)
        if key not in self._frames:
            mask = members.mask(self._used) & self["placed"] & (self["changed"] > since)
            at = np.flatnonzero(mask)
            self._frames[key] = self._encode(at, now_ms) if len(at) else b""
        return self._frames[key]

    def _encode(self, at: NDArray[np.intp], now_ms: int) -> bytes:
        return b"".join([
            HEADER.pack(VERSION, POSITIONS, 0, len(at), float(now_ms)),
            at.astype("<u4").tobytes(),
            self["longitude"][at].astype("<i4").tobytes(),
            self["latitude"][at].astype("<i4").tobytes(),
            (self["fix_ms"][at] // 1000).astype("<u4").tobytes(),
            _padded(self["speed"][at].astype("<u2")),
            _padded(self["course"][at]),
            _padded(self["status"][at]),
        ])  # fmt: skip


class Members:
    """A set of devices as a mask over a board's slots; watchers of the same set share it, its names and its frames."""

    def __init__(self, slots: dict[str, int]) -> None:
        self.slots = np.array(sorted(slots.values()), dtype=np.intp)
        self.names = _text({"kind": "units", "slots": [[slot, device] for device, slot in slots.items()]})

    def mask(self, size: int) -> NDArray[np.bool_]:
        """The mask over so many slots."""
        mask = np.zeros(size, dtype=np.bool_)
        mask[self.slots[self.slots < size]] = True
        return mask


class Watcher:
    """One open view. Its door waits on `wake`, sends what `take` gives, then calls `told`."""

    def __init__(self, board: Board, cut: Callable[[], None]) -> None:
        self.wake = asyncio.Event()
        self.square = asyncio.Event()  # set while no goodbye is owed
        self.square.set()
        self.cut = cut
        self.devices: frozenset[str] = frozenset()
        self._board, self._sent = board, -1
        self._members, self._named, self._goodbyes = Members({}), True, list[str]()
        self._taken = 0

    def watch(self, devices: frozenset[str]) -> None:
        """Change what is watched; what was granted before and no longer is, leaves at once."""
        self.devices = devices
        self._members, self._named = self._board.members(devices), False
        self._sent = -1
        self.wake.set()

    def lose(self, device: str) -> None:
        """The device is gone: nothing of it is sent any more, and a goodbye goes out first."""
        if device in self.devices:
            self.devices -= {device}
            self._members = self._board.members(self.devices)
            self._goodbyes.append(device)
            self.square.clear()
            self.wake.set()

    def take(self, now_ms: int) -> list[bytes | str]:
        """What is to be sent now: goodbyes, names of new slots, then one frame of the newest positions."""
        messages: list[bytes | str] = [_text({"kind": "gone", "unit": device}) for device in self._goodbyes]
        if not self._named:
            messages.append(self._members.names)
            self._named = True
        frame = self._board.frame(self._members, self._sent, now_ms)
        self._sent = self._board.tick
        self._taken = len(self._goodbyes)
        return [*messages, frame] if frame else messages

    def told(self) -> None:
        """What `take` gave has been sent."""
        del self._goodbyes[: self._taken]
        self._taken = 0
        if not self._goodbyes:
            self.square.set()


class Live:
    """Boards by organisation."""

    def __init__(self) -> None:
        self._boards: dict[str, Board] = {}
        self._gone: set[str] = set()  # a frame on its way must not bring back who was forgotten; ids never return

    def publish(self, cleared: Cleared) -> None:
        """Offer a frame's newest position to whoever watches."""
        spot = newest(cleared.columns, cleared.received_ms)
        if spot is not None:
            self.put(cleared.tenant, cleared.device, spot)

    def put(self, tenant: str, device: str, spot: Spot) -> None:
        """Show a position: from the road, or from what the store knew at the start."""
        if device not in self._gone:
            self.board(tenant).put(device, spot)

    def private(self, tenant: str, device: str, *, private: bool) -> None:
        """Show a device as private, or no longer."""
        self.board(tenant).set_private(device, private=private)

    def newest_ms(self, tenant: str, device: str) -> int | None:
        """The time of the position that is shown of a device."""
        return self.board(tenant).newest_ms(device)

    def hide(self, tenant: str, device: str) -> None:
        """Show no position of a device until a newer one comes."""
        self.board(tenant).hide(device)

    def board(self, tenant: str) -> Board:
        """The board of an organisation."""
        if tenant not in self._boards:
            self._boards[tenant] = Board()
        return self._boards[tenant]

    def join(self, tenant: str, cut: Callable[[], None]) -> Watcher:
        """Begin to watch; `cut` drops the connection of a watcher that cannot be told goodbye."""
        board = self.board(tenant)
        watcher = Watcher(board, cut)
        board.watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Stop watching."""
        watcher.square.set()
        for board in self._boards.values():
            board.watchers.discard(watcher)

    def tick(self, now_ms: int) -> None:
        """End a tick on every board."""
        for board in self._boards.values():
            board.advance(now_ms)

    def drop(self, device: str, *, returns: bool = False) -> None:
        """Forget a device at once; goodbyes are queued and sent by each watcher's own door.

        One that `returns` lost only its driver: what it reports from now on is shown again.
        """
        if not returns:
            self._gone.add(device)
        for board in self._boards.values():
            board.drop(device)

    async def gone(self, device: str, *, returns: bool = False) -> None:
        """Forget a device, and return when every open view was told so or cut off."""
        self.drop(device, returns=returns)
        watchers = [
            watcher for board in self._boards.values() for watcher in board.watchers if not watcher.square.is_set()
        ]
        await asyncio.gather(*(self._farewell(watcher) for watcher in watchers))

    async def _farewell(self, watcher: Watcher) -> None:
        try:
            await asyncio.wait_for(watcher.square.wait(), TELL_WITHIN_S)
        except TimeoutError:
            self.leave(watcher)
            watcher.cut()

    def watched(self) -> int:
        """How many views are open."""
        return sum(len(board.watchers) for board in self._boards.values())


def _text(message: dict[str, object]) -> str:
    return msgspec.json.encode(message).decode()


def _within(number: int, most: int) -> int:
    """What a device claims, in the bounds of its column: one that goes backwards must not end the view for all."""
    return min(max(number, 0), most)


def _padded(column: NDArray[Any]) -> bytes:
    raw = column.tobytes()
    return raw + bytes(-len(raw) % 4)
