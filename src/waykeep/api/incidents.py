"""The incident desk: /v1/incidents; what people it touches are told; and what was announced to everyone."""

import asyncio
from typing import Annotated

import msgspec
from litestar import Router, get, post, put
from litestar.params import Parameter
from msgspec import Meta

from waykeep.api.doors import NOT_KEPT
from waykeep.flows.incidents import AuthorityReport, IncidentDesk, IncidentShown, OwnIncident, PublicIncident
from waykeep.model.access import Viewer
from waykeep.policy.incidents import Happened

Number = Annotated[str, Parameter(max_length=40)]


class Filed(msgspec.Struct, frozen=True):
    """Under which reference, or how, the authority was told."""

    reference: Annotated[str, Meta(max_length=400)]


@get("/incidents")
async def every(incidents: IncidentDesk) -> list[IncidentShown]:
    """Every incident, newest first, with the people it touches and how its clock stands."""
    return await incidents.all()


@post("/incidents", status_code=201)
async def happened(data: Happened, viewer: Viewer, incidents: IncidentDesk) -> IncidentShown:
    """Write down what happened and when it became known: that moment starts the clock and is never moved."""
    return await incidents.open(viewer, data)


@put("/incidents/{incident:str}/parts")
async def write(data: dict[str, str], incident: Number, viewer: Viewer, incidents: IncidentDesk) -> IncidentShown:
    """Write parts of the notice, by the policy's names for them."""
    return await incidents.write(viewer, incident, data)


@post("/incidents/{incident:str}/tell", status_code=200)
async def tell(incident: Number, viewer: Viewer, incidents: IncidentDesk) -> IncidentShown:
    """Tell everyone it touches; refused while a part that the policy demands is missing."""
    return await incidents.tell(viewer, incident)


@post("/incidents/{incident:str}/publish", status_code=200)
async def publish(incident: Number, viewer: Viewer, incidents: IncidentDesk) -> IncidentShown:
    """Announce it to everyone."""
    return await incidents.publish(viewer, incident)


@post("/incidents/{incident:str}/filed", status_code=200)
async def filed(data: Filed, incident: Number, viewer: Viewer, incidents: IncidentDesk) -> IncidentShown:
    """Write down that the authority was told."""
    return await incidents.file(viewer, incident, data.reference)


@get("/incidents/{incident:str}/report")
async def report(incident: Number, incidents: IncidentDesk) -> AuthorityReport:
    """The draft of the report to the authority."""
    return await incidents.report(incident)


@get("/me/incidents")
async def own(viewer: Viewer, incidents: IncidentDesk) -> list[OwnIncident]:
    """What happened to one's own data, newest first."""
    return await asyncio.to_thread(incidents.own, viewer)


@post("/me/incidents/{incident:str}/seen", status_code=204)
async def seen(incident: Number, viewer: Viewer, incidents: IncidentDesk) -> None:
    """Say that one has read it."""
    await incidents.seen(viewer, incident)


@get("/policy/incidents")
async def public(incidents: IncidentDesk) -> list[PublicIncident]:
    """What was announced to everyone, newest first."""
    return await asyncio.to_thread(incidents.public)


ROUTER = Router(
    "/v1",
    route_handlers=[every, happened, write, tell, publish, filed, report, own, seen, public],
    tags=["trust"],
    response_headers=NOT_KEPT,
)
