"""What a protocol is: bytes in, messages out; no socket, clock, log or database.

A decoder holds one conversation. `feed` takes bytes as they came, in any pieces, and gives back what is complete;
bytes that the protocol does not allow raise ProtocolError and nothing else. Where a device states no time, the
position's `fix_ms` is None and the road uses the time of receipt.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol as Shape

import msgspec

from waykeep.model.position import Position, Value

LONGEST_BUFFER = 256 * 1024  # no known frame of any protocol here is longer than 64 KiB; four of them in a burst


class Message(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What one frame of a device means.

    `device_ids`: unique ids the frame names, alternatives of one device; empty = the conversation's device.
    `records`: each position's bytes as sent, in order, to recognise a resend (len == len(positions)).
    `replies`: what goes back on the wire, one entry a write, only after the positions are durable.
    `refusal`: what goes back instead when the device is unknown or refused; then the gateway hangs up.
    `result`: a device's answer to an order, as text.
    `clock_reply`: makes one more reply that states the server's time (Unix ms), which a decoder does not know.
    """

    device_ids: tuple[str, ...] = ()
    positions: tuple[Position, ...] = ()
    records: tuple[bytes, ...] = ()
    replies: tuple[bytes, ...] = ()
    refusal: bytes = b""
    result: str | None = None
    clock_reply: Callable[[int], bytes] | None = None


class Request(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One HTTP request of a device that reports over HTTP; header names are lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A command for a device: `kind` as in the corpus (engineStop, positionPeriodic, custom …) and its values."""

    kind: str
    values: dict[str, Value] = {}


class Decoder(Shape):
    """One conversation with one device."""

    def feed(self, data: bytes) -> list[Message]:
        """Take bytes as they came (TCP: any pieces; UDP: one datagram); give back what is complete."""
        ...

    def ask(self, request: Request) -> list[Message]:
        """Take one HTTP request. Protocols that do not speak HTTP raise ProtocolError."""
        ...

    def identify(self, unique_id: str, settings: Mapping[str, Value]) -> None:
        """Learn who the conversation's device is and its per-device settings (model, format, zone …)."""
        ...


class Encoder(Shape):
    """The device's side of a conversation: for the simulator, replay and the project's own vectors."""

    def hello(self) -> bytes:
        """What the device sends first; empty where it needs no introduction."""
        ...

    def report(self, positions: Sequence[Position]) -> bytes:
        """One frame (an HTTP request for HTTP protocols) that carries the positions."""
        ...

    def acknowledged(self, data: bytes) -> int:
        """How many reports these bytes of the server acknowledge (0 = none yet); keeps unfinished pieces."""
        ...


class Protocol(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the registry.

    `transports`: of "tcp", "udp", "http". `decoder(transport)` begins a conversation. `cut(data)` is the framing of a
    TCP stream: the first whole frame and how many bytes it took, or None to wait for more. `wrap` puts the protocol's
    own framing back on a bare frame. `order(order, unique_id, settings, now_ms)` encodes a
    command. `orders` names the kinds it can encode.
    `acknowledges` says whether the device resends what was not answered.
    `setup(host, port, unique_id)` gives the exact settings or SMS texts for the add-a-device wizard, by model.
    """

    name: str
    port: int
    transports: tuple[str, ...]
    decoder: Callable[[str], Decoder]
    encoder: Callable[[str], Encoder]
    cut: Callable[[bytes], tuple[bytes, int] | None] | None = None
    wrap: Callable[[bytes], bytes] | None = None
    order: Callable[[Order, str, Mapping[str, Value], int], bytes] | None = None
    orders: tuple[str, ...] = ()
    acknowledges: bool = False
    setup: Callable[[str, int, str], Mapping[str, str]] | None = None
