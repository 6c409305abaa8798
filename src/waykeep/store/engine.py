"""One SQLite file: one writer thread with the only writing connection, group commit, short readers."""

import fcntl
import os
import queue
import sqlite3
import threading
from base64 import b32encode
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from sqlalchemy import MetaData
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from waykeep.errors import StartError, StoreError
from waykeep.store import datamap
from waykeep.store.moving import Mover

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]

JOBS_A_COMMIT = 4096  # bounds how long the first of a tick waits for the last
BUSY_MS = 10_000  # readers are short; a longer wait means that one is not
CHECKPOINT_TRIES = 600
CHECKPOINT_FIRST_WAIT_S, CHECKPOINT_LONGEST_WAIT_S = 0.01, 1.0  # ten minutes in all: a backup may read that long
RESTORING = "restoring"  # marker beside the lock while a restore puts files in place
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "temp_store=MEMORY",
    "mmap_size=0",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_MS}",
)


def new_id(letter: str, random: Callable[[int], bytes]) -> str:
    """A pseudonym: a letter for its kind and 16 characters of base32 over 10 random bytes."""
    return letter + b32encode(random(10)).decode().lower()


class HomeLock:
    """The lock file of the one store process; StartError when another process holds it.

    A home whose restore was cut off half-way opens for nobody but the next restore.
    """

    def __init__(self, path: Path, *, restoring: bool = False) -> None:
        private_folder(path.parent)
        if not restoring and (path.parent / RESTORING).exists():
            raise StartError(f"{path.parent}: a restore was cut off half-way; run `waykeep restore` again")
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise StartError(f"{path}: another process of this home folder is running") from error

    def close(self) -> None:
        """Let the next process in; a second call does nothing."""
        held, self._file = self._file, -1
        if held >= 0:
            os.close(held)

    def __enter__(self) -> Self:
        """Hold it for a block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Release at the block's end."""
        self.close()


