"""Exchanges of real devices replayed through the decoders, and what they give compared with what is expected."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from waykeep.errors import AskError, ProtocolError
from waykeep.flows.corpus_compare import Expected, compare
from waykeep.flows.corpus_lists import CELLS_NOT_COMPARED, EXCEPTED, FORMS, HUNG_UP, LEFT_OUT, WHOLE_ONLY
from waykeep.model.position import Position, Value
from waykeep.protocols.base import Decoder, Message, Order, Protocol, Request

KNOWN_DEVICE = "123456789012345"  # who a conversation is with once it is `identified`, in the corpus' own words
PIECES = (1 << 30, 1, 7)  # whole, byte by byte, and in sevens
ORDER_MS = int(datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC).timestamp() * 1000)  # orders were encoded at 01:02:03


class Http(msgspec.Struct, frozen=True):
    """The HTTP side of an exchange; the body is the exchange's `in`."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = {}


class Command(msgspec.Struct, frozen=True, rename={"device": "deviceUniqueId"}):
    """An order to encode."""

    type: str
    device: str
    attributes: dict[str, Value] = {}


class Exchange(msgspec.Struct, frozen=True, rename={"given": "in"}):
    """One line of the corpus."""

    id: str
    protocol: str
    kind: str
    given: str = ""
    transport: str = "stream"
    http: Http | None = None
    framed: bool = False
    identified: bool = False
    before: tuple[str, ...] = ()
    device_settings: tuple[tuple[str, Value], ...] = ()
    device_ids: tuple[str, ...] | None = None
    expect: tuple[Expected, ...] = ()
    reply: tuple[str, ...] = ()
    relative: frozenset[str] = frozenset()
    command: Command | None = None
    expect_hex: str | None = None
    expect_frame_hex: str | None = None

    @property
    def names(self) -> frozenset[str]:
        """What the lists may call it: its protocol, its id, and the forms that its bytes have."""
        forms = (name for name, (p, begins) in FORMS.items() if p == self.protocol and re.match(begins, self.given))
        return frozenset((self.protocol, self.id, *forms))

    @property
    def settings(self) -> dict[str, Value]:
        """Per-device settings under our names: setModelOverride is `model`, setExtended is `extended`."""
        plain = ((name.removeprefix("set").removesuffix("Override"), value) for name, value in self.device_settings)
        return {name[:1].lower() + name[1:]: value for name, value in plain}


class Outcome(msgspec.Struct, frozen=True):
    """How one exchange went: `differences` is empty where we agree; `left_out` and `values` count attributes.

    `excepted` is the reason why the expected answer is not followed, where there is one.
    """

    exchange: str
    differences: tuple[str, ...] = ()
    excepted: str = ""
    left_out: int = 0
    values: int = 0


class Tally(msgspec.Struct):
    """The outcomes of one protocol, counted."""

    exchanges: int = 0
    agreed: int = 0
    excepted: int = 0
    left_out: int = 0
    failed: int = 0


def exchanges(folder: Path, protocol: str) -> Iterator[Exchange]:
    """Read the exchanges of one protocol."""
    file = folder / f"{protocol}.jsonl"
    if not file.exists():
        raise AskError("corpus-missing", f"{file} does not exist")
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        try:
            yield msgspec.json.decode(line, type=Exchange)
        except msgspec.DecodeError as error:
            raise AskError("corpus-line", f"{file}:{number}: {error}") from error


def replay(exchange: Exchange, protocol: Protocol) -> Outcome:
    """Run one exchange, whole and in pieces; the first way that differs is told."""
    ways = {"frame": _cut, "command": _order}
    outcome = Outcome(exchange.id)
    for size in PIECES:
        outcome = ways.get(exchange.kind, _converse)(exchange, protocol, size)
        if outcome.differences:
            return msgspec.structs.replace(
                outcome, differences=tuple(f"{d} ({_way(size)})" for d in outcome.differences)
            )
        if exchange.kind == "command" or exchange.names & WHOLE_ONLY.keys() or exchange.transport != "stream":
            break  # an order, a request or a datagram comes whole
    return outcome


def count(tally: Tally, outcome: Outcome) -> None:
    """Enter one outcome; an excepted exchange counts apart whether it agrees or not."""
    tally.exchanges += 1
    if outcome.excepted:
        tally.excepted += 1
        return
    tally.left_out += outcome.left_out
    if outcome.differences:
        tally.failed += 1
    else:
        tally.agreed += 1


def _way(size: int) -> str:
    return "whole" if size == PIECES[0] else f"in pieces of {size}"


