"""A small server for the tests of force: the real gateway, intake, journal and vault over a folder, nothing else.

`python server.py HOME PROTOCOL DEVICES [SYNCHRONOUS]` waits for a line, opens the store and the door, and prints one
line of JSON with its port. It ends in order when its input ends.
"""

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from road import Directory, Store
from waykeep import protocols
from waykeep.flows.disk import DiskGuard
from waykeep.flows.intake import Intake
from waykeep.gateway.doors import Doors


def clock():
    return time.time_ns() // 1_000_000


async def serve(home, protocol, devices, synchronous):
    store = Store(home, clock(), devices=devices, synchronous=synchronous)
    directory = Directory(protocol, devices)
    counters = Counter()
    intake = Intake(
        store.journal, directory, Nobody(), store.latest, counters=counters,
        disk=DiskGuard(home, 0, lambda _: (1, 1)),
    )  # fmt: skip
    doors = Doors([protocols.named(protocol)], directory, intake, clock, bind="127.0.0.1", ports={protocol: 0})
    await doors.open()
    say({"port": doors.ports[protocol]})
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await doors.close()
    await intake.close()
    usage = time.process_time()
    store.close()
    say({"cpu_s": usage, "counters": counters})


def say(what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class Nobody:
    """No one watches."""

    def publish(self, frame):
        """Nothing."""


if __name__ == "__main__":
    sys.stdin.readline()  # imported and ready: the one before may still be alive
    uvloop.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), (sys.argv[4:] or ["FULL"])[0]))
