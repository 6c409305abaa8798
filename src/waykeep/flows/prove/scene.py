"""The people and units that probes play with, all made through the server's public doors."""

import os
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec

from waykeep.errors import WaykeepError
from waykeep.flows.prove.ask import Answer, Browser, exchange, parse
from waykeep.flows.prove.running import Running
from waykeep.flows.prove.stand import PASSWORD, Stand
from waykeep.policy.document import Policy

DAY_MS = 86_400_000
SEEN_S = 10.0


class BrokenError(WaykeepError):
    """A promise did not hold; the text says how."""


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """A planted unit: what identifies it, and where it is."""

    id: str
    unique_id: str
    name: str
    plate: str
    latitude: float
    longitude: float


class Someone(msgspec.Struct, frozen=True, kw_only=True):
    """A planted person, signed in."""

    id: str
    name: str
    email: str
    browser: Browser


class Scene:
    """A served profile with its first administrator signed in."""

    def __init__(self, stand: Stand | Running, policy: Policy) -> None:
        self.server, self.policy = stand, policy
        self.admin_name = f"Canary {_letters(8)}"
        self.admin = self.enter(stand.link, self.admin_name)
        self.founder = stand.founder if isinstance(stand, Running) else self.admin

    @property
    def stand(self) -> Stand:
        """The throw-away server; probes that need its files or stop it run on no other."""
        if isinstance(self.server, Running):
            raise BrokenError("this probe needs a server of its own")
        return self.server

    # People

    def sign_in(self, name: str) -> Browser:
        """Someone who was here before, after their session ended."""
        browser = Browser(self.server.url)
        expect(browser.send("POST", "/v1/session", {"login": name, "password": PASSWORD}), 200, "signing in")
        return browser

    def enter(self, link: str, name: str, email: str | None = None, password: str = PASSWORD) -> Browser:
        """Open a one-time link and choose a password."""
        browser = Browser(self.server.url)
        secret = link.partition("#link=")[2]
        told: dict[str, object] = {
            "secret": secret,
            "name": name,
            "email": email,
            "password": password,
            "zone": "UTC",
            "language": "en",
        }
        told["of_age"] = True
        told["policy"] = expect(browser.get("/v1/policy"), 200, "the policy")["hash"]
        expect(browser.send("POST", "/v1/session/link/accept", told), 200, "a one-time link")
        return browser

    def person(self, role: str, by: Browser | None = None, email: str | None = None) -> Someone:
        """Invite someone and let them in."""
        name, email = f"Canary {_letters(8)}", email or f"{_letters(10)}@canary.test"
        given = expect(
            (by or self.admin).send("POST", "/v1/invitations", {"role": role, "name": name}), 201, "inviting"
        )
        browser = self.enter(given["link"], name, email)
        asked = self.policy.parts.consents.get("tracking")
        if asked is not None and asked.required:
            said = {"consent": "tracking", "granted": True}
            expect(browser.send("POST", "/v1/me/consents", said), 200, "a yes to tracking")
        return Someone(id=browser.get("/v1/me").json["id"], name=name, email=email, browser=browser)

    def organisation(self) -> Browser:
        """Another organisation's administrator."""
        made = expect(self.founder.send("POST", "/v1/organisations", {"name": f"Other {_letters(6)}"}), 201, "founding")
        return self.enter(made["invitation"]["link"], f"Canary {_letters(8)}")

    # Units

    def unit(self, person: str | None = None, since_ms: int | None = None, by: Browser | None = None) -> Unit:
        """Enrol a unit that reports over HTTP."""
        unique_id = "86" + "".join(str(byte % 10) for byte in os.urandom(13))  # as trackers' numbers begin
        name, plate = f"Van {_letters(8)}", f"K{_letters(5).upper()}9"
        asked = {"name": name, "unique_id": unique_id, "protocol": "osmand", "plate": plate, "since_ms": since_ms}
        made = expect((by or self.admin).send("POST", "/v1/units", asked | {"person": person}), 201, "enrolling")
        here = [int.from_bytes(os.urandom(4), "big") / 2**32 for _ in range(2)]
        return Unit(
            id=made["id"], unique_id=unique_id, name=name, plate=plate,
            latitude=round(41 + here[0], 7), longitude=round(43 + here[1], 7),
        )  # fmt: skip

    def report(self, unit: Unit, fix_ms: int | None = None, **more: object) -> int:
        """Send one fix to the device door; gives the status of the answer."""
        said = {"id": unit.unique_id, "lat": unit.latitude, "lon": unit.longitude, "timestamp": fix_ms or now_ms()}
        host = self.server.host if isinstance(self.server, Running) else "127.0.0.1"
        place = (host, self.server.ports["osmand"])
        request = f"POST /?{urlencode(said | more)} HTTP/1.1\r\nhost: canary\r\nconnection: close\r\ncontent-length: 0"
        return parse(exchange(place, f"{request}\r\n\r\n".encode())).status

    def track(self, unit: Unit, by: Browser | None = None, days: int = 2, **more: object) -> dict[str, Any]:
        """A unit's history of the last days."""
        end = now_ms() + DAY_MS
        span = urlencode({"from": end - (days + 1) * DAY_MS, "to": end, "points": 1000} | more)
        found: dict[str, Any] = expect((by or self.admin).get(f"/v1/units/{unit.id}/track?{span}"), 200, "a track")
        return found

    def fixes(self, unit: Unit, days: int = 2) -> list[int]:
        """The times of the fixes that a unit's history shows with a place."""
        track = self.track(unit, days=days)
        pairs = zip(track["fix_ms"], track["latitude"], strict=True)
        return [at for at, latitude in pairs if latitude is not None]

    def latest(self, unit: Unit) -> dict[str, Any] | None:
        """A unit's newest position."""
        found = expect(self.admin.get("/v1/positions/latest"), 200, "the latest positions")
        return next((one for one in found if one["unit"] == unit.id), None)


def now_ms() -> int:
    """The time as the server under probe sees it."""
    return time.time_ns() // 1_000_000  # noqa: TID251  probes stand beside a real server


def expect(answer: Answer, status: int, what: str) -> Any:
    """The JSON of an answer that must have this status."""
    if answer.status != status:
        raise BrokenError(f"{what} was answered {answer.status}, not {status}: {answer.body[:200]!r}")
    return answer.json


def demand(holds: object, otherwise: str) -> None:
    """Insist on something."""
    if not holds:
        raise BrokenError(otherwise)


def soon(holds: Callable[[], object], otherwise: str) -> None:
    """Insist that something holds within a few seconds."""
    end = time.monotonic() + SEEN_S
    while not holds():
        if time.monotonic() > end:
            raise BrokenError(otherwise)
        time.sleep(0.05)


def _letters(count: int) -> str:
    return "".join(chr(97 + byte % 26) for byte in os.urandom(count))


def ask(scene: Scene, right: str, who: Someone | None = None) -> tuple[Someone, str]:
    """Ask for a right as someone who is signed in; gives them and the request's number."""
    person = who or scene.person("driver")
    made = expect(person.browser.send("POST", "/v1/me/requests", {"right": right}), 201, f"asking for {right}")
    return person, made["id"]


def by_id(admin: Browser, request: str) -> dict[str, Any]:
    """A request as the desk sees it."""
    listed: list[dict[str, Any]] = expect(admin.get("/v1/requests"), 200, "the desk")
    for one in listed:
        if one["id"] == request:
            return one
    raise BrokenError(f"the desk does not list the request {request}")