def _cut(exchange: Exchange, protocol: Protocol, size: int) -> Outcome:
    """The framing alone: the first whole frame out of a growing stream."""
    if protocol.cut is None:
        return Outcome(exchange.id, ("the protocol has no framing of its own",))
    data = bytes.fromhex(exchange.given)
    found: str | None = None
    for end in [*range(size, len(data), size), len(data)]:
        try:
            first = protocol.cut(data[:end])
        except ProtocolError as error:
            return Outcome(exchange.id, (f"frame: {error}",))
        if first is not None:
            found = first[0].hex()
            break
    if found == exchange.expect_frame_hex:
        return Outcome(exchange.id)
    return Outcome(exchange.id, (f"frame: expected {exchange.expect_frame_hex}, got {found}",))


def _order(exchange: Exchange, protocol: Protocol, _size: int) -> Outcome:
    """An order for a device, encoded."""
    command = exchange.command
    if command is None or protocol.order is None:
        return Outcome(exchange.id, ("the protocol encodes no orders",))
    order = Order(kind=command.type, values=command.attributes)
    got = protocol.order(order, command.device, exchange.settings, ORDER_MS).hex()
    if got == exchange.expect_hex:
        return Outcome(exchange.id)
    return Outcome(exchange.id, (f"order: expected {exchange.expect_hex}, got {got}",))


def _converse(exchange: Exchange, protocol: Protocol, size: int) -> Outcome:
    """A conversation: what came before, then the message itself."""
    decoder = protocol.decoder({"stream": "tcp", "datagram": "udp"}.get(exchange.transport, exchange.transport))
    if exchange.identified:
        decoder.identify(KNOWN_DEVICE, exchange.settings)
    for earlier in exchange.before:
        _feed(decoder, _wire(exchange, protocol, earlier), PIECES[0], exchange.settings)
    try:
        if exchange.http:
            messages = decoder.ask(_request(exchange.http, bytes.fromhex(exchange.given)))
        else:
            messages = _feed(decoder, _wire(exchange, protocol, exchange.given), size, exchange.settings)
    except ProtocolError as error:
        return _judge(exchange, [], str(error))
    return _judge(exchange, messages, "")


def _wire(exchange: Exchange, protocol: Protocol, text: str) -> bytes:
    data = bytes.fromhex(text)
    return protocol.wrap(data) if exchange.framed and protocol.wrap else data


def _request(http: Http, body: bytes) -> Request:
    headers = {name.lower(): value for name, value in http.headers.items()}
    return Request(method=http.method, path=http.path, query=http.query, headers=headers, body=body)


def _feed(decoder: Decoder, data: bytes, size: int, settings: Mapping[str, Value]) -> list[Message]:
    """Feed in pieces; as the gateway does, tell the decoder who it speaks with as soon as a frame says so."""
    messages: list[Message] = []
    for at in range(0, len(data), size):
        for message in decoder.feed(data[at : at + size]):
            messages.append(message)
            if message.device_ids:
                decoder.identify(message.device_ids[0], settings)
    return messages


def _judge(exchange: Exchange, messages: list[Message], trouble: str) -> Outcome:
    positions: list[Position] = [p for m in messages for p in m.positions]
    differences: list[str] = []
    if len(positions) != len(exchange.expect):
        differences.append(f"expected {len(exchange.expect)} positions, got {len(positions)}")
    if any(len(m.records) != len(m.positions) for m in messages):
        differences.append("records and positions differ in number")
    ids = tuple(dict.fromkeys(i for m in messages for i in m.device_ids))
    if exchange.device_ids is not None and ids != tuple(dict.fromkeys(exchange.device_ids)):
        differences.append(f"expected device ids {exchange.device_ids}, got {ids}")
    replies = tuple(r.hex() for m in messages for r in (*m.replies, *_timed(m)))
    if replies != exchange.reply and not ("reply_hex" in exchange.relative and len(replies) == len(exchange.reply)):
        differences.append(f"expected replies {exchange.reply}, got {replies}")
    left_out = 0
    for index, (expected, position) in enumerate(zip(exchange.expect, positions, strict=False)):
        skipped = {
            name
            for name in expected.attributes.keys() - position.attributes.keys()
            if any((listed, name) in LEFT_OUT for listed in exchange.names)
        }
        left_out += len(skipped)
        strange = exchange.names & CELLS_NOT_COMPARED.keys()
        judged = msgspec.structs.replace(expected, network=None) if strange else expected
        differences += (f"position {index}: {d}" for d in compare(judged, position, exchange.relative, skipped))
    values = sum(len(e.attributes) for e in exchange.expect)
    listed = next((EXCEPTED[name] for name in exchange.names if name in EXCEPTED), "") or HUNG_UP.get(trouble, "")
    excepted = listed if differences else ""
    if differences and trouble:
        differences.insert(0, f"hung up: {trouble}")
    return Outcome(exchange.id, tuple(differences), excepted, left_out, values)


def _timed(message: Message) -> tuple[bytes, ...]:
    return () if message.clock_reply is None else (message.clock_reply(ORDER_MS),)
