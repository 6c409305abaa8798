"""One's own account: /v1/me."""

import asyncio
from typing import Any

import msgspec
from litestar import Response, Router, delete, get, patch, post, put

from waykeep.api.doors import Doors
from waykeep.api.session import Account, account_of, template_cookie
from waykeep.flows.fleet import Moment
from waykeep.flows.leaving import Leaving
from waykeep.flows.me import Me, Offer, Profile
from waykeep.flows.passkeys import Passkeys
from waykeep.flows.seeing import Seeing, SeenBy
from waykeep.flows.signin import LONGEST_MS, UNSEEN_MS, Caller
from waykeep.model.access import Viewer
from waykeep.store.contacts import Contact
from waykeep.store.factors import Passkey
from waykeep.store.sessions import Token


class NewPassword(msgspec.Struct, frozen=True):
    """The present password and the one to come."""

    present: str
    password: str


class Code(msgspec.Struct, frozen=True):
    """A one-time code."""

    code: str


class Password(msgspec.Struct, frozen=True):
    """The present password, to show that it is you."""

    password: str


class NewToken(msgspec.Struct, frozen=True):
    """A program's token to make."""

    name: str
    scopes: tuple[str, ...]
    expires_ms: Moment | None = None


class TokenMade(msgspec.Struct, frozen=True, kw_only=True):
    """A new token with its secret, which is shown this once."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_ms: int
    expires_ms: int | None
    secret: str


class Enrolled(msgspec.Struct, frozen=True):
    """A passkey to keep: its name and what the browser made."""

    credential: dict[str, Any]
    name: str = ""
    id: str | None = None


class KeyShown(msgspec.Struct, frozen=True):
    """A passkey as its owner sees it."""

    id: str
    name: str
    created_ms: int
    used_ms: int | None


class SessionShown(msgspec.Struct, frozen=True, kw_only=True):
    """A place where one is signed in."""

    id: str
    method: str
    source: str
    agent: str
    created_ms: int
    seen_ms: int
    expires_ms: int
    current: bool


class SignInShown(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in, or a try that was refused."""

    time_ms: int
    result: str
    method: str
    source: str
    agent: str


@get("/")
async def read(caller: Caller, me: Me) -> Account:
    """One's own account."""
    return account_of(me.person(caller), second_factor=me.has_totp(caller))


@get("/contact")
async def contact(caller: Caller, me: Me) -> Contact:
    """How one can be reached beside the e-mail."""
    return await asyncio.to_thread(me.contact, caller)


@put("/contact")
async def set_contact(data: Contact, caller: Caller, me: Me) -> Contact:
    """Write down telephone numbers, the postal address and the job title; what is left out is erased."""
    return await me.set_contact(caller, data)


@patch("/")
async def change(data: Profile, caller: Caller, me: Me, doors: Doors) -> Response[Account]:
    """Change one's own account; what is absent stays."""
    account = account_of(await me.change(caller, data), second_factor=me.has_totp(caller))
    return Response(account, cookies=template_cookie(doors, account) if caller.session else [])


@post("/close", status_code=204)
async def close(data: Password, caller: Caller, leaving: Leaving) -> None:
    """Close one's own account for now: nothing more is kept of one, and every session ends."""
    await leaving.close(caller, data.password)


@post("/password", status_code=204)
async def new_password(data: NewPassword, caller: Caller, me: Me) -> None:
    """Change one's password; other sessions end."""
    await me.new_password(caller, data.present, data.password)


@post("/totp", status_code=200)
async def offer_totp(caller: Caller, me: Me) -> Offer:
    """Begin one-time codes: a secret for the authenticator."""
    return await me.offer_totp(caller)


@post("/totp/confirm", status_code=204)
async def confirm_totp(data: Code, caller: Caller, me: Me) -> None:
    """Switch one-time codes on with the first one."""
    await me.confirm_totp(caller, data.code)


