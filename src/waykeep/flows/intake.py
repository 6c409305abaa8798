"""The road of a position: gate, journal, and only then the answer to the device and everyone who watches."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Protocol as Shape

import msgspec

from waykeep.errors import StoreError
from waykeep.flows.directory import Known
from waykeep.flows.disk import DiskGuard
from waykeep.model.frame import Cleared, Frame
from waykeep.model.rules import Rules
from waykeep.policy import gate
from waykeep.protocols.base import Message
from waykeep.store.journal import Journal, Written

HANDS = 4  # threads of the road's own: whoever waits for a hold may fill all those that the loop shares
COMMITS_IN_FLIGHT = 2  # one at the disk, the next one sealed behind it; more only make each smaller
DISK_LOOK_S = 1.0
DISK_FULL = "too little free space"

Answer = Callable[[StoreError | None], None]
"""Called once on the event loop: None when what came before is durable, else why it must not be answered."""


class Promises(Shape):
    """Who tells what is promised about a device now: the directory."""

    def rules(self, device: str) -> Rules:
        """The snapshot of this moment."""
        ...


class Follower(Shape):
    """Who follows the journal: the live view."""

    def publish(self, cleared: Cleared) -> None:
        """Take what is durable and new."""
        ...


class Newest(Shape):
    """Who keeps the newest positions."""

    def update(self, frame: Cleared) -> None:
        """Take what is durable and new."""
        ...


class _Asked(msgspec.Struct, frozen=True, gc=False):
    """A message on its way, and who waits for it."""

    known: Known
    message: Message
    received_ms: int
    answer: Answer


class _Batch(msgspec.Struct, frozen=True):
    """What one tick collected; `frames` stand beside their answers, None where nothing was to be kept."""

    frames: list[Cleared | None]
    answers: list[Answer]


class Intake:
    """Collects the frames of an event loop's tick, has them written in one commit, then answers.

    Everything but `held` is called on the event loop's thread.
    """

    def __init__(
        self,
        journal: Journal,
        directory: Promises,
        live: Follower,
        latest: Newest,
        *,
        counters: Counter[str],
        disk: DiskGuard,
    ) -> None:
        self._journal, self._directory, self._live, self._latest = journal, directory, live, latest
        self._disk = disk
        self.counters = counters
        self._loop = asyncio.get_running_loop()
        self._hands = ThreadPoolExecutor(HANDS, thread_name_prefix="intake")
        self._batch = _Batch([], [])
        self._awake = False
        self._in_flight = 0
        self._closed = False
        self._parked: dict[str, list[_Asked]] = {}
        self._holds: Counter[str] = Counter()
        self._preparing: dict[str, asyncio.Task[None]] = {}
        self._looking = self._loop.call_later(DISK_LOOK_S, self._look)

    @property
    def ready(self) -> bool:
        """Whether devices are answered: there is room on the disk."""
        return not self._disk.full

    async def take(self, known: Known, message: Message, received_ms: int) -> None:
        """Take one message of a known device; returns when it is durable. StoreError: do not answer."""
        done: asyncio.Future[None] = self._loop.create_future()

        def answer(error: StoreError | None) -> None:
            if not done.done():
                done.set_result(None) if error is None else done.set_exception(error)

        self.submit(known, message, received_ms, answer)
        await done

    def submit(self, known: Known, message: Message, received_ms: int, answer: Answer) -> None:
        """Take one message; `answer` is called when it is durable, or must not be answered."""
        device = known.device
        if self._disk.full:
            self.counters["unanswered.disk-full"] += 1
            answer(StoreError(DISK_FULL))
            return
        if device in self._parked:
            self._parked[device].append(_Asked(known, message, received_ms, answer))
            return
        if not self._journal.ready(device, received_ms):
            self._parked[device] = [_Asked(known, message, received_ms, answer)]
            self._prepare(known.tenant, device, received_ms)
            return
        self._batch.frames.append(self._judged(known, message, received_ms))
        self._batch.answers.append(answer)
        if not self._awake:
            self._awake = True
            self._loop.call_soon(self._flush)

    @contextmanager
    def held(self, devices: Collection[str]) -> Iterator[None]:
        """Keep these devices' frames waiting for a block of another thread; what was taken before is durable."""
        for device in devices:
            self._loop.call_soon_threadsafe(self._hold, device)
        try:
            asyncio.run_coroutine_threadsafe(self._held(devices), self._loop).result()
            yield
        finally:
            self._loop.call_soon_threadsafe(self._release, devices)

    async def close(self) -> None:
        """Wait for what is in flight; nothing may be submitted any more."""
        self._looking.cancel()
        await asyncio.gather(*self._preparing.values())
        await self._settled()
        self._closed = True
        self._hands.shutdown()

    def _judged(self, known: Known, message: Message, received_ms: int) -> Cleared | None:
        if not message.positions:
            return None
        frame = Frame(
            tenant=known.tenant,
            device=known.device,
            received_ms=received_ms,
            positions=message.positions,
            records=message.records,
        )
        verdict = gate.admit(frame, self._directory.rules(known.device), received_ms)
        for refused in verdict.refused:
            self.counters[f"refused.{refused.reason}"] += refused.count
        if verdict.dropped:
            self.counters["dropped.attributes"] += verdict.dropped
        return verdict.cleared

    def _flush(self) -> None:
        self._awake = False
        if self._in_flight >= COMMITS_IN_FLIGHT or not self._batch.answers:
            return
        batch, self._batch = self._batch, _Batch([], [])
        frames = [frame for frame in batch.frames if frame is not None]
        if not frames:
            self._answer(batch, None)
            return
        try:
            written = self._journal.append(frames)
        except StoreError as error:
            self._fail(batch, error)
            return
        self._in_flight += 1
        written.add_done_callback(lambda done: self._loop.call_soon_threadsafe(self._durable, batch, done))

    def _durable(self, batch: _Batch, done: Future[Written]) -> None:
        self._in_flight -= 1
        error = done.exception()
        if error is None:
            self._follow(batch, done.result())
        else:
            self._fail(batch, error if isinstance(error, StoreError) else StoreError(str(error)))
        self._flush()

    def _follow(self, batch: _Batch, written: Written) -> None:
        if written.lost:
            lost = {id(frame) for frame in written.lost}
            gone = StoreError("the device's keys are gone")
            for frame, answer in zip(batch.frames, batch.answers, strict=True):
                answer(gone if id(frame) in lost else None)
        else:
            self._answer(batch, None)
        self.counters["stored"] += written.stored
        self.counters["resent"] += written.resent
        for frame in written.fresh:
            # A device that was forgotten while its frame was being written is shown to nobody any more.
            if self._journal.ready(frame.device, frame.received_ms):
                self._latest.update(frame)
                self._live.publish(frame)

    def _fail(self, batch: _Batch, error: StoreError) -> None:
        self.counters["unanswered.store"] += len(batch.answers)
        self._answer(batch, error)

    def _answer(self, batch: _Batch, error: StoreError | None) -> None:
        for answer in batch.answers:
            answer(error)

    def _prepare(self, tenant: str, device: str, received_ms: int) -> None:
        """Have the device's keys of the day made or opened, away from the loop."""
        self._preparing[device] = self._loop.create_task(self._prepared(tenant, device, received_ms))

    async def _prepared(self, tenant: str, device: str, received_ms: int) -> None:
        try:
            await self._loop.run_in_executor(self._hands, partial(self._journal.prepare, tenant, device, received_ms))
        except StoreError as error:
            del self._preparing[device]
            self.counters["unanswered.store"] += len(self._parked[device])
            for asked in self._parked.pop(device):
                asked.answer(error)
            if self._holds[device]:
                self._parked[device] = []
        else:
            del self._preparing[device]
            self._unpark(device)

    def _unpark(self, device: str) -> None:
        if not self._holds[device]:
            for asked in self._parked.pop(device, ()):
                self.submit(asked.known, asked.message, asked.received_ms, asked.answer)

    def _hold(self, device: str) -> None:
        self._holds[device] += 1
        self._parked.setdefault(device, [])

    async def _held(self, devices: Collection[str]) -> None:
        if self._closed:  # everything is durable, and nothing comes any more
            return
        await asyncio.gather(*(task for device in devices if (task := self._preparing.get(device)) is not None))
        await self._settled()

    async def _settled(self) -> None:
        """Return when all that was submitted so far is durable, whatever follows it."""
        appended: asyncio.Future[None] = self._loop.create_future()
        self._batch.frames.append(None)
        self._batch.answers.append(lambda _: appended.set_result(None))
        self._flush()
        await appended
        await self._loop.run_in_executor(self._hands, self._journal.settle)

    def _release(self, devices: Collection[str]) -> None:
        for device in devices:
            self._holds[device] -= 1
            if not self._holds[device]:
                del self._holds[device]
                self._unpark(device)

    def _look(self) -> None:
        self._disk.look()
        self._looking = self._loop.call_later(DISK_LOOK_S, self._look)
