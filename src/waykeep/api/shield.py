"""Around every answer: security headers, only declared cookies, and no unsafe request from another page."""

from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from waykeep.api.problems import Problem

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# No inline script or style; pictures and workers of our own making only; nothing may frame the portal.
CONTENT = (
    "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (
        b"permissions-policy",
        b"geolocation=(self), camera=(self), microphone=(), payment=(), usb=(), interest-cohort=()",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
SECURE = ((b"strict-transport-security", b"max-age=31536000"),)  # only where the portal's own address is https
NAMES = frozenset(name for name, _ in HEADERS)
POLICY_VIOLATION = 1008


class Shield:
    """An ASGI layer outside the application. `origin` is the portal's own, `cookies` the declared names."""

    def __init__(self, app: ASGIApp, origin: str, cookies: Iterable[str]) -> None:
        self._app, self._origin = app, origin
        self._headers = (*HEADERS, *(SECURE if origin.startswith("https:") else ()))
        self._cookies = frozenset(name.encode() for name in cookies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if str(scope["type"]) == "lifespan":
            await self._app(scope, receive, send)
        elif _foreign(scope, self._origin):
            await _refuse(scope, receive, self._guarded(send))
        else:
            await self._app(scope, receive, self._guarded(send))

    def _guarded(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name, value) for name, value in message["headers"] if self._keeps(name.lower(), value)]
                message = {**message, "headers": [*headers, *self._headers]}
            await send(message)

        return sent

    def _keeps(self, name: bytes, value: bytes) -> bool:
        if name == b"set-cookie":
            return value.partition(b"=")[0].strip() in self._cookies
        return name not in NAMES


def _foreign(scope: Scope, own: str) -> bool:
    """Whether another origin's page sent this. A browser names the origin of every unsafe request and socket."""
    if str(scope.get("method", "")) in SAFE:
        return False
    headers = {name.lower(): value for name, value in scope["headers"]}
    origin = headers.get(b"origin")
    if origin is None:
        return headers.get(b"sec-fetch-site", b"none") not in {b"none", b"same-origin"}
    if origin == b"null":  # a form without a script, from a page that tells no referrer, as ours do not
        return headers.get(b"sec-fetch-site") != b"same-origin"
    said = origin.decode("latin-1")
    return said != own and not _beside(said, own, headers.get(b"host", b"").decode("latin-1"))


def _beside(said: str, own: str, host: str) -> bool:
    """Whether a page's origin is the address that it asked: a server may be reached by more names than its own.

    But a page of the https portal's own name that came over http may be anyone's on the way.
    """
    try:
        parts = urlsplit(said)
    except ValueError:  # no origin that a browser writes
        return False
    return bool(host) and parts.netloc == host and (own != f"https://{host}" or parts.scheme == "https")


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == ScopeType.WEBSOCKET:
        await receive()
        await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": "another origin"})
        return
    body = msgspec.json.encode(Problem("other-origin", "This request came from a page of another origin."))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
