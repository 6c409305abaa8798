"""Signing in: who someone is, for how long that holds, and what they may do meanwhile."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address

import msgspec
import pyotp

from waykeep.errors import AskError
from waykeep.flows.directory import Directory
from waykeep.flows.lockout import ACCOUNT, SOURCE, Count, Limit, failed, forgiven, locked
from waykeep.flows.passwords import Passwords
from waykeep.model.access import Viewer
from waykeep.policy.roles import MAY, Permission
from waykeep.store.people import Entry
from waykeep.store.records import Records
from waykeep.store.sessions import Session, SignedIn, Source
from waykeep.store.tables import folded

Clock = Callable[[], int]
Random = Callable[[int], bytes]

SECRET_BYTES = 32
LONGEST_LOGIN = 254  # the longest address that mail can carry
# A control room stays signed in over a shift and the night; a forgotten browser does not over a weekend.
UNSEEN_MS, LONGEST_MS = 36 * 3_600_000, 30 * 86_400_000
SEEN_EVERY_MS = 300_000  # so that reading a map costs no write per request
TOTP_STEP_S, TOTP_DRIFT = 30, 1  # one step either way: clocks of phones, and the time it takes to type


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands at the door: what they see, what they may do, and the session or token they came with."""

    viewer: Viewer
    permissions: frozenset[Permission]
    session: str | None = None
    token: str | None = None


def new_secret(random: Random) -> str:
    """A secret of 256 random bits, as text for a cookie or a link."""
    return urlsafe_b64encode(random(SECRET_BYTES)).rstrip(b"=").decode()


