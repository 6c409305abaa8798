"""One-time links: first administrator, invitation, reset. The secret stands in the fragment, which no log sees."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from waykeep.egress import Unsent
from waykeep.errors import AskError, StartError
from waykeep.flows import passwords
from waykeep.flows.directory import Directory
from waykeep.flows.passwords import Passwords
from waykeep.flows.signin import Clock, Random, SignIn, new_secret
from waykeep.model.access import Role, Viewer
from waykeep.notify.mail import Mail
from waykeep.policy.roles import may_give
from waykeep.store.engine import Database
from waykeep.store.links import Link, gone, usable
from waykeep.store.people import Person
from waykeep.store.records import Records, records
from waykeep.store.sessions import Source
from waykeep.store.vault import Vault

T = TypeVar("T")
log = logging.getLogger(__name__)

JOINED = "join"  # the way by which a yes came
LIVES_MS = 30 * 60_000
FIRST, INVITATION, RESET, SIGN_IN = "first-administrator", "invitation", "reset", "sign-in"
LANGUAGES = ("en", "fa", "ar", "zh")
LONGEST_NAME = 120
EMAIL = re.compile(r"[^@\s<>\",;:\\]{1,64}@[^@\s<>\",;:\\]{1,189}\.[^@\s<>\",;:\\.]{2,63}|[\w.+-]{1,64}@localhost")


class Given(msgspec.Struct, frozen=True):
    """What came of an invitation or a reset: sent by mail, or a link to hand over."""

    mailed: bool
    link: str | None = None


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What a person fills in behind a link."""

    name: str | None = None
    email: str | None = None
    password: str | None = None
    code: str | None = None
    of_age: bool = False
    policy: str | None = None
    language: str = "en"
    zone: str = "UTC"


def first_administrator(
    database: Database, vault: Vault, random: Random, now_ms: int, *, web_url: str, organisation: str = "Organisation"
) -> str:
    """Make the first organisation if there is none, and give a one-time link for the server's administrator.

    StartError when the server has an administrator already.
    """
    rows = records(database, vault, random)
    if rows.people.servers():
        raise StartError("this server has an administrator already; a reset is given by another administrator")
    tenants = rows.people.organisations()
    tenant = tenants[0].id if tenants else rows.people.add_organisation(organisation, now_ms).result().id
    link = Link(id="", kind=FIRST, tenant=tenant, role=Role.SERVER, created_ms=now_ms, expires_ms=now_ms + LIVES_MS)
    secret = new_secret(random)
    rows.links.add(link, secret).result()
    return address(web_url, secret)


def sign_in_link(rows: Records, random: Random, now_ms: int, *, web_url: str, person: Person) -> str:
    """Give a one-time link that signs a person in: for the demo and the operator's command line, not for any route."""
    link = Link(
        id="", kind=SIGN_IN, tenant=person.tenant, person=person.id, created_ms=now_ms, expires_ms=now_ms + LIVES_MS
    )
    secret = new_secret(random)
    rows.links.add(link, secret).result()
    return address(web_url, secret)


def address(web_url: str, secret: str) -> str:
    """Where a link leads; what follows the # never reaches a server or its log."""
    return f"{web_url.rstrip('/')}/#link={secret}"


class Gate(Protocol):
    """The part of accepting the policy that joining needs."""

    def check(self, said: str | None) -> None:
        """Refuse whoever does not name the text in force."""
        ...

    async def accept(self, viewer: Viewer, said: str, channel: str) -> object:
        """Write the yes down."""
        ...


