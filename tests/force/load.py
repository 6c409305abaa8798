"""Trackers for the tests of force: they report as fast as they are answered, resend what was not, and remember."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial

from waykeep import protocols, wiring
from waykeep.flows import control
from waykeep.flows.looking import Access
from waykeep.model.access import SERVICE, Role, Viewer
from waykeep.model.position import Position
from waykeep.protocols.teltonika_device import TeltonikaEncoder
from waykeep.settings import load
from waykeep.store.engine import HomeLock

RECORDS_A_FRAME = 3
GIVE_UP_S = 30
FIRST_ID = 352_000_000_000_000


def rows_of(db, device):
    """How many positions of a device lie in the tail, and how many in the history."""
    with db.read() as connection:
        counts = [
            connection.execute(f"SELECT coalesce(sum(count), 0) FROM {table} WHERE device = ?", (device,)).fetchone()[0]
            for table in ("tail", "segment")
        ]
    return tuple(counts)


class Home:
    """A home folder as an operator makes it: `waykeep init`, `waykeep units import`; and what it holds, read back.

    `window_h`: when a day's tail becomes history. -24 is at every start, so that the server compacts under load.
    """

    def __init__(self, folder, window_h=48):
        self.folder = folder
        ports = json.dumps({one.name: 0 for one in protocols.ALL})
        chosen = {"BIND": "127.0.0.1", "WEB_BIND": "127.0.0.1", "WEB_PORT": "0", "PORTS": ports}
        chosen |= {"LEAST_FREE_MB": "1", "DEMO_VALUES": "true", "ATTRIBUTION_WINDOW_H": str(window_h)}
        self.environ = os.environ | {f"WAYKEEP_{name}": value for name, value in chosen.items()}
        self.settings = load(folder, self.environ)
        self.run("init")

    def command(self, *arguments):
        return [sys.executable, "-m", "waykeep", "--home", str(self.folder), *arguments]

    def run(self, *arguments):
        subprocess.run(self.command(*arguments), env=self.environ, check=True, stdout=subprocess.DEVNULL)

    def enrol(self, trackers):
        """Enrol the trackers, and have them believed from their first fix on."""
        file = self.folder / "units.csv"
        rows = (f"Unit {one.number},{one.unique_id},teltonika\n" for one in trackers)
        file.write_text("name,unique_id,protocol\n" + "".join(rows))
        self.run("units", "import", str(file))
        ids, since_ms = [one.unique_id for one in trackers], min(one.next_ms for one in trackers)
        opened = partial(wiring.handlers, self.settings)
        control.do(self.settings.path("data_dir"), opened, "since", unique_ids=ids, since_ms=since_ms)

    def held(self, until_ms):
        """By unique id: how often each fix time is read back, and how many positions lie in tail and history."""
        policy = wiring.policy_of(self.settings)
        with HomeLock(self.settings.path("data_dir") / "lock"), wiring.store(self.settings, policy) as made:
            access = Access(made.ledger, made.directory, lambda _: policy.reading, wiring.now_ms)
            found = {}
            for device in made.directory.devices():
                viewer = Viewer(person=device.tenant, tenant=device.tenant, role=Role.SERVER)
                grant = access.grant(viewer, SERVICE, [device.id], (0, until_ms), "test")
                times = Counter(int(at) for track in made.track.history.track(grant) for at in track.fix_ms)
                found[device.unique_id] = times, rows_of(made.track.db, device.id)
            return found


# `python -m waykeep`, which waits for a line between its imports, half of its start, and its work.
WAITING = "import sys, waykeep.__main__; sys.stdin.readline(); waykeep.__main__.main()"
CARELESS = """
from waykeep.store.engine import Database
made = Database.__init__
Database.__init__ = lambda db, path, *rest: made(db, path, *rest[:1], "OFF" if path.name == "track.db" else "FULL")
"""  # synchronous


class Whole:
    """The server that people run: `waykeep serve --json`. Opens its folder when told to go: two would fight for it.

    A careless one tells the system to write positions, and does not wait until it has.
    """

    def __init__(self, home, environ=None, *, careless=False):
        command = [sys.executable, "-c", CARELESS * careless + WAITING, "--home", str(home.folder), "serve", "--json"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process, self.port = subprocess.Popen(command, env=home.environ | (environ or {}), **pipes), 0

    def go(self):
        """Let it open its folder and wait until it says where it listens."""
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        self.port = json.loads(self.process.stdout.readline())["doors"]["teltonika"]

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Tracker:
    """One device: every record has a time of its own; `acked` are those that the server said it has."""

    def __init__(self, number, start_ms):
        self.number, self.next_ms = number, start_ms
        self.acked, self.sent, self.frame, self.times = [], 0, None, []

    @property
    def unique_id(self):
        return str(FIRST_ID + self.number)

    async def report(self, port):
        """Report until the connection ends."""
        encoder = TeltonikaEncoder(self.unique_id)
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
