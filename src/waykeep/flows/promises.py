"""What was promised about each device, made from the document and what its people said; a change holds at once.

Every change is durable and swapped into the directory before it is answered: the first frame after the answer obeys.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import zip_longest
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from waykeep.errors import AskError
from waykeep.model.access import Viewer
from waykeep.model.rules import Attribution, Hours, Rules, Span
from waykeep.policy import acceptance
from waykeep.policy.document import Policy
from waykeep.policy.promises import agreed, held, joined, within, without
from waykeep.policy.register import Clause
from waykeep.store.fleet import Device
from waykeep.store.promises import Consent, Own, Private, Said, Working

TRACKING = "tracking"
MINUTES_A_DAY = 1440
LONGEST_WEEK = 70  # spans of hours; ten a day are more than any shift plan has


class Swapping(Protocol):
    """The part of the directory that a change of promises needs."""

    def devices(self, tenant: str | None = None) -> Iterable[Device]:
        """Every device of a tenant."""
        ...

    def attribution(self, device: str) -> Attribution:
        """Whose the fixes of a device are."""
        ...

    def swap(self, device: str) -> None:
        """Build a device's rules anew."""
        ...


Noted = Callable[[str, Mapping[str, str], str, str], Any]
"""Writes a control action into the ledger: kind, detail, subject, tenant; gives a future."""


