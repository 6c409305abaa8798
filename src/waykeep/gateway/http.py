"""Devices that report over HTTP: requests in, one answer each, in order, over connections that stay open."""

import asyncio
import binascii
from typing import Any, cast
from urllib.parse import parse_qsl

import httptools
import msgspec

from waykeep.errors import ProtocolError
from waykeep.flows.demands import Caller
from waykeep.gateway.conversation import Conversation, Door
from waykeep.gateway.tcp import UNREAD_BYTES, Connections, address_of, caller_of, plain
from waykeep.protocols.base import Request

LONGEST_TARGET = 16 * 1024  # a query of one position takes a few hundred bytes
LONGEST_HEADERS = 16 * 1024
LONGEST_BODY = 256 * 1024  # about a thousand positions of a phone that was out of reach for a day
LONGEST_UNREAD = (
    64 * 1024
)  # bytes that end neither a header nor a piece of a body: the parser copies them anew each time
MOST_PAIRS = 256
REQUEST_S = 30.0  # from a request's first byte to its last; a phone that is slower sends again
WORD_PAIR = "password"  # the pair of a query that carries it, for phones that can set nothing but their URL
KEPT_S = 300.0  # phones report every few seconds or minutes: a connection that waits longer is worth no memory


class HttpBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How long; tests make them small."""

    request_s: float = REQUEST_S
    kept_s: float = KEPT_S


class HttpStream(asyncio.Protocol):
    """One connection of a device that speaks HTTP."""

    def __init__(self, door: Door, connections: Connections, bounds: HttpBounds) -> None:
        self._door, self._connections, self._bounds = door, connections, bounds
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self.conversation: Conversation | None = None
        self._parser: Any = None
        self._caller = Caller("")
        self._started = False
        self._unread = 0
        self._begin_request()
        self.until = 0.0
        self._last = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it in, or hang up when there are too many."""
        self._transport = cast("asyncio.Transport", transport)
        if len(self._connections.open) >= self._connections.bounds.most_connections:
            self._door.road.counters["refused.too-many-connections"] += 1
            self._transport.abort()
            return
        if not self._door.takes(plain(address_of(transport))):
            self._transport.abort()
            return
        self._connections.open.add(self)
        self._transport.set_write_buffer_limits(UNREAD_BYTES)
        self._parser = httptools.HttpRequestParser(self)
        self.until = self._loop.time() + self._bounds.request_s

    def data_received(self, data: bytes) -> None:
        """Parse; a request that is none, or too long, is answered with a hang-up."""
        if self._last or self._transport is None or self._transport.is_closing():
            return
        if not self._started:
            self._started = True
            self.until = self._loop.time() + self._bounds.request_s
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, ProtocolError):
            self._door.road.counters["hung-up.protocol"] += 1
            self.hang_up()

    def _feed(self, data: bytes) -> None:
        self._unread += len(data)  # each callback of the parser begins the count anew
        self._parser.feed_data(data)
        if self._unread > LONGEST_UNREAD:
            raise ProtocolError("a request that is too long")

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
        self._transport = self._parser = None

    def hang_up(self) -> None:
        """Close, after what was written has been sent; nothing more is answered."""
        if self.conversation is not None:
            self.conversation.end()
        if self._transport is not None:
            self._transport.close()

    # What httptools calls

    def on_url(self, url: bytes) -> None:
        """Collect the target."""
        self._bounded(len(url), LONGEST_TARGET)
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect a header."""
        self._bounded(len(name) + len(value) + 4, LONGEST_HEADERS)
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is whole: the body has a bound of its own."""
        self._taken = 0
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Collect the body."""
        self._bounded(len(body), LONGEST_BODY)
        self._body += body

    def on_message_complete(self) -> None:
        """One request is whole."""
        request, password = self._request()
        keep = self._parser.should_keep_alive()
        conversation = self.conversation or self._converse()
        conversation.called(msgspec.structs.replace(self._caller, password=password))
        self._begin_request()
        self.until = self._loop.time() + self._bounds.kept_s
        if conversation.take(conversation.decoder.ask(request)) and not keep:
            self._last = True
            self._leave()

    def _request(self) -> tuple[Request, str]:
        """The request without its password, and the password: decoders keep what they do not know."""
        url = httptools.parse_url(bytes(self._target))
        query = (url.query or b"").decode("utf-8", "replace")
        try:
            pairs = tuple(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_PAIRS))
        except ValueError as error:
            raise ProtocolError("a query of too many pairs") from error
        password = _basic(self._headers.pop("authorization", ""))
        request = Request(
            method=self._parser.get_method().decode("ascii"),
            path=(url.path or b"/").decode("utf-8", "replace"),
            query=tuple(pair for pair in pairs if pair[0] != WORD_PAIR),
            headers=self._headers,
            body=bytes(self._body),
        )
        return request, password or dict(pairs).get(WORD_PAIR, "")

    def _begin_request(self) -> None:
        self._started = False
        self._target, self._body = bytearray(), bytearray()
        self._headers: dict[str, str] = {}
        self._taken = self._unread = 0

    def _bounded(self, size: int, most: int) -> None:
        self._taken += size
        self._unread = 0
        if self._taken > most:
            raise ProtocolError("a request that is too long")

    def _converse(self) -> Conversation:
        assert self._transport is not None
        self._caller = caller_of(self._transport)
        self.conversation = Conversation(self._door, "http", self._caller, self)
        return self.conversation

    def write(self, data: bytes) -> None:
        """Answer one request."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
            self._leave()

    def _leave(self) -> None:
        """Hang up when the device asked for it and everything is answered."""
        if self._last and self.conversation is not None and not self.conversation.pending():
            self.hang_up()

    def slow(self, slow: bool) -> None:  # noqa: FBT001 (the call's one value)
        """Read slower, or again."""
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.pause_reading() if slow else transport.resume_reading()


def _basic(authorization: str) -> str:
    """The password of `Authorization: Basic`; empty where there is none."""
    scheme, _, said = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        _, _, password = binascii.a2b_base64(said.strip(), strict_mode=True).decode("utf-8").partition(":")
    except ValueError:  # neither base64 nor UTF-8
        return ""
    return password
