"""Requests about rights: one's own, the desk's, and the form that anyone may use."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import Parameter
from litestar.response import Stream
from msgspec import Meta

from waykeep.api.doors import NOT_KEPT
from waykeep.api.session import Ask, source_of
from waykeep.api.tracking import batched
from waykeep.errors import AskError
from waykeep.flows.caseview import CaseShown
from waykeep.flows.certificate import Certificate
from waykeep.flows.desk import LONGEST_CONTACT, LONGEST_NAME, Desk, Report
from waykeep.flows.package import Package
from waykeep.flows.signin import Caller, SignIn
from waykeep.model.access import Viewer
from waykeep.policy.cases import LONGEST_TEXT, Decision
from waykeep.store.cases import Said

Case = Annotated[str, Parameter(max_length=40)]
Word = Annotated[str, Meta(max_length=40)]
Text = Annotated[str, Meta(max_length=4 * LONGEST_TEXT)]
TRY = "request"  # counted apart from sign-ins


class Wanted(msgspec.Struct, frozen=True):
    """What one asks for, in the policy's word, and in one's own."""

    right: Word
    text: Text = ""


class Came(msgspec.Struct, frozen=True, kw_only=True):
    """A request that came by another way than the screen."""

    right: Word
    intake: Word = "post"
    name: Annotated[str, Meta(max_length=4 * LONGEST_NAME)] = ""
    contact: Annotated[str, Meta(max_length=4 * LONGEST_CONTACT)] = ""
    text: Text = ""


class Known(msgspec.Struct, frozen=True):
    """By what someone was known."""

    level: Word


class About(msgspec.Struct, frozen=True):
    """Whose data a request is about."""

    person: Word


class Own(msgspec.Struct, frozen=True):
    """One's password, typed now."""

    password: Annotated[str, Meta(max_length=1024)]


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """The request, and the certificate where it was an erasure that is done now: the account is gone with it."""

    request: CaseShown
    certificate: Certificate | None = None


class Received(msgspec.Struct, frozen=True):
    """That a request came in: its number and by when it is answered. It says nothing about who is known here."""

    id: str
    due_ms: int | None


@get("/me/requests")
async def own(viewer: Viewer, desk: Desk) -> list[CaseShown]:
    """One's own requests, newest first."""
    return await desk.of(viewer)


@post("/me/requests", status_code=201)
async def ask(data: Wanted, viewer: Viewer, desk: Desk) -> CaseShown:
    """Ask for something that the policy gives a right to."""
    return await desk.ask(viewer, data.right, data.text)


@post("/me/requests/{case:str}/prove", status_code=200)
async def prove_own(data: Own, case: Case, caller: Caller, *, desk: Desk, signin: SignIn) -> Proven:
    """Show with the password that it is you. An erasure that the policy leaves to you happens at once."""
    if caller.session is None:
        raise AskError("person-only", "A program's token may not do this: it needs the person and the password.", 403)
    await signin.check_password(caller.viewer.person, data.password)
    request, certificate = await desk.prove_own(caller.viewer, case)
    return Proven(request=request, certificate=certificate)


@get("/me/requests/{case:str}/package", summary="The copy of one's own data, as a ZIP file")
async def own_package(case: Case, viewer: Viewer, desk: Desk, package: Package) -> Stream:
    """Everything that is kept about oneself: JSON, CSV, GPX and a page to read, with hashes."""
    return _zip(await package.of(await desk.handed_out(viewer, case, own=True), viewer.person))


@post("/privacy/requests", status_code=202)
async def write_in(data: Came, request: Ask, desk: Desk, signin: SignIn) -> Received:
    """Ask without an account. The answer is the same whether anyone of this name is known here."""
    await signin.attempt(TRY, source_of(request))
    said = Said(name=data.name, contact=data.contact, text=data.text)
    made = await desk.write_in(data.right, said)
    return Received(made.id, made.due_ms)


@get("/requests")
async def every(
    viewer: Viewer,
    desk: Desk,
    after: Annotated[str | None, Parameter(max_length=40, description="The last one of the page before")] = None,
) -> list[CaseShown]:
    """The desk's requests, at most 500 at once: open ones first, then newest first."""
    return await desk.all(viewer, after)


@get("/requests/report")
async def report(viewer: Viewer, desk: Desk) -> Report:
    """How many requests were made and how they ended; it names nobody, and outlives those who asked."""
    return await desk.report(viewer)


@post("/requests", status_code=201)
async def take(data: Came, viewer: Viewer, desk: Desk) -> CaseShown:
    """Write down a request that came by post, phone, mail or through an organisation."""
    return await desk.take(viewer, data.right, data.intake, Said(name=data.name, contact=data.contact, text=data.text))


@post("/requests/{case:str}/link", status_code=200)
async def link(data: About, case: Case, viewer: Viewer, desk: Desk) -> CaseShown:
    """Say whose data a request is about."""
    return await desk.link(viewer, case, data.person)


@post("/requests/{case:str}/ask-proof", status_code=200)
async def ask_proof(case: Case, viewer: Viewer, desk: Desk) -> CaseShown:
    """Ask for a proof of who someone is: the clock waits for it where the policy says so."""
    return await desk.ask_proof(viewer, case)


@post("/requests/{case:str}/prove", status_code=200)
async def prove(data: Known, case: Case, viewer: Viewer, desk: Desk) -> CaseShown:
    """Say by what someone was known."""
    return await desk.prove(viewer, case, data.level)


@post("/requests/{case:str}/decide", status_code=200)
async def decide(data: Decision, case: Case, viewer: Viewer, desk: Desk) -> CaseShown:
    """Carry a request out, or refuse it on a ground of the policy; a refusal holds once a second person agrees."""
    return await desk.decide(viewer, case, data)


@get("/requests/{case:str}/package", summary="The copy of a person's data to hand out, as a ZIP file")
async def package_of(case: Case, viewer: Viewer, desk: Desk, package: Package) -> Stream:
    """The copy for someone who asked by another way; handing it out is the answer."""
    return _zip(await package.of(await desk.handed_out(viewer, case, own=False), viewer.person))


def _zip(pieces: Iterator[bytes]) -> Stream:
    headers = {"content-disposition": 'attachment; filename="my-data.zip"', **NOT_KEPT}
    return Stream(batched(pieces), media_type="application/zip", headers=headers)


ROUTER = Router(
    "/v1",
    route_handlers=[
        own, ask, prove_own, own_package, write_in, every, report, take, link, ask_proof, prove, decide, package_of
    ],
    tags=["rights"],
    response_headers=NOT_KEPT,
)  # fmt: skip
