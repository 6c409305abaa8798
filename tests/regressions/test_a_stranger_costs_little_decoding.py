"""A quarter of a megabyte from nobody was decoded whole, for more than half a second, before it was refused."""

import asyncio
from collections import Counter

from waykeep import protocols
from waykeep.gateway.conversation import Door
from waykeep.gateway.tcp import STRANGER_BYTES, Bounds, Connections, Stream

H02 = next(one for one in protocols.ALL if one.name == "h02")


class Nobody:
    """Knows no device, and counts."""

    def __init__(self):
        self.counters, self.asked = Counter(), 0

    def resolve(self, *_):
        self.asked += 1

    def waiting(self, *_):
        """Nothing waits."""


class Transport(asyncio.Transport):
    """Closes when told."""

    closed = False

    def is_closing(self):
        return self.closed

    def close(self):
        self.closed = True

    def write(self, data):
        """Nobody reads."""

    def set_write_buffer_limits(self, *_):
        """Nothing is held."""


def test_a_stranger_costs_little_decoding(monkeypatch):
    fed = []
    decoder = H02.decoder
    monkeypatch.setattr(decoder, "feed", lambda _, data, feed=decoder.feed: fed.append(len(data)) or feed(_, data))

    async def go():
        nobody, connections = Nobody(), Connections(Bounds())
        stream, transport = Stream(Door(H02, nobody, nobody, lambda: 1), connections), Transport()
        stream.connection_made(transport)
        stream.data_received(b"$" * 262_144)
        connections.close()
        return nobody, transport

    nobody, transport = asyncio.run(go())
    assert (fed, nobody.asked, transport.closed) == ([STRANGER_BYTES], 1, True)
