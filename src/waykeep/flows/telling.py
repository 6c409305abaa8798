"""New versions of the policy are told: a banner on the first page and at sign-in, a letter, and a row for each."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache

import msgspec

from waykeep.egress import Unsent
from waykeep.errors import AskError, StartError
from waykeep.flows.rounds import Round
from waykeep.model.access import Viewer
from waykeep.notify.mail import Mail
from waykeep.policy import document, notices
from waykeep.policy.notices import EMAIL, HOME, LOGIN
from waykeep.policy.parts import Document
from waykeep.store.notices import FAILED, SENT, WAITING, Delivery, Notices
from waykeep.store.people import People
from waykeep.store.versions import Version, Versions

log = logging.getLogger(__name__)

LOOK_MS = 60_000
NEW_VERSION = "version"  # the kind of letter


class Banner(msgspec.Struct, frozen=True, kw_only=True):
    """A version that people are told of: its number and name, and from when it holds."""

    number: int
    version: str
    effective_ms: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What became of telling a version: how many rows by way and state, and who was reached by no way yet."""

    number: int
    version: str
    counts: dict[str, dict[str, int]]
    unreached: int


class Telling:
    """Tells. `mail` is None where no relay is set: then the banner is what is left, and the rows say so."""

    def __init__(
        self,
        rows: Notices,
        versions: Versions,
        people: People,
        clock: Callable[[], int],
        *,
        mail: Mail | None,
        web_url: str,
        kept_ms: int | None,
        fill: bool = False,
    ) -> None:
        self._rows, self._versions, self._people, self._clock = rows, versions, people, clock
        self._mail, self._web_url, self._kept_ms = mail, web_url, kept_ms
        self._read = lru_cache(1)(lambda _: _readable(versions.all(), fill=fill))

    def round(self) -> Round:
        """The look, each minute, for someone who was not told yet."""
        return Round(name="notices", every_ms=LOOK_MS, run=self.tell, deletes=False)

    async def tell(self) -> None:
        """Tell every version that is to be told now to everyone who was there when it was published."""
        now_ms = self._clock()
        people = await asyncio.to_thread(self._people.ids)
        if self._kept_ms is not None:
            await asyncio.wrap_future(self._rows.keep_only(people, now_ms - self._kept_ms))
        for version, parts in await asyncio.to_thread(self._current, now_ms):
            if ways := notices.ways(parts, version.weight):
                await self._tell(version, ways)

    def banner(self) -> Banner | None:
        """What everyone who comes to sign in is told; None when nothing is new."""
        for version, parts in reversed(self._current(self._clock())):
            if LOGIN in notices.ways(parts, version.weight):
                return _banner(version)
        return None

    def own(self, viewer: Viewer) -> list[Banner]:
        """What someone has still to see, newest first."""
        known = {version.number: version for version, _ in self._current(self._clock())}
        waiting = dict.fromkeys(row.version for row in self._rows.waiting(viewer.person))
        return [_banner(known[number]) for number in waiting if number in known]

    async def seen(self, viewer: Viewer, number: int) -> None:
        """Take that someone closed a banner."""
        if not await asyncio.wrap_future(self._rows.see(viewer.person, number, self._clock())):
            raise AskError("no-such-notice", "There is no such notice for you.", 404)

    def told(self) -> list[Told]:
        """What became of each version that was to be told, newest first."""
        found = []
        for version, parts in reversed(self._current(None)):
            if not notices.ways(parts, version.weight):
                continue
            counts: dict[str, Counter[str]] = {}
            reached: dict[str, bool] = {}
            for row in self._rows.of(version.number):
                counts.setdefault(row.channel, Counter())[row.state] += 1
                reached[row.person] = reached.get(row.person, False) or row.state not in {WAITING, FAILED}
            found.append(
                Told(
                    number=version.number,
                    version=version.version,
                    counts={channel: dict(one) for channel, one in counts.items()},
                    unreached=sum(not one for one in reached.values()),
                )
            )
        return found

    def _current(self, now_ms: int | None) -> list[tuple[Version, Document]]:
        """The versions, oldest first, that may still be shown (all of them for `now_ms` None)."""
        every = self._read(self._versions.count())
        if now_ms is None:
            return list(every)
        return [(one, parts) for one, parts in every if now_ms < one.effective_ms + notices.shown_ms(parts)]

    async def _tell(self, version: Version, ways: tuple[str, ...]) -> None:
        """Go on where a stop left off: who came after the publishing sees it as the text that holds."""
        rows = await asyncio.to_thread(self._rows.of, version.number)
        done = {(row.person, row.channel): row.state for row in rows}
        for person in await asyncio.to_thread(self._people.there_at, version.published_ms):
            mailed = done.get((person, EMAIL))
            if EMAIL in ways and mailed is None:
                mailed = SENT if await self._post(version, person) else FAILED
                await self._note(version, person, EMAIL, mailed)
            if (HOME in ways or mailed == FAILED) and (person, HOME) not in done:
                await self._note(version, person, HOME, WAITING)

    async def _note(self, version: Version, person: str, channel: str, state: str) -> None:
        row = Delivery(
            version=version.number, person=person, channel=channel, state=state, at_ms=self._clock()
        )  # fmt: skip
        await asyncio.wrap_future(self._rows.add([row]))

    async def _post(self, version: Version, to: str) -> bool:
        person = None if self._mail is None else await asyncio.to_thread(self._people.find, to)
        if self._mail is None or person is None or person.email is None:
            return False
        link = f"{self._web_url.rstrip('/')}/privacy/versions/{version.number}/changes"
        when = f"{datetime.fromtimestamp(version.effective_ms / 1000, UTC):%Y-%m-%d}"
        organisation = self._people.organisation(person.tenant)
        name = organisation.name if organisation else "Waykeep"
        try:
            await self._mail.send(NEW_VERSION, person.language, person.email, link, name, when=when)
        except Unsent as error:
            log.warning("letter not sent", extra={"kind": NEW_VERSION, "why": str(error)})
            return False
        return True


def _readable(versions: tuple[Version, ...], *, fill: bool) -> tuple[tuple[Version, Document], ...]:
    """Each version with what it says; one of a time whose documents had another form is passed over."""
    found = []
    for one in versions:
        with suppress(StartError):
            found.append((one, document.load(one.layers, fill).parts))
    return tuple(found)


def _banner(version: Version) -> Banner:
    return Banner(number=version.number, version=version.version, effective_ms=version.effective_ms)
