"""Before any route: a body or address with what must never come in is refused whole, and kept nowhere."""

import asyncio
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, ReceiveMessage, Scope, Send

from waykeep.api.problems import Problem
from waykeep.policy import unwanted

READS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
FORM = b"application/x-www-form-urlencoded"
UNREAD = "wrong-field"
READ_AT_ONCE = 8192  # bytes: a longer body is read beside the loop
TELLS = {
    UNREAD: Problem("wrong-field", "Send the body as application/json."),
    unwanted.CARD: Problem(
        "card-number", "This looks like the number of a payment card. It must never be sent here; nothing was kept."
    ),
    unwanted.PLACE: Problem(
        "place-in-text", "This server must never learn a place, and this text looks like one. Nothing was kept."
    ),
}
Judge = Callable[[str, str], str | None]


class _UnreadError(Exception):
    """The body is neither JSON nor a form."""


class Sieve:
    """An ASGI layer. Bodies longer than `most` bytes go on unread: the application refuses them for their length."""

    def __init__(self, app: ASGIApp, judge: Judge, most: int) -> None:
        self._app, self._judge, self._most = app, judge, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        query = scope.get("query_string", b"").decode("latin-1")
        found = self._found(_pairs(query)) if query else None
        if found is None and str(scope.get("method", "")) not in READS:
            messages, body = await _whole(receive, self._most)
            try:
                if len(body) > READ_AT_ONCE:
                    found = await asyncio.to_thread(lambda: self._found(_texts(scope, body)))
                else:
                    found = self._found(_texts(scope, body))
            except _UnreadError:
                found = UNREAD if len(body) <= self._most else None
            receive = _again(messages, receive)
        if found is not None:
            await _refuse(send, found)
            return
        await self._app(scope, receive, send)

    def _found(self, said: Iterator[tuple[str, str]]) -> str | None:
        return next((slug for key, text in said if (slug := self._judge(key, text)) is not None), None)


async def _whole(receive: Receive, most: int) -> tuple[list[ReceiveMessage], bytes]:
    messages: list[ReceiveMessage] = []
    body = bytearray()
    while len(body) <= most:
        message: ReceiveMessage = await receive()
        messages.append(message)
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return messages, bytes(body)


def _again(messages: list[ReceiveMessage], receive: Receive) -> Receive:
    """Give what was read once more, then the rest."""
    left = iter(messages)

    async def again() -> ReceiveMessage:
        held = next(left, None)
        return await receive() if held is None else held

    return again


def _texts(scope: Scope, body: bytes) -> Iterator[tuple[str, str]]:
    try:  # a route reads JSON whatever its header says, so it is judged as that wherever it is one
        value = msgspec.json.decode(body) if body else None
        found = unwanted.texts(value)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError):
        kind = next((value for name, value in scope["headers"] if name.lower() == b"content-type"), b"")
        if not kind.startswith(FORM):
            raise _UnreadError from None  # no route can read it: one that takes no body must not take it for none
        found = _pairs(body.decode("utf-8", "replace"))
    yield from found


def _pairs(said: str) -> Iterator[tuple[str, str]]:
    """The pairs of an address or form; of a figure also with its name, which may say that it is a latitude."""
    for key, text in parse_qsl(said, keep_blank_values=True):
        yield key, text
        yield "", key
        if "." in text and key not in unwanted.SECRET:
            yield key, f"{key}={text}"


async def _refuse(send: Send, slug: str) -> None:
    body = msgspec.json.encode(TELLS[slug])
    status = 400 if slug == UNREAD else 422
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
