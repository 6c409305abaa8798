"""Runs the application on uvicorn: our socket, our signals, no access log."""

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

import uvicorn
from litestar.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from waykeep.api import problems
from waykeep.errors import StartError

BACKLOG = 4096  # every browser of a control room reconnects at once after a restart
LARGEST_MESSAGE = 2 * 1024 * 1024  # a list of 50,000 unit ids
PING_S = 20.0  # a proxy's customary idle limit is a minute
LEAVE_S = 3  # open requests may end; streams are cut
LONGEST_UNREAD = 64 * 1024  # a head, or what else ends neither a header nor a piece of a body
REQUEST_S = 60.0  # from a connection or a request's first byte to its last: our longest body is a megabyte


class Bounded(HttpToolsProtocol):
    """A connection of which a stranger holds little and not for long: uvicorn bounds neither heads nor their time."""

    def __init__(self, *values: Any, **named: Any) -> None:
        """Begin."""
        super().__init__(*values, **named)
        self._head = self._unread = 0
        self._ending: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as its own parent
        """Wait for a request, but not for ever."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._expect_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse; what does not come to an end is answered 400."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self._expect()
        self._unread += len(data)  # each callback of the parser begins the count anew
        super().data_received(data)
        if self._unread > LONGEST_UNREAD and not self.transport.is_closing():
            self.send_400_response("The request is too long.")

    def handle_websocket_upgrade(self) -> None:
        """Let the socket have its own times."""
        self._expect_no_more()
        super().handle_websocket_upgrade()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Collect one header; all of them together are bounded."""
        self._head += len(name) + len(value) + 4
        if self._head > LONGEST_UNREAD:
            raise ValueError("a head that is too long")
        super().on_header(name, value)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._head = self._unread = 0
        self._expect()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Take the head."""
        self._unread = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole: its answer may take its time."""
        self._unread = 0
        self._expect_no_more()
        super().on_message_complete()

    def _expect(self) -> None:
        if self._ending is None:
            self._ending = self.loop.call_later(REQUEST_S, self._end)

    def _expect_no_more(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end(self) -> None:
        self._ending = None
        if not self.transport.is_closing():
            self.transport.close()


class _Untold(logging.Filter):
    """Takes who and where out of what the server library says: traces, and whatever is below a warning."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep warnings; of an error that the application let through, its kind and place only."""
        if record.exc_info and record.exc_info[1] is not None:
            problems.noted(record.exc_info[1])
            return False
        return record.levelno >= logging.WARNING


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the process that holds it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield


class Web:
    """The portal's listening server. `port` is known once `start` has returned."""

    def __init__(self, app: ASGIApp, host: str, port: int, tls: tuple[str, str] | None = None) -> None:
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        certificate, key = tls or (None, None)
        _quiet()
        config = uvicorn.Config(
            cast("Any", app),  # one shape under two libraries' names
            http=Bounded,
            ws="websockets-sansio",
            ws_max_size=LARGEST_MESSAGE,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            ws_per_message_deflate=False,
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_graceful_shutdown=LEAVE_S,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
        self._server = _Quiet(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Serve from now on; StartError when the application does not come up."""
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            if self._task.done():
                raise StartError("the portal did not start; the log says why")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Let open requests end and close."""
        self._server.should_exit = True
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task
        self._socket.close()


def _quiet() -> None:
    """At DEBUG the library writes every header and frame, session cookies among them: it never gets there."""
    library = logging.getLogger("uvicorn.error")
    library.setLevel(logging.WARNING)
    if not any(isinstance(one, _Untold) for one in library.filters):
        library.addFilter(_Untold())


def _listening(host: str, port: int) -> socket.socket:
    try:
        if ":" in host:
            both = host == "::"
            return socket.create_server((host, port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=both)
        return socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise StartError(f"web_port {port}: {error.strerror}; set another one or stop what holds it") from error
