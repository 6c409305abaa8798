"""The application that people reach: /v1, the live stream, the description, the portal, inside one shield."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from enum import Enum
from functools import cache
from itertools import count
from typing import Any, get_type_hints

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp

from waykeep.api import (
    desk,
    disclosures,
    docs,
    duties,
    files,
    fleet,
    health,
    incidents,
    me,
    notices,
    outside,
    pages,
    people,
    permissions,
    problems,
    rights,
    session,
    stream,
    tracking,
    trust,
)
from waykeep.api.doors import Doors, by_name, provided
from waykeep.api.shield import Shield
from waykeep.api.sieve import Sieve
from waykeep.flows.watching import Watching
from waykeep.live import Live

LARGEST_BODY = 1024 * 1024  # no form of ours comes near; imports of history have a door of their own
OWN = frozenset({"data", "return", "caller", "viewer", "doors"})
RULES_EVERY = 4  # ticks: a pass over 50,000 units' rules takes a few hundredths of a second
TICK_S = 0.25  # four positions a second is more than a map shows and a tracker sends

ROUTERS: tuple[Router, ...] = (
    session.ROUTER,
    me.ROUTER,
    people.ROUTER,
    fleet.ROUTER,
    tracking.ROUTER,
    rights.ROUTER,
    desk.ROUTER,
    disclosures.ROUTER,
    duties.ROUTER,
    incidents.ROUTER,
    notices.ROUTER,
    outside.ROUTER,
    trust.ROUTER,
    pages.ROUTER,
    pages.DATA,
    stream.ROUTER,
    health.ROUTER,
)


def asked_for() -> set[str]:
    """The names of the flows that the routes ask for; `Doors.flows` must hold each."""
    found: set[str] = set()
    for router in ROUTERS:
        for route in router.routes:
            handlers = (
                route.route_handlers if isinstance(route, HTTPRoute) else (getattr(route, "route_handler", None),)
            )
            for handler in handlers:
                found |= _flows_of(handler.fn) if isinstance(handler, BaseRouteHandler) else set()
    return found - OWN


def described() -> dict[str, Any]:
    """The description of the whole API; it needs no server and no flow."""
    nothing = Doors(who=lambda _cookie, _bearer: None, flows=dict.fromkeys(asked_for()), web_url="")
    return docs.description(ROUTERS, provided(nothing), {tracking.EXPORT_PATH: tracking.EXPORT_TYPES})


def build(doors: Doors) -> ASGIApp:
    """The whole application around these flows."""
    with by_name():
        app = Litestar(
            route_handlers=[*ROUTERS, docs.router(cache(described)), files.router(doors)],
            dependencies=provided(doors),
            guards=[permissions.guard],
            exception_handlers=problems.HANDLERS,
            openapi_config=None,
            request_max_body_size=LARGEST_BODY,
            state=State({"doors": doors}),
            lifespan=[_ticking(doors)],
            logging_config=None,
            debug=False,
        )
    permissions.check(app)
    return Shield(Sieve(app, doors.unwanted, LARGEST_BODY), doors.origin, doors.cookies)


def _flows_of(route: Callable[..., object]) -> set[str]:
    """Arguments of a class of ours that is no word of a list: those that no request can fill."""
    if not route.__module__.startswith("waykeep."):
        return set()
    kinds = get_type_hints(route)
    return {
        name
        for name, kind in kinds.items()
        if isinstance(kind, type) and kind.__module__.startswith("waykeep.") and not issubclass(kind, Enum)
    }


def _ticking(doors: Doors) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def during(_: Litestar) -> AsyncIterator[None]:
        live, now_ms = doors.flows.get("live"), doors.flows.get("clock")
        if not isinstance(live, Live) or now_ms is None:
            yield
            return
        task = asyncio.create_task(_tick(live, doors.flows["watching"], now_ms))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return during


async def _tick(live: Live, watching: Watching, now_ms: Callable[[], int]) -> None:
    for tick in count():
        await asyncio.sleep(TICK_S)
        try:
            if tick % RULES_EVERY == 0:
                await watching.follow_rules()
            live.tick(now_ms())
        except Exception as error:  # noqa: BLE001 (every organisation's view hangs on it: one bad tick is not the last)
            problems.noted(error)


logging.getLogger("litestar").addHandler(logging.NullHandler())