@delete("/totp", status_code=204)
async def drop_totp(data: Password, caller: Caller, me: Me) -> None:
    """Switch one-time codes off."""
    await me.drop_totp(caller, data.password)


@post("/passkeys/options", status_code=200)
async def offer_passkey(caller: Caller, me: Me, passkeys: Passkeys) -> dict[str, Any]:
    """Options for the browser to make a passkey."""
    return passkeys.offer(me.by_person(caller))


@post("/passkeys", status_code=201)
async def add_passkey(data: Enrolled, caller: Caller, me: Me, passkeys: Passkeys) -> KeyShown:
    """Keep a passkey that the browser made."""
    return _key(await passkeys.enrol(me.by_person(caller), data.name, data.credential))


@get("/passkeys")
async def list_passkeys(caller: Caller, passkeys: Passkeys) -> list[KeyShown]:
    """One's passkeys."""
    return [_key(one) for one in passkeys.of(caller.viewer.person)]


@delete("/passkeys/{passkey:str}", status_code=204)
async def drop_passkey(passkey: str, caller: Caller, me: Me, passkeys: Passkeys) -> None:
    """Take a passkey away."""
    await passkeys.remove(me.by_person(caller), passkey)


@get("/tokens")
async def list_tokens(caller: Caller, me: Me) -> list[Token]:
    """The tokens of one's programs, never their secrets."""
    return me.tokens(caller)


@post("/tokens", status_code=201)
async def add_token(data: NewToken, caller: Caller, me: Me) -> TokenMade:
    """Make a token with some of one's own permissions."""
    token, secret = await me.new_token(caller, data.name, data.scopes, data.expires_ms)
    return TokenMade(
        id=token.id, name=token.name, scopes=token.scopes, created_ms=token.created_ms,
        expires_ms=token.expires_ms, secret=secret,
    )  # fmt: skip


@delete("/tokens/{token:str}", status_code=204)
async def drop_token(token: str, caller: Caller, me: Me) -> None:
    """Revoke a token."""
    await me.revoke(caller, token)


@get("/sessions")
async def list_sessions(caller: Caller, me: Me) -> list[SessionShown]:
    """Where one is signed in."""
    return [
        SessionShown(
            id=one.id, method=one.method, source=one.source, agent=one.agent, created_ms=one.created_ms,
            seen_ms=one.seen_ms, expires_ms=min(one.seen_ms + UNSEEN_MS, one.created_ms + LONGEST_MS),
            current=one.id == caller.session,
        )
        for one in me.sessions(caller)
    ]  # fmt: skip


@delete("/sessions/{session:str}", status_code=204)
async def end_session(session: str, caller: Caller, me: Me) -> None:
    """Sign off somewhere else."""
    await me.end_session(caller, session)


@get("/signins")
async def list_sign_ins(caller: Caller, me: Me) -> list[SignInShown]:
    """Every sign-in and refused try on one's account that is remembered."""
    return [
        SignInShown(time_ms=one.at_ms, result=one.outcome, method=one.method, source=one.source, agent=one.agent)
        for one in me.sign_ins(caller)
    ]


@get("/seen-by")
async def seen_by(viewer: Viewer, seeing: Seeing) -> SeenBy:
    """Who of one's organisation may see one's units now: names and roles."""
    return seeing.seen_by(viewer)


def _key(passkey: Passkey) -> KeyShown:
    return KeyShown(passkey.id, passkey.name, passkey.created_ms, passkey.used_ms)


ROUTER = Router(
    "/v1/me",
    route_handlers=[
        read, contact, set_contact, change, close,
        new_password, offer_totp, confirm_totp, drop_totp, offer_passkey, add_passkey,
        list_passkeys, drop_passkey, list_tokens, add_token, drop_token, list_sessions, end_session,
        list_sign_ins, seen_by,
    ],
    tags=["me"],
    response_headers={"cache-control": "no-store"},
)  # fmt: skip
