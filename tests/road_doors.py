"""Open doors for tests: the road of road.py behind real sockets on loopback."""

import asyncio
import socket
from collections import Counter
from contextlib import asynccontextmanager, suppress

import msgspec

from road import Directory, Shown, Store
from waykeep import protocols
from waykeep.flows.disk import DiskGuard
from waykeep.flows.intake import Intake
from waykeep.gateway.doors import Doors
from waykeep.protocols.teltonika_device import TeltonikaEncoder

ANSWER_S = 20
UNIQUE_ID = 352_000_000_000_000


class Site:
    """What a test reaches for."""

    def __init__(self, store, directory, intake, doors, shown, disk):
        self.store, self.directory, self.intake, self.doors = store, directory, intake, doors
        self.shown, self.disk, self.counters = shown, disk, intake.counters
        self.writers = []

    def demand(self, number=0, **demands):
        """Let a device demand something of who reports in its name."""
        unique_id = str(UNIQUE_ID + number)
        self.directory.known[unique_id] = msgspec.structs.replace(self.directory.known[unique_id], settings=demands)

    def port(self):
        return next(iter(self.doors.ports.values()))

    async def connect(self, family=socket.AF_INET):
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        reader, writer = await asyncio.open_connection(host, self.port())
        self.writers.append(writer)
        return reader, writer

    async def leave(self):
        """Close every connection that a test opened."""
        for writer in self.writers:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def greeted(self, number=0):
        """A connection of a Teltonika device that has introduced itself."""
        reader, writer = await self.connect()
        encoder = TeltonikaEncoder(str(UNIQUE_ID + number))
        writer.write(encoder.hello())
        assert await answer(reader, 1) == b"\x01"
        return reader, writer, encoder


async def answer(reader, size):
    return await asyncio.wait_for(reader.readexactly(size), ANSWER_S)


async def hung_up(reader):
    """What still comes until the server hangs up."""
    try:
        return await asyncio.wait_for(reader.read(), ANSWER_S)
    except ConnectionResetError:
        return b""


@asynccontextmanager
async def site(folder, protocol="teltonika", devices=1, *, wide=False, **doors):
    """The road from a protocol's door to the disk."""
    store = Store(folder, devices=devices)
    directory, shown = Directory(protocol, devices), Shown()
    disk = DiskGuard(folder, 0, lambda _: (1, 1))
    intake = Intake(store.journal, directory, shown, store.latest, counters=Counter(), disk=disk)
    made = Doors(
        [protocols.named(protocol)], directory, intake, lambda: store.now_ms, bind="::" if wide else "127.0.0.1",
        ports={protocol: 0}, **doors,
    )  # fmt: skip
    await made.open()
    one = Site(store, directory, intake, made, shown, disk)
    try:
        yield one
    finally:
        await one.leave()
        await made.close()
        await intake.close()
        store.close()
