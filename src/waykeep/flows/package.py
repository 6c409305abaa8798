"""A copy of everything that is kept about one person, and of nobody else: what access and portability hand out."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec

from waykeep.flows.looking import Looking
from waykeep.flows.promises import Promises
from waykeep.flows.shaping import exported
from waykeep.model.access import Role, Viewer
from waykeep.model.rules import Span
from waykeep.policy.document import Policy
from waykeep.reports import EXPORTS, package
from waykeep.reports.package import Manifest, Part
from waykeep.store.people import Person
from waykeep.store.promises import Own
from waykeep.store.records import Records
from waykeep.store.track import Track

FORMS = ("csv", "gpx", "geojson")
MOST_LINES = 1000  # of the ledger asked for at once
STATED, MEASURED, MADE = "the person", "the device", "this server"
PLACES = ("location.precise", "vehicle.status", "quality.signal")

Tables = dict[str, list[dict[str, Any]]]


class Package:
    """Gathers the copy. `held` gives each device whose fixes were a person's, with each stretch of it."""

    def __init__(
        self,
        rows: Records,
        promises: Promises,
        looking: Looking,
        policy: Policy,
        clock: Callable[[], int],
        *,
        held: Callable[[str, int], Sequence[tuple[str, Span]]],
    ) -> None:
        self._rows, self._promises, self._looking = rows, promises, looking
        self._policy, self._clock, self._held = policy, clock, held

    async def of(self, person: Person, by: str) -> Iterator[bytes]:
        """The ZIP's bytes, as they are made; the ledger says first who took it."""
        now_ms = self._clock()
        held = self._held(person.id, now_ms) if self._policy.keeps_location else ()
        themselves = Viewer(
            person=person.id, tenant=person.tenant, role=Role.DRIVER, devices=frozenset(device for device, _ in held)
        )
        tracks = await self._looking.own(themselves, (0, now_ms + 1), by) if held else {}
        own = self._promises.said_by(
            person.id
        )  # here, not in the thread: it is kept in memory, and changes on this loop
        tables = await asyncio.to_thread(self._tables, person, themselves, held, own)
        manifest = Manifest(
            subject=person.id,
            made_ms=now_ms,
            product=self._policy.parts.product,
            policy=self._policy.id,
            policy_version=self._policy.parts.version,
            policy_hash=self._policy.hash,
        )
        return package.written(self._parts(person, tables, tracks), manifest)

    def _parts(
        self, person: Person, tables: Tables, tracks: dict[str, Callable[[], Iterator[Track]]]
    ) -> Iterator[Part]:
        title = f"{self._policy.parts.product}: {person.name}"
        yield Part(
            name=package.README,
            categories=("*",),
            origin=MADE,
            pieces=lambda: (
                package.page(
                    title, {f"{name.replace('-', ' ')} (from {KINDS[name][1]})": rows for name, rows in tables.items()}
                ),
            ),
        )
        for name, rows in tables.items():
            categories, origin = KINDS[name]
            yield package.as_json(f"{name}.json", categories, origin, rows)
        names = {one["unit"]: one["name"] for one in tables["units"]}
        for number, (device, track) in enumerate(sorted(tracks.items()), 1):
            for form in FORMS:
                yield Part(
                    name=f"positions/{number}-{device}.{form}",
                    categories=PLACES,
                    origin=MEASURED,
                    pieces=partial(_exported, form, names.get(device, device), track),
                )

    def _tables(self, person: Person, themselves: Viewer, held: Sequence[tuple[str, Span]], own: Own) -> Tables:
        """Every kind of row about the person, each as it stands."""
        sessions = self._rows.sessions
        devices = {device.id: device for device, _ in self._rows.fleet.devices()}
        account = _plain(person)
        organisation = self._rows.people.organisation(person.tenant)
        account["organisation"] = organisation.name if organisation else None
        return {
            "account": [account],
            "contact": [_plain(self._rows.contacts.of(person.id))],
            "consents": [_plain(one) for one in own.consents],
            "private-time": [_plain(one) for one in own.private],
            "working-hours": [_plain(one) for one in own.hours],
            "units": [
                {"unit": device, "name": devices[device].name, "plate": devices[device].plate,
                 "from_ms": span.from_ms, "to_ms": span.to_ms}
                for device, span in held if device in devices
            ],
            "sessions": [_plain(one) for one in sessions.of(person.id)],
            "sign-ins": [_plain(one) for one in sessions.attempts(person.id)],
            "tokens": [_plain(one) for one in sessions.tokens(person.id)],
            "passkeys": [
                {"name": one.name, "created_ms": one.created_ms, "used_ms": one.used_ms}
                for one in self._rows.factors.passkeys(person.id)
            ],
            "requests": [_plain(one) for one in self._rows.cases.of(person.id)],
            "disclosures": [_plain(one) for one in self._rows.disclosures.of_person(person.id)],
            "who-looked": self._looked(themselves),
        }  # fmt: skip

    def _looked(self, themselves: Viewer) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        before = None
        while lines := self._looking.who_looked(themselves, before, MOST_LINES):
            found += [_plain(one) for one in lines]
            before = lines[-1].index
        return found


# Each table's data categories, and who the data came from.
KINDS: dict[str, tuple[tuple[str, ...], str]] = {
    "account": (("identity.name", "identity.contact", "account.preference"), STATED),
    "contact": (("identity.contact", "identity.name"), STATED),
    "consents": (("legal.record",), STATED),
    "private-time": (("legal.record",), STATED),
    "working-hours": (("legal.record",), STATED),
    "units": (("identity.name", "identity.contact"), "the organisation"),
    "sessions": (("device.technical",), "the browser"),
    "sign-ins": (("device.technical",), "the browser"),
    "tokens": (("identity.name",), STATED),
    "passkeys": (("identity.name",), STATED),
    "requests": (("legal.record",), STATED),
    "disclosures": (("legal.record",), MADE),
    "who-looked": (("audit.entry",), MADE),
}


def _plain(row: msgspec.Struct) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(row)
    return found


def _exported(form: str, name: str, track: Callable[[], Iterator[Track]]) -> Iterator[bytes]:
    return EXPORTS[form].write(name, exported(track()))
