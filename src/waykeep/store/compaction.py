"""Turns the tail into history, and rewrites history where a promise asks for it; the work runs in a child process."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

import waykeep
from waykeep.errors import StoreError
from waykeep.model.rules import Attribution, Span
from waykeep.store import journal, reseal, segments
from waykeep.store.engine import Database
from waykeep.store.folding import fold_all
from waykeep.store.frames import frame_secret
from waykeep.store.parts import Segment, days_of, month_of
from waykeep.store.reseal import Answer, Done, Failed, Found, More, Pair, Task
from waykeep.store.track import DAY_MS
from waykeep.store.vault import Vault

HOUR_MS = 3_600_000
MOST_FAILURES = 50  # of one run; more mean that the disk itself is in trouble
FRAMES_A_TASK = 20_000  # bounds the child's memory; a device-day that is longer is sealed in several steps

Final = Callable[[str, str, str, int], tuple[str, bytes]]
Hold = Callable[[Collection[str]], AbstractContextManager[object]]


class Child:
    """The compaction child: a process of its own that gets pipes and nothing else."""

    def __enter__(self) -> Self:
        """Start it."""
        folder = str(Path(waykeep.__file__).parent.parent)
        environ = {"PYTHONPATH": folder, "PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1"}
        # The program is our own module under our own interpreter.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "waykeep.store.reseal"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environ,
            close_fds=True,
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let it end."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait()

    def ask(self, message: Task | More) -> Answer:
        """Send one message and wait for its answer; StoreError when the child failed."""
        try:
            reseal.write(_there(self._process.stdin), msgspec.msgpack.encode(message))
            answer = reseal.read(_there(self._process.stdout))
        except OSError as error:
            raise StoreError("the compaction child went away") from error
        if answer is None:
            raise StoreError("the compaction child went away")
        found: Answer = msgspec.msgpack.decode(answer, type=Answer)
        if isinstance(found, Failed):
            raise StoreError(found.text)
        return found


class Compaction:
    """All that rewrites sealed positions; one rewrite at a time. Calls wait for the disk: use another thread.

    `changed` is told the devices whose tail or keys changed, before the call returns: it empties what memory holds of
    them (Journal.drop, Tail.drop). `hold` keeps the intake of devices waiting for a block (Intake.held).
    Methods that return key ids have re-sealed or deleted every row under them, durably: the caller destroys the keys
    (Erasures.destroy), which also puts them on the erasure list.
    """

    def __init__(
        self,
        db: Database,
        vault: Vault,
        attribution: Callable[[str], Attribution],
        changed: Callable[[Collection[str]], None] = lambda _: None,
        hold: Hold = nullcontext,
    ) -> None:
        self._db, self._vault, self._attribution = db, vault, attribution
        self._changed, self._hold = changed, hold
        self._lock = threading.RLock()

    def run(self, now_ms: int, window_h: int) -> int:
        """Close every device-day whose attribution window has passed; say how many.

        One that cannot be closed does not keep the others open: its StoreError is raised at the end.
        """
        last_day = (now_ms - window_h * HOUR_MS) // DAY_MS - 1
        failed: list[StoreError] = []
        with self._lock:
            waiting = deque(device_days := self._device_days(last_day))
            while waiting and len(failed) < MOST_FAILURES:
                with Child() as child:  # one that was left in the middle of a task is of no use any more
                    try:
                        while waiting:
                            device, day = waiting.popleft()
                            # A day that still goes on, or only just ended, may get a frame at any moment.
                            holding = self._hold if day >= (now_ms - HOUR_MS) // DAY_MS else nullcontext
                            self._close(child, device, day, frozenset(), holding)
                    except StoreError as error:
                        failed.append(error)
        if failed:
            raise failed[0]
        return len(device_days)

    def close_window(self, devices: Collection[str], without: frozenset[str] = frozenset()) -> None:
        """Close the window of these devices now, today included, leaving out the fixes of the subjects `without`.

        When it returns the others' fixes are history and every day key of these devices is destroyed.
        """
        with self._lock, self._hold(devices), Child() as child:
            for device, day in self._device_days(1 << 40):
                if device in devices:
                    self._close(child, device, day, without, nullcontext)

    def still(self) -> AbstractContextManager[object]:
        """Keep every rewrite waiting for a block, while a backup copies the file."""
        return self._lock

    def provisional(self) -> Iterator[Segment]:
        """Give the tail of this moment as segments under the keys of the subjects known now, for a backup.

        Nothing is written here. In the copy these rows take the place of the tail.
        """
        with self._lock, Child() as child:
            for device, day in self._device_days(1 << 40):
                for task in self._tasks(device, day, frozenset(), provisional=True):
                    yield from self._ask(child, task, (), self._present).segments

    def erase_span(self, device: str, subject: str | None, from_ms: int, to_ms: int) -> tuple[str, ...]:
        """Erase a span (of one subject, when given): every touched month's survivors get a new key.

        The device's window is closed first. Returns the ids of the keys to destroy.
        """
        self.close_window((device,))
        return self._renew(device, from_ms, to_ms, subject, erased=(Span(from_ms, to_ms),), erased_of=subject)

    def sealed_since(self, device: str, from_ms: int) -> bool:
        """Whether fixes of that day or later are history already, sealed for whoever was their subject then."""
        query = "SELECT EXISTS (SELECT 1 FROM segment WHERE device = ? AND day >= ?)"
        with self._db.read() as connection:
            return bool(connection.execute(query, (device, from_ms // DAY_MS)).fetchall()[0][0])

    def reattribute(self, device: str, from_ms: int, to_ms: int) -> tuple[str, ...]:
        """Seal a span's fixes under whoever they belong to now, what stays under a fresh key; keys to destroy.

        The tail follows the change by itself, when its window closes.
        """
        return self._renew(device, from_ms, to_ms, None, reattribute=True)

    def expire(self, device: str, before_ms: int) -> tuple[str, ...]:
        """Drop the history before a moment: whole days go, the straddling day is sealed again under its month's key.

        Returns the ids of the keys of months that are empty now.
        """
        limit_day = before_ms // DAY_MS
        with self._lock:
            rows = self._rows(device, limit_day, limit_day)
            if rows:
                with Child() as child:
                    task = self._task(device, rows, before_ms=before_ms)
                    done = self._ask(child, task, (), self._present)
                    self._db.write(partial(_swap, (), task.segments, done.segments)).result()
            touched = {row.key for row in rows}
            return self._db.write(partial(_expire, device, limit_day, touched)).result()

    def purge(self, subject: str) -> None:
        """Delete every row of a device, or every row sealed for a person, after its keys were destroyed."""
        self._db.write(partial(_purge, subject)).result()
        self._changed((subject,))
        self._db.checkpoint()

    def mend(self, now_ms: int) -> tuple[str, ...]:
        """At the start: destroy day keys that a crash left without frames, finish renewals; keys to destroy."""
        today = now_ms // DAY_MS
        with self._db.read() as connection:
            busy = set(connection.execute("SELECT DISTINCT device, day FROM tail").fetchall())
        for row in self._vault.keys.select("kind = 'day' AND slot < ?", (today,)):
            if (row.device, row.slot) not in busy:
                self._vault.destroy_day_key(str(row.device), row.slot)
        old: set[str] = set()
        for row in self._vault.keys.select("kind = 'data' AND state = 'old'", ()):
            first_day, last_day = days_of(row.slot)
            old.update(
                self._renew(str(row.device), first_day * DAY_MS, (last_day + 1) * DAY_MS, row.subject, unfinished=True)
            )
            old.add(row.id)
        return tuple(sorted(old))

    def _device_days(self, last_day: int) -> list[tuple[str, int]]:
        with self._db.read() as connection:
            found = connection.execute("SELECT DISTINCT device, day FROM tail WHERE day <= ? ORDER BY day", (last_day,))
            return [(device, day) for device, day in found.fetchall()]

    def _close(self, child: Child, device: str, day: int, dropped: frozenset[str], holding: Hold) -> None:
        """Make history of a device's day, then destroy its key.

        `holding` keeps the device's frames waiting for the last step: one that came between the look at the tail and
        the end of the key would be acknowledged, and never be read again.
        """
        for task in self._tasks(device, day, dropped):
            done, old = self._merged(child, task)
            frames = [(row.id,) for row in task.frames]
            self._db.write(partial(_swap, frames, old, done.segments)).result()
        with holding((device,)):
            with self._db.read() as connection:
                left = connection.execute("SELECT count(*) FROM tail WHERE device = ? AND day = ?", (device, day))
                some = bool(left.fetchall()[0][0])
            if not some:  # else received meanwhile, or under a destroyed key: never a reason to lose the rest
                self._vault.destroy_day_key(device, day)
            self._changed((device,))

    def _merged(self, child: Child, task: Task) -> tuple[Done, tuple[Segment, ...]]:
        """Seal a task's frames together with the history of the days that they fall on."""
        pairs = _pairs(child.ask(task))
        days = sorted({day for day, _ in pairs})
        old = tuple(row for day in days for row in self._readable(self._rows(task.device, day, day)))
        pairs |= {(row.day, row.subject) for row in old}
        return self._finish(child, task, old, pairs, self._present), old

    def _ask(self, child: Child, task: Task, old: tuple[Segment, ...], final: Final) -> Done:
        return self._finish(child, task, old, _pairs(child.ask(task)), final)

    def _finish(self, child: Child, task: Task, old: tuple[Segment, ...], pairs: set[Pair], final: Final) -> Done:
        wanted = sorted({(subject, month_of(day)) for day, subject in pairs})
        keys = tuple((subject, month, *final(task.tenant, task.device, subject, month)) for subject, month in wanted)
        answer = child.ask(More(segments=old, keys=self._secrets(old), final=keys))
        if not isinstance(answer, Done):
            raise StoreError("the compaction child answered out of turn")
        return answer

    def _tasks(self, device: str, day: int, dropped: frozenset[str], *, provisional: bool = False) -> Iterator[Task]:
        key = self._vault.day_key(device, day, create=False)
        if key is None:
            return
        with self._db.read() as connection:
            rows = [row for row in journal.rows_of(connection, device, day, day) if row.key == key.id]
        for at in range(0, len(rows), FRAMES_A_TASK):
            yield Task(
                tenant=rows[0].tenant,
                device=device,
                frames=tuple(rows[at : at + FRAMES_A_TASK]),
                keys={key.id: frame_secret(key.secret)},
                attribution=self._attribution(device),
                dropped=dropped,
                provisional=provisional,
            )

    def _task(
        self,
        device: str,
        rows: Sequence[Segment],
        *,
        erased: tuple[Span, ...] = (),
        erased_of: str | None = None,
        before_ms: int | None = None,
        reattribute: bool = False,
    ) -> Task:
        readable = self._readable(rows)
        return Task(
            tenant=rows[0].tenant,
            device=device,
            segments=readable,
            keys=self._secrets(readable),
            attribution=self._attribution(device),
            erased=erased,
            erased_of=erased_of,
            before_ms=before_ms,
            reattribute=reattribute,
        )

    def _renew(
        self,
        device: str,
        from_ms: int,
        to_ms: int,
        subject: str | None,
        *,
        erased: tuple[Span, ...] = (),
        erased_of: str | None = None,
        reattribute: bool = False,
        unfinished: bool = False,
    ) -> tuple[str, ...]:
        """Seal each touched month anew under fresh keys; the keys that no row is under any more."""
        old: set[str] = set()
        with self._lock, Child() as child:
            for month in range(month_of(from_ms // DAY_MS), month_of((to_ms - 1) // DAY_MS) + 1):
                rows = self._rows(device, *days_of(month))
                mine = [row for row in rows if subject in (None, row.subject)]
                if not mine:
                    continue
                task = self._task(device, mine, erased=erased, erased_of=erased_of, reattribute=reattribute)
                final = self._present if unfinished else partial(self._fresh, old)
                done = self._ask(child, task, (), final)
                self._db.write(partial(_swap, (), task.segments, done.segments)).result()
                old.update(row.key for row in task.segments)
                old.difference_update(row.key for row in done.segments)
        return tuple(sorted(old))

    def _rows(self, device: str, from_day: int, to_day: int) -> list[Segment]:
        with self._db.read() as connection:
            return segments.rows_of(connection, device, from_day, to_day)

    def _readable(self, rows: Iterable[Segment]) -> tuple[Segment, ...]:
        return tuple(row for row in rows if self._vault.open_data_key(row.key) is not None)

    def _secrets(self, rows: Iterable[Segment]) -> dict[str, bytes]:
        found = {row.key: self._vault.open_data_key(row.key) for row in rows}
        return {key: secret for key, secret in found.items() if secret is not None}

    def _present(self, tenant: str, device: str, subject: str, month: int) -> tuple[str, bytes]:
        key = self._vault.data_key(tenant, device, subject, month, create=True)
        assert key is not None
        return key.id, key.secret

    def _fresh(self, old: set[str], tenant: str, device: str, subject: str, month: int) -> tuple[str, bytes]:
        key, replaced = self._vault.renew_data_key(tenant, device, subject, month)
        old.update(replaced)
        return key.id, key.secret


def _pairs(answer: Answer) -> set[Pair]:
    if not isinstance(answer, Found):
        raise StoreError("the compaction child answered out of turn")
    return set(answer.pairs)


def _there(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise StoreError("the compaction child has no pipe")
    return pipe


def _swap(
    frames: Sequence[tuple[int]], old: Sequence[Segment], new: Sequence[Segment], connection: sqlite3.Connection
) -> None:
    connection.executemany("DELETE FROM tail WHERE id = ?", frames)
    segments.replace(connection, old, new)


def _expire(device: str, limit_day: int, touched: set[str], connection: sqlite3.Connection) -> tuple[str, ...]:
    gone = connection.execute("DELETE FROM segment WHERE device = ? AND day < ? RETURNING key", (device, limit_day))
    keys = touched | {key for (key,) in gone.fetchall()}
    left = connection.execute("SELECT DISTINCT key FROM segment WHERE device = ?", (device,))
    return tuple(sorted(keys - {key for (key,) in left.fetchall()}))


def _purge(subject: str, connection: sqlite3.Connection) -> None:
    whose = "device" if subject.startswith("d") else "subject"
    fold_all(connection)
    for table in ("segment", "latest") if whose == "subject" else ("segment", "latest", "tail", "seen"):
        connection.execute(f"DELETE FROM {table} WHERE {whose} = ?", (subject,))  # noqa: S608 (names of ours)