class OneTime:
    """Gives links and takes them back.

    With `least_age` whoever joins must say that they are as old; of who is not, nothing is kept. With `accepting` they
    must say yes to the policy, by the hash that stands with its text.
    """

    def __init__(
        self,
        rows: Records,
        signin: SignIn,
        passwords_: Passwords,
        directory: Directory,
        *,
        mail: Mail | None,
        web_url: str,
        random: Random,
        clock: Clock,
        least_age: int | None = None,
        accepting: Gate | None = None,
    ) -> None:
        self._accepting = accepting
        self.least_age = least_age
        self._rows, self._signin, self._passwords, self._directory = rows, signin, passwords_, directory
        self._mail, self._web_url, self._random, self._clock = mail, web_url, random, clock
        self._posting: set[asyncio.Task[None]] = set()

    async def invite(
        self, viewer: Viewer, role: Role, *, email: str | None, name: str | None, groups: tuple[str, ...]
    ) -> Given:
        """Invite someone into the viewer's organisation, with at most the viewer's own role."""
        if not may_give(viewer.role, role, viewer.scopes):
            raise AskError("role-too-high", "You cannot give a role that may more than yours.", 403)
        return await self.invite_into(viewer.tenant, role, viewer.language, email=email, name=name, groups=groups)

    async def invite_into(
        self,
        tenant: str,
        role: Role,
        language: str,
        *,
        email: str | None = None,
        name: str | None = None,
        groups: tuple[str, ...] = (),
    ) -> Given:
        """Make an invitation into an organisation; the caller has judged who may."""
        if not self._stand(tenant, groups):  # left out in silence, a manager of no group would see every unit
            raise AskError("not-found", "There is no such group.", 404)
        link = Link(
            id="",
            kind=INVITATION,
            tenant=tenant,
            role=role,
            groups=groups,
            name=None if name is None else good_name(name),
            email=None if email is None else good_email(email),
            created_ms=self._clock(),
            expires_ms=self._clock() + LIVES_MS,
        )
        return await self._give(link, language)

    async def reset(self, viewer: Viewer, person: Person) -> Given:
        """Give a person of the viewer's organisation a link for a new password."""
        if person.tenant != viewer.tenant or not may_give(viewer.role, person.role, viewer.scopes):
            raise AskError("role-too-high", "You cannot reset someone who may more than you.", 403)
        return await self._give(self._reset_of(person), person.language)

    async def forgotten(self, login: str, source: Source) -> None:
        """Mail a reset to whoever forgot a password; the answer and its time are the same for nobody."""
        await self._signin.attempt("forgotten", source)
        task = asyncio.create_task(self._mail_reset(login))
        self._posting.add(task)
        task.add_done_callback(self._posting.discard)

    def invitations(self, viewer: Viewer) -> list[Link]:
        """Invitations of the viewer's organisation that still open something."""
        return self._rows.links.open_in(viewer.tenant, INVITATION, self._clock())

    async def take_back(self, viewer: Viewer, link: str) -> None:
        """Take an invitation back."""
        if not await asyncio.wrap_future(self._rows.links.drop(viewer.tenant, link)):
            raise AskError("not-found", "There is no such invitation.", 404)

    async def look(self, secret: str, source: Source) -> tuple[str, tuple[str, ...]]:
        """Say what kind of link this is and what it needs to be filled in."""
        await self._signin.attempt("link", source)
        link = self._rows.links.find(secret)
        if link is None or not usable(link, self._clock()):
            raise gone()
        await self._signin.was_right("link", source)
        return link.kind, self._needs(link)

    async def accept(self, secret: str, answers: Answers, source: Source) -> str:
        """Use a link up and sign in; gives the session's secret."""
        await self._signin.attempt("link", source)
        link = self._rows.links.find(secret)
        if link is None or not usable(link, self._clock()):
            raise gone()
        await self._signin.was_right("link", source)
        if link.kind == SIGN_IN and link.person:
            await asyncio.wrap_future(self._rows.links.use_now(secret, self._clock()))
            return await self._signin.begin(link.person, link.kind, source)
        if link.kind == RESET and link.person:
            return await self._renew(link.person, secret, answers, source)
        return await self._join(link, secret, answers, source)

    def _needs(self, link: Link) -> tuple[str, ...]:
        if link.kind == SIGN_IN:
            return ()
        if link.kind == RESET:
            return ("password", "code") if self._signin.needs_code(link.person or "") else ("password",)
        known = {"name": link.name, "email": link.email, "password": None}
        age = () if self.least_age is None else ("age",)
        yes = () if self._accepting is None else ("policy",)
        return (*(need for need, value in known.items() if value is None), *age, *yes)

    def _stand(self, tenant: str, groups: tuple[str, ...]) -> bool:
        return {group.id for group in self._rows.fleet.groups(tenant)}.issuperset(groups)

    async def _join(self, link: Link, secret: str, answers: Answers, source: Source) -> str:
        if not self._stand(link.tenant, link.groups):
            raise gone()
        if self.least_age is not None and not answers.of_age:
            text = f"This service is for people of {self.least_age} or older. No account was made and nothing was kept."
            raise AskError("too-young", text, 403)
        if self._accepting is not None:
            self._accepting.check(answers.policy)
        person = Person(
            id="",
            tenant=link.tenant,
            role=link.role or Role.VIEWER,
            name=good_name(answers.name or link.name or ""),
            email=link.email or (good_email(answers.email) if answers.email else None),
            language=good_language(answers.language),
            zone=good_zone(answers.zone),
            created_ms=self._clock(),
            groups=link.groups,
        )
        password = answers.password or ""
        passwords.check(password, person.name, person.email, least=self._passwords.least)
        hashed = await self._passwords.hash(password)
        use = self._rows.links.use(secret, self._clock())
        made = await _done(lambda: self._rows.people.add(person, hashed, use).result())
        self._directory.regroup()
        if self._accepting is not None:
            viewer = Viewer(person=made.id, tenant=made.tenant, role=made.role)
            await self._accepting.accept(viewer, answers.policy or "", JOINED)
        return await self._signin.begin(made.id, link.kind, source)

    async def _renew(self, person: str, secret: str, answers: Answers, source: Source) -> str:
        known = self._rows.people.find(person)
        if known is None:
            raise gone()
        password = answers.password or ""
        passwords.check(password, known.name, known.email, least=self._passwords.least)
        await self._signin.check_code(person, answers.code or "")
        hashed = await self._passwords.hash(password)
        use = self._rows.links.use(secret, self._clock())
        await _done(lambda: self._rows.people.set_password(person, hashed, use).result())
        await asyncio.wrap_future(self._rows.sessions.close_all(person))
        return await self._signin.begin(person, RESET, source)

    async def _mail_reset(self, login: str) -> None:
        """Send the letter, if there is an account and it did not get many already: the asker hears nothing of it."""
        try:
            await self._signin.attempt_for("forgotten", login)
        except AskError:
            return
        entry = self._rows.people.by_login(login)
        person = None if entry is None or not entry.active else self._rows.people.find(entry.person)
        if person is not None and person.email is not None and self._mail is not None:
            secret = new_secret(self._random)
            await asyncio.wrap_future(self._rows.links.add(self._reset_of(person), secret))
            await self._post(RESET, person.language, person.email, secret, person.tenant)

    def _reset_of(self, person: Person) -> Link:
        now_ms = self._clock()
        return Link(
            id="", kind=RESET, tenant=person.tenant, person=person.id, email=person.email,
            created_ms=now_ms, expires_ms=now_ms + LIVES_MS,
        )  # fmt: skip

    async def _give(self, link: Link, language: str) -> Given:
        secret = new_secret(self._random)
        await asyncio.wrap_future(self._rows.links.add(link, secret))
        if link.email is not None and await self._post(link.kind, language, link.email, secret, link.tenant):
            return Given(mailed=True)
        return Given(mailed=False, link=address(self._web_url, secret))

    async def _post(self, kind: str, language: str, to: str, secret: str, tenant: str) -> bool:
        if self._mail is None:
            return False
        organisation = self._rows.people.organisation(tenant)
        try:
            name = organisation.name if organisation else "Waykeep"
            await self._mail.send(kind, language, to, address(self._web_url, secret), name)
        except Unsent as error:
            log.warning("letter not sent", extra={"kind": kind, "why": str(error)})
            return False
        return True


async def _done(work: Callable[[], T]) -> T:
    return await asyncio.to_thread(work)


def good_name(name: str) -> str:
    """A name that a person can read and sign in with; AskError otherwise."""
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= LONGEST_NAME or not plain.isprintable() or "@" in plain:
        raise AskError("name-not-usable", "This name cannot be used to sign in; choose another.", 422)
    return plain


def good_email(email: str) -> str:
    """An address that mail can carry; AskError otherwise, in the same words as for one that is held already."""
    plain = email.strip()
    if not EMAIL.fullmatch(plain) or not plain.isprintable():
        raise AskError("email-not-usable", "This e-mail address cannot be used; check its spelling.", 422)
    return plain


def good_language(language: str) -> str:
    """One of the portal's languages."""
    return language if language in LANGUAGES else LANGUAGES[0]


def good_zone(zone: str) -> str:
    """A time zone by its IANA name; AskError otherwise."""
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise AskError("zone-unknown", "This time zone is not known; choose one like Europe/Berlin.", 422) from None
