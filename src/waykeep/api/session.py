"""Signing in and off: /v1/session."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import Cookie, State
from litestar.openapi.datastructures import ResponseSpec

from waykeep.api.doors import COOKIE, Doors, known_of
from waykeep.flows.links import Answers, OneTime
from waykeep.flows.me import Me
from waykeep.flows.passkeys import Passkeys
from waykeep.flows.people import Staff
from waykeep.flows.signin import Caller, SignIn
from waykeep.store.people import Person
from waykeep.store.sessions import Source

TEMPLATE_COOKIE = "tpl"
YEAR_S = 366 * 86_400
LONGEST_AGENT = 200

Ask = Request[Any, Any, State]


class Login(msgspec.Struct, frozen=True):
    """Who signs in: by e-mail or name, with a password and, where it is on, a one-time code."""

    login: str
    password: str
    code: str | None = None


class Secret(msgspec.Struct, frozen=True):
    """What stood in a link's fragment."""

    secret: str


class Forgot(msgspec.Struct, frozen=True):
    """Who forgot a password."""

    login: str


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A link's secret and what it asked for."""

    secret: str
    name: str | None = None
    email: str | None = None
    password: str | None = None
    code: str | None = None
    of_age: bool = False
    policy: str | None = None
    language: str = "en"
    zone: str = "UTC"


class Shown(msgspec.Struct, frozen=True):
    """What an authenticator answered."""

    credential: dict[str, Any]
    id: str | None = None


class LinkTold(msgspec.Struct, frozen=True):
    """What a link is for and what it needs; with `age`, that one says to be `least_age` or older."""

    kind: str
    needs: tuple[str, ...]
    least_age: int | None = None


class Named(msgspec.Struct, frozen=True):
    """An organisation as its people see it."""

    id: str
    name: str


class PolicyFacts(msgspec.Struct, frozen=True):
    """What a page must know of the policy before it shows anything."""

    id: str
    location_mode: str
    cookies: tuple[str, ...]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The signed-in person's own account."""

    id: str
    name: str
    email: str | None
    language: str
    zone: str
    template: str
    dark: str
    calendar: str
    second_factor: bool


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in, where, and what they may do."""

    person: Account
    organisation: Named
    role: str
    profile: PolicyFacts
    permissions: tuple[str, ...]


def source_of(request: Ask) -> Source:
    """Where a request comes from."""
    address = request.client.host if request.client else ""
    return Source(address, request.headers.get("user-agent", "")[:LONGEST_AGENT])


def account_of(person: Person, *, second_factor: bool) -> Account:
    """One's own account, as the portal shows it."""
    return Account(
        id=person.id, name=person.name, email=person.email, language=person.language, zone=person.zone,
        template=person.template, dark=person.dark, calendar=person.calendar, second_factor=second_factor,
    )  # fmt: skip


def session_of(caller: Caller, me: Me, staff: Staff, policy_facts: PolicyFacts) -> Session:
    """What the portal learns about who is signed in."""
    organisation = staff.organisation(caller.viewer)
    return Session(
        person=account_of(me.person(caller), second_factor=me.has_totp(caller)),
        organisation=Named(organisation.id, organisation.name),
        role=caller.viewer.role.value,
        profile=policy_facts,
        permissions=tuple(sorted(permission.value for permission in caller.permissions)),
    )


def template_cookie(doors: Doors, person: Account) -> list[Cookie]:
    """The cookie of template and language, where the policy lets us set it; it stays after sign-off."""
    if TEMPLATE_COOKIE not in doors.cookies:
        return []
    value = f"{person.template}.{person.dark}.{person.language}"
    return [_cookie(doors, TEMPLATE_COOKIE, value, httponly=False, max_age=YEAR_S)]


def opened(
    secret: str, *, signin: SignIn, me: Me, staff: Staff, policy_facts: PolicyFacts, doors: Doors
) -> Response[Session]:
    """Answer a sign-in: the session, and its cookie."""
    caller = signin.caller(secret, None)
    if caller is None:
        raise RuntimeError("a session that was just made does not open")
    session = session_of(caller, me, staff, policy_facts)
    cookies = [_cookie(doors, COOKIE, secret, httponly=True, max_age=None), *template_cookie(doors, session.person)]
    return Response(session, cookies=cookies, status_code=200)