class SignIn:
    """Sessions, by password and one-time code; other ways in end in `begin`."""

    def __init__(
        self, records: Records, passwords: Passwords, directory: Directory, random: Random, clock: Clock
    ) -> None:
        self._people, self._sessions = records.people, records.sessions
        self._locks, self._factors = records.locks, records.factors
        self._passwords, self._directory, self._random, self._clock = passwords, directory, random, clock

    async def with_password(self, login: str, password: str, code: str | None, source: Source) -> str:
        """Give a new session's secret, or one of three answers that say nothing about whether the account exists."""
        login = login[:LONGEST_LOGIN]
        account, network = self._locks.who("login", folded(login)), self._locks.who("source", network_of(source))
        await self._try(account, network)
        entry = self._people.by_login(login)
        person = None if entry is None else entry.person
        known = entry.password if entry is not None and entry.active else None
        if not await self._passwords.agrees(known, password) or entry is None:
            await asyncio.wrap_future(self._sessions.note(person, "refused", "password", source, self._clock()))
            raise refused()
        await self._second(entry, code, source, account, network)
        await asyncio.wrap_future(self._locks.clear(account))
        await self._forgive(network)
        return await self.begin(entry.person, "password", source)

    async def begin(self, person: str, method: str, source: Source) -> str:
        """Open a session for someone who has shown who they are."""
        entry = self._people.entry(person)
        if entry is None or not entry.active:
            raise refused()
        secret, now_ms = new_secret(self._random), self._clock()
        self._sessions.note(person, "signed-in", method, source, now_ms)
        await asyncio.wrap_future(self._sessions.open(person, secret, method, source, now_ms))
        return secret

    async def check_password(self, person: str, password: str) -> None:
        """Make sure that whoever changes how to sign in is the person, not a passer-by at an open screen."""
        who = self._locks.who("person", person)
        await self._count(who, ACCOUNT)
        entry = self._people.entry(person)
        if not await self._passwords.agrees(None if entry is None else entry.password, password):
            raise AskError("password-wrong", "This is not your present password.", 403)
        await asyncio.wrap_future(self._locks.clear(who))

    async def check_code(self, person: str, code: str) -> None:
        """Ask for the one-time code where it is on; guesses are counted, whoever holds a link."""
        if not self.needs_code(person):
            return
        who = self._locks.who("code", person)
        await self._count(who, ACCOUNT)
        if not await self.right_code(person, code):
            raise AskError("second-factor", "Type the code that your authenticator shows.", 401)
        await asyncio.wrap_future(self._locks.clear(who))

    async def attempt(self, kind: str, source: Source, limit: Limit = SOURCE) -> None:
        """Count a try of another kind against its source, before it is made; AskError when it must wait."""
        await self._count(self._locks.who(kind, network_of(source)), limit)

    async def attempt_for(self, kind: str, login: str) -> None:
        """Count a try of another kind against the account that is named; AskError when it must wait."""
        await self._count(self._locks.who(kind, folded(login[:LONGEST_LOGIN])), ACCOUNT)

    async def was_right(self, kind: str, source: Source) -> None:
        """Take the try back that turned out right."""
        await self._forgive(self._locks.who(kind, network_of(source)))

    async def right_code(self, person: str, code: str) -> bool:
        """Whether this one-time code is right now and was not used before; using it up."""
        totp = self._factors.totp(person)
        digits = code.replace(" ", "")
        if totp is None or not digits.isascii():
            return False
        now_step = self._clock() // 1000 // TOTP_STEP_S
        codes = pyotp.TOTP(totp.secret)
        for step in range(now_step - TOTP_DRIFT, now_step + TOTP_DRIFT + 1):
            if compare_digest(codes.at(step * TOTP_STEP_S), digits):
                return await asyncio.wrap_future(self._factors.use_step(person, step))
        return False

    def needs_code(self, person: str) -> bool:
        """Whether this account asks for a one-time code."""
        totp = self._factors.totp(person)
        return totp is not None and totp.confirmed

    def caller(self, cookie: str | None, bearer: str | None) -> Caller | None:
        """Who stands behind a request's cookie or token; a token goes before, since a program sends it on purpose."""
        if bearer is not None:
            return self._of_token(bearer)
        return None if cookie is None else self._of_session(cookie)

    async def sign_off(self, caller: Caller) -> None:
        """End the session that the request came with."""
        if caller.session is not None:
            await asyncio.wrap_future(self._sessions.close(caller.viewer.person, caller.session))

    def _of_session(self, cookie: str) -> Caller | None:
        found = self._sessions.by_secret(cookie)
        now_ms = self._clock()
        if found is None or not lasts(found, now_ms):
            return None
        if now_ms - found.seen_ms >= SEEN_EVERY_MS:
            self._sessions.seen(found.id, now_ms)
        return self._caller(found, now_ms, None)

    def _of_token(self, bearer: str) -> Caller | None:
        found = self._sessions.by_token(bearer)
        now_ms = self._clock()
        if found is None or (found.expires_ms is not None and now_ms >= found.expires_ms):
            return None
        if now_ms - found.seen_ms >= SEEN_EVERY_MS:
            self._sessions.token_used(found.id, now_ms)
        return self._caller(found, now_ms, found.scopes)

    def _caller(self, found: SignedIn, now_ms: int, scopes: tuple[str, ...] | None) -> Caller | None:
        person = self._people.standing(found.person)
        if person is None:
            return None
        tenant, role, language, zone = person
        may = MAY[role] if scopes is None else MAY[role] & {Permission(scope) for scope in scopes}
        viewer = Viewer(
            person=found.person,
            tenant=tenant,
            role=role,
            devices=self._directory.seen_by(found.person, tenant, role, now_ms),
            scopes=None if scopes is None else frozenset(scopes),
            language=language,
            zone=zone,
        )
        if scopes is None:
            return Caller(viewer=viewer, permissions=may, session=found.id)
        return Caller(viewer=viewer, permissions=may, token=found.id)

    async def _second(self, entry: Entry, code: str | None, source: Source, account: bytes, network: bytes) -> None:
        if not self.needs_code(entry.person):
            return
        if not code:
            await self._forgive(account)
            await self._forgive(network)
            raise AskError("second-factor", "Type the code that your authenticator shows.", 401)
        if not await self.right_code(entry.person, code):
            await asyncio.wrap_future(
                self._sessions.note(entry.person, "refused", "one-time code", source, self._clock())
            )
            raise AskError("second-factor", "This code is not right, or was used before; type the next one.", 401)

    async def _try(self, account: bytes, network: bytes) -> None:
        """Count the try before it is made: a hundred at once must not all find the door open."""
        await self._count(network, SOURCE)
        await self._count(account, ACCOUNT)

    async def _count(self, who: bytes, limit: Limit) -> None:
        now_ms = self._clock()
        shut = False

        def change(failures: int, last_ms: int, until_ms: int) -> tuple[int, int, int]:
            nonlocal shut
            count = Count(failures, last_ms, until_ms)
            shut = locked(count, now_ms)
            after = count if shut else failed(count, now_ms, limit)
            return after.failures, after.last_ms, after.until_ms

        await asyncio.wrap_future(self._locks.change(who, change))
        if shut:
            raise AskError("locked", "Too many tries; wait some minutes, or ask for a reset.", 429)

    async def _forgive(self, who: bytes) -> None:
        def change(failures: int, last_ms: int, until_ms: int) -> tuple[int, int, int]:
            after = forgiven(Count(failures, last_ms, until_ms))
            return after.failures, after.last_ms, after.until_ms

        await asyncio.wrap_future(self._locks.change(who, change))


def lasts(session: Session | SignedIn, now_ms: int) -> bool:
    """Whether a session still stands: it was seen not long ago, and has not lasted too long."""
    return now_ms - session.seen_ms < UNSEEN_MS and now_ms - session.created_ms < LONGEST_MS


def refused() -> AskError:
    """The one answer for an unknown account, a wrong password and an account that was switched off."""
    return AskError("sign-in-failed", "Name or password is not right.", 401)


def network_of(source: Source) -> str:
    """What counts as one source: an IPv4 address, or an IPv6 network of the size that one customer gets."""
    try:
        address = ip_address(source.address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return f"{int(address) >> 64:x}/64"
    return str(address)
