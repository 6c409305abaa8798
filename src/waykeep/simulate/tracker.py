"""A tracker's side of a real socket: keeps what it measured, sends it, waits for the answer, sends again."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from waykeep.errors import ProtocolError
from waykeep.model.position import Position
from waykeep.protocols.base import Encoder, Protocol

ANSWER_S = 10.0  # as trackers do: no answer by then means a dead line
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
MOST_KEPT = 20_000  # a tracker's memory; the oldest go first
MOST_LATENCIES = 200_000  # a demo may run for weeks
BATCH = {"teltonika": 10, "osmand": 1, "gt06": 1, "h02": 1}
READ = 65_536

Monotonic = Callable[[], float]


class Stats(msgspec.Struct):
    """What trackers did together. `sent` and `acknowledged` count distinct records, `resent` what went out again."""

    sent: int = 0
    acknowledged: int = 0
    resent: int = 0
    dropped: int = 0
    connects: int = 0
    refused: int = 0
    latency_ms: deque[float] = msgspec.field(default_factory=lambda: deque(maxlen=MOST_LATENCIES))

    def percentile_ms(self, share: float) -> float:
        """The answering time that this share of the reports stayed within."""
        if not self.latency_ms:
            return 0.0
        ordered = sorted(self.latency_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Record(msgspec.Struct):
    """A position that waits for its answer; `number` counts the tracker's records."""

    number: int
    position: Position
    sent: bool = False


class Tracker:
    """One unit's tracker.

    `loses(number)` says when the line breaks right after a report, before its answer; the tracker then has no network
    for `away_s()`, and keeps what it measures. `turned_away` counts the
    connections in a row that ended without any answer.
    """

    def __init__(
        self,
        unique_id: str,
        protocol: Protocol,
        address: tuple[str, int],
        stats: Stats,
        monotonic: Monotonic,
        *,
        loses: Callable[[int], bool] = lambda _: False,
        away_s: Callable[[], float] = lambda: 0.0,
        batch: int | None = None,
    ) -> None:
        self._unique_id, self._protocol, self._address = unique_id, protocol, address
        self._stats, self._monotonic, self._loses = stats, monotonic, loses
        self._away_s = away_s
        self._batch = batch or BATCH.get(protocol.name, 1)
        self._kept: deque[Record] = deque()
        self._number = 0
        self._fresh = asyncio.Event()
        self._done = asyncio.Event()
        self._done.set()
        self._reports = self._answers = 0
        self._gone_s = 0.0
        self._connected = False
        self.turned_away = 0

    @property
    def waiting(self) -> int:
        """Records that have no answer yet."""
        return len(self._kept)

    def measure(self, position: Position) -> None:
        """Keep a position for sending."""
        if len(self._kept) >= MOST_KEPT:
            self._kept.popleft()
            self._stats.dropped += 1
        self._kept.append(Record(self._number, position))
        self._number += 1
        self._done.clear()
        self._fresh.set()

    async def finished(self, timeout_s: float) -> bool:
        """Wait until everything is answered; False when time ran out."""
        try:
            await asyncio.wait_for(self._done.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Send for ever: connect, send, and connect again when the line breaks."""
        pause_s = FIRST_PAUSE_S
        while True:
            if not self._kept:
                self._fresh.clear()
                await self._fresh.wait()
            answers = self._answers
            with contextlib.suppress(OSError, TimeoutError, ProtocolError):
                await self._converse()
            answered = self._answers > answers
            self.turned_away = 0 if answered else self.turned_away + self._connected
            pause_s = FIRST_PAUSE_S if answered else min(LONGEST_PAUSE_S, pause_s * 2)
            await asyncio.sleep(pause_s + self._gone_s)
            self._gone_s = 0.0

    async def _converse(self) -> None:
        """One connection, until it breaks."""
        self._connected = False
        reader, writer = await asyncio.wait_for(asyncio.open_connection(*self._address), ANSWER_S)
        self._connected = True
        self._stats.connects += 1
        encoder = self._protocol.encoder(self._unique_id)
        try:
            if hello := encoder.hello():
                writer.write(hello)
                await self._heard(reader, encoder)
            while True:
                if not self._kept:
                    self._fresh.clear()
                    await self._until_fresh(reader)
                if not await self._report(reader, writer, encoder):
                    return
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1)

    async def _until_fresh(self, reader: asyncio.StreamReader) -> None:
        """Wait for something to send, and notice a line that the server closes meanwhile."""
        fresh = asyncio.ensure_future(self._fresh.wait())
        closed = asyncio.ensure_future(_at_end(reader))
        try:
            await asyncio.wait({fresh, closed}, return_when=asyncio.FIRST_COMPLETED)
            if closed.done():
                raise ConnectionResetError("the server hung up")
        finally:
            fresh.cancel()
            closed.cancel()

    async def _report(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, encoder: Encoder) -> bool:
        records = [self._kept[i] for i in range(min(self._batch, len(self._kept)))]
        self._count(records)
        begun = self._monotonic()
        writer.write(encoder.report([record.position for record in records]))
        await writer.drain()
        self._reports += 1
        if self._loses(self._reports):
            self._gone_s = self._away_s()
            return False
        while not await self._heard(reader, encoder):
            pass
        self._answers += 1
        self._stats.latency_ms.append((self._monotonic() - begun) * 1000)
        self._answered(records)
        return True

    def _count(self, records: list[Record]) -> None:
        for record in records:
            if record.sent:
                self._stats.resent += 1
            else:
                record.sent = True
                self._stats.sent += 1

    def _answered(self, records: list[Record]) -> None:
        last = records[-1].number
        while self._kept and self._kept[0].number <= last:
            self._kept.popleft()
        self._stats.acknowledged += len(records)
        if not self._kept:
            self._done.set()

    async def _heard(self, reader: asyncio.StreamReader, encoder: Encoder) -> int:
        data = await asyncio.wait_for(reader.read(READ), ANSWER_S)
        if not data:
            self._stats.refused += 1
            raise ConnectionResetError("the server hung up")
        return encoder.acknowledged(data)


async def _at_end(reader: asyncio.StreamReader) -> None:
    """Return when the server closes; what it says unasked (an order) is not for a simulated tracker."""
    while await reader.read(READ):
        pass


async def together(trackers: list[Tracker], work: Awaitable[None]) -> None:
    """Run the trackers while the work lasts."""
    tasks = [asyncio.ensure_future(tracker.run()) for tracker in trackers]
    try:
        await work
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