def _cookie(doors: Doors, name: str, value: str, *, httponly: bool, max_age: int | None) -> Cookie:
    secure = doors.web_url.startswith("https:")
    return Cookie(key=name, value=value, path="/", max_age=max_age, httponly=httponly, secure=secure, samesite="strict")


@post("/", status_code=200)
async def sign_in(
    data: Login, request: Ask, *, signin: SignIn, me: Me, staff: Staff, policy_facts: PolicyFacts, doors: Doors
) -> Response[Session]:
    """Sign in with a password. 401 sign-in-failed or second-factor, 429 locked."""
    secret = await signin.with_password(data.login, data.password, data.code, source_of(request))
    return opened(secret, signin=signin, me=me, staff=staff, policy_facts=policy_facts, doors=doors)


@get("/", responses={204: ResponseSpec(None, description="Nobody is signed in", generate_examples=False)})
async def who(request: Ask, me: Me, staff: Staff, policy_facts: PolicyFacts) -> Response[Session]:
    """Who is signed in; 204 when nobody is, for then nothing went wrong and no browser writes an error."""
    caller = known_of(request)
    if caller is None:
        return Response(None, status_code=204)  # type: ignore[arg-type]  # the described 204 has no content
    return Response(session_of(caller, me, staff, policy_facts))


@delete("/", status_code=204)
async def sign_off(caller: Caller, signin: SignIn) -> Response[None]:
    """Sign off: the session ends here and now, and its cookie goes."""
    await signin.sign_off(caller)
    answer: Response[None] = Response(None, status_code=204)
    answer.delete_cookie(COOKIE)
    return answer


@post("/link", status_code=200)
async def look(data: Secret, request: Ask, one_time: OneTime) -> LinkTold:
    """What a one-time link is for. 410 link-gone."""
    kind, needs = await one_time.look(data.secret, source_of(request))
    return LinkTold(kind, needs, one_time.least_age if "age" in needs else None)


@post("/link/accept", status_code=200)
async def accept(
    data: Filled, request: Ask, *, one_time: OneTime, signin: SignIn, me: Me, staff: Staff, policy_facts: PolicyFacts,
    doors: Doors,
) -> Response[Session]:  # fmt: skip
    """Use a one-time link and sign in."""
    answers = Answers(
        name=data.name, email=data.email, password=data.password, code=data.code, language=data.language,
        zone=data.zone, of_age=data.of_age, policy=data.policy,
    )  # fmt: skip
    secret = await one_time.accept(data.secret, answers, source_of(request))
    return opened(secret, signin=signin, me=me, staff=staff, policy_facts=policy_facts, doors=doors)


@post("/forgotten", status_code=204)
async def forgotten(data: Forgot, request: Ask, one_time: OneTime) -> None:
    """Ask for a reset by mail; the answer is the same whether the account exists or not."""
    await one_time.forgotten(data.login, source_of(request))


@post("/passkey/options", status_code=200)
async def passkey_options(request: Ask, passkeys: Passkeys) -> dict[str, Any]:
    """Options for the browser to sign in with a passkey."""
    return await passkeys.ask(source_of(request))


@post("/passkey", status_code=200)
async def passkey(
    data: Shown, request: Ask, *, passkeys: Passkeys, signin: SignIn, me: Me, staff: Staff, policy_facts: PolicyFacts,
    doors: Doors,
) -> Response[Session]:  # fmt: skip
    """Sign in with a passkey."""
    secret = await passkeys.sign_in(data.credential, source_of(request))
    return opened(secret, signin=signin, me=me, staff=staff, policy_facts=policy_facts, doors=doors)


ROUTER = Router(
    "/v1/session",
    route_handlers=[sign_in, who, sign_off, look, accept, forgotten, passkey_options, passkey],
    tags=["session"],
    response_headers={"cache-control": "no-store"},
)
