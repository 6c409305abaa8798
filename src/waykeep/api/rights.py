"""What people decide about themselves, and what the server promises everyone: /v1/me and /v1/policy."""

import asyncio
from pathlib import PurePath
from typing import Annotated

import msgspec
from litestar import Router, get, post, put
from litestar.params import Parameter
from msgspec import Meta

from waykeep.api.doors import NOT_KEPT, by_person
from waykeep.flows.accepting import Acceptance, Accepting
from waykeep.flows.promises import Promises
from waykeep.flows.publishing import Archive, Listed
from waykeep.flows.receipts import Receipt, Receipts
from waykeep.flows.signin import Caller
from waykeep.model.access import Viewer
from waykeep.model.rules import Hours
from waykeep.policy import transfers
from waykeep.policy.document import Open, Policy
from waykeep.policy.parts import Controller, Retention, Stored
from waykeep.policy.register import Clause
from waykeep.policy.transfers import Crossing

LAST_MS = 253_402_300_799_999  # the end of the year 9999
LAST_NUMBER = 1_000_000  # of a version: one a day for a long time
PORTAL = "portal"

Minute = Annotated[int, Meta(ge=0, le=1440)]
Weekday = Annotated[int, Meta(ge=0, le=6)]


class Switch(msgspec.Struct, frozen=True):
    """Private time on or off; `until_ms` ends it by itself."""

    on: bool
    until_ms: Annotated[int, Meta(ge=0, le=LAST_MS)] | None = None


class Private(msgspec.Struct, frozen=True):
    """Whether private time runs, since when and until when."""

    on: bool
    from_ms: int | None = None
    until_ms: int | None = None


class Yes(msgspec.Struct, frozen=True):
    """The hash of the text that one read."""

    hash: Annotated[str, Meta(max_length=64)]


class Week(msgspec.Struct, frozen=True):
    """Working hours: (weekday with Monday 0, from minute, to minute exclusive) in a time zone."""

    zone: Annotated[str, Meta(max_length=64)]
    weekly: Annotated[tuple[tuple[Weekday, Minute, Minute], ...], Meta(max_length=70)]


class Calendar(msgspec.Struct, frozen=True):
    """The hours outside which one is not located; None = at all times one is."""

    hours: Week | None


class Answer(msgspec.Struct, frozen=True):
    """A yes or a no to one of the policy's consents."""

    consent: Annotated[str, Meta(max_length=64)]
    granted: bool


class Asked(msgspec.Struct, frozen=True):
    """A consent of the policy, and what one said last; None = nothing yet."""

    consent: str
    says: str
    required: bool
    separate: bool
    granted: bool | None
    at_ms: int | None
    version: str | None


class Kind(msgspec.Struct, frozen=True):
    """A kind of data that the server may hold."""

    id: str
    says: str
    retention: Retention | None


class Receiver(msgspec.Struct, frozen=True):
    """Someone outside who gets data."""

    id: str
    type: str
    purpose: str
    sends: tuple[str, ...]
    region: str
    enabled: bool


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One document of a version, as it was published."""

    name: str
    text: str


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """The policy in force, for everyone."""

    id: str
    product: str
    version: str
    hash: str
    number: int
    changed_ms: int
    effective_ms: int
    location_mode: str
    receipt_key: str
    controller: Controller
    categories: tuple[Kind, ...]
    cookies: tuple[Stored, ...]
    recipients: tuple[Receiver, ...]
    transfers: tuple[Crossing, ...]
    open: tuple[Open, ...]


@get("/me/private")
async def private(viewer: Viewer, promises: Promises) -> Private:
    """Whether one is in private time now."""
    return msgspec.convert(promises.private(viewer.person), Private)


@post("/me/private", status_code=200)
async def set_private(data: Switch, viewer: Viewer, promises: Promises) -> Private:
    """Begin or end private time; the first position after the answer obeys."""
    return msgspec.convert(await promises.set_private(viewer, on=data.on, until_ms=data.until_ms), Private)


@get("/me/hours")
async def hours(viewer: Viewer, promises: Promises) -> Calendar:
    """One's own working hours."""
    found = promises.hours(viewer.person)
    return Calendar(Week(found.zone, found.weekly) if found else None)


