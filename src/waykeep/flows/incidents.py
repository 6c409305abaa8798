"""The incident desk: who is touched, out of the ledger and the assignments; the clock, the notices and the report."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from waykeep.egress import Unsent
from waykeep.errors import AskError
from waykeep.flows.directory import Directory
from waykeep.flows.watching import STAYS_EVERY_MS
from waykeep.model.access import Viewer
from waykeep.notify.mail import Mail
from waykeep.policy import access, incidents
from waykeep.policy.document import Policy
from waykeep.policy.incidents import Happened, Kind, Scope
from waykeep.store.incidents import FAILED, SENT, WAITING, Heard, Incident, Incidents, Written
from waykeep.store.ledger import Ledger
from waykeep.store.records import Records

log = logging.getLogger(__name__)

IN_APP, EMAIL, LETTER = "in_app", "email", "incident"
LOOKS = frozenset({"read", "export", "live-open", "live-change", "live-stays", "live-close"})
OPEN_VIEW_MS = STAYS_EVERY_MS + 60_000  # between two lines of an open live view, and its round
MOST_LINES = 1000  # of the ledger read at once


class IncidentShown(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as the desk sees it: the people it touches, what of the notice is missing, how its clock stands."""

    id: str
    kind: Kind
    severity: int
    says: str
    scope: Scope
    aware_ms: int
    due_ms: int | None
    warned: int
    overdue: bool
    affected: tuple[str, ...]
    parts: dict[str, str]
    missing: tuple[str, ...]
    team: tuple[str, ...]
    told_ms: int | None
    filed_ms: int | None
    published_ms: int | None
    heard: dict[str, dict[str, int]]
    unreached: int


class OwnIncident(msgspec.Struct, frozen=True, kw_only=True):
    """What someone whose data an incident touches is told."""

    id: str
    kind: Kind
    aware_ms: int
    parts: dict[str, str]
    state: str


class PublicIncident(msgspec.Struct, frozen=True, kw_only=True):
    """What everyone is told where people cannot all be reached."""

    id: str
    kind: Kind
    published_ms: int
    parts: dict[str, str]


class AuthorityReport(msgspec.Struct, frozen=True, kw_only=True):
    """The draft for the authority: what happened, to how many, which kinds of data, what is done, who answers."""

    kind: Kind
    severity: int
    aware_ms: int
    due_ms: int | None
    affected: int
    categories: tuple[str, ...]
    controller: str
    address: str
    contact: str
    parts: dict[str, str]


