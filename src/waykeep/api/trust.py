"""What shows that the promises are kept: who looked at me, with proofs, and the ledger's signed head."""

import asyncio
from typing import Annotated

from litestar import Router, get
from litestar.params import Parameter

from waykeep.api.doors import NOT_KEPT
from waykeep.flows.looking import Looked, Looking
from waykeep.model.access import Viewer
from waykeep.policy.witness import Proof
from waykeep.store.heads import Head

LAST_LINE = 2**53 - 1  # the largest whole number that JSON readers keep exactly

Index = Annotated[int, Parameter(ge=0, le=LAST_LINE)]


@get("/me/looked", summary="Who looked at my positions, why and when")
async def looked(
    looking: Looking,
    viewer: Viewer,
    before: Annotated[int | None, Parameter(ge=0, le=LAST_LINE, description="Only lines before this index")] = None,
    limit: Annotated[int, Parameter(ge=1, le=1000)] = 100,
) -> list[Looked]:
    """Who looked at my positions, newest first."""
    return await asyncio.to_thread(looking.who_looked, viewer, before, limit)


@get("/me/looked/{index:int}/proof", summary="What shows my entry in a ledger line to anyone")
async def proof(looking: Looking, viewer: Viewer, index: Index) -> Proof:
    """What shows my own entry in a ledger line to anyone; it tells nothing of the others."""
    return await asyncio.to_thread(looking.proof, viewer, index)


@get("/ledger/head", summary="The ledger's size and root now, signed")
async def head(looking: Looking) -> Head:
    """The ledger's size and root now, signed; it tells of no one."""
    return await asyncio.to_thread(looking.head)


ROUTER = Router("/v1", route_handlers=[looked, proof, head], tags=["trust"], response_headers=NOT_KEPT)