@put("/me/hours")
async def set_hours(data: Calendar, viewer: Viewer, promises: Promises) -> Calendar:
    """Set one's own working hours, from now on."""
    await promises.set_hours(viewer, Hours(data.hours.zone, data.hours.weekly) if data.hours else None)
    return data


@get("/me/consents")
async def consents(viewer: Viewer, promises: Promises) -> list[Asked]:
    """Every consent that the policy knows, and what one said."""
    return msgspec.convert(promises.consents(viewer.person), list[Asked])


@post("/me/consents", status_code=200)
async def consent(data: Answer, viewer: Viewer, promises: Promises) -> list[Asked]:
    """Say yes or no; a no holds at once."""
    said = await promises.consent(viewer, data.consent, granted=data.granted, channel=PORTAL)
    return msgspec.convert(said, list[Asked])


@get("/me/acceptance")
async def acceptance(viewer: Viewer, accepting: Accepting) -> Acceptance:
    """Whether one has to say yes to the policy, and under which version one stands."""
    return await asyncio.to_thread(accepting.own, viewer)


@post("/me/acceptance", status_code=200)
async def accept(data: Yes, caller: Caller, accepting: Accepting) -> Acceptance:
    """Say yes to the text in force, by the hash that stands with it."""
    return await accepting.accept(by_person(caller), data.hash)


@get("/me/receipts")
async def own_receipts(viewer: Viewer, receipts: Receipts) -> tuple[Receipt, ...]:
    """A signed receipt for each yes and no of one's own; `waykeep check receipt` checks the file anywhere."""
    return await asyncio.to_thread(receipts.of, viewer)


@get("/policy")
async def policy(promises: Promises, archive: Archive, receipts: Receipts) -> Shown:
    """The policy in force."""
    now = next(one for one in await asyncio.to_thread(archive.listed) if one.in_force)
    return shown(promises.policy, now, receipts.key)


@get("/policy/versions")
async def versions(archive: Archive) -> tuple[Listed, ...]:
    """The versions of the policy, newest first: when each was published and from when it holds."""
    return await asyncio.to_thread(archive.listed)


@get("/policy/versions/{number:int}")
async def version(archive: Archive, number: Annotated[int, Parameter(ge=1, le=LAST_NUMBER)]) -> tuple[Layer, ...]:
    """The documents of one version, lowest first; their SHA-256, joined by a zero byte, is the version's hash."""
    found = await asyncio.to_thread(archive.text, number)
    return tuple(Layer(name=PurePath(name).name, text=text) for name, text in found)


@get("/policy/clauses")
async def clauses(promises: Promises) -> tuple[Clause, ...]:
    """What the policy's profile says, sentence by sentence, and the controls that hold it."""
    return promises.clauses


def shown(policy: Policy, now: Listed, receipt_key: str) -> Shown:
    """A policy as everyone may see it."""
    parts = policy.parts
    return Shown(
        id=parts.id,
        product=parts.product,
        version=parts.version,
        hash=policy.hash,
        number=now.number,
        changed_ms=now.published_ms,
        effective_ms=now.effective_ms,
        location_mode=parts.location_mode,
        receipt_key=receipt_key,
        controller=parts.controller,
        categories=tuple(Kind(name, one.says, policy.retention(name)) for name, one in parts.categories.items()),
        cookies=tuple(entry for entry in parts.storage_on_client if entry.kind == "cookie"),
        recipients=tuple(
            Receiver(one.id, one.type, one.purpose, one.sends, one.region, one.enabled) for one in parts.recipients
        ),
        transfers=transfers.crossings(parts),
        open=policy.open,
    )


ROUTER = Router(
    "/v1",
    route_handlers=[
        private,
        set_private,
        hours,
        set_hours,
        consents,
        consent,
        own_receipts,
        acceptance,
        accept,
        policy,
        versions,
        version,
        clauses,
    ],
    tags=["Promises"],
    response_headers=NOT_KEPT,
)
