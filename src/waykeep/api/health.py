"""Whether the server lives, and whether it may be sent work."""

import msgspec
from litestar import Response, Router, get

from waykeep.api.doors import Doors


class Health(msgspec.Struct, frozen=True):
    """One word."""

    status: str


@get("/live", summary="The process answers")
async def live() -> Health:
    """The process answers."""
    return Health("live")


@get("/ready", summary="The server may be sent work")
async def ready(doors: Doors) -> Response[Health]:
    """The server may be sent work: its store is open and has room."""
    good = doors.ready()
    return Response(Health("ready" if good else "not ready"), status_code=200 if good else 503)


ROUTER = Router("/health", route_handlers=[live, ready], tags=["health"])
