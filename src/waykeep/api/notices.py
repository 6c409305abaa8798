"""What people are told of new versions of the policy: /v1/policy/notice, /v1/me/notices, and what became of it."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import Parameter

from waykeep.api.doors import NOT_KEPT
from waykeep.api.rights import LAST_NUMBER
from waykeep.flows.telling import Banner, Telling, Told
from waykeep.model.access import Viewer


class Announced(msgspec.Struct, frozen=True):
    """The version that everyone is told of before they sign in, if there is one."""

    notice: Banner | None


@get("/policy/notice")
async def announced(telling: Telling) -> Announced:
    """A version that is new, for the page of signing in."""
    return Announced(await asyncio.to_thread(telling.banner))


@get("/me/notices")
async def own(viewer: Viewer, telling: Telling) -> list[Banner]:
    """The versions that one has still to see, newest first."""
    return await asyncio.to_thread(telling.own, viewer)


@post("/me/notices/{number:int}/seen", status_code=204)
async def seen(viewer: Viewer, telling: Telling, number: Annotated[int, Parameter(ge=1, le=LAST_NUMBER)]) -> None:
    """Close a banner."""
    await telling.seen(viewer, number)


@get("/policy/notices")
async def told(telling: Telling) -> list[Told]:
    """What became of telling each version: rows by way and state, and how many people no way reached yet."""
    return await asyncio.to_thread(telling.told)


ROUTER = Router("/v1", route_handlers=[announced, own, seen, told], tags=["Promises"], response_headers=NOT_KEPT)
