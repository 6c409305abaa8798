"""What the doors to people open onto, and who stands at them: each flow reaches a route by its name."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from warnings import catch_warnings, simplefilter

import msgspec
from litestar.connection import ASGIConnection
from litestar.di import Provide
from litestar.exceptions import LitestarDeprecationWarning

from waykeep.errors import AskError
from waykeep.flows.signin import Caller
from waykeep.model.access import Viewer

COOKIE = "sid"
NOT_KEPT = {"cache-control": "no-store"}  # what stands in an answer about people stays in no cache

Connection = ASGIConnection[Any, Any, Any, Any]
WhoCalls = Callable[[str | None, str | None], Caller | None]  # SignIn.caller: cookie, bearer token


class Doors(msgspec.Struct, frozen=True, kw_only=True):
    """All that the application needs.

    `flows` names what routes may ask for: a route with an argument `looking` gets `flows["looking"]`. `who` says who
    stands behind a cookie or token. `cookies` are the names that the policy lets the server set. `portal` and
    `map_file` are the built portal and the bundled map. `ready` says whether the server may be sent work.
    `passes` refuses whoever must first say yes to the policy (None = nobody must).
    `unwanted` names what a field's text must never hold by the policy.
    """

    who: WhoCalls
    flows: Mapping[str, Any]
    web_url: str
    cookies: frozenset[str] = frozenset({COOKIE, "tpl"})
    portal: Path | None = None
    map_file: Path | None = None
    ready: Callable[[], bool] = lambda: True
    passes: Callable[[Viewer], Awaitable[None]] | None = None
    unwanted: Callable[[str, str], str | None] = lambda _key, _text: None

    @property
    def origin(self) -> str:
        """The portal's own origin, as a browser names it."""
        parts = urlsplit(self.web_url)
        return f"{parts.scheme}://{parts.netloc}"


def credential(connection: Connection) -> tuple[str | None, str | None]:
    """The session cookie and the bearer token of a request, each None when absent."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return connection.cookies.get(COOKIE), token.strip() if scheme.lower() == "bearer" and token.strip() else None


def caller_of(connection: Connection) -> Caller:
    """Who stands at the door; AskError 401 when nobody is signed in. Routes ask for it as `caller`."""
    known = known_of(connection)
    if known is None:
        raise AskError("sign-in-first", "Sign in first.", 401)
    return known


def by_person(caller: Caller) -> Viewer:
    """Who asks, if it is a person at a screen: what binds people is not a program's to say."""
    if caller.session is None:
        raise AskError("person-only", "A program's token may not do this: it needs the person.", 403)
    return caller.viewer


def known_of(connection: Connection) -> Caller | None:
    """Who stands at the door, None when nobody is signed in."""
    known: Caller | None = connection.scope["state"].get("caller")
    if known is None:
        doors: Doors = connection.app.state.doors
        known = doors.who(*credential(connection))
        connection.scope["state"]["caller"] = known
    return known


@contextmanager
def by_name() -> Iterator[None]:
    """Let routes name their flows plainly; the framework's next major version, which we pin out, asks for a mark."""
    with catch_warnings():
        simplefilter("ignore", LitestarDeprecationWarning)
        yield


def provided(doors: Doors) -> dict[str, Provide]:
    """What every route may name among its arguments: `doors`, `caller`, `viewer`, and each flow."""

    async def caller(request: Connection) -> Caller:
        return caller_of(request)

    async def viewer(request: Connection) -> Viewer:
        return caller_of(request).viewer

    def one(value: Any) -> Callable[[], Any]:
        return lambda: value

    flows = {"doors": doors, **doors.flows}
    return {
        "caller": Provide(caller),
        "viewer": Provide(viewer),
        **{name: Provide(one(flow), sync_to_thread=False, use_cache=True) for name, flow in flows.items()},
    }
