"""The running server: doors, flows and rounds over an open home folder."""

import asyncio
import logging
import os
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import msgspec
from argon2 import PasswordHasher

import waykeep
from waykeep import protocols
from waykeep.api import app
from waykeep.api.doors import Doors as WebDoors
from waykeep.api.serve import Web
from waykeep.api.session import PolicyFacts
from waykeep.egress import relay_of
from waykeep.errors import StartError
from waykeep.flows import backdating, commands, control, enrolling, keeping, publictext, receipts, sweeping, tidying
from waykeep.flows.accepting import Accepting
from waykeep.flows.attesting import Attesting
from waykeep.flows.disk import DiskGuard
from waykeep.flows.fleet import Units
from waykeep.flows.intake import Intake
from waykeep.flows.leaving import Leaving
from waykeep.flows.links import OneTime
from waykeep.flows.looking import Access, Looking
from waykeep.flows.me import Me
from waykeep.flows.outside import Outside
from waykeep.flows.passkeys import Passkeys
from waykeep.flows.passwords import Passwords
from waykeep.flows.people import Staff
from waykeep.flows.publictext import PublicText
from waykeep.flows.publishing import Archive, Publishing
from waykeep.flows.receipts import Receipts
from waykeep.flows.rights import Rights
from waykeep.flows.rounds import Rounds
from waykeep.flows.seeing import Seeing
from waykeep.flows.signin import SignIn
from waykeep.flows.watching import Watching
from waykeep.gateway.doors import Doors
from waykeep.notify.mail import Mail
from waykeep.policy import unwanted
from waykeep.policy.document import Policy
from waykeep.settings import Settings
from waykeep.store import documents, rehash
from waykeep.store.attestations import Attestations
from waykeep.store.engine import HomeLock
from waykeep.store.nothing import NoHistory
from waykeep.wiring.desks import (
    accepting_of,
    closed_by,
    desks,
    doors_shown,
    incidents,
    protected_doors,
    round_of,
    show,
    telling,
)
from waykeep.wiring.stores import Clock, Store, moment, now_ms, policy_of, store

log = logging.getLogger(__name__)

PORTAL = Path(waykeep.__file__).parent / "portal"
VERSION_LOOK_S = 1.0  # a text that holds from a moment on is in force a second later at most


def rights(made: Store, doors: Doors | None = None, clock: Clock = now_ms) -> Rights:
    """The erasure flow over an open store."""
    track, live = made.track, made.live

    async def farewell(gone: frozenset[str]) -> None:
        await asyncio.gather(*(made.promises.forget(one) for one in gone if not made.vault.has_subject(one)))
        await asyncio.gather(*(live.gone(one, returns=made.vault.has_subject(one)) for one in gone))

    def from_memory(gone: frozenset[str]) -> None:
        if track is not None:
            track.journal.forget([one for one in gone if not made.vault.has_subject(one)])
            track.changed(gone)
            track.latest.drop(gone)
        if doors is not None:
            doors.hang_up(gone)

    return Rights(
        made.vault,
        sweeping.NoTrack() if track is None else track.compaction,
        made.parting,
        forgotten=made.forgotten,
        ledger=made.ledger,
        swap=made.directory.swap_all,
        droppers=(from_memory, farewell, made.parting.drop),
        clock=clock,
        sweeps=(made.people.checkpoint,),
        newest=track.latest.newest_ms if track is not None else lambda _: None,
    )


def epochs(made: Store, erasing: Rights) -> keeping.Epochs:
    """The turns of the key epoch."""
    return keeping.Epochs(
        made.vault,
        erasing,
        rehash.of(made.people, made.vault),
        days=keeping.epoch_days(made.settings.epoch_days, made.policy.parts.erasure.deadline),
        hashed=made.directory.rehash,
        alarm=sweeping.alarm,
    )


@asynccontextmanager
async def handlers(settings: Settings) -> AsyncIterator[control.Handlers]:
    """The commands of the control socket, for one command while no server runs."""
    with store(settings, policy_of(settings)) as made:
        erasing = rights(made)
        yield _handlers(made, erasing, _units(made, erasing), None)
        await erasing.swept()


def _handlers(made: Store, erasing: Rights, units: Units, rounds: Rounds | None) -> control.Handlers:
    async def enrol(values: Mapping[str, Any]) -> Mapping[str, Any]:
        return await enrolling.enrol_all(units, made.rows.people.organisations(), values)

    own = commands.handlers(
        rights=erasing,
        find=commands.finder(made.parting, made.rows.people, made.directory),
        back_up=made.back_up,
        catalog=made.backups.catalog,
        turn=epochs(made, erasing).turn,
        rounds=rounds,
    )
    file = made.settings.path("policy_file") if made.settings.policy_file else None
    publishing = Publishing(made.versions, now_ms, made.ledger.action, fill=made.settings.demo_values, file=file)
    keep = publictext.keeper(made.proofs, made.ledger.action)
    since = partial(backdating.set_back, made.rows, made.directory)
    return {**own, "enrol": enrol, "since": since, "publish": publishing.publish, "keep-proof": keep}


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """A running server, and where it listens."""

    made: Store
    rights: Rights
    rounds: Rounds
    web_port: int
    ports: Mapping[str, int]
    counters: Counter[str]
    units: Units
    staff: Staff

    async def superseded(self, clock: Clock = now_ms) -> None:
        """Return when another version of the policy is in force than the one that is served."""
        versions = self.made.versions
        # It is time that brings the next one into force: there is no event to wait for.
        while versions.hash_in_force(clock()) == self.made.policy.hash:  # noqa: ASYNC110 (see above)
            await asyncio.sleep(VERSION_LOOK_S)


