"""A person's own account: profile, password, one-time codes, sessions, programs' tokens."""

import asyncio
import io
import re
from base64 import b32encode
from collections.abc import Callable

import msgspec
import pyotp
import segno

from waykeep.errors import AskError
from waykeep.flows import passwords
from waykeep.flows.links import good_email, good_language, good_name, good_zone
from waykeep.flows.passwords import Passwords
from waykeep.flows.signin import Caller, Clock, SignIn, lasts, new_secret
from waykeep.policy.roles import MAY, Permission
from waykeep.store.contacts import Contact
from waykeep.store.people import Person
from waykeep.store.records import Records
from waykeep.store.sessions import Attempt, Session, Token

TEMPLATES, DARK, CALENDARS = ("atlas", "harbour"), ("auto", "light", "dark"), ("gregorian", "persian", "islamic")
PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,22}[0-9]")
MOST_PHONES, LONGEST_ADDRESS, LONGEST_TITLE = 5, 300, 80
MOST_TOKENS, LONGEST_TOKEN_NAME = 50, 80
TOTP_BYTES = 20  # what SHA-1, the only digest that every authenticator knows, is keyed with
TOKEN_PREFIX = "wk_"  # noqa: S105 (so that a leaked one is recognised by whoever scans for secrets)


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a person may change of their own account; what is absent stays."""

    name: str | None = None
    email: str | None = None
    language: str | None = None
    zone: str | None = None
    template: str | None = None
    dark: str | None = None
    calendar: str | None = None


class Offer(msgspec.Struct, frozen=True):
    """A secret for an authenticator: to type, as an address, and as a picture."""

    secret: str
    uri: str
    qr_svg: str


class Me:
    """Each call is about the caller's own account and no other."""

    def __init__(
        self,
        rows: Records,
        signin: SignIn,
        passwords_: Passwords,
        random: Callable[[int], bytes],
        clock: Clock,
    ) -> None:
        self._rows, self._signin, self._passwords = rows, signin, passwords_
        self._random, self._clock = random, clock

    def person(self, caller: Caller) -> Person:
        """The caller's account."""
        found = self._rows.people.find(caller.viewer.person)
        if found is None:
            raise AskError("sign-in-first", "Sign in first.", 401)
        return found

    async def change(self, caller: Caller, profile: Profile) -> Person:
        """Change one's own profile; a new name or address, which sign in, needs a session, not a program's token."""
        if profile.email is not None or profile.name is not None:
            self.by_person(caller)
        person = self.person(caller)
        wanted = {
            "name": profile.name and good_name(profile.name),
            "email": profile.email and good_email(profile.email),
            "language": profile.language and good_language(profile.language),
            "zone": profile.zone and good_zone(profile.zone),
            "template": _one_of(profile.template, TEMPLATES),
            "dark": _one_of(profile.dark, DARK),
            "calendar": _one_of(profile.calendar, CALENDARS),
        }
        changed = msgspec.structs.replace(person, **{key: value for key, value in wanted.items() if value})
        return await asyncio.wrap_future(self._rows.people.save(changed))

    def contact(self, caller: Caller) -> Contact:
        """How one can be reached."""
        return self._rows.contacts.of(self.person(caller).id)

    async def set_contact(self, caller: Caller, contact: Contact) -> Contact:
        """Write down how one can be reached; it needs the person, not a program's token."""
        self.by_person(caller)
        phones = tuple(" ".join(one.split()) for one in contact.phones if one.strip())
        if len(phones) > MOST_PHONES or not all(PHONE.fullmatch(one) for one in phones):
            raise AskError("phone-wrong", f"Write at most {MOST_PHONES} numbers such as +98 21 5550 1234.", 422)
        address, title = contact.address.strip(), " ".join(contact.title.split())
        if len(address) > LONGEST_ADDRESS or len(title) > LONGEST_TITLE:
            raise AskError("text-too-long", f"An address has at most {LONGEST_ADDRESS} characters.", 422)
        made = Contact(phones=phones, address=address, title=title)
        return await asyncio.wrap_future(self._rows.contacts.put(self.person(caller).id, made))

    async def new_password(self, caller: Caller, present: str, new: str) -> None:
        """Change one's password; every other session ends."""
        self.by_person(caller)
        person = self.person(caller)
        await self._signin.check_password(person.id, present)
        passwords.check(new, person.name, person.email, least=self._passwords.least)
        hashed = await self._passwords.hash(new)
        await asyncio.wrap_future(self._rows.people.set_password(person.id, hashed))
        await asyncio.wrap_future(self._rows.sessions.close_all(person.id, but=caller.session))

    async def shown_to_be(self, caller: Caller, password: str) -> None:
        """Insist on the password of the person at the screen."""
        self.by_person(caller)
        await self._signin.check_password(caller.viewer.person, password)

    @staticmethod
    def by_person(caller: Caller) -> str:
        """Refuse a program: how one signs in is for the person at a screen only. Gives who it is."""
        if caller.session is None:
            raise AskError("person-only", "A program's token may not see or change how you sign in.", 403)
        return caller.viewer.person

    # One-time codes

    async def offer_totp(self, caller: Caller) -> Offer:
        """Propose a secret; it counts once its first code was typed."""
        self.by_person(caller)
        person = self.person(caller)
        secret = b32encode(self._random(TOTP_BYTES)).decode()
        if not await asyncio.wrap_future(self._rows.factors.propose_totp(person.id, secret)):
            raise AskError("codes-stand", "One-time codes are on already; switch them off first.", 409)
        uri = pyotp.TOTP(secret).provisioning_uri(name=person.email or person.name, issuer_name="Waykeep")
        picture = io.BytesIO()
        segno.make(uri, error="m").save(picture, kind="svg", scale=4, xmldecl=False, svgns=True)
        return Offer(secret, uri, picture.getvalue().decode())

    async def confirm_totp(self, caller: Caller, code: str) -> None:
        """Switch one-time codes on with the first of them."""
        self.by_person(caller)
        if not await self._signin.right_code(caller.viewer.person, code):
            raise AskError("code-wrong", "This code is not right; check the clock of your phone.", 422)

    async def drop_totp(self, caller: Caller, password: str) -> None:
        """Switch one-time codes off; the password shows that it is you."""
        self.by_person(caller)
        await self._signin.check_password(caller.viewer.person, password)
        await asyncio.wrap_future(self._rows.factors.drop_totp(caller.viewer.person))

    def has_totp(self, caller: Caller) -> bool:
        """Whether one-time codes are on."""
        return self._signin.needs_code(caller.viewer.person)

    # Sessions and sign-ins

    def sessions(self, caller: Caller) -> list[Session]:
        """Where the caller is signed in."""
        person, now_ms = self.by_person(caller), self._clock()
        return [one for one in self._rows.sessions.of(person) if lasts(one, now_ms)]

    async def end_session(self, caller: Caller, session: str) -> None:
        """Sign off somewhere else."""
        if not await asyncio.wrap_future(self._rows.sessions.close(self.by_person(caller), session)):
            raise AskError("not-found", "There is no such session.", 404)

    def sign_ins(self, caller: Caller) -> list[Attempt]:
        """Every sign-in and refusal on the caller's account that is remembered."""
        return self._rows.sessions.attempts(self.by_person(caller))

    # Tokens

    def tokens(self, caller: Caller) -> list[Token]:
        """The tokens that the caller's programs use."""
        return self._rows.sessions.tokens(caller.viewer.person)

    async def new_token(
        self, caller: Caller, name: str, scopes: tuple[str, ...], expires_ms: int | None
    ) -> tuple[Token, str]:
        """Make a token with some of the caller's own permissions; its secret is shown this once."""
        self.by_person(caller)
        plain, now_ms = " ".join(name.split()), self._clock()
        if not 1 <= len(plain) <= LONGEST_TOKEN_NAME:
            raise AskError("name-not-usable", "Give the token a name of 1 to 80 characters.", 422)
        if expires_ms is not None and expires_ms <= now_ms:
            raise AskError("time-past", "The token's end must be in the future.", 422)
        if len(self.tokens(caller)) >= MOST_TOKENS:
            raise AskError("tokens-full", "You have as many tokens as an account may hold; revoke one.", 409)
        known = {permission.value for permission in MAY[caller.viewer.role]}
        if not scopes or not known.issuperset(scopes):
            raise AskError("scope-unknown", f"Choose scopes among your own: {', '.join(sorted(known))}.", 422)
        secret = TOKEN_PREFIX + new_secret(self._random)
        ordered = tuple(permission.value for permission in Permission if permission.value in scopes)
        made = await asyncio.wrap_future(
            self._rows.sessions.add_token(
                caller.viewer.person, plain, ordered, secret, now_ms=now_ms, expires_ms=expires_ms
            )
        )
        return made, secret

    async def revoke(self, caller: Caller, token: str) -> None:
        """Take a token away."""
        self.by_person(caller)
        if not await asyncio.wrap_future(self._rows.sessions.drop_token(caller.viewer.person, token)):
            raise AskError("not-found", "There is no such token.", 404)


def _one_of(value: str | None, known: tuple[str, ...]) -> str | None:
    if value is not None and value not in known:
        raise AskError("choice-unknown", f"Choose one of: {', '.join(known)}.", 422)
    return value
