"""The disclosure desk: /v1/disclosures, and the counts that anyone may read."""

from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta

from waykeep.api.doors import NOT_KEPT, by_person
from waykeep.api.tracking import batched
from waykeep.flows.disclosing import LONGEST_WHY, Disclosing, DisclosureShown, Transparency
from waykeep.flows.signin import Caller
from waykeep.model.access import Viewer
from waykeep.policy.disclosure import Wanted

Number = Annotated[str, Parameter(max_length=40)]
Why = Annotated[str, Meta(max_length=4 * LONGEST_WHY)]


class Verdict(msgspec.Struct, frozen=True):
    """Whether it is approved, and why."""

    approve: bool
    why: Why


class SecondLook(msgspec.Struct, frozen=True):
    """What the second look found."""

    verdict: Why


@get("/disclosures")
async def every(viewer: Viewer, disclosing: Disclosing) -> list[DisclosureShown]:
    """What was asked for, approved and taken without a person's yes, newest first, at most 500."""
    return await disclosing.all(viewer)


@post("/disclosures", status_code=201)
async def ask(data: Wanted, caller: Caller, disclosing: Disclosing) -> DisclosureShown:
    """Ask for data on a code of the policy, with its facts and a scope; someone else decides."""
    return await disclosing.ask(by_person(caller), data)


@post("/disclosures/{disclosure:str}/decide", status_code=200)
async def decide(data: Verdict, disclosure: Number, caller: Caller, disclosing: Disclosing) -> DisclosureShown:
    """Approve or refuse, as someone other than who asked."""
    return await disclosing.decide(by_person(caller), disclosure, data.why, approve=data.approve)


@post("/disclosures/{disclosure:str}/review", status_code=200)
async def review(data: SecondLook, disclosure: Number, caller: Caller, disclosing: Disclosing) -> DisclosureShown:
    """Look again at what could not wait for the person to be asked."""
    return await disclosing.review(by_person(caller), disclosure, data.verdict)


@get("/disclosures/{disclosure:str}/file", summary="What was approved, as a ZIP file")
async def take(disclosure: Number, viewer: Viewer, disclosing: Disclosing) -> Stream:
    """Exactly the kinds and the span that were approved; the ledger says who took it, and the person sees that."""
    headers = {"content-disposition": 'attachment; filename="disclosure.zip"', **NOT_KEPT}
    return Stream(batched(await disclosing.take(viewer, disclosure)), media_type="application/zip", headers=headers)


@get("/policy/disclosures")
async def counts(disclosing: Disclosing) -> Transparency:
    """How often data was used or left without a yes: counts by code, of the whole server."""
    return await disclosing.counts()


ROUTER = Router(
    "/v1", route_handlers=[every, ask, decide, review, take, counts], tags=["trust"], response_headers=NOT_KEPT
)
