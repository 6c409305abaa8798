"""Units, groups, who drives what, waiting devices, protocols: the fleet's part of /v1."""

from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import Parameter

from waykeep.api.people import Gone, Renamed
from waykeep.errors import AskError
from waykeep.flows.fleet import Change, Moment, New, Unit, Units
from waykeep.model.access import Viewer
from waykeep.store.fleet import Assignment
from waykeep.store.waiting import Knock

Id = Annotated[str, Parameter(description="The pseudonym", max_length=40)]
Host = Annotated[
    str, Parameter(description="How devices reach this server", max_length=253, pattern=r"^[A-Za-z0-9.:\[\]_-]*$")
]
UniqueId = Annotated[
    str, Parameter(description="The device's whole unique id", max_length=64, pattern=r"^[A-Za-z0-9._:-]*$")
]


class Door(msgspec.Struct, frozen=True, kw_only=True):
    """A protocol with an open door. `setup` gives exact settings or SMS texts by model.

    `protection` is what guards the way from a device to it: tls, carrier, local or plain.
    """

    name: str
    port: int
    transports: tuple[str, ...]
    protection: str = "plain"
    setup: Callable[[str, int, str], Mapping[str, str]] | None = None


class ProtocolDoors(msgspec.Struct, frozen=True):
    """Every protocol that this server listens for, with the port it really listens on."""

    doors: tuple[Door, ...]


class DoorShown(msgspec.Struct, frozen=True):
    """A protocol, for the add-a-device wizard."""

    name: str
    port: int
    transports: tuple[str, ...]
    models: tuple[str, ...]
    protection: str


class GroupShown(msgspec.Struct, frozen=True):
    """A group of units."""

    id: str
    name: str


class Assign(msgspec.Struct, frozen=True, kw_only=True):
    """Who drives (`driver`) or holds (`assigned`) a unit from a time on; nobody when `person` is null."""

    person: str | None
    kind: str = "assigned"
    from_ms: Moment | None = None


@get("/units")
async def list_units(viewer: Viewer, units: Units) -> list[Unit]:
    """Every unit that you see."""
    return units.all_of(viewer)


@post("/units", status_code=201)
async def enrol(data: New, viewer: Viewer, units: Units) -> Unit:
    """Enrol a device by its whole unique id."""
    return await units.enrol(viewer, data)


@get("/units/{unit:str}")
async def read_unit(unit: Id, viewer: Viewer, units: Units) -> Unit:
    """One unit."""
    return units.find(viewer, unit)


@patch("/units/{unit:str}")
async def change_unit(unit: Id, data: Change, viewer: Viewer, units: Units) -> Unit:
    """Change a unit's record; what is absent stays."""
    return await units.change(viewer, unit, data)


@delete("/units/{unit:str}", status_code=200)
async def forget_unit(unit: Id, viewer: Viewer, units: Units) -> Gone:
    """Forget a unit for good: its keys are destroyed before this answers."""
    return Gone(unit, await units.forget(viewer, unit))


@get("/units/{unit:str}/assignments")
async def list_assignments(unit: Id, viewer: Viewer, units: Units) -> list[Assignment]:
    """Who drove and held a unit."""
    return units.assignments(viewer, unit)


@post("/units/{unit:str}/assign", status_code=200)
async def assign(unit: Id, data: Assign, viewer: Viewer, units: Units) -> Unit:
    """Say who drives or holds a unit."""
    return await units.assign(viewer, unit, data.kind, data.person, data.from_ms)


@get("/groups")
async def list_groups(viewer: Viewer, units: Units) -> list[GroupShown]:
    """The groups of your organisation."""
    return [GroupShown(one.id, one.name) for one in units.groups(viewer)]


@post("/groups", status_code=201)
async def add_group(data: Renamed, viewer: Viewer, units: Units) -> GroupShown:
    """Make a group."""
    made = await units.new_group(viewer, data.name)
    return GroupShown(made.id, made.name)


@patch("/groups/{group:str}")
async def rename_group(group: Id, data: Renamed, viewer: Viewer, units: Units) -> GroupShown:
    """Give a group another name."""
    renamed = await units.rename_group(viewer, group, data.name)
    return GroupShown(renamed.id, renamed.name)


@delete("/groups/{group:str}", status_code=204)
async def drop_group(group: Id, viewer: Viewer, units: Units) -> None:
    """Take a group away; its units stay."""
    await units.drop_group(viewer, group)


@get("/waiting")
async def list_waiting(units: Units) -> list[Knock]:
    """Unknown devices that knocked, for the server's administrator."""
    return units.waiting()


@get("/protocols")
async def list_protocols(protocol_doors: ProtocolDoors) -> list[DoorShown]:
    """The protocols that this server listens for."""
    return [
        DoorShown(one.name, one.port, one.transports, tuple(_setup(one, "", "")), one.protection)
        for one in protocol_doors.doors
    ]


@get("/protocols/{protocol:str}/setup")
async def setup(
    protocol: Id, protocol_doors: ProtocolDoors, host: Host = "", unique_id: UniqueId = ""
) -> dict[str, str]:
    """The exact settings or SMS texts that point a device here, by model."""
    for one in protocol_doors.doors:
        if one.name == protocol:
            return dict(_setup(one, host, unique_id))
    raise AskError("not-found", "There is no such protocol.", 404)


def _setup(door: Door, host: str, unique_id: str) -> Mapping[str, str]:
    return {} if door.setup is None else door.setup(host, door.port, unique_id)


ROUTER = Router(
    "/v1",
    route_handlers=[
        list_units, enrol, read_unit, change_unit, forget_unit, list_assignments, assign,
        list_groups, add_group, rename_group, drop_group, list_waiting, list_protocols, setup,
    ],
    tags=["fleet"],
    response_headers={"cache-control": "no-store"},
)  # fmt: skip
