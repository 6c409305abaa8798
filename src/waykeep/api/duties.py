"""The operator's duties: /v1/duties."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import Parameter
from msgspec import Meta

from waykeep.api.doors import NOT_KEPT
from waykeep.flows.attesting import LONGEST_DAYS, LONGEST_STATEMENT, Attesting, Duties, Duty
from waykeep.model.access import Viewer


class Attested(msgspec.Struct, frozen=True):
    """What is done and how, and for how many days that counts."""

    statement: Annotated[str, Meta(max_length=4 * LONGEST_STATEMENT)]
    days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS)] = 365


@get("/duties", summary="What people must do that no program can show, and what was attested of it")
async def duties(attesting: Attesting) -> Duties:
    """Every clause that the operator fulfils, with the newest signed word about it."""
    return await asyncio.to_thread(attesting.all)


@post("/duties/{clause:str}", status_code=200, summary="Attest a clause")
async def attest(
    data: Attested, attesting: Attesting, viewer: Viewer, clause: Annotated[str, Parameter(max_length=40)]
) -> Duty:
    """Sign a statement about a clause; it is dated, and counts until it expires."""
    return await attesting.attest(viewer, clause, data.statement, data.days)


ROUTER = Router("/v1", route_handlers=[duties, attest], tags=["Promises"], response_headers=NOT_KEPT)
