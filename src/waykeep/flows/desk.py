"""The rights desk: what people ask for, how they are known, what is decided, and that it is then done."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

import msgspec

from waykeep.errors import AskError
from waykeep.flows.certificate import Certificate
from waykeep.flows.links import good_email, good_name
from waykeep.model.access import Role, Viewer
from waykeep.policy import cases
from waykeep.policy.cases import ANSWERED_ONLY, ERASING, Decision, Kind, Outcome, Right, Standing, Step
from waykeep.policy.parts import Document
from waykeep.policy.roles import may_give
from waykeep.store.cases import Case, Cases, Said
from waykeep.store.people import People, Person
from waykeep.store.sessions import INSTALLATION

DAY_MS = 86_400_000
SCREEN, FORM = "screen", "form"
LONGEST_NAME, LONGEST_CONTACT = 120, 254
STOPPING = frozenset({Right.WITHDRAW, Right.RESTRICT, Right.OBJECT})
KEPT = frozenset({"tracking"})  # an objection is against what rests on no contract; a withdrawal is against all


class CaseShown(msgspec.Struct, frozen=True, kw_only=True):
    """A request as its person and the desk see it; None where the person was forgotten since.

    `complaint` is where to go when one disagrees; `grounds` are those that could refuse it.
    """

    id: str
    right: Right
    intake: str
    opened_ms: int
    due_ms: int | None
    warned: int
    overdue: bool
    state: str
    level: str
    least_met: bool
    outcome: Outcome | None = None
    erasure: int | None = None
    name: str | None = None
    contact: str | None = None
    text: str | None = None
    person: str | None = None
    person_name: str | None = None
    closed_ms: int | None = None
    decision: Decision | None = None
    proposed_by: str | None = None
    grounds: tuple[str, ...] = ()
    complaint: str | None = None


class Consenting(Protocol):
    """What stops processing: the promises."""

    async def consent(self, viewer: Viewer, name: str, *, granted: bool, channel: str) -> Any:
        """Take a no."""
        ...


class Desk:
    """Takes requests in, lets people prove who they are, and carries out what is decided."""

    def __init__(
        self,
        rows: Cases,
        people: People,
        document: Document,
        clock: Callable[[], int],
        *,
        forget: Callable[[str, str], Awaitable[Certificate]],
        promises: Consenting,
        noted: Callable[..., Any],
    ) -> None:
        self._rows, self._people, self._document, self._clock = rows, people, document, clock
        self._forget, self._promises, self._noted = forget, promises, noted
        self._turn = asyncio.Lock()

    # Asking

    async def ask(self, viewer: Viewer, right: str, text: str) -> CaseShown:
        """Take a request of someone who is signed in."""
        person = self._person(viewer.person)
        said = Said(name=person.name, contact=person.email or "", text=_text(text))
        return await self._open(right, SCREEN, said, tenant=viewer.tenant, subject=viewer.person, level=cases.SESSION)

    async def take(self, viewer: Viewer, right: str, intake: str, said: Said) -> CaseShown:
        """Write down what came by post, phone, mail or through an organisation's administrator."""
        if intake not in self._document.rights.intake:
            raise AskError("intake-unknown", f"Choose one of: {', '.join(self._document.rights.intake)}.", 422)
        return await self._open(right, intake, said, tenant=viewer.tenant, by=viewer.person)

    async def write_in(self, right: str, said: Said) -> CaseShown:
        """Take a request of anyone at all, by the public form."""
        if FORM not in self._document.rights.intake:
            raise AskError("intake-unknown", "This server takes no requests by form; see its policy.", 404)
        if not said.contact.strip():
            raise AskError("contact-missing", "Say how you can be reached.", 422)
        return await self._open(right, FORM, said, tenant=INSTALLATION)

    def of(self, viewer: Viewer) -> list[CaseShown]:
        """One's own requests, newest first."""
        return [self._shown(one) for one in self._rows.of(viewer.person)]

    def all(self, viewer: Viewer) -> list[CaseShown]:
        """The desk's requests: an organisation's own, and for the server's administrator what nobody's account sent."""
        found = self._rows.of_tenant(viewer.tenant)
        found += self._rows.of_tenant(INSTALLATION) if _leads(viewer) else []
        return [self._shown(one) for one in sorted(found, key=lambda one: -one.opened_ms)]

    # Knowing

    async def prove_own(self, viewer: Viewer, case: str) -> tuple[CaseShown, Certificate | None]:
        """Count the password that was just typed: it proves no less than a code mailed to who can reset it.

        An erasure that the document leaves to the person is carried out at once; its certificate comes back.
        """
        async with self._turn:
            found = self._own(viewer, case)
            levels = self._document.rights.identity.levels
            level = levels[min(1, len(levels) - 1)]
            made = await self._step(found, Step(kind=Kind.PROVEN, at_ms=self._clock(), by=viewer.person, level=level))
            self_service = "account" in self._document.erasure.self_service
            if found.right in ERASING and self_service and self._enough(made):
                return self._shown(made), await self._erase(made, viewer.person, viewer.person)
            return self._shown(made), None

    async def ask_proof(self, viewer: Viewer, case: str) -> CaseShown:
        """Ask for a proof of who someone is; the clock waits for it where the document says so."""
        async with self._turn:
            found = self._at_desk(viewer, case)
            step = Step(kind=Kind.PROOF_ASKED, at_ms=self._clock(), by=viewer.person)
            return self._shown(await self._step(found, step))

    async def prove(self, viewer: Viewer, case: str, level: str) -> CaseShown:
        """Say by what someone was known; the paper itself is not kept."""
        if level not in self._document.rights.identity.levels or level == cases.SESSION:
            raise AskError(
                "level-unknown", f"Choose one of: {', '.join(self._document.rights.identity.levels[1:])}.", 422
            )
        async with self._turn:
            found = self._at_desk(viewer, case)
            step = Step(kind=Kind.PROVEN, at_ms=self._clock(), by=viewer.person, level=level)
            return self._shown(await self._step(found, step))

    async def link(self, viewer: Viewer, case: str, person: str) -> CaseShown:
        """Say whose data a request is about, where someone without an account asks."""
        async with self._turn:
            found = self._at_desk(viewer, case)
            about = self._people.find(person)
            if about is None or found.tenant not in (about.tenant, INSTALLATION):
                raise AskError("not-found", "There is no such person.", 404)
            if self._whose(found) is not None:
                raise AskError("linked-already", "This request says already whom it is about.", 409)
            step = Step(kind=Kind.LINKED, at_ms=self._clock(), by=viewer.person, person=person)
            return self._shown(await self._step(found, step))

    # Deciding

    async def decide(self, viewer: Viewer, case: str, decision: Decision) -> CaseShown:
        """Carry out a request, or refuse it; what refuses is written down and waits for a second person."""
        async with self._turn:
            found = self._at_desk(viewer, case)
            stands = self._stands(found)
            rights = self._document.rights
            holds = cases.check(decision, found.right, rights, by=viewer.person, proposed=stands.proposed)
            if decision.outcome is not Outcome.REFUSED and not self._enough(found):
                raise AskError("proof-missing", "First make sure who asks: the policy says how.", 409)
            if not holds:
                step = Step(kind=Kind.PROPOSED, at_ms=self._clock(), by=viewer.person, decision=decision)
                return self._shown(await self._step(found, step))
            if decision.outcome is not Outcome.REFUSED and found.right in ERASING:
                person = self._judged(viewer, found)
                await self._erase(found, person, viewer.person, decision)
                return self._shown(self._rows.find(found.id) or found)
            hashes = await self._carry_out(viewer, found, decision)
            step = Step(kind=Kind.DECIDED, at_ms=self._clock(), by=viewer.person, decision=decision, hashes=hashes)
            return self._shown(await self._step(found, step))

    async def handed_out(self, viewer: Viewer, case: str, *, own: bool) -> Person:
        """Whose copy may be handed out for this request; asking for it is the answer, and closes the request.

        `own`: the person takes it; otherwise the desk does, whose route lets no one else through.
        """
        async with self._turn:
            found = self._rows.find(case)
            if found is None or not (found.subject == viewer.person if own else self._handles(viewer, found)):
                raise AskError("not-found", "There is no such request.", 404)
            if found.right not in cases.COPYING:
                raise AskError("no-copy", "This request asks for no copy.", 409)
            if not self._enough(found):
                raise AskError("proof-missing", "First make sure who asks: the policy says how.", 409)
            if found.outcome not in (None, Outcome.DONE):
                raise AskError("request-closed", "This request is closed.", 409)
            person = self._person(self._whose(found) if own else self._judged(viewer, found))
            if found.closed_ms is None:
                done = Decision(outcome=Outcome.DONE)
                await self._step(found, Step(kind=Kind.DECIDED, at_ms=self._clock(), by=viewer.person, decision=done))
            return person

    # By the clock

    async def tend(self) -> None:
        """Close what a forgotten person left open, and erase by itself what nobody decided the day before it is due."""
        now_ms = self._clock()
        for case in await asyncio.to_thread(self._rows.open):
            async with self._turn:
                await self._tend(case, now_ms)

    async def _tend(self, case: Case, now_ms: int) -> None:
        outcome = Outcome.DONE if case.right in ERASING else Outcome.MOOT
        if case.said is None:
            await asyncio.wrap_future(self._rows.close(case.id, now_ms, outcome, None))
            return
        stands, person = self._stands(case), self._whose(case)
        if person is None:
            return
        if self._people.find(person) is None:
            gone = Decision(outcome=outcome)
            await self._step(case, Step(kind=Kind.DECIDED, at_ms=now_ms, decision=gone))
            return
        ripe = stands.due_ms is not None and now_ms >= stands.due_ms - DAY_MS and stands.proposed is None
        if case.right in ERASING and ripe and self._enough(case):
            with suppress(AskError):  # the last administrator: it stays open, and is shown as overdue
                await self._erase(case, person, "")

    # Below

    async def _open(
        self, right: str, intake: str, said: Said, *, tenant: str, subject: str = "", level: str = "", by: str = ""
    ) -> CaseShown:
        known = cases.known(self._document.rights)
        if right not in known:
            raise AskError("right-unknown", f"Choose one of: {', '.join(sorted(known))}.", 422)
        if len(said.name) > LONGEST_NAME or len(said.contact) > LONGEST_CONTACT:
            raise AskError("text-too-long", "The name or the contact is too long.", 422)
        now_ms = self._clock()
        wanted = Case(
            id="", tenant=tenant, subject=subject, right=Right(right), intake=intake, opened_ms=now_ms,
            said=msgspec.structs.replace(said, text=_text(said.text)),
        )  # fmt: skip
        first = Step(kind=Kind.OPENED, at_ms=now_ms, by=by or subject, level=level)
        made = await asyncio.wrap_future(await asyncio.to_thread(self._rows.add, wanted, first))
        await self._note(made, first)
        return self._shown(made)

    async def _step(self, case: Case, step: Step, erasure: int | None = None) -> Case:
        made = await asyncio.wrap_future(self._rows.step(case, step, erasure))
        if step.kind is Kind.DECIDED and step.decision:
            made = msgspec.structs.replace(made, closed_ms=step.at_ms, outcome=step.decision.outcome)
        await self._note(made, step)
        return made

    async def _note(self, case: Case, step: Step) -> None:
        detail = {"request": case.id, "right": case.right.value, "step": step.kind.value}
        if step.decision:
            detail |= {"outcome": step.decision.outcome.value, "ground": step.decision.ground}
        about = [case.subject] if case.subject.startswith("p") else []
        await asyncio.wrap_future(self._noted("request", detail, about, tenant=case.tenant, viewer=step.by))

    async def _erase(self, case: Case, person: str, by: str, decision: Decision | None = None) -> Certificate:
        certificate = await self._forget(person, by)
        now_ms = self._clock()
        outcome = decision.outcome if decision else Outcome.DONE
        if case.subject == person:  # its own key is gone: only the clear half of the row can be written
            await asyncio.wrap_future(self._rows.close(case.id, now_ms, outcome, certificate.erasure))
        else:
            done = Step(kind=Kind.DECIDED, at_ms=now_ms, by=by, decision=decision or Decision(outcome=outcome))
            await self._step(case, done, certificate.erasure)
        return certificate

    async def _carry_out(self, viewer: Viewer, case: Case, decision: Decision) -> tuple[str, ...]:
        """Do what was decided; gives the hashes of a value before and after."""
        if decision.outcome is Outcome.REFUSED or case.right in ANSWERED_ONLY:
            return ()
        person = self._person(self._judged(viewer, case))
        if case.right in STOPPING:
            themselves = Viewer(person=person.id, tenant=person.tenant, role=person.role)
            kept = KEPT if case.right is Right.OBJECT else frozenset[str]()
            for name in self._document.consents:
                if name not in kept:
                    await self._promises.consent(themselves, name, granted=False, channel="desk")
        if case.right is Right.CORRECT and decision.field:
            return await self._correct(person, decision)
        return ()

    async def _correct(self, person: Person, decision: Decision) -> tuple[str, ...]:
        if decision.field not in ("name", "email"):
            raise AskError("measured-not-edited", "What a device measured is not rewritten; answer in words.", 422)
        after = good_name(decision.value) if decision.field == "name" else good_email(decision.value)
        before = getattr(person, decision.field) or ""
        await asyncio.wrap_future(self._people.save(msgspec.structs.replace(person, **{decision.field: after})))
        return tuple(hashlib.sha256(one.encode()).hexdigest() for one in (before, after))

    def _own(self, viewer: Viewer, case: str) -> Case:
        found = self._rows.find(case)
        if found is None or found.subject != viewer.person:
            raise AskError("not-found", "There is no such request.", 404)
        return _open_one(found)

    def _at_desk(self, viewer: Viewer, case: str) -> Case:
        found = self._rows.find(case)
        if found is None or not self._handles(viewer, found):
            raise AskError("not-found", "There is no such request.", 404)
        if found.subject == viewer.person:
            raise AskError("own-request", "Nobody decides their own request: another administrator must.", 403)
        return _open_one(found)

    @staticmethod
    def _handles(viewer: Viewer, case: Case) -> bool:
        return case.tenant == viewer.tenant or (_leads(viewer) and case.tenant == INSTALLATION)

    def _judged(self, viewer: Viewer, case: Case) -> str:
        """Whose data it is, where this viewer may act on it: not on someone who may more, unless they asked."""
        person = self._whose(case)
        if person is None:
            raise AskError("nobody-linked", "First say whose data this is about.", 409)
        found = self._person(person)
        if case.subject != person and not may_give(viewer.role, found.role, viewer.scopes):
            raise AskError("role-too-high", "You cannot decide about someone who may more than you.", 403)
        return person

    def _whose(self, case: Case) -> str | None:
        return case.subject if case.subject.startswith("p") else self._stands(case).person

    def _person(self, person: str | None) -> Person:
        found = self._people.find(person) if person else None
        if found is None:
            raise AskError("not-found", "There is no such person.", 404)
        return found

    def _enough(self, case: Case) -> bool:
        return cases.enough(self._document.rights, case.right, self._stands(case).level)

    def _stands(self, case: Case) -> Standing:
        levels = self._document.rights.identity.levels
        return cases.standing(case.right, case.steps, self._document.clocks, levels, self._clock())

    def _shown(self, case: Case) -> CaseShown:
        stands = self._stands(case)
        word = stands.decided or stands.proposed
        person = self._whose(case)
        found = self._people.find(person) if person else None
        state = "closed" if case.closed_ms else "proof" if stands.pending else "proposed" if stands.proposed else "open"
        complaint = self._document.contacts.get("complaint")
        return CaseShown(
            id=case.id, right=case.right, intake=case.intake, opened_ms=case.opened_ms,
            due_ms=stands.due_ms if case.said else None, warned=stands.warned, state=state,
            overdue=stands.overdue and case.said is not None, level=stands.level, least_met=self._enough(case),
            outcome=case.outcome, erasure=case.erasure, closed_ms=case.closed_ms,
            name=case.said.name if case.said else None, contact=case.said.contact if case.said else None,
            text=case.said.text if case.said else None, person=found.id if found else None,
            person_name=found.name if found else None, decision=word.decision if word else None,
            proposed_by=stands.proposed.by if stands.proposed else None,
            grounds=cases.grounds(self._document.rights, case.right),
            complaint=(complaint.form or complaint.email or complaint.post) if complaint else None,
        )  # fmt: skip


def _leads(viewer: Viewer) -> bool:
    return viewer.role is Role.SERVER


def _open_one(case: Case) -> Case:
    if case.closed_ms is not None:
        raise AskError("request-closed", "This request is closed.", 409)
    return case


def _text(text: str) -> str:
    plain = text.strip()
    if len(plain) > cases.LONGEST_TEXT:
        raise AskError("text-too-long", f"Write at most {cases.LONGEST_TEXT} characters.", 422)
    return plain