@asynccontextmanager
async def serving(settings: Settings, policy: Policy, clock: Clock = now_ms) -> AsyncIterator[Serving]:
    """Run the server for a block: keys and rows are mended first, doors open last and close first."""
    asyncio.get_running_loop().set_exception_handler(_untold)
    with HomeLock(settings.path("data_dir") / "lock"), store(settings, policy, clock) as made:
        counters: Counter[str] = Counter()
        intake = _intake(made, counters)
        doors = _doors(made, intake, clock)
        erasing = rights(made, doors, clock)
        turning = epochs(made, erasing)
        rounds = _rounds(made, turning, counters, clock)
        await turning.mend()
        await erasing.mend(made.parting.subjects())
        await sweeping.mend(made.track.compaction if made.track else None, made.vault, clock)
        accepting = accepting_of(made, clock)
        show(made, closed_by(made, accepting))
        try:
            await doors.open()
            units = _units(made, erasing, clock, doors)
            flows, web = _web(made, erasing, units, doors, accepting, clock)
            rounds.also(round_of(made, flows["desk"], flows["incidents"], clock))
            rounds.also(flows["telling"].round())
            await web.start()
            running = asyncio.create_task(rounds.run())
            socket = control.serve(settings.path("data_dir") / "control.sock", _handlers(made, erasing, units, rounds))
            try:
                async with socket:
                    yield Serving(
                        made=made,
                        rights=erasing,
                        rounds=rounds,
                        web_port=web.port,
                        ports=doors.ports,
                        counters=counters,
                        units=units,
                        staff=flows["staff"],
                    )
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await web.stop()
        finally:
            await doors.close()
            await erasing.swept()
            if intake is not None:
                await intake.close()
            await asyncio.to_thread(sweeping.count, made.refusals, counters, clock)


