"""The rights desk: what people ask for, how they are known, what is decided, and that it is then done."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

import msgspec

from waykeep.errors import AskError
from waykeep.flows.caseview import CaseShown, CaseView
from waykeep.flows.certificate import Certificate
from waykeep.flows.links import good_email, good_name
from waykeep.model.access import Role, Viewer
from waykeep.policy import cases
from waykeep.policy.cases import ANSWERED_ONLY, ERASING, Decision, Kind, Outcome, Right, Step
from waykeep.policy.parts import Document
from waykeep.policy.roles import may_give
from waykeep.store.cases import Case, Cases, Count, Said
from waykeep.store.people import People, Person
from waykeep.store.sessions import INSTALLATION

DAY_MS = 86_400_000
SCREEN, FORM = "screen", "form"
LONGEST_NAME, LONGEST_CONTACT = 120, 254
STOPPING = frozenset({Right.WITHDRAW, Right.RESTRICT, Right.OBJECT})
MOST_OPEN, PAGE = 50, 500
KEPT = frozenset({"tracking"})  # an objection is against what rests on no contract; a withdrawal is against all


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Requests by right, outcome ("" while open) and ground, and how many of the open ones are past their day."""

    overdue: int
    counts: tuple[Count, ...]


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
        self._view = CaseView(document, people.find, clock)
        self._turn = asyncio.Lock()

    # Asking

    async def ask(self, viewer: Viewer, right: str, text: str) -> CaseShown:
        """Take a request of someone who is signed in."""
        person = self._person(viewer.person)
        if await asyncio.to_thread(self._rows.count_open, viewer.person) >= MOST_OPEN:
            raise AskError("requests-full", f"{MOST_OPEN} requests of yours are open; wait for an answer.", 429)
        said = Said(name=person.name, contact=person.email or "", text=_text(text))
        made = await self._open(right, SCREEN, said, tenant=viewer.tenant, subject=viewer.person, level=cases.SESSION)
        return self._view.of_person(made)

    async def take(self, viewer: Viewer, right: str, intake: str, said: Said) -> CaseShown:
        """Write down what came by post, phone, mail or through an organisation's administrator."""
        if intake not in self._document.rights.intake:
            raise AskError("intake-unknown", f"Choose one of: {', '.join(self._document.rights.intake)}.", 422)
        return self._view.of_desk(await self._open(right, intake, said, tenant=viewer.tenant, by=viewer.person))

    async def write_in(self, right: str, said: Said) -> CaseShown:
        """Take a request of anyone at all, by the public form."""
        if FORM not in self._document.rights.intake:
            raise AskError("intake-unknown", "This server takes no requests by form; see its policy.", 404)
        if not said.contact.strip():
            raise AskError("contact-missing", "Say how you can be reached.", 422)
        return self._view.of_desk(await self._open(right, FORM, said, tenant=INSTALLATION))

    async def of(self, viewer: Viewer) -> list[CaseShown]:
        """One's own requests, newest first."""
        return await asyncio.to_thread(lambda: [self._view.of_person(one) for one in self._rows.of(viewer.person)])

    async def all(self, viewer: Viewer, after: str | None = None) -> list[CaseShown]:
        """The desk's requests: an organisation's own, and for the server's administrator what nobody's account sent.

        Open ones first, each kind newest first, at most so many as a page; `after` is the last one of the page before.
        """
        desks = self._desks(viewer)
        return await asyncio.to_thread(
            lambda: [self._view.of_desk(one) for one in self._rows.of_tenants(desks, after, PAGE)]
        )

    async def report(self, viewer: Viewer) -> Report:
        """How many requests were made and how they ended, for the desk's own and everyone to be told."""
        return await asyncio.to_thread(self._counted, self._desks(viewer))

    def _counted(self, desks: tuple[str, ...]) -> Report:
        overdue = sum(self._view.of_desk(one).overdue for one in self._rows.open(desks))
        return Report(overdue=overdue, counts=tuple(self._rows.counts(desks)))

    # Knowing

    async def prove_own(self, viewer: Viewer, case: str) -> tuple[CaseShown, Certificate | None]:
        """Count the password that was just typed: it proves no less than a code mailed to who can reset it.

        An erasure that the document leaves to the person is carried out at once; its certificate comes back.
        """
        async with self._turn:
            found = _open_one(self._own(viewer, case))
            levels = self._document.rights.identity.levels
            level = levels[min(1, len(levels) - 1)]
            made = await self._step(found, Step(kind=Kind.PROVEN, at_ms=self._clock(), by=viewer.person, level=level))
            self_service = "account" in self._document.erasure.self_service
            if found.right in ERASING and self_service and self._view.enough(made):
                return self._view.of_person(made), await self._erase(made, viewer.person, viewer.person)
            return self._view.of_person(made), None

    async def ask_proof(self, viewer: Viewer, case: str) -> CaseShown:
        """Ask for a proof of who someone is; the clock waits for it where the document says so."""
        async with self._turn:
            found = _open_one(self._at_desk(viewer, case))
            step = Step(kind=Kind.PROOF_ASKED, at_ms=self._clock(), by=viewer.person)
            return self._view.of_desk(await self._step(found, step))

    async def prove(self, viewer: Viewer, case: str, level: str) -> CaseShown:
        """Say by what someone was known; the paper itself is not kept."""
        if level not in self._document.rights.identity.levels or level == cases.SESSION:
            raise AskError(
                "level-unknown", f"Choose one of: {', '.join(self._document.rights.identity.levels[1:])}.", 422
            )
        async with self._turn:
            found = _open_one(self._at_desk(viewer, case))
            step = Step(kind=Kind.PROVEN, at_ms=self._clock(), by=viewer.person, level=level)
            return self._view.of_desk(await self._step(found, step))

    async def link(self, viewer: Viewer, case: str, person: str) -> CaseShown:
        """Say whose data a request is about, where someone without an account asks."""
        async with self._turn:
            found = _open_one(self._at_desk(viewer, case))
            about = self._people.find(person)
            if about is None or about.tenant != viewer.tenant:
                raise AskError("not-found", "There is no such person.", 404)
            if self._view.whose(found) is not None:
                raise AskError("linked-already", "This request says already whom it is about.", 409)
            if person == viewer.person:
                raise _own_request()
            step = Step(kind=Kind.LINKED, at_ms=self._clock(), by=viewer.person, person=person)
            return self._view.of_desk(await self._step(found, step))

    # Deciding

    async def decide(self, viewer: Viewer, case: str, decision: Decision) -> CaseShown:
        """Carry out a request, or refuse it; what refuses is written down and waits for a second person."""
        async with self._turn:
            found = _open_one(self._at_desk(viewer, case))
            stands = self._view.stands(found)
            rights = self._document.rights
            holds = cases.check(decision, found.right, rights, by=viewer.person, proposed=stands.proposed)
            if decision.outcome is not Outcome.REFUSED and not self._view.enough(found):
                raise AskError("proof-missing", "First make sure who asks: the policy says how.", 409)
            if not holds:
                step = Step(kind=Kind.PROPOSED, at_ms=self._clock(), by=viewer.person, decision=decision)
                return self._view.of_desk(await self._step(found, step))
            if decision.outcome is Outcome.DONE and found.right in ERASING:
                person = self._judged(viewer, found)
                await self._erase(found, person, viewer.person, decision)
                return self._view.of_desk(self._rows.find(found.id) or found)
            hashes = await self._carry_out(viewer, found, decision)
            step = Step(kind=Kind.DECIDED, at_ms=self._clock(), by=viewer.person, decision=decision, hashes=hashes)
            return self._view.of_desk(await self._step(found, step))

    async def handed_out(self, viewer: Viewer, case: str, *, own: bool) -> Person:
        """Whose copy may be handed out for this request; asking for it is the answer, and closes the request.

        `own`: the person takes it; otherwise the desk does, whose route lets no one else through.
        """
        async with self._turn:
            found = self._own(viewer, case) if own else self._at_desk(viewer, case)
            if found.right not in cases.COPYING:
                raise AskError("no-copy", "This request asks for no copy.", 409)
            if not self._view.enough(found):
                raise AskError("proof-missing", "First make sure who asks: the policy says how.", 409)
            if found.outcome not in (None, Outcome.DONE):
                raise AskError("request-closed", "This request is closed.", 409)
            person = self._person(self._view.whose(found) if own else self._judged(viewer, found))
            step = Step(kind=Kind.HANDED_OUT, at_ms=self._clock(), by=viewer.person)
            found = await self._step(found, step)
            if found.closed_ms is None:
                done = Decision(outcome=Outcome.DONE)
                await self._step(found, msgspec.structs.replace(step, kind=Kind.DECIDED, decision=done))
            return person

    # By the clock

    async def tend(self) -> None:
        """Close what a forgotten person left open, and erase by itself what nobody decided the day before it is due."""
        for case in await asyncio.to_thread(lambda: [one.id for one in self._rows.open() if self._settles(one)]):
            async with self._turn:
                found = self._rows.find(case)  # as it is now: someone may have decided it, or been forgotten, meanwhile
                if found is not None and found.closed_ms is None:
                    await self._tend(found)

    def _settles(self, case: Case) -> bool:
        """Whether nobody needs to decide any more: the person is gone, or an erasure is nearly due."""
        stands, person = self._view.stands(case), self._view.whose(case)
        if case.said is None or (person and self._people.find(person) is None):
            return True
        ripe = stands.due_ms is not None and self._clock() >= stands.due_ms - DAY_MS and stands.proposed is None
        return case.right in ERASING and person is not None and ripe and self._view.enough(case)

    async def _tend(self, case: Case) -> None:
        if not self._settles(case):
            return
        now_ms, person = self._clock(), self._view.whose(case)
        if case.said is None:
            await asyncio.wrap_future(self._rows.close(case.id, now_ms, _without_person(case), None))
        elif person and self._people.find(person):
            with suppress(AskError):  # the last administrator: it stays open, and is shown as overdue
                await self._erase(case, person, "")
        else:
            await self._step(
                case, Step(kind=Kind.DECIDED, at_ms=now_ms, decision=Decision(outcome=_without_person(case)))
            )

    # Below

    async def _open(
        self, right: str, intake: str, said: Said, *, tenant: str, subject: str = "", level: str = "", by: str = ""
    ) -> Case:
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
        return made

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
        if step.hashes:
            detail |= {"before": step.hashes[0], "after": step.hashes[1]}
        person = self._view.whose(case)
        about = [person] if person and self._people.find(person) else []
        await asyncio.wrap_future(self._noted("request", detail, about, tenant=case.tenant, viewer=step.by))

    async def _erase(self, case: Case, person: str, by: str, decision: Decision | None = None) -> Certificate:
        certificate = await self._forget(person, by)
        now_ms, outcome = self._clock(), decision.outcome if decision else Outcome.DONE
        if case.subject != person:
            done = Step(kind=Kind.DECIDED, at_ms=now_ms, by=by, decision=decision or Decision(outcome=outcome))
            await self._step(case, done, certificate.erasure)
        for one in self._rows.of(person):  # their key is gone: only the clear half of these rows can be written
            if one.closed_ms is None:
                ended = outcome if one.id == case.id else _without_person(one)
                await asyncio.wrap_future(self._rows.close(one.id, now_ms, ended, certificate.erasure))
        return certificate

    async def _carry_out(self, viewer: Viewer, case: Case, decision: Decision) -> tuple[str, ...]:
        """Do what was decided; gives the hashes of a value before and after."""
        if decision.outcome is not Outcome.DONE or case.right in ANSWERED_ONLY:
            return ()  # what is done in part is done by hand, and the answer says which part
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
        return found

    def _at_desk(self, viewer: Viewer, case: str) -> Case:
        found = self._rows.find(case)
        if found is None or found.tenant not in self._desks(viewer):
            raise AskError("not-found", "There is no such request.", 404)
        if self._view.whose(found) == viewer.person:
            raise _own_request()
        return found

    @staticmethod
    def _desks(viewer: Viewer) -> tuple[str, ...]:
        return (viewer.tenant, INSTALLATION) if viewer.role is Role.SERVER else (viewer.tenant,)

    def _judged(self, viewer: Viewer, case: Case) -> str:
        """Whose data it is, where this viewer may act on it: not on someone who may more, unless they asked."""
        person = self._view.whose(case)
        if person is None:
            raise AskError("nobody-linked", "First say whose data this is about.", 409)
        found = self._person(person)
        if case.subject != person and not may_give(viewer.role, found.role, viewer.scopes):
            raise AskError("role-too-high", "You cannot decide about someone who may more than you.", 403)
        return person

    def _person(self, person: str | None) -> Person:
        found = self._people.find(person) if person else None
        if found is None:
            raise AskError("not-found", "There is no such person.", 404)
        return found


def _without_person(case: Case) -> Outcome:
    """How a request ends whose person was forgotten: that is all that an erasure asks for."""
    return Outcome.DONE if case.right in ERASING else Outcome.MOOT


def _own_request() -> AskError:
    return AskError("own-request", "Nobody decides their own request: another administrator must.", 403)


def _open_one(case: Case) -> Case:
    if case.closed_ms is not None:
        raise AskError("request-closed", "This request is closed.", 409)
    return case


def _text(text: str) -> str:
    plain = text.strip()
    if len(plain) > cases.LONGEST_TEXT:
        raise AskError("text-too-long", f"Write at most {cases.LONGEST_TEXT} characters.", 422)
    return plain
