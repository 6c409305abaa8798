"""History: bytes of a position, the time to read a day and a month, what the gate costs, what forgetting costs."""

import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import msgspec
from report import Row

from road import DAY_MS, NOON_MS, Store, device_id, frame, rules
from waykeep.flows import shaping
from waykeep.model.access import Grant, Purpose
from waykeep.model.position import Position
from waykeep.model.rules import Rules, Span
from waykeep.policy import gate
from waykeep.simulate.routes import routes
from waykeep.simulate.vehicle import Vehicle

EVERY_S = 10
DAYS = 30
FRAME = 30
ROUNDS = 5
PAIRS = 9  # one after the other, so that a busy moment of the machine touches both
FIRST_DAY_MS = NOON_MS // DAY_MS * DAY_MS - DAYS * DAY_MS


def measured() -> list[Row]:
    """Everything about stored positions, over one vehicle's simulated month."""
    day = list(_day())
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), NOON_MS)
        try:
            for number in range(DAYS):
                _write(store, day, FIRST_DAY_MS + number * DAY_MS)
            store.compaction.close_window([device_id()])
            return [_size(store), *_reads(store, day, Path(folder)), _gate(day)]
        finally:
            store.close()


def _day() -> Iterator[Position]:
    vehicle = Vehicle(routes()[0], Random(7))
    for step in range(DAY_MS // 1000 // EVERY_S):
        vehicle.drive(float(EVERY_S))
        yield vehicle.position(step * EVERY_S * 1000)


def _moved(day: list[Position], by_ms: int) -> list[Position]:
    return [msgspec.structs.replace(one, fix_ms=(one.fix_ms or 0) + by_ms, device_ms=None) for one in day]


def _write(store: Store, day: list[Position], by_ms: int) -> None:
    moved = _moved(day, by_ms)
    for at in range(0, len(moved), FRAME):
        some = moved[at : at + FRAME]
        found = gate.admit(frame(some, NOON_MS), rules(), NOON_MS).cleared
        assert found is not None
        store.journal.append([found]).result()


def _size(store: Store) -> Row:
    count, size = store.segments.size()
    return Row(
        "bytes per position at rest, sealed segments of a day",
        size / count,
        "<=",
        13.0,
        f"{count:,} positions with about 12 attributes",
    )


def _timed(work: Callable[[], object]) -> float:
    took = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return median(took)


def _reads(store: Store, day: list[Position], folder: Path) -> list[Row]:
    def tracks(from_ms: int, to_ms: int) -> list[object]:
        grant = Grant(
            viewer="p",
            tenant="t",
            purpose=Purpose.PROVIDE_SERVICE,
            devices=frozenset({device_id()}),
            from_ms=from_ms,
            to_ms=to_ms,
            route="bench",
        )
        return list(store.history.track(grant))

    middle = FIRST_DAY_MS + 10 * DAY_MS
    one_day = _timed(lambda: tracks(middle, middle + DAY_MS))
    month = _timed(lambda: shaping.shown(tracks(FIRST_DAY_MS, FIRST_DAY_MS + DAYS * DAY_MS), 1000))
    plain = _plain(day, folder)
    return [
        Row(
            "day track of one device, ms",
            one_day,
            "<=",
            5.0,
            f"{one_day / plain:.1f} times plain SQLite rows in the same run",
        ),
        Row("month to 1,000 points, ms", month, "<=", None, f"{month / one_day:.1f} times the day"),
    ]


def _plain(day: list[Position], folder: Path) -> float:
    """The same day as unsealed rows with a (device, time) key."""
    db = sqlite3.connect(folder / "plain.db")
    db.execute(
        "CREATE TABLE position (device TEXT, fix_ms INTEGER, latitude REAL, longitude REAL, speed REAL, course REAL,"
        " attributes TEXT, PRIMARY KEY (device, fix_ms)) WITHOUT ROWID"
    )
    rows = [
        (device_id(), p.fix_ms, p.latitude_deg, p.longitude_deg, p.speed_mps, p.course_deg, repr(p.attributes))
        for p in day
    ]
    with db:
        db.executemany("INSERT INTO position VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    took = _timed(
        lambda: db.execute(
            "SELECT * FROM position WHERE device = ? AND fix_ms BETWEEN 0 AND ?", (device_id(), DAY_MS)
        ).fetchall()
    )
    db.close()
    return took


def _gate(day: list[Position]) -> Row:
    """A frame of ten through the gate, with promises that touch nothing, against the same without any promise."""
    frames = [frame(_moved(day[at : at + 10], FIRST_DAY_MS)) for at in range(0, 3000, 10)]
    empty = rules()
    full = rules(consented=(Span(0),), private=tuple(Span(n, n + 1) for n in range(20)), retention_ms=730 * DAY_MS)

    def through(promises: Rules) -> float:
        return _timed(lambda: [gate.admit(one, promises, NOON_MS) for one in frames])

    pairs = [(through(full), through(empty)) for _ in range(PAIRS)]
    each_us = median(full for full, _ in pairs) * 1000 / len(frames) / 10
    return Row(
        "gate with every promise on ÷ with an empty policy, 10 records a frame",
        median(full / empty for full, empty in pairs),
        "<=",
        1.15,
        f"{each_us:.2f} µs a position",
    )