class IncidentDesk:
    """Works on incidents of the whole server; its routes let the server's administrators alone through."""

    def __init__(
        self,
        rows: Records,
        ledger: Ledger,
        directory: Directory,
        policy: Policy,
        clock: Callable[[], int],
        *,
        mail: Mail | None,
        web_url: str,
    ) -> None:
        self._rows, self._ledger, self._directory, self._policy = rows, ledger, directory, policy
        self._clock, self._mail, self._web_url = clock, mail, web_url
        self._turn = asyncio.Lock()

    @property
    def _kept(self) -> Incidents:
        return self._rows.incidents

    async def open(self, viewer: Viewer, happened: Happened) -> IncidentShown:
        """Write down what happened; its clock runs from when it became known."""
        severity = incidents.check(happened, self._policy.parts, self._clock())
        made = await asyncio.wrap_future(self._kept.add(Written(happened=happened, by=viewer.person), severity))
        await self._note("incident-opened", made, viewer.person)
        return await self._shown(made)

    async def all(self) -> list[IncidentShown]:
        """Every incident, newest first."""
        return [await self._shown(one) for one in await asyncio.to_thread(self._kept.all)]

    async def write(self, viewer: Viewer, id_: str, parts: dict[str, str]) -> IncidentShown:
        """Write parts of the notice; what is sent is not changed any more."""
        async with self._turn:
            found = self._one(id_)
            said = (found.told_ms, found.filed_ms, found.published_ms)
            heard = await asyncio.to_thread(self._kept.heard, found.id)
            if heard or any(one is not None for one in said):
                raise AskError("incident-told", "Someone was told already: what they were told stays.", 409)
            known = self._policy.parts.breach.notice_must_have
            if strange := [name for name in parts if name not in known]:
                raise AskError("part-unknown", f"A notice has these parts: {', '.join(known)}; not {strange[0]}.", 422)
            if max(map(len, parts.values()), default=0) > incidents.LONGEST_TEXT:
                raise AskError("text-too-long", f"Write at most {incidents.LONGEST_TEXT} characters.", 422)
            written = msgspec.structs.replace(found.written, parts=found.written.parts | parts)
            made = await asyncio.wrap_future(self._kept.put(msgspec.structs.replace(found, written=written)))
            await self._note("incident-written", made, viewer.person)
            return await self._shown(made)

    async def tell(self, viewer: Viewer, id_: str) -> IncidentShown:
        """Tell everyone it touches, each by mail and in the portal; nothing goes out before every part is written."""
        async with self._turn:
            found = self._whole(self._one(id_))
            told = {one.person for one in self._kept.heard(found.id)}
            for person in await asyncio.to_thread(self._affected, found.written.happened.scope):
                if person not in told:
                    await self._hear(found, person)
            if found.told_ms is None:
                moment = msgspec.structs.replace(found, told_ms=self._clock())
                found = await asyncio.wrap_future(self._kept.put(moment))
            await self._note("incident-told", found, viewer.person)
            return await self._shown(found)

    async def publish(self, viewer: Viewer, id_: str) -> IncidentShown:
        """Tell everyone publicly, where people cannot all be reached."""
        async with self._turn:
            found = self._whole(self._one(id_))
            if found.published_ms is None:
                moment = msgspec.structs.replace(found, published_ms=self._clock())
                found = await asyncio.wrap_future(self._kept.put(moment))
                await self._note("incident-published", found, viewer.person)
            return await self._shown(found)

    async def file(self, viewer: Viewer, id_: str, reference: str) -> IncidentShown:
        """Write down that the authority was told, under which reference."""
        async with self._turn:
            found = self._whole(self._one(id_))
            said = " ".join(reference.split())
            if not said:
                raise AskError("reference-missing", "Give the authority's reference, or how it was told.", 422)
            if found.filed_ms is None:
                written = msgspec.structs.replace(found.written, reference=said)
                moment = msgspec.structs.replace(found, filed_ms=self._clock(), written=written)
                found = await asyncio.wrap_future(self._kept.put(moment))
                await self._note("incident-filed", found, viewer.person)
            return await self._shown(found)

    async def report(self, id_: str) -> AuthorityReport:
        """The draft of the report to the authority."""
        found = self._one(id_)
        scope, parts = found.written.happened.scope, self._policy.parts
        contact = parts.contacts["privacy"]
        return AuthorityReport(
            kind=found.kind,
            severity=found.severity,
            aware_ms=found.aware_ms,
            due_ms=incidents.due_ms(found.aware_ms, parts),
            affected=len(await asyncio.to_thread(self._affected, scope)),
            categories=incidents.categories(parts, located=self._policy.keeps_location),
            controller=parts.controller.name,
            address=parts.controller.address,
            contact=contact.email or contact.phone or contact.form or contact.post or "",
            parts=found.written.parts,
        )

    # People

    def own(self, viewer: Viewer) -> list[OwnIncident]:
        """What someone was told, newest first."""
        states = {one.incident: one.state for one in self._kept.heard_by(viewer.person) if one.channel == IN_APP}
        return [
            OwnIncident(id=one.id, kind=one.kind, aware_ms=one.aware_ms, parts=one.written.parts, state=states[one.id])
            for one in self._kept.all()
            if one.id in states
        ]

    async def seen(self, viewer: Viewer, id_: str) -> None:
        """Take that someone read their notice."""
        if not await asyncio.wrap_future(self._kept.see(viewer.person, id_, self._clock())):
            raise AskError("no-such-notice", "There is no such notice for you.", 404)

    def public(self) -> list[PublicIncident]:
        """What was announced to everyone, newest first."""
        return [
            PublicIncident(id=one.id, kind=one.kind, published_ms=one.published_ms, parts=one.written.parts)
            for one in self._kept.all()
            if one.published_ms is not None
        ]

    # By the clock

    async def tend(self) -> None:
        """Warn the server's administrators of each mark that passed while people or the authority wait to hear."""
        await asyncio.wrap_future(self._kept.keep_only(await asyncio.to_thread(self._rows.people.ids)))
        for one in await asyncio.to_thread(self._kept.all):
            passed = incidents.marks_passed(one.aware_ms, self._policy.parts, self._clock())
            if (one.told_ms is not None and one.filed_ms is not None) or passed <= one.written.warned:
                continue
            async with self._turn:
                written = msgspec.structs.replace(self._one(one.id).written, warned=passed)
                made = await asyncio.wrap_future(
                    self._kept.put(msgspec.structs.replace(self._one(one.id), written=written))
                )
            log.error("an incident waits to be told", extra={"warning": passed})
            await self._note("incident-escalated", made, "")

    # Below

    def _affected(self, scope: Scope) -> tuple[str, ...]:
        """The people it touches: by the ledger's own lines of what an account looked at, or by whose the fixes were."""
        there = [one for one in self._rows.people.ids() if self._rows.people.find(one) is not None]
        if scope.everyone:
            return tuple(there)
        found: set[str] = set()
        if scope.account:
            found |= {one for one in there if self._looked_at(one, scope)}
        for unit in scope.units:
            attribution = self._directory.attribution(unit)
            found |= access.subjects(attribution, scope.from_ms, scope.to_ms) & set(there)
        return tuple(one for one in there if one in found)

    def _looked_at(self, person: str, scope: Scope) -> bool:
        before: int | None = None
        while lines := self._ledger.lines_of(person, before, MOST_LINES):
            theirs = (one for one in lines if one.kind in LOOKS and one.detail.viewer == scope.account)
            if any(scope.from_ms - _slack_ms(one.kind) <= one.time_ms < scope.to_ms for one in theirs):
                return True
            if lines[-1].time_ms < scope.from_ms - OPEN_VIEW_MS:
                return False
            before = lines[-1].index
        return False

    async def _hear(self, incident: Incident, person: str) -> None:
        """The portal's own notice stands for everyone; a letter goes beside it, and its failure is on record."""
        now_ms = self._clock()
        rows = [Heard(incident=incident.id, person=person, channel=IN_APP, state=WAITING, at_ms=now_ms)]
        if EMAIL in self._policy.parts.breach.channels:
            state = SENT if await self._post(incident, person) else FAILED
            rows.append(Heard(incident=incident.id, person=person, channel=EMAIL, state=state, at_ms=self._clock()))
        await asyncio.wrap_future(self._kept.hear(rows))

    async def _post(self, incident: Incident, to: str) -> bool:
        person = await asyncio.to_thread(self._rows.people.find, to)
        if self._mail is None or person is None or person.email is None:
            return False
        organisation = self._rows.people.organisation(person.tenant)
        text = "\n\n".join(incident.written.parts[one] for one in self._policy.parts.breach.notice_must_have)
        name = organisation.name if organisation else "Waykeep"
        try:
            await self._mail.send(LETTER, person.language, person.email, self._web_url, name, text=text)
        except Unsent as error:
            log.warning("letter not sent", extra={"kind": LETTER, "why": str(error)})
            return False
        return True

    def _one(self, id_: str) -> Incident:
        found = self._kept.find(id_)
        if found is None:
            raise AskError("not-found", "There is no such incident.", 404)
        return found

    def _whole(self, incident: Incident) -> Incident:
        if lacks := incidents.missing(incident.written.parts, self._policy.parts):
            raise AskError("parts-missing", f"First write these parts of the notice: {', '.join(lacks)}.", 409)
        return incident

    async def _shown(self, one: Incident) -> IncidentShown:
        document, now_ms = self._policy.parts, self._clock()
        due_ms, scope = incidents.due_ms(one.aware_ms, document), one.written.happened.scope
        heard = await asyncio.to_thread(self._kept.heard, one.id)
        counts: dict[str, Counter[str]] = {}
        reached = {row.person: False for row in heard}
        for row in heard:
            counts.setdefault(row.channel, Counter())[row.state] += 1
            reached[row.person] |= row.state not in {WAITING, FAILED}
        return IncidentShown(
            id=one.id, kind=one.kind, severity=one.severity, says=one.written.happened.says, scope=scope,
            aware_ms=one.aware_ms, due_ms=due_ms,
            warned=incidents.marks_passed(one.aware_ms, document, now_ms),
            overdue=due_ms is not None and any((at or now_ms) > due_ms for at in (one.told_ms, one.filed_ms)),
            affected=await asyncio.to_thread(self._affected, scope),
            parts=one.written.parts, missing=incidents.missing(one.written.parts, document),
            team=document.breach.team if one.severity == incidents.GRAVEST else (),
            told_ms=one.told_ms, filed_ms=one.filed_ms, published_ms=one.published_ms,
            heard={channel: dict(found) for channel, found in counts.items()},
            unreached=sum(not found for found in reached.values()),
        )  # fmt: skip

    async def _note(self, kind: str, one: Incident, by: str) -> None:
        detail = {"incident": one.id, "kind": one.kind.value, "severity": str(one.severity)}
        written: Any = self._ledger.action(kind, detail, viewer=by)
        await asyncio.wrap_future(written)


def _slack_ms(kind: str) -> int:
    """How long before a span a line may stand and still tell of a look inside it: an open view writes one at times."""
    return OPEN_VIEW_MS if kind.startswith("live-") and kind != "live-close" else 0
