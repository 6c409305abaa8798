"""A tracker over a real socket: it waits for answers, sends again what had none, and keeps what it measured offline."""

import asyncio
import contextlib
import time
from itertools import count

import pytest

from waykeep import protocols
from waykeep.model.position import Position
from waykeep.simulate.tracker import Stats, Tracker

ID = "001010420000017"
NAMES = ["teltonika", "gt06", "h02"]


def fix(number):
    return Position(fix_ms=1_767_225_600_000 + number * 1000, latitude_deg=50.0 + number / 1000, longitude_deg=8.0)


class Server:
    """Decodes and answers; `silent(n)` hangs up on the n-th message instead of answering it."""

    def __init__(self, name, silent=lambda _: False):
        self.protocol, self._silent = protocols.named(name), silent
        self.seen = []
        self.answered = 0
        self._messages = count()

    async def __aenter__(self):
        """Open."""
        self._server = await asyncio.start_server(self._converse, "127.0.0.1", 0)
        self.address = self._server.sockets[0].getsockname()[:2]
        return self

    async def __aexit__(self, *_):
        """Close."""
        self._server.close()

    async def _converse(self, reader, writer):
        decoder = self.protocol.decoder("tcp")
        decoder.identify(ID, {})
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                for message in decoder.feed(data):
                    self.seen += [p.fix_ms for p in message.positions]
                    if message.positions and self._silent(next(self._messages)):
                        writer.close()
                        return
                    for reply in message.replies:
                        writer.write(reply)
        writer.close()


def run(name, number, silent=lambda _: False, loses=lambda _: False):
    async def work():
        async with Server(name, silent) as server:
            stats = Stats()
            tracker = Tracker(ID, server.protocol, server.address, stats, time.monotonic, loses=loses)
            task = asyncio.ensure_future(tracker.run())
            for i in range(number):
                tracker.measure(fix(i))
            done = await tracker.finished(20)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return done, server, stats

    return asyncio.run(work())


@pytest.mark.parametrize("name", NAMES)
def test_everything_measured_is_sent_and_answered(name):
    done, server, stats = run(name, 25)
    assert done
    assert server.seen == [fix(i).fix_ms for i in range(25)]
    assert (stats.sent, stats.acknowledged, stats.resent) == (25, 25, 0)
    assert len(stats.latency_ms) > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_was_not_answered_is_sent_again(name):
    done, server, stats = run(name, 12, silent=lambda n: n in {0, 1})
    assert done
    assert sorted(set(server.seen)) == [fix(i).fix_ms for i in range(12)]
    assert stats.acknowledged == 12
    assert stats.resent == len(server.seen) - 12 > 0


@pytest.mark.parametrize("name", NAMES)
def test_a_line_that_breaks_before_the_answer_makes_a_resend(name):
    done, server, stats = run(name, 5, loses=lambda n: n == 1)
    assert done
    assert (stats.sent, stats.acknowledged) == (5, 5)
    assert stats.resent >= 1
    assert stats.connects == 2
    assert set(server.seen) == {fix(i).fix_ms for i in range(5)}


def test_what_is_measured_offline_is_kept_and_sent_later():
    async def work():
        stats = Stats()
        async with Server("gt06") as server:
            tracker = Tracker(ID, server.protocol, server.address, stats, time.monotonic)
        task = asyncio.ensure_future(tracker.run())
        for i in range(3):
            tracker.measure(fix(i))
        assert not await tracker.finished(0.3)
        assert (stats.acknowledged, tracker.waiting) == (0, 3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(work())


def test_a_server_that_hangs_up_without_an_answer_turns_the_tracker_away():
    async def work():
        async with Server("teltonika", silent=lambda _: True) as server:
            tracker = Tracker(ID, server.protocol, server.address, Stats(), time.monotonic)
            task = asyncio.ensure_future(tracker.run())
            tracker.measure(fix(0))
            await asyncio.wait_for(until(lambda: tracker.turned_away >= 2), 20)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(true):
        while not true():  # noqa: ASYNC110 - the tracker tells nobody
            await asyncio.sleep(0.02)

    asyncio.run(work())


def test_percentiles_are_of_what_was_measured():
    stats = Stats(latency_ms=[float(n) for n in range(1, 101)])
    assert stats.percentile_ms(0.5) == 51
    assert stats.percentile_ms(0.99) == 100
    assert Stats().percentile_ms(0.5) == 0
