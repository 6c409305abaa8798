"""The disclosure desk: what is used or leaves without its person's yes, approved by two, within a scope, counted."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec

from waykeep.errors import AskError
from waykeep.flows.looking import Looking
from waykeep.flows.shaping import exported
from waykeep.model import attributes
from waykeep.model.access import Aim, Purpose, Role, Viewer
from waykeep.model.rules import Span
from waykeep.policy import disclosure
from waykeep.policy.disclosure import State, Wanted
from waykeep.policy.document import Policy
from waykeep.policy.lengths import DAY_MS, length_ms
from waykeep.reports import package
from waykeep.reports.base import Point, instant
from waykeep.reports.package import Manifest, Part
from waykeep.store.disclosures import CodeCount, Disclosure, Disclosures, Told
from waykeep.store.people import Person
from waykeep.store.records import Records
from waykeep.store.track import Track

PAGE = 500
LONGEST_WHY = 1000
ACCOUNT = {"name": "identity.name", "email": "identity.contact", "language": "account.preference"}
FIXES = {
    "latitude": "position.latitude_deg",
    "longitude": "position.longitude_deg",
    "altitude_m": "position.altitude_m",
    "speed_mps": "position.speed_mps",
    "course_deg": "position.course_deg",
    "accuracy_m": "position.accuracy_m",
}


class DisclosureShown(msgspec.Struct, frozen=True, kw_only=True):
    """A disclosure as the desk sees it; `told` is None where its person was forgotten since.

    `review_due` says that a second look at what could not wait is due, `overdue` that its day has passed.
    """

    id: str
    state: State
    code: str
    use: str
    person: str
    person_name: str | None
    asked_ms: int
    ends_ms: int
    asked_by: str | None
    decided_by: str | None
    review_due: bool
    overdue: bool
    told: Told | None


class Transparency(msgspec.Struct, frozen=True, kw_only=True):
    """How often data was used or left without a yes since a moment: counts alone. Each code has the facts it needs."""

    since_ms: int
    codes: Mapping[str, tuple[str, ...]]
    counts: tuple[CodeCount, ...]


class Disclosing:
    """Takes requests, has a second person decide, and hands out exactly what was approved.

    `held` gives each device whose fixes were a person's, with each stretch of it.
    """

    def __init__(
        self,
        rows: Records,
        looking: Looking,
        policy: Policy,
        clock: Callable[[], int],
        *,
        held: Callable[[str, int], Sequence[tuple[str, Span]]],
        noted: Callable[..., Any],
    ) -> None:
        self._rows, self._looking, self._policy, self._clock = rows, looking, policy, clock
        self._held, self._noted = held, noted
        self._turn = asyncio.Lock()

    @property
    def _kept(self) -> Disclosures:
        return self._rows.disclosures

    async def ask(self, viewer: Viewer, wanted: Wanted) -> DisclosureShown:
        """Write down what is wanted; nothing can be taken before a second person approves it."""
        disclosure.check(wanted, self._policy.parts)
        person = self._rows.people.find(wanted.person)
        if person is None or person.tenant != viewer.tenant:
            raise AskError("not-found", "There is no such person.", 404)
        now_ms = self._clock()
        told = Told(wanted=wanted, asked_by=viewer.person)
        ends_ms = now_ms + wanted.days * DAY_MS
        made = await asyncio.wrap_future(self._kept.add(viewer.tenant, told, now_ms, ends_ms))
        await self._note(made, "asked", viewer)
        return self._shown(made)

    async def all(self, viewer: Viewer) -> list[DisclosureShown]:
        """The organisation's, newest first."""
        return await asyncio.to_thread(lambda: [self._shown(one) for one in self._kept.of_tenant(viewer.tenant, PAGE)])

    async def decide(self, viewer: Viewer, id_: str, why: str, *, approve: bool) -> DisclosureShown:
        """Approve or refuse as someone other than who asked."""
        async with self._turn:
            found, told = self._mine(viewer, id_)
            if found.state is not State.ASKED:
                raise AskError("disclosure-decided", "This was decided already.", 409)
            self._demand_open(viewer, found)
            if told.asked_by == viewer.person:
                raise AskError("second-person", "Someone other than who asked must decide this.", 409)
            now_ms = self._clock()
            due_ms = disclosure.review_ms(told.wanted, self._policy.parts, now_ms) if approve else None
            told = msgspec.structs.replace(
                told, decided_by=viewer.person, decided_ms=now_ms, why=_said(why), review_ms=due_ms
            )
            state = State.APPROVED if approve else State.REFUSED
            ends_ms = now_ms + (told.wanted.days * DAY_MS if approve else 0)
            made = await asyncio.wrap_future(self._kept.put(found, told, state, ends_ms))
            await self._note(made, state.value, viewer)
            return self._shown(made)

    def _demand_open(self, viewer: Viewer, found: Disclosure) -> None:
        """Refuse a decision after the end, and by an account that was made after the asking: perhaps for this."""
        decider = self._rows.people.find(viewer.person)
        if self._clock() >= found.ends_ms:
            raise AskError("disclosure-ended", "The time of this disclosure is over.", 403)
        if decider is None or decider.created_ms >= found.asked_ms:
            raise AskError("second-person", "Someone whose account was there before must decide this.", 409)

    async def review(self, viewer: Viewer, id_: str, verdict: str) -> DisclosureShown:
        """Look again at what could not wait, as someone other than who asked."""
        async with self._turn:
            found, told = self._mine(viewer, id_)
            if told.review_ms is None or told.reviewed_ms is not None:
                raise AskError("no-review", "No second look at this is due.", 409)
            if viewer.person == told.asked_by:
                raise AskError("second-person", "Someone other than who asked must look again.", 409)
            told = msgspec.structs.replace(
                told, reviewed_by=viewer.person, reviewed_ms=self._clock(), verdict=_said(verdict)
            )
            made = await asyncio.wrap_future(self._kept.put(found, told, found.state, found.ends_ms))
            await self._note(made, "reviewed", viewer)
            return self._shown(made)

    async def take(self, viewer: Viewer, id_: str) -> Iterator[bytes]:
        """The ZIP of what was approved, and of nothing else; the person can see that it was taken."""
        async with self._turn:
            found, told = self._mine(viewer, id_)
            now_ms = self._clock()
            if found.state is not State.APPROVED:
                raise AskError("not-approved", "Nobody approved this: nothing may leave.", 403)
            if now_ms >= found.ends_ms:
                raise AskError("disclosure-ended", "The time of this disclosure is over.", 403)
            person = self._rows.people.find(found.person)
            if person is None:
                raise AskError("not-found", "There is no such person.", 404)
            told = msgspec.structs.replace(told, taken_ms=(*told.taken_ms, now_ms))
            await asyncio.wrap_future(self._kept.put(found, told, found.state, found.ends_ms))
            await self._note(found, "taken", viewer)
            return await self._file(viewer, person, found, told.wanted)

    async def counts(self) -> Transparency:
        """What everyone may know: how many, by code, use and outcome, over the document's span."""
        rule = self._policy.parts.disclosure
        since_ms = max(0, self._clock() - (length_ms(rule.transparency_report) or 365 * DAY_MS))
        found = await asyncio.to_thread(self._kept.counts, since_ms)
        return Transparency(since_ms=since_ms, codes=rule.codes, counts=tuple(found))

    async def _file(self, viewer: Viewer, person: Person, one: Disclosure, wanted: Wanted) -> Iterator[bytes]:
        tracks: dict[str, Callable[[], Iterator[Track]]] = {}
        columns = {name: field for name, field in FIXES.items() if self._in(wanted, field)}
        if columns and self._policy.keeps_location:
            devices = frozenset(device for device, _ in self._held(person.id, self._clock()))
            themselves = Viewer(person=person.id, tenant=person.tenant, role=Role.DRIVER, devices=devices)
            aim = Aim(Purpose.LEGAL, f"{one.code} {one.id}")
            tracks = await self._looking.own(themselves, (wanted.from_ms, wanted.to_ms), viewer.person, aim)
        manifest = Manifest(
            subject=person.id,
            made_ms=self._clock(),
            product=self._policy.parts.product,
            policy=self._policy.id,
            policy_version=self._policy.parts.version,
            policy_hash=self._policy.hash,
            terms={"disclosure": one.id, "code": one.code, "for": wanted.to, "until": instant(one.ends_ms)},
        )
        return package.written(_parts(person, wanted, tuple(columns), tracks), manifest)

    def _in(self, wanted: Wanted, field: str) -> bool:
        category = self._policy.category_of(field)
        return category is not None and disclosure.covers(wanted, category)

    def _mine(self, viewer: Viewer, id_: str) -> tuple[Disclosure, Told]:
        found = self._kept.find(id_)
        if found is None or found.tenant != viewer.tenant or found.told is None:
            raise AskError("not-found", "There is no such disclosure.", 404)
        return found, found.told

    def _shown(self, one: Disclosure) -> DisclosureShown:
        told, now_ms = one.told, self._clock()
        over = one.state is State.APPROVED and now_ms >= one.ends_ms
        due = told is not None and told.review_ms is not None and told.reviewed_ms is None
        return DisclosureShown(
            id=one.id,
            state=State.ENDED if over else one.state,
            code=one.code,
            use=one.use.value,
            person=one.person,
            person_name=self._name(one.person),
            asked_ms=one.asked_ms,
            ends_ms=one.ends_ms,
            asked_by=self._name(told.asked_by) if told else None,
            decided_by=self._name(told.decided_by) if told else None,
            review_due=due,
            overdue=due and told is not None and now_ms > (told.review_ms or 0),
            told=told,
        )

    def _name(self, person: str) -> str | None:
        found = self._rows.people.find(person) if person else None
        return found.name if found else None

    async def _note(self, one: Disclosure, step: str, viewer: Viewer) -> None:
        detail = {"disclosure": one.id, "step": step, "use": one.use.value, "because": one.code}
        about = [one.person] if self._rows.people.find(one.person) else []
        purpose = Purpose.LEGAL.value
        told = self._noted("disclosure", detail, about, tenant=one.tenant, viewer=viewer.person, purpose=purpose)
        await asyncio.wrap_future(told)


