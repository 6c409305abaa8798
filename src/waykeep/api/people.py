"""People, invitations, organisations: /v1/people and its neighbours."""

from typing import Annotated

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import Parameter

from waykeep.api.session import Named
from waykeep.flows.certificate import Certificate
from waykeep.flows.links import Given, OneTime
from waykeep.flows.people import Change, Staff
from waykeep.model.access import Role, Viewer
from waykeep.store.links import Link
from waykeep.store.people import Person

Id = Annotated[str, Parameter(description="The pseudonym", max_length=40)]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Someone's account, as those who look after people see it."""

    id: str
    name: str
    email: str | None
    role: Role
    groups: tuple[str, ...]
    active: bool
    second_factor: bool
    language: str
    zone: str
    created_ms: int


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to invite, with which role."""

    role: Role
    email: str | None = None
    name: str | None = None
    groups: tuple[str, ...] = ()


class InvitationShown(msgspec.Struct, frozen=True, kw_only=True):
    """An invitation that still opens something."""

    id: str
    role: Role | None
    name: str | None
    email: str | None
    groups: tuple[str, ...]
    created_ms: int
    expires_ms: int


class Reset(msgspec.Struct, frozen=True):
    """Whether lost second factors go as well."""

    second_factor: bool = False


class Renamed(msgspec.Struct, frozen=True):
    """A new name."""

    name: str


class NewOrganisation(msgspec.Struct, frozen=True):
    """An organisation to make, and where its first administrator's invitation goes."""

    name: str
    email: str | None = None


class OrganisationMade(msgspec.Struct, frozen=True):
    """A new organisation and what came of its administrator's invitation."""

    organisation: Named
    invitation: Given


class Gone(msgspec.Struct, frozen=True):
    """Who or what was forgotten, and the signed word about it."""

    id: str
    certificate: Certificate


@get("/people")
async def list_people(viewer: Viewer, staff: Staff) -> list[Member]:
    """Everyone of one's organisation."""
    return [_member(staff, one) for one in staff.all_of(viewer)]


@post("/people", status_code=201)
async def add_person(data: Invited, viewer: Viewer, one_time: OneTime) -> Given:
    """Add someone: they choose their own password behind a one-time link."""
    return await one_time.invite(viewer, data.role, email=data.email, name=data.name, groups=data.groups)


@post("/drivers", status_code=201)
async def add_driver(data: Renamed, viewer: Viewer, staff: Staff) -> Member:
    """Add a driver who never signs in: nobody is mailed, and nobody can sign in as them."""
    return _member(staff, await staff.add_driver(viewer, data.name))


@get("/people/{person:str}")
async def read_person(person: Id, viewer: Viewer, staff: Staff) -> Member:
    """One account."""
    return _member(staff, staff.find(viewer, person))


@patch("/people/{person:str}")
async def change_person(person: Id, data: Change, viewer: Viewer, staff: Staff) -> Member:
    """Change an account; what is absent stays."""
    return _member(staff, await staff.change(viewer, person, data))


@delete("/people/{person:str}", status_code=200)
async def forget_person(person: Id, viewer: Viewer, staff: Staff) -> Gone:
    """Forget a person for good: their key is destroyed before this answers."""
    return Gone(person, await staff.forget(viewer, person))


@post("/people/{person:str}/reset", status_code=200)
async def reset_person(person: Id, data: Reset, viewer: Viewer, staff: Staff) -> Given:
    """Give someone a one-time link for a new password."""
    return await staff.reset(viewer, person, factors=data.second_factor)


@get("/invitations")
async def list_invitations(viewer: Viewer, one_time: OneTime) -> list[InvitationShown]:
    """Invitations that still open something."""
    return [_invitation(link) for link in one_time.invitations(viewer)]


@post("/invitations", status_code=201)
async def invite(data: Invited, viewer: Viewer, one_time: OneTime) -> Given:
    """Invite someone by mail, or by a link to hand over."""
    return await one_time.invite(viewer, data.role, email=data.email, name=data.name, groups=data.groups)


@delete("/invitations/{link:str}", status_code=204)
async def take_back(link: Id, viewer: Viewer, one_time: OneTime) -> None:
    """Take an invitation back."""
    await one_time.take_back(viewer, link)


@get("/organisation")
async def own_organisation(viewer: Viewer, staff: Staff) -> Named:
    """One's own organisation."""
    found = staff.organisation(viewer)
    return Named(found.id, found.name)


@patch("/organisation")
async def rename_organisation(data: Renamed, viewer: Viewer, staff: Staff) -> Named:
    """Give one's own organisation another name."""
    renamed = await staff.rename(viewer, data.name)
    return Named(renamed.id, renamed.name)


@get("/organisations")
async def list_organisations(staff: Staff) -> list[Named]:
    """Every organisation of this server."""
    return [Named(one.id, one.name) for one in staff.organisations()]


@post("/organisations", status_code=201)
async def add_organisation(data: NewOrganisation, viewer: Viewer, staff: Staff) -> OrganisationMade:
    """Make an organisation and invite its first administrator."""
    made, given = await staff.new_organisation(viewer, data.name, data.email)
    return OrganisationMade(Named(made.id, made.name), given)


def _member(staff: Staff, person: Person) -> Member:
    return Member(
        id=person.id, name=person.name, email=person.email, role=person.role, groups=person.groups,
        active=person.active, second_factor=staff.has_second_factor(person.id), language=person.language,
        zone=person.zone, created_ms=person.created_ms,
    )  # fmt: skip


def _invitation(link: Link) -> InvitationShown:
    return InvitationShown(
        id=link.id, role=link.role, name=link.name, email=link.email, groups=link.groups,
        created_ms=link.created_ms, expires_ms=link.expires_ms,
    )  # fmt: skip


ROUTER = Router(
    "/v1",
    route_handlers=[
        list_people, add_person, add_driver, read_person, change_person, forget_person, reset_person,
        list_invitations, invite, take_back,
        own_organisation, rename_organisation, list_organisations, add_organisation,
    ],
    tags=["people"],
    response_headers={"cache-control": "no-store"},
)  # fmt: skip
