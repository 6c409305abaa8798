"""Trackers for the tests of force: they report as fast as they are answered, resend what was not, and remember."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import waykeep
from waykeep.model.position import Position
from waykeep.protocols.teltonika_device import TeltonikaEncoder

HERE = Path(__file__).resolve().parent
RECORDS_A_FRAME = 3
GIVE_UP_S = 30


class Server:
    """The server of server.py: begun (its imports take the longest), then told to go, then killed."""

    def __init__(self, home, devices, synchronous="FULL", environ=None):
        source = str(Path(waykeep.__file__).parent.parent)
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "server.py"), str(home), "teltonika", str(devices), synchronous],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": source} | (environ or {}),
        )
        self.port = 0

    def go(self):
        """Open the store and the door."""
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        self.port = json.loads(self.process.stdout.readline())["port"]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Tracker:
    """One device: every record has a time of its own; `acked` are those that the server said it has."""

    def __init__(self, number, start_ms):
        self.number, self.next_ms = number, start_ms
        self.acked, self.sent, self.frame, self.times = [], 0, None, []

    async def report(self, port):
        """Report until the connection ends."""
        encoder = TeltonikaEncoder(str(352_000_000_000_000 + self.number))
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return
        try:
            writer.write(encoder.hello())
            await reader.readexactly(1)
            while True:
                if self.frame is None:
                    self._prepare(encoder)
                writer.write(self.frame)
                answer = await reader.readexactly(4)
                assert int.from_bytes(answer, "big") == RECORDS_A_FRAME
                self.acked.extend(self.times)
                self.frame = None
        except (OSError, asyncio.IncompleteReadError):
            writer.transport.abort()

    def _prepare(self, encoder):
        self.times = [self.next_ms + n * 1000 for n in range(RECORDS_A_FRAME)]
        self.next_ms = self.times[-1] + 1000
        self.sent += RECORDS_A_FRAME
        self.frame = encoder.report(
            [Position(fix_ms=at, latitude_deg=35 + at // 1000 % 1000 / 1e3, longitude_deg=51.0) for at in self.times]
        )


async def under_load(trackers, server, seconds):
    """Let the trackers report, kill the server some seconds after the first answer."""
    server.go()
    before = [len(tracker.acked) for tracker in trackers]
    tasks = [asyncio.create_task(tracker.report(server.port)) for tracker in trackers]
    until = time.monotonic() + GIVE_UP_S
    # The trackers' own lists are the only sign that the load has begun.
    while all(len(t.acked) == n for t, n in zip(trackers, before, strict=True)) and time.monotonic() < until:  # noqa: ASYNC110 (see above)
        await asyncio.sleep(0.005)
    await asyncio.sleep(seconds)
    server.kill()
    await asyncio.gather(*tasks)


def trackers(count, seed=0):
    """So many devices with a past of a day."""
    start_ms = (time.time_ns() // 1_000_000 // 1000) * 1000 - 20 * 3_600_000
    random.seed(seed)
    return [Tracker(number, start_ms) for number in range(count)]
