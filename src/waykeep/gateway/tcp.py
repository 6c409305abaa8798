"""Device connections over TCP, with or without TLS."""

import asyncio
import hashlib
from typing import Protocol as Shape
from typing import cast

import msgspec

from waykeep.errors import ProtocolError
from waykeep.flows.demands import Caller
from waykeep.gateway.conversation import Conversation, Door

BACKLOG = 4096  # after an outage thousands of trackers reconnect within a second; asyncio's 100 makes them wait
HELLO_S = 60.0  # on a slow mobile network a modem takes some seconds; who says nothing whole in a minute is no tracker
IDLE_S = 1800.0  # trackers beat every few minutes, and mobile networks forget a silent connection after half an hour
SWEEP_S = 5.0  # idle connections are looked for together: a timer for each would cost more than the connection
MOST_CONNECTIONS = 20_000  # a door's share of file handles and memory; who comes later is hung up on at once
STRANGER_BYTES = 4096  # decoded at a time until it is known whose they are: a refusal must not cost decoding the rest
UNREAD_BYTES = 64 * 1024  # answers that a device does not read; beyond it we do not read from it either


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how many; tests make them small."""

    hello_s: float = HELLO_S
    idle_s: float = IDLE_S
    sweep_s: float = SWEEP_S
    most_connections: int = MOST_CONNECTIONS


class Open(Shape):
    """An open connection: until when it may stay silent, and its end."""

    until: float

    def hang_up(self) -> None:
        """Close it."""
        ...


class Connections:
    """The open connections of a door, bounded; hangs up on the silent ones."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.open: set[Open] = set()
        self.loop = asyncio.get_running_loop()
        self._sweeping = self.loop.call_later(bounds.sweep_s, self._sweep)

    def close(self) -> None:
        """Hang up on everyone."""
        self._sweeping.cancel()
        for stream in tuple(self.open):
            stream.hang_up()

    def _sweep(self) -> None:
        now = self.loop.time()
        for stream in tuple(self.open):
            if now > stream.until:
                stream.hang_up()
        self._sweeping = self.loop.call_later(self.bounds.sweep_s, self._sweep)


class Stream(asyncio.Protocol):
    """One connection. Its conversation begins with its first byte: an idle connection costs next to nothing."""

    __slots__ = ("_connections", "_door", "_transport", "conversation", "until")

    def __init__(self, door: Door, connections: Connections) -> None:
        self._door, self._connections = door, connections
        self._transport: asyncio.Transport | None = None
        self.conversation: Conversation | None = None
        self.until = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it in, or hang up when there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        connections = self._connections
        if len(connections.open) >= connections.bounds.most_connections:
            self._door.road.counters["refused.too-many-connections"] += 1
            self._transport.abort()
            return
        if not self._door.takes(plain(address_of(transport))):
            self._transport.abort()
            return
        connections.open.add(self)
        self.until = connections.loop.time() + connections.bounds.hello_s

    def data_received(self, data: bytes) -> None:
        """Feed the decoder; hang up on what its protocol does not allow."""
        conversation = self.conversation or self._begin()
        while conversation is not None and data and self._transport is not None and not self._transport.is_closing():
            size = STRANGER_BYTES if conversation.known is None else len(data)
            self._feed(conversation, data[:size])
            data = data[size:]

    def _feed(self, conversation: Conversation, data: bytes) -> None:
        try:
            messages = conversation.decoder.feed(data)
        except ProtocolError:
            self._door.road.counters["hung-up.protocol"] += 1
            self.hang_up()
            return
        if messages and conversation.take(messages) and conversation.known is not None:
            connections = self._connections
            self.until = connections.loop.time() + connections.bounds.idle_s

    def pause_writing(self) -> None:
        """The device does not read its answers: do not read from it."""
        self.slow(True)  # noqa: FBT003 (the call's one value)

    def resume_writing(self) -> None:
        """The device reads again."""
        self.slow(False)  # noqa: FBT003 (the call's one value)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out."""
        del exc
        self._connections.open.discard(self)
        if self.conversation is not None:
            self.conversation.end()
        self._transport = None

    def write(self, data: bytes) -> None:
        """Answer."""
        if self._transport is not None:
            self._transport.write(data)

    def hang_up(self) -> None:
        """Close, after what was written has been sent; nothing more is answered."""
        if self.conversation is not None:
            self.conversation.end()
        if self._transport is not None:
            self._transport.close()

    def _begin(self) -> Conversation | None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return None
        transport.set_write_buffer_limits(UNREAD_BYTES)
        self.conversation = Conversation(self._door, "tcp", caller_of(transport), self)
        return self.conversation

    def slow(self, slow: bool) -> None:  # noqa: FBT001 (the call's one value)
        """Read slower, or again."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.pause_reading() if slow else transport.resume_reading()


def caller_of(transport: asyncio.BaseTransport) -> Caller:
    """Who is on the other side: the address, IPv4 in its own form, and the client certificate that TLS verified."""
    peer, tls = transport.get_extra_info("peername"), transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True) if tls else None
    return Caller(
        source=plain(peer[0]) if peer else "",
        certificate=hashlib.sha256(certificate).hexdigest() if certificate else "",
    )


def address_of(transport: asyncio.BaseTransport) -> str:
    """The address on the other side, empty where it is gone already."""
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""


def plain(address: str) -> str:
    """An address without the wrapping of an IPv4 one that came through an IPv6 socket."""
    return address.removeprefix("::ffff:") if "." in address else address