def _said(text: str) -> str:
    said = " ".join(text.split())
    if not said or len(said) > LONGEST_WHY:
        raise AskError("reason-missing", f"Say why, in at most {LONGEST_WHY} characters.", 422)
    return said


def _parts(
    person: Person, wanted: Wanted, columns: tuple[str, ...], tracks: dict[str, Callable[[], Iterator[Track]]]
) -> Iterator[Part]:
    own = {name: getattr(person, name) for name, category in ACCOUNT.items() if disclosure.covers(wanted, category)}
    if own:
        yield package.as_json("account.json", wanted.categories, "the person", [own])
    for number, (_, track) in enumerate(sorted(tracks.items()), 1):
        yield Part(
            name=f"positions-{number}.jsonl",
            categories=wanted.categories,
            origin="the device",
            pieces=partial(_lines, wanted, columns, track),
        )


def _lines(wanted: Wanted, columns: tuple[str, ...], track: Callable[[], Iterator[Track]]) -> Iterator[bytes]:
    """A line of JSON for each fix, with the columns and attributes of the scope alone."""
    for point in exported(track()):
        yield msgspec.json.encode(_scoped(wanted, columns, point)) + b"\n"


def _scoped(wanted: Wanted, columns: tuple[str, ...], point: Point) -> dict[str, Any]:
    kinds = {name: attributes.category(name) for name in point.attributes}
    more = {
        name: value for name, value in point.attributes.items()
        if (kind := kinds[name]) is not None and disclosure.covers(wanted, kind)
    }  # fmt: skip
    found = {"time": instant(point.fix_ms), **{name: getattr(point, name) for name in columns}}
    return found | ({"attributes": more} if more else {})
