"""Enrolling many units at once: from a file of the operator's, many in flight, each answered on its own."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from waykeep.errors import AskError
from waykeep.flows.fleet import New, Units
from waykeep.model.access import Role, Viewer
from waykeep.store.people import Organisation

AT_ONCE = 64  # commits are shared by what is in flight; more only waits in memory


async def enrol_all(units: Units, organisations: Sequence[Organisation], values: Mapping[str, Any]) -> dict[str, Any]:
    """Enrol each of `values["units"]` in the organisation named by `values["organisation"]` (empty = the first).

    Gives how many were enrolled, and for each of the others its place in the list and why not.
    """
    tenant = _organisation(organisations, str(values.get("organisation", "")))
    viewer = Viewer(person=tenant, tenant=tenant, role=Role.SERVER)
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(at: int, row: Any) -> dict[str, Any] | None:
        async with turn:
            try:
                await units.enrol(viewer, msgspec.convert(row, New))
            except (AskError, msgspec.ValidationError) as error:
                return {"at": at, "why": str(error)}
        return None

    rows = values.get("units", [])
    answers = await asyncio.gather(*(one(at, row) for at, row in enumerate(rows)))
    left = [answer for answer in answers if answer is not None]
    return {"enrolled": len(rows) - len(left), "left": left}


def _organisation(organisations: Sequence[Organisation], name: str) -> str:
    for one in organisations:
        if name in ("", one.name, one.id):
            return one.id
    raise AskError("no-such-organisation", "There is no organisation of this name.", 404)