def _untold(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log that something went wrong in the loop, without the text of the error, which may hold who and where."""
    log.error("unexpected error in the event loop", extra={"error": type(context.get("exception")).__name__})


def _intake(made: Store, counters: Counter[str]) -> Intake | None:
    track = made.track
    if track is None:
        return None
    disk = DiskGuard(made.settings.path("data_dir"), made.settings.least_free_mb)
    made.holds.intake = Intake(track.journal, made.directory, made.live, track.latest, counters=counters, disk=disk)
    return made.holds.intake


def _doors(made: Store, intake: Intake | None, clock: Clock) -> Doors:
    settings = made.settings
    protected_doors(settings, made.policy)
    tls = {name: device_tls(settings) for name in settings.tls_doors if name != "web"}
    open_to = protocols.ALL if intake is not None else ()
    return Doors(
        open_to,
        made.directory,
        intake or sweeping.Closed(Counter()),
        clock,
        bind=settings.bind,
        ports=settings.ports,
        tls=tls,
        networks={name: [ip_network(one) for one in found] for name, found in settings.carrier_networks.items()},
    )


def device_tls(settings: Settings) -> ssl.SSLContext:
    """How a door with TLS speaks; StartError where its files cannot be read."""
    if not settings.tls_certificate or not settings.tls_key:
        raise StartError("tls_doors names a door, but tls_certificate or tls_key is empty")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.path("tls_certificate"), settings.path("tls_key"))
    except (OSError, ssl.SSLError) as error:
        raise StartError(f"tls_certificate, tls_key: {error}") from error
    if settings.tls_device_ca:
        try:
            context.load_verify_locations(settings.path("tls_device_ca"))
        except (OSError, ssl.SSLError) as error:
            raise StartError(f"tls_device_ca: {error}") from error
        context.verify_mode = ssl.CERT_OPTIONAL  # a device that demands one is refused without; others need none
    return context


def _rounds(made: Store, turning: keeping.Epochs, counters: Counter[str], clock: Clock) -> Rounds:
    track = made.track
    own = keeping.rounds(
        made.vault,
        turning,
        made.backups,
        devices=lambda: [device.id for device in made.directory.devices()] if track else (),
        renew_seen=track.journal.renew_seen if track else lambda _: 0,
        back_up=made.back_up,
        lengths=keeping.copies(made.policy.parts.backups),
    )
    swept = sweeping.rounds(
        track.compaction if track else None,
        track.latest if track else None,
        made.directory,
        made.vault,
        made.refusals,
        counters,
        clock,
        window_h=made.settings.attribution_window_h,
    )
    return Rounds(
        (*swept, *own, tidying.round_of(made.rows, clock)),
        ledger=made.ledger,
        now=moment,
        marker=made.settings.path("heads_dir") / "clock-stopped.json",
        gap_days=made.settings.clock_gap_days,
        alarm=sweeping.alarm,
    )


def _web(
    made: Store, erasing: Rights, units: Units, doors: Doors, accepting: Accepting, clock: Clock
) -> tuple[dict[str, Any], Web]:
    settings, policy, rows, directory = made.settings, made.policy, made.rows, made.directory
    passwords = Passwords(PasswordHasher(), policy.parts.security.passwords.least_length)
    signin = SignIn(rows, passwords, directory, os.urandom, clock)
    relay = relay_of(settings.smtp_url)
    outside = Outside(policy.parts.recipients, clock)
    mail = Mail(outside.egress, relay, settings.mail_from) if relay else None
    one_time = OneTime(
        rows, signin, passwords, directory, mail=mail, web_url=settings.web_url, random=os.urandom, clock=clock,
        least_age=policy.parts.age.minimum, accepting=accepting if policy.parts.acceptance.gate else None,
    )  # fmt: skip
    track = made.track
    reading = Access(made.ledger, directory, lambda _: policy.reading, clock, closed_by(made, accepting))
    nothing = NoHistory()
    flows: dict[str, Any] = {
        "signin": signin,
        "one_time": one_time,
        "me": Me(rows, signin, passwords, os.urandom, clock),
        "seeing": Seeing(rows, directory, clock, keeps_location=policy.keeps_location),
        "passkeys": Passkeys(rows, signin, settings.web_url, os.urandom, clock),
        "staff": Staff(rows, directory, one_time, erasing.forget, clock, noted=made.ledger.action),
        "units": units,
        **_promised(made, clock),
        "looking": Looking(
            reading,
            track.history if track else nothing,
            track.latest if track else nothing,
            lambda person: found.name if (found := rows.people.find(person)) else None,
        ),
        "watching": Watching(reading, made.live),
        "live": made.live,
        "clock": clock,
        "outside": outside,
        "accepting": accepting,
        "policy_facts": PolicyFacts(policy.id, policy.parts.location_mode, policy.cookies),
        "protocol_doors": doors_shown(doors.ports, protected_doors(settings, policy)),
    }
    flows["leaving"] = Leaving(flows["me"], flows["staff"], made.promises)
    flows["telling"] = telling(made, mail, clock)
    flows["incidents"] = incidents(made, mail, clock)
    flows |= desks(made, flows["staff"], flows["looking"], clock)
    application = app.build(
        WebDoors(
            who=signin.caller,
            flows=flows,
            web_url=settings.web_url,
            cookies=frozenset(policy.cookies),
            portal=PORTAL if PORTAL.is_dir() else None,
            map_file=PORTAL / "map" / "world.pmtiles",
            passes=accepting.passes if policy.parts.acceptance.gate else None,
            unwanted=unwanted.judge(policy.parts),
            ready=lambda: made.holds.intake is None or made.holds.intake.ready,
        )
    )
    tls = (
        (str(settings.path("tls_certificate")), str(settings.path("tls_key"))) if "web" in settings.tls_doors else None
    )
    return flows, Web(application, settings.web_bind, settings.web_port, tls)


def _promised(made: Store, clock: Clock) -> dict[str, Any]:
    """What is promised, by which text, and who stands for what no program can show."""
    archive = Archive(made.versions, made.policy, clock)
    return {
        "promises": made.promises,
        "archive": archive,
        "receipts": Receipts(made.promises, made.vault.signing_seed(receipts.PURPOSE)),
        "public": PublicText(
            made.policy,
            made.promises.clauses,
            archive,
            made.proofs,
            documents.words,
            fill=made.settings.demo_values,
        ),
        "attesting": Attesting(
            Attestations(made.people, made.vault, os.urandom),
            made.promises.clauses,
            made.policy.hash,
            clock,
            name_of=lambda person: found.name if (found := made.rows.people.find(person)) else None,
            noted=made.ledger.action,
        ),
    }


def _units(made: Store, erasing: Rights, clock: Clock = now_ms, doors: Doors | None = None) -> Units:
    track, window_h = made.track, made.settings.attribution_window_h
    return Units(
        made.rows,
        made.directory,
        frozenset(one.name for one in protocols.ALL),
        clock,
        forget=erasing.forget,
        window_ms=window_h * sweeping.HOUR_MS,
        reattribute=partial(sweeping.reattribute, track.compaction, made.vault, clock) if track else None,
        noted=made.ledger.action,
        **({} if doors is None else {"hang_up": doors.hang_up}),
    )