class Promises:
    """Builds the rules of devices, and takes what people say."""

    def __init__(
        self,
        policy: Policy,
        said: Said,
        clock: Callable[[], int],
        *,
        forgotten: Callable[[str], tuple[Span, ...]] = lambda _: (),
        noted: Noted | None = None,
        clauses: tuple[Clause, ...] = (),
    ) -> None:
        self.policy, self.clauses = policy, clauses
        self._said, self._clock, self._forgotten, self._noted = said, clock, forgotten, noted
        self._own: dict[str, Own] = {}
        self._directory: Swapping | None = None
        self._turn = asyncio.Lock()
        self._older_ms: Callable[[str], int | None] = lambda _: None
        consent = policy.parts.consents.get(TRACKING)
        self._asks, self._required = consent is not None, consent is not None and consent.required

    def swaps(self, directory: Swapping) -> None:
        """Name the directory whose rules follow from these promises."""
        self._directory = directory

    def rules_for(self, device: Device, attribution: Attribution) -> Rules:
        """Everything promised about a device, over all time."""
        private: list[Span] = []
        refused: list[Span] = []
        hours: list[tuple[Span, Hours]] = []
        holders = held(attribution)
        states = []
        for span, person in holders:
            own = self._of(person)
            private += within((Span(one.from_ms, one.to_ms) for one in own.private), span)
            hours += [(part, week) for held_in, week in _weeks(own.hours) for part in within((held_in,), span)]
            spans, withdrawn = self._agreed(own)
            refused += within(without(spans), span)
            states.append(withdrawn)
        return Rules(
            tenant=device.tenant,
            device=device.id,
            keeps_location=self.policy.keeps_location,
            collects=self.policy.categories,
            consented=without(refused) if refused else None,
            withdrawn=bool(states) and all(states) and holders[-1][0].to_ms is None,
            private=joined(private),
            hours=tuple(hours),
            grid_m=self.policy.parts.precision.grid_m,
            retention_ms=self._retention_ms({person for _, person in holders}),
            since_ms=device.since_ms,
            forgotten=joined(self._forgotten(device.id)),
        )

    # Private time

    def private(self, person: str) -> dict[str, object]:
        """Whether a person is in private time now, since when and until when."""
        now_ms = self._clock()
        for one in self._of(person).private:
            if Span(one.from_ms, one.to_ms).holds(now_ms):
                return {"on": True, "from_ms": one.from_ms, "until_ms": one.to_ms}
        return {"on": False, "from_ms": None, "until_ms": None}

    async def set_private(self, viewer: Viewer, *, on: bool, until_ms: int | None = None) -> dict[str, object]:
        """Begin or end private time, now."""
        if not self.policy.parts.private_mode.driver_button:
            raise AskError("private-time-off", "This server's policy has no private time.", 404)
        now_ms = self._clock()
        if on and until_ms is not None and until_ms <= now_ms:
            raise AskError("wrong-span", "Private time must end in the future.")
        async with self._turn:
            running = [one for one in self._of(viewer.person).private if one.to_ms is None or one.to_ms > now_ms]
            for one in running:
                ended = msgspec.structs.replace(one, to_ms=until_ms if on else now_ms)
                await asyncio.wrap_future(self._said.private(viewer.person, ended))
            if on and not running:
                begun = Private(from_ms=now_ms, to_ms=until_ms)
                await asyncio.wrap_future(self._said.private(viewer.person, begun))
            if on or running:
                await self._changed(viewer, "private", {"on": str(on).lower()})
        return self.private(viewer.person)

    # Working hours

    def hours(self, person: str) -> Hours | None:
        """The hours that hold now."""
        own = self._of(person).hours
        return own[-1].hours if own else None

    async def set_hours(self, viewer: Viewer, hours: Hours | None) -> None:
        """Let these hours hold from now on; None = no hours."""
        if self.policy.parts.private_mode.working_hours != "calendar":
            raise AskError("hours-off", "This server's policy has no working hours.", 404)
        if hours is not None:
            _check_hours(hours)
        async with self._turn:
            record = Working(from_ms=self._clock(), hours=hours)
            await asyncio.wrap_future(self._said.work(viewer.person, record))
            await self._changed(viewer, "hours", {"set": str(hours is not None).lower()})

    # Consents

    def consents(self, person: str) -> list[dict[str, object]]:
        """Every consent of the document, and what this person said last."""
        last = {one.consent: one for one in self._of(person).consents}
        return [
            {
                "consent": name,
                "says": rule.says,
                "required": rule.required,
                "separate": rule.separate,
                "granted": last[name].granted if name in last else None,
                "at_ms": last[name].at_ms if name in last else None,
                "version": last[name].version if name in last else None,
            }
            for name, rule in self.policy.parts.consents.items()
        ]

    async def consent(self, viewer: Viewer, name: str, *, granted: bool, channel: str) -> list[dict[str, object]]:
        """Take a yes or a no; it holds at once, and the record is never changed."""
        rule = self.policy.parts.consents.get(name)
        if rule is None:
            raise AskError("no-such-consent", "The policy knows no such consent.", 404)
        async with self._turn:
            record = Consent(
                consent=name,
                granted=granted,
                at_ms=self._clock(),
                version=self.policy.parts.version,
                text_hash=self.policy.hash,
                channel=channel,
            )
            await asyncio.wrap_future(self._said.consent(viewer.person, record))
            await self._changed(viewer, "consent", {"consent": name, "granted": str(granted).lower()})
        return self.consents(viewer.person)

    async def accept(self, viewer: Viewer, version: str, text_hash: str, channel: str) -> None:
        """Write down a yes to the whole text; two at once are one."""
        async with self._turn:
            known = self._of(viewer.person).consents
            if any(one.consent == acceptance.NAME and one.text_hash == text_hash for one in known):
                return
            record = Consent(
                consent=acceptance.NAME, granted=True, at_ms=self._clock(), version=version, text_hash=text_hash,
                channel=channel,
            )  # fmt: skip
            await asyncio.wrap_future(self._said.consent(viewer.person, record))
            await self._changed(viewer, "accepted", {"version": version, "channel": channel})

    def keeps_older(self, retention_ms: Callable[[str], int | None]) -> None:
        """Name who says how long a fix of someone may be kept who stayed with an older text; rules are built anew."""
        self._older_ms = retention_ms
        if self._directory is not None:
            for device in self._directory.devices():
                self._directory.swap(device.id)

    def _retention_ms(self, people: Iterable[str]) -> int | None:
        """How long a fix of a device is kept: the shortest that the text in force or one that a holder stayed with has.

        One span holds for a whole device: nobody is kept longer than they agreed to, some are kept shorter.
        """
        found = [self.policy.fix_retention_ms, *(self._older_ms(one) for one in people)]
        return min((one for one in found if one is not None), default=None)

    def closed(self, person: str) -> bool:
        """Whether someone took back their yes to tracking and gave none since."""
        last = [one.granted for one in self._of(person).consents if one.consent == TRACKING][-1:]
        return last == [False]

    def said_by(self, person: str) -> Own:
        """All that a person said, for the copy of their data."""
        return self._of(person)

    # Below

    def forget(self, person: str) -> "asyncio.Future[None]":
        """Drop what a forgotten person said, from memory at once; their key is gone already."""
        self._own.pop(person, None)
        return asyncio.wrap_future(self._said.drop(person))

    def _of(self, person: str) -> Own:
        found = self._own.get(person)
        if found is None:
            found = self._own[person] = self._said.of(person)
        return found

    def _agreed(self, own: Own) -> tuple[tuple[Span, ...], bool]:
        changes = [(one.at_ms, one.granted) for one in own.consents if one.consent == TRACKING]
        return agreed(changes, required=self._required) if self._asks else ((Span(-(2**62)),), False)

    async def _changed(self, viewer: Viewer, kind: str, detail: Mapping[str, str]) -> None:
        """Read anew what a person said and swap the rules of every device that is or was theirs."""
        self._own.pop(viewer.person, None)
        if self._directory is not None:
            for device in self._directory.devices(viewer.tenant):
                if any(person == viewer.person for _, person in held(self._directory.attribution(device.id))):
                    self._directory.swap(device.id)
        if self._noted is not None:
            await asyncio.wrap_future(self._noted(kind, detail, viewer.person, viewer.tenant))


def _weeks(records: tuple[Working, ...]) -> list[tuple[Span, Hours]]:
    """Each calendar with the span for which it was set."""
    pairs = zip_longest(records, records[1:])
    return [(Span(one.from_ms, then.from_ms if then else None), one.hours) for one, then in pairs if one.hours]


def _check_hours(hours: Hours) -> None:
    try:
        ZoneInfo(hours.zone)
    except (ValueError, OSError, KeyError):
        raise AskError("wrong-zone", "There is no such time zone.") from None
    right = all(0 <= day < 7 and 0 <= start < end <= MINUTES_A_DAY for day, start, end in hours.weekly)
    if not right or len(hours.weekly) > LONGEST_WEEK:
        raise AskError("wrong-hours", "Hours are (weekday 0 to 6, from minute, to minute) within one day each.")
