"""A request as its person, or the desk, sees it."""

from collections.abc import Callable

import msgspec

from waykeep.policy import cases
from waykeep.policy.cases import Decision, Outcome, Right, Standing
from waykeep.policy.lengths import length_ms
from waykeep.policy.parts import Document
from waykeep.store.cases import PERSON, Case
from waykeep.store.people import Person


class CaseShown(msgspec.Struct, frozen=True, kw_only=True):
    """A request; None where the person was forgotten since.

    `complaint` is where to go when one disagrees, `grounds` are those that could refuse it, `review_ms` is when a
    refusal is looked at again, `hashes` are SHA-256 (hex) of a corrected value before and after.
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
    review_ms: int | None = None
    hashes: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    complaint: str | None = None


class CaseView:
    """Reads requests under the document in force."""

    def __init__(self, document: Document, find: Callable[[str], Person | None], clock: Callable[[], int]) -> None:
        self._document, self._find, self._clock = document, find, clock

    def stands(self, case: Case) -> Standing:
        """How it stands now."""
        levels = self._document.rights.identity.levels
        return cases.standing(case.right, case.steps, self._document.clocks, levels, self._clock())

    def enough(self, case: Case) -> bool:
        """Whether it is known well enough who asks."""
        return cases.enough(self._document.rights, case.right, self.stands(case).level)

    def whose(self, case: Case) -> str | None:
        """Whose data it is about; None while nobody said."""
        return case.subject if case.subject.startswith(PERSON) else self.stands(case).person

    def of_desk(self, case: Case) -> CaseShown:
        """What the desk sees."""
        stands = self.stands(case)
        word = stands.decided or stands.proposed
        said = case.said
        person = case.subject if case.subject.startswith(PERSON) else stands.person
        found = self._find(person) if person else None
        state = "closed" if case.closed_ms else "proof" if stands.pending else "proposed" if stands.proposed else "open"
        complaint = self._document.contacts.get("complaint")
        refused_ms = case.closed_ms if case.outcome in (Outcome.REFUSED, Outcome.PART) else None
        review_ms = length_ms(self._document.holds.review)
        return CaseShown(
            id=case.id, right=case.right, intake=case.intake, opened_ms=case.opened_ms,
            due_ms=stands.due_ms if said else None, warned=stands.warned if said else 0, state=state,
            overdue=stands.overdue and said is not None, level=stands.level,
            least_met=cases.enough(self._document.rights, case.right, stands.level),
            outcome=case.outcome, erasure=case.erasure, closed_ms=case.closed_ms,
            name=said.name if said else None, contact=said.contact if said else None,
            text=said.text if said else None, person=found.id if found else None,
            person_name=found.name if found else None, decision=word.decision if word else None,
            proposed_by=stands.proposed.by if stands.proposed else None,
            review_ms=refused_ms + review_ms if refused_ms and review_ms else None,
            hashes=stands.decided.hashes if stands.decided else (),
            grounds=cases.grounds(self._document.rights, case.right),
            complaint=(complaint.form or complaint.email or complaint.post) if complaint else None,
        )  # fmt: skip

    def of_person(self, case: Case) -> CaseShown:
        """What its person sees: a decision once it holds, not what one of the desk only proposed."""
        shown = self.of_desk(case)
        if shown.outcome is not None or shown.proposed_by is None:
            return msgspec.structs.replace(shown, proposed_by=None)
        return msgspec.structs.replace(shown, state="open", decision=None, proposed_by=None)