class Database:
    """One file. Jobs that wait at the same moment share one commit; a future resolves only after it is on disk.

    Readers take a connection for a few statements and must fetch all of a result: an open cursor keeps deleted bytes
    on disk.
    """

    def __init__(self, path: Path, metadata: MetaData, synchronous: str = "FULL") -> None:
        datamap.check(metadata)
        private_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))  # SQLite would follow the umask
        self.path = path
        self._pragmas = (*PRAGMAS, f"synchronous={synchronous}")
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Any], bool] | None] = queue.SimpleQueue()
        self._readers: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._writer = self._connect()
        try:
            _create(self._writer, metadata)
            datamap.check_file(self._writer, metadata)
        except BaseException:
            self._writer.close()
            raise
        self._mover: Mover | None = None
        self._thread = threading.Thread(target=self._run, name=f"writer of {path.name}", daemon=True)
        self._thread.start()

    def write(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Run a job in the writer's thread, inside the commit of its tick; a failing job undoes itself only."""
        return self._put(job, alone=False)

    def alone(self, job: Callable[[sqlite3.Connection], T]) -> Future[T]:
        """Run a job in the writer's thread outside any transaction: checkpoint, VACUUM."""
        return self._put(job, alone=True)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that cannot write, for a few short statements."""
        try:
            connection = self._readers.get_nowait()
        except queue.Empty:
            connection = self._connect()
            connection.execute("PRAGMA query_only=ON")
        try:
            yield connection
        except sqlite3.Error as error:
            raise StoreError(f"{self.path.name}: {error}") from error
        finally:
            if self._closed:
                connection.close()
            else:
                if connection.in_transaction:
                    connection.rollback()
                self._readers.put(connection)

    def move_beside(self) -> None:
        """Move the write-ahead log in a thread of its own from now on: for a file that is written all the time."""
        self._mover = Mover(self.path.name, self._connect, self.alone)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the file and cut it to nothing; StoreError when a reader is in the way."""
        pause, waiting = CHECKPOINT_FIRST_WAIT_S, threading.Event()
        for _ in range(CHECKPOINT_TRIES):
            if self.alone(_cut).result():
                return
            waiting.wait(pause)  # here, not in the writer's thread: others go on writing meanwhile
            pause = min(2 * pause, CHECKPOINT_LONGEST_WAIT_S)
        raise StoreError(f"{self.path.name}: the write-ahead log cannot be cut, a reader holds it")

    def rewrite(self) -> None:
        """Write the file anew without its free pages and what lingers in them."""
        self.alone(lambda connection: connection.execute("VACUUM").fetchall()).result()
        self.checkpoint()

    def copy_to(self, target: Path) -> None:
        """Copy the file by SQLite's backup call, while it is in use, then verify the copy by opening it."""
        target.unlink(missing_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with self.read() as source:
            copy = sqlite3.connect(target)
            try:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                found = copy.execute("PRAGMA integrity_check").fetchall()
            finally:
                copy.close()
        if found != [("ok",)]:
            raise StoreError(f"{target.name}: the copy does not verify")
        sync(target)

    def close(self) -> None:
        """Finish what waits, cut the log, close everything."""
        mover, self._mover = self._mover, None
        if mover is not None:
            mover.close()
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()
        while not self._readers.empty():
            self._readers.get_nowait().close()
        self._writer.close()

    def _put(self, job: Callable[[sqlite3.Connection], T], *, alone: bool) -> Future[T]:
        done: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise StoreError(f"{self.path.name} is closed")
            self._jobs.put((job, done, alone))
        return done

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            for pragma in self._pragmas:
                connection.execute(f"PRAGMA {pragma}").fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self.path.name}: {error}") from error
        return connection

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            tick = [first]
            last = False
            while len(tick) < JOBS_A_COMMIT and not self._jobs.empty():
                one = self._jobs.get()
                if one is None:
                    last = True
                    break
                tick.append(one)
            self._tick(tick)
            if last:
                return

    def _tick(self, tick: list[tuple[Job, Future[Any], bool]]) -> None:
        shared: list[tuple[Job, Future[Any]]] = []
        for job, done, alone in tick:
            if not alone:
                shared.append((job, done))
                continue
            self._commit(shared)
            shared = []
            _settle(done, *_attempt(self.path.name, job, self._writer))
        self._commit(shared)

    def _commit(self, jobs: list[tuple[Job, Future[Any]]]) -> None:
        if not jobs:
            return
        results: list[tuple[Any, BaseException | None]] = []
        try:
            self._writer.execute("BEGIN IMMEDIATE")
            for job, _ in jobs:
                self._writer.execute("SAVEPOINT job")
                result, error = _attempt(self.path.name, job, self._writer)
                if error is not None:
                    self._writer.execute("ROLLBACK TO job")
                self._writer.execute("RELEASE job")
                results.append((result, error))
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            failed = StoreError(f"{self.path.name}: {error}")
            results = [(None, failed)] * len(jobs)
        for (_, done), (result, why) in zip(jobs, results, strict=True):
            _settle(done, result, why)


def private_folder(folder: Path) -> None:
    """Make a folder and what is missing above it, for their owner only."""
    if not folder.exists():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, data: bytes) -> None:
    """Put a whole file in place, for its owner only and durably: the old one stays until the new one is on disk."""
    fresh = path.with_name(f"{path.name}.new")
    private_folder(path.parent)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync(path)


def sync(path: Path) -> None:
    """Make a file's bytes and its folder's entry durable."""
    for one in (path, path.parent):
        handle = os.open(one, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _attempt(name: str, job: Job, connection: sqlite3.Connection) -> tuple[Any, BaseException | None]:
    try:
        return job(connection), None
    except sqlite3.Error as error:
        return None, StoreError(f"{name}: {error}")
    except Exception as error:  # noqa: BLE001 (the future carries it to the one who asked)
        return None, error


def _settle(done: Future[Any], result: Any, error: BaseException | None) -> None:
    if not done.set_running_or_notify_cancel():
        return  # who asked has gone; what was written stays written
    if error is None:
        done.set_result(result)
    else:
        done.set_exception(error)


def _create(connection: sqlite3.Connection, metadata: MetaData) -> None:
    dialect = sqlite.dialect()
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
        for index in sorted(table.indexes, key=lambda one: str(one.name)):
            connection.execute(str(CreateIndex(index, if_not_exists=True).compile(dialect=dialect)))


def _cut(connection: sqlite3.Connection) -> bool:
    connection.execute("PRAGMA busy_timeout=0").fetchall()
    try:
        return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall() == [(0, 0, 0)])
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}").fetchall()
