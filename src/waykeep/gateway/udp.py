"""Devices that report in datagrams."""

import asyncio
from typing import cast

from waykeep.errors import ProtocolError, StoreError
from waykeep.flows.demands import Caller
from waykeep.gateway.conversation import Door
from waykeep.gateway.tcp import plain
from waykeep.protocols.base import Message

MOST_IN_FLIGHT = 4096  # datagrams not yet durable; more are dropped, as the network would, and devices send them again

Address = tuple[str, int]


class Datagrams(asyncio.DatagramProtocol):
    """One door; each datagram is a conversation of its own, for its source address proves nothing."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._transport: asyncio.DatagramTransport | None = None
        self._in_flight = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the socket."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Take one datagram; what its protocol does not allow is ignored."""
        counters = self._door.road.counters
        if self._in_flight >= MOST_IN_FLIGHT:
            counters["refused.too-many-datagrams"] += 1
            return
        if not self._door.takes(plain(addr[0])):
            return
        try:
            self._take(data, addr)
        except ProtocolError:
            counters["hung-up.protocol"] += 1

    def error_received(self, exc: Exception) -> None:
        """A device that is gone cannot take its answer: it will send again."""
        self._door.road.counters["unanswered.unreachable"] += bool(exc)

    def _take(self, data: bytes, addr: Address) -> None:
        decoder = self._door.protocol.decoder("udp")
        messages = decoder.feed(data)
        ids = next((message.device_ids for message in messages if message.device_ids), ())
        known = self._door.directory.resolve(ids, self._door.protocol.name, Caller(plain(addr[0]))) if ids else None
        now_ms = self._door.clock()
        if known is None:
            self._refuse(ids, messages, addr, now_ms)
            return
        if known.settings:  # its settings may change what the bytes mean
            decoder = self._door.protocol.decoder("udp")
            decoder.identify(ids[0], known.settings)
            messages = decoder.feed(data)
        for message in messages:
            if message.positions:
                self._in_flight += 1
                answered = _Answered(self, message, addr)
                self._door.road.submit(known, message, now_ms, answered)
            else:
                self.send(message, addr)

    def _refuse(self, ids: tuple[str, ...], messages: list[Message], addr: Address, now_ms: int) -> None:
        self._door.road.counters["refused.unknown-device"] += 1
        if ids:
            self._door.directory.waiting(ids[0], self._door.protocol.name, now_ms)
        for message in messages:
            if message.refusal and self._transport is not None:
                self._transport.sendto(message.refusal, addr)

    def send(self, message: Message, addr: Address) -> None:
        """Answer one message."""
        if self._transport is not None and not self._transport.is_closing():
            for reply in message.replies:
                self._transport.sendto(reply, addr)

    def landed(self) -> None:
        """One datagram is no longer in flight."""
        self._in_flight -= 1


class _Answered:
    """What answers one datagram's message."""

    __slots__ = ("_addr", "_datagrams", "_message")

    def __init__(self, datagrams: Datagrams, message: Message, addr: Address) -> None:
        self._datagrams, self._message, self._addr = datagrams, message, addr

    def __call__(self, error: StoreError | None) -> None:
        """Answer when it is durable; else keep silent, and the device sends again."""
        self._datagrams.landed()
        if error is None:
            self._datagrams.send(self._message, self._addr)
