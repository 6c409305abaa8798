"""What people ask for about themselves: the desk, the copy that it hands out, and its round by the clock."""

import asyncio
import os
from collections.abc import Callable
from typing import Any

from waykeep.flows.desk import Desk
from waykeep.flows.looking import Looking
from waykeep.flows.package import Package
from waykeep.flows.people import Staff
from waykeep.flows.rounds import HOUR_MS, Round
from waykeep.store.cases import Cases
from waykeep.store.promises import Said
from waykeep.wiring.stores import Store


def desks(made: Store, staff: Staff, looking: Looking, clock: Callable[[], int]) -> dict[str, Any]:
    """The flows of requests about rights, by the names under which routes ask for them."""
    cases = Cases(made.people, made.vault, os.urandom)
    desk = Desk(
        cases,
        made.rows.people,
        made.policy.parts,
        clock,
        forget=staff.forget_asked,
        promises=made.promises,
        noted=made.ledger.action,
    )
    said = Said(made.people, made.vault, os.urandom)
    package = Package(made.rows, said, cases, looking, made.policy, clock, held=made.parting.held)
    return {"desk": desk, "package": package}


def round_of(made: Store, desk: Desk, clock: Callable[[], int]) -> Round:
    """The hourly look at requests: what is due is done, and what was closed long enough ago is destroyed."""
    cases, kept_ms = Cases(made.people, made.vault, os.urandom), made.policy.retention_ms("legal.record")

    async def tend() -> None:
        await desk.tend()
        if kept_ms is None:
            return
        for subject in await asyncio.wrap_future(cases.drop_closed(clock() - kept_ms)):
            destroyed = await asyncio.to_thread(made.vault.erasures.forget, subject, "request")
            await asyncio.to_thread(made.vault.erasures.sweep, destroyed)

    return Round(name="requests", every_ms=HOUR_MS, run=tend)
