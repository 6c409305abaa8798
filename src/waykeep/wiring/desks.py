"""What people ask for about themselves: the desk, the copy that it hands out, and its round by the clock."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from waykeep import protocols
from waykeep.api.fleet import Door, ProtocolDoors
from waykeep.errors import StartError
from waykeep.flows.accepting import Accepting
from waykeep.flows.desk import Desk
from waykeep.flows.disclosing import Disclosing
from waykeep.flows.founding import web_in_clear
from waykeep.flows.incidents import IncidentDesk
from waykeep.flows.looking import Looking
from waykeep.flows.package import Package
from waykeep.flows.people import Staff
from waykeep.flows.rounds import HOUR_MS, Round
from waykeep.flows.telling import Telling
from waykeep.gateway.doors import CLOSED
from waykeep.insight.status import doing
from waykeep.live import Spot
from waykeep.model.access import Purpose
from waykeep.notify.mail import Mail
from waykeep.policy import channels
from waykeep.policy.document import Policy
from waykeep.settings import Settings
from waykeep.wiring.stores import Store


def desks(made: Store, staff: Staff, looking: Looking, clock: Callable[[], int]) -> dict[str, Any]:
    """The flows of requests about rights, by the names under which routes ask for them."""
    desk = Desk(
        made.rows.cases,
        made.rows.people,
        made.policy.parts,
        clock,
        forget=staff.forget_asked,
        promises=made.promises,
        noted=made.ledger.action,
    )
    package = Package(made.rows, made.promises, looking, made.policy, clock, held=made.parting.held)
    disclosing = Disclosing(made.rows, looking, made.policy, clock, held=made.parting.held, noted=made.ledger.action)
    return {"desk": desk, "package": package, "disclosing": disclosing}


def closed_by(made: Store, accepting: Accepting) -> Callable[[str, Purpose], bool] | None:
    """Whose past is closed to everyone else for which purpose: by a withdrawal, or by staying with an older text."""
    withdrawn, pins = made.policy.parts.withdrawal.before == "closed", accepting.pins
    if not withdrawn and not pins:
        return None

    def closed(person: str, purpose: Purpose) -> bool:
        return (withdrawn and made.promises.closed(person)) or (pins and accepting.excludes(person, purpose))

    return closed


def accepting_of(made: Store, clock: Callable[[], int]) -> Accepting:
    """Who stands under which version of the policy; what older ones promised holds for those who stayed."""
    made_ = Accepting(made.promises, made.versions, made.policy, clock, fill=made.settings.demo_values)
    if made_.pins:
        made.promises.keeps_older(made_.retention_ms)
    return made_


def telling(made: Store, mail: Mail | None, clock: Callable[[], int]) -> Telling:
    """The notices of new versions."""
    return Telling(
        made.rows.notices,
        made.versions,
        made.rows.people,
        clock,
        mail=mail,
        web_url=made.settings.web_url,
        kept_ms=made.policy.retention_ms("legal.record"),
        fill=made.settings.demo_values,
    )


def incidents(made: Store, mail: Mail | None, clock: Callable[[], int]) -> IncidentDesk:
    """The incident desk of the server."""
    web_url = made.settings.web_url
    return IncidentDesk(made.rows, made.ledger, made.directory, made.policy, clock, mail=mail, web_url=web_url)


def round_of(made: Store, desk: Desk, leaks: IncidentDesk, clock: Callable[[], int]) -> Round:
    """The hourly look at requests: what is due is done, and what was closed long enough ago is destroyed."""
    kept_ms = made.policy.retention_ms("legal.record")

    async def tend() -> None:
        await desk.tend()
        await leaks.tend()
        if kept_ms is not None:
            await asyncio.to_thread(_expire, made, clock() - kept_ms)

    return Round(name="requests", every_ms=HOUR_MS, run=tend)


def _expire(made: Store, before_ms: int) -> None:
    """Destroy the keys before the rows: what a crash cuts off in between is found again by its row."""
    for subject in made.rows.cases.own_keys(before_ms):
        if made.vault.has_subject(subject):
            made.vault.erasures.sweep(made.vault.erasures.forget(subject, "request"))
    made.rows.cases.drop_closed(before_ms).result()
    made.rows.disclosures.drop_ended(before_ms).result()
    made.rows.incidents.drop_done(before_ms).result()


def protected_doors(settings: Settings, policy: Policy) -> dict[str, str]:
    """What protects each open door to devices on the way; StartError where the policy allows less than there is."""
    names = (
        [one.name for one in protocols.ALL if settings.ports.get(one.name) != CLOSED] if policy.keeps_location else []
    )
    tls, carriers, bind = settings.tls_doors, settings.carrier_networks, settings.bind
    labels = {name: channels.label(name, tls, carriers, bind) for name in names}
    allowed = tuple(policy.parts.security.channels["device_ingest"])
    channels.check(labels, allowed, bind, carriers)
    clear = web_in_clear(settings)
    if channels.PLAIN not in allowed and clear is not None and not settings.web_url.startswith("https:"):
        raise StartError(f"the portal would be reached {clear}; or set web_url to the proxy's https address")
    return labels


def doors_shown(ports: Mapping[str, int], protection: Mapping[str, str]) -> ProtocolDoors:
    """The open doors with their ports and what protects the way to each, for whoever adds a device."""
    return ProtocolDoors(
        tuple(
            Door(
                name=one.name,
                port=ports[one.name],
                transports=one.transports,
                setup=one.setup,
                protection=protection.get(one.name, channels.PLAIN),
            )
            for one in protocols.ALL
            if one.name in ports
        )
    )


def show(made: Store, closed: Callable[[str, Purpose], bool] | None) -> None:
    """Put what was known before the start on the live boards."""
    if made.track is None:
        return
    for fix in made.track.latest.latest([device.id for device in made.directory.devices()]):
        subject = made.directory.attribution(fix.device).subject_at(fix.fix_ms)
        if closed is not None and closed(subject, Purpose.PROVIDE_SERVICE):
            continue
        spot = Spot(
            fix_ms=fix.fix_ms,
            received_ms=fix.received_ms,
            latitude_e7=fix.latitude_e7,
            longitude_e7=fix.longitude_e7,
            speed_mps=fix.speed_mps,
            course_deg=fix.course_deg,
            does=doing(fix.speed_mps, fix.attributes),
        )
        made.live.put(fix.tenant, fix.device, spot)
