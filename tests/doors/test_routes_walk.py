"""Every route, by every role, asked for another organisation's things: nothing of theirs comes back or changes.

The routes come from the application itself, so a new one is walked the day it is added.
"""

import asyncio
import os

import httpx
import msgspec
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from waykeep import protocols, wiring
from waykeep.api.app import ROUTERS
from waykeep.api.permissions import PUBLIC, SIGNED_IN, TABLE, name_of
from waykeep.flows.founding import found
from waykeep.flows.signin import new_secret
from waykeep.model.access import Role
from waykeep.policy.roles import MAY
from waykeep.settings import load
from waykeep.store.factors import Passkey
from waykeep.store.people import Person
from waykeep.store.sessions import Source

HERE = Source("127.0.0.1", "a browser")
MARK = "Zubaran"  # stands in every name of the other organisation, and nowhere else
THERE, HERE_IS = "47.31337", "12.50001"  # latitudes of their van and of ours
ROLES = [None, *Role]

DISCLOSED = {
    "code": "legal_obligation", "use": "hand_over", "to": "A court", "said": {"case": "7"},
    "necessity": "the court orders it", "categories": ["identity.*"], "from_ms": 0, "to_ms": 1, "days": 1,
}  # fmt: skip

# What a request must carry to get as far as whose things it is about; {x} is one of the other organisation's ids.
BODIES = {
    "POST /v1/units": {"name": "Mine", "unique_id": "{unique_id}", "protocol": "osmand", "group": "{group}"},
    "PATCH /v1/units/{unit}": {"name": "Taken"},
    "POST /v1/units/{unit}/assign": {"person": "{person}"},
    "PATCH /v1/groups/{group}": {"name": "Taken"},
    "PATCH /v1/people/{person}": {"name": "Taken", "groups": ["{group}"]},
    "POST /v1/people/{person}/reset": {"second_factor": True},
    "POST /v1/duties/{clause}": {"statement": "Done", "days": 1},
    "POST /v1/disclosures": DISCLOSED | {"person": "{person}"},
    "POST /v1/disclosures/{disclosure}/decide": {"approve": True, "why": "it is right"},
    "POST /v1/disclosures/{disclosure}/review": {"verdict": "it was right"},
    "POST /v1/incidents": {"kind": "leak", "aware_ms": 1, "scope": {"everyone": True}},
    "PUT /v1/incidents/{incident}/parts": {"facts": "something"},
    "POST /v1/incidents/{incident}/filed": {"reference": "7"},
    "POST /v1/drivers": {"name": "A new driver"},
    "POST /v1/people": {"role": "driver", "groups": ["{group}"]},
    "POST /v1/invitations": {"role": "driver", "groups": ["{group}"]},
    "POST /v1/session": {"login": f"{MARK} Head", "password": "not the right one"},
    "POST /v1/session/link": {"secret": "{link}"},
    "POST /v1/session/link/accept": {
        "secret": "{link}",
        "name": "Guest",
        "password": "eleven paper boats",
        "of_age": True,
    },
    "POST /v1/session/forgotten": {"login": f"{MARK} Head"},
    "POST /v1/session/passkey": {"credential": {"id": "{credential}"}},
    "POST /v1/me/close": {"password": "not this one at all"},
    "POST /v1/me/password": {"present": "not the right one", "password": "eleven paper boats"},
    "POST /v1/me/totp/confirm": {"code": "000000"},
    "DELETE /v1/me/totp": {"password": "not the right one"},
    "POST /v1/me/passkeys": {"credential": {"id": "{credential}"}},
    "POST /v1/me/tokens": {"name": "mine", "scopes": ["units:read"]},
    "POST /v1/organisations": {"name": "Another"},
    "POST /v1/me/requests": {"right": "access"},
    "POST /v1/me/requests/{case}/prove": {"password": "not the right one"},
    "POST /v1/privacy/requests": {"right": "question", "contact": "someone@example.test"},
    "POST /v1/requests": {"right": "access", "intake": "post"},
    "POST /v1/requests/{case}/link": {"person": "{person}"},
    "POST /v1/requests/{case}/prove": {"level": "document"},
    "POST /v1/requests/{case}/decide": {"outcome": "done"},
    "PATCH /v1/organisation": {"name": "Ours"},
}
QUERY = {"from": "0", "to": "4102444800000", "format": "csv", "host": "h", "unique_id": "1", "units": "{unit}"}


def routes():
    """Method and path of every route, from the routers that the application is made of."""
    names = set()
    for router in ROUTERS:
        for route in router.routes:
            methods = getattr(route, "methods", None) or {"WS"}
            names |= {name_of(method, route.path_format) for method in methods if method != "OPTIONS"}
    return sorted(name for name in names if name.partition(" ")[2].startswith("/v1"))


class Side:
    """One organisation in a running house: an account of each role, a unit with a position, a group, and the rest."""

    def __init__(self, serving, name):
        self.rows, self.clock, self.name = serving.made.rows, wiring.now_ms, name
        self.tenant = self.rows.people.add_organisation(name, self.clock()).result().id
        self.people = {role: self._person(role) for role in Role}
        self.ids = {}

    def _person(self, role):
        wanted = Person(
            id="", tenant=self.tenant, role=role, name=f"{self.name} {role.value.title()}",
            email=f"{role.value}@{self.name}.example".lower().replace(" ", "-"), created_ms=self.clock(),
        )  # fmt: skip
        return self.rows.people.add(wanted, None).result()

    def session(self, role):
        """A fresh session's secret: a walk may end the one it came with."""
        secret = new_secret(os.urandom)
        self.rows.sessions.open(self.people[role].id, secret, "password", HERE, self.clock()).result()
        return secret

    async def fill(self, web, device_port, unique_id):
        """Make what an organisation has, through the doors."""
        head = httpx.AsyncClient(
            base_url=web, cookies={"sid": self.session(Role.ADMINISTRATOR)}, timeout=30, verify=False
        )
        ids = self.ids
        ids["unique_id"] = unique_id
        ids["group"] = (await head.post("/v1/groups", json={"name": f"{self.name} Group"})).json()["id"]
        unit = {"name": f"{self.name} Van", "unique_id": unique_id, "protocol": "osmand", "group": ids["group"]}
        ids["person"] = self.people[Role.DRIVER].id
        ids["unit"] = (await head.post("/v1/units", json=unit | {"person": ids["person"]})).json()["id"]
        await head.post("/v1/invitations", json={"role": "viewer", "name": f"{self.name} Guest"})
        ids["link"] = (await head.get("/v1/invitations")).json()[0]["id"]
        token = {"name": f"{self.name} Token", "scopes": ["units:read"]}
        ids["token"] = (await head.post("/v1/me/tokens", json=token)).json()["id"]
        asked = {"right": "access", "text": f"{self.name} asks"}
        ids["case"] = (await head.post("/v1/me/requests", json=asked)).json()["id"]
        ids["disclosure"] = (await head.post("/v1/disclosures", json=DISCLOSED | {"person": ids["person"]})).json()[
            "id"
        ]
        ids["incident"] = "r00000000000000000"  # it is the server's, of no organisation
        ids["session"] = (await head.get("/v1/me/sessions")).json()[0]["id"]
        owner = self.people[Role.ADMINISTRATOR].id
        key = Passkey(
            id="", person=owner, name=f"{self.name} Key", credential=os.urandom(16).hex(), public_key="00",
            sign_count=0, created_ms=self.clock(),
        )  # fmt: skip
        ids["passkey"] = self.rows.factors.add_passkey(key).result().id
        ids["credential"] = key.credential
        place = {
            "id": unique_id,
            "lat": THERE if self.name == MARK else HERE_IS,
            "lon": "8.5",
            "timestamp": str(self.clock() // 1000 + 2),
        }
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{device_port}") as device:
            assert (await device.get("/", params=place)).status_code == 200
        await head.aclose()

    async def everything(self, web):
        """All that the organisation's administrator reads: what must be the same after the walk."""
        paths = ("/people", "/units", "/groups", "/invitations", "/organisation", "/positions/latest", "/me")
        paths += ("/me/tokens", "/me/passkeys", "/me/requests", f"/units/{self.ids['unit']}/assignments")
        async with httpx.AsyncClient(base_url=web, cookies={"sid": self.session(Role.ADMINISTRATOR)}) as head:
            return {path: (await head.get(f"/v1{path}")).text for path in paths}


class Walk:
    """Two organisations in one running house, and everything that came back from one asking for the other's."""

    def __init__(self):
        self.answers = []  # route, role, status, text
        self.heard = []

    async def go(self, folder):
        settings = load(
            folder, {}, bind="127.0.0.1", web_bind="127.0.0.1", web_port=0, ports=dict.fromkeys(("osmand",), 0),
            least_free_mb=1, demo_values=True,
        )  # fmt: skip
        settings = msgspec.structs.replace(settings, ports={one.name: 0 for one in protocols.ALL})
        found(settings, os.urandom, wiring.now_ms, {}, "First")
        async with wiring.serving(settings, wiring.policy_of(settings, demo=True)) as serving:
            self.web = f"http://127.0.0.1:{serving.web_port}"
            self.ours, self.theirs = Side(serving, "Nearby"), Side(serving, MARK)
            for side, unique_id in ((self.ours, "350000000000011"), (self.theirs, "350000000000029")):
                await side.fill(self.web, serving.ports["osmand"], unique_id)
            before = await self.theirs.everything(self.web)
            async with httpx.AsyncClient(base_url=self.web, timeout=30, verify=False) as self.client:
                for role in ROLES:
                    for name in routes():
                        await self._ask(role, name)
            await asyncio.gather(*(self._watch(role) for role in ROLES))
            self.unchanged = before == await self.theirs.everything(self.web)
            self.before = before
        return self

    async def _ask(self, role, name):
        method, _, path = name.partition(" ")
        if method == "WS":
            return
        ids = self.theirs.ids
        for key in ("unit", "person", "group", "link", "token", "session", "passkey", "case", "disclosure", "incident"):
            path = path.replace(f"{{{key}}}", ids[key])
        path = (
            path.replace("{protocol}", "osmand")
            .replace("{index}", "0")
            .replace("{number}", "1")
            .replace("{clause}", "extra-1")
        )
        assert "{" not in path, f"say whose id {path} is about"
        text = msgspec.json.encode(BODIES.get(name, {})).decode()
        for key, value in ids.items():
            text = text.replace(f"{{{key}}}", value)
        headers = {"content-type": "application/json"}
        headers |= {} if role is None else {"cookie": f"sid={self.ours.session(role)}"}
        params = {key: value.format(**ids) for key, value in QUERY.items()} if method == "GET" else None
        content = text if method != "GET" else None
        answer = await self.client.request(method, path, params=params, content=content, headers=headers)
        self.client.cookies.clear()
        self.answers.append((name, role, answer.status_code, answer.text))

    async def _watch(self, role):
        headers = [] if role is None else [("cookie", f"sid={self.ours.session(role)}")]
        address = self.web.replace("http:", "ws:") + "/v1/stream"
        try:
            async with connect(address, additional_headers=headers) as socket:
                for ask in ("all", [self.theirs.ids["unit"]]):
                    await socket.send(msgspec.json.encode({"watch": ask}).decode())
                    try:
                        while True:
                            self.heard.append((role, await asyncio.wait_for(socket.recv(), 0.6)))
                    except TimeoutError:
                        pass
        except WebSocketException as error:
            self.heard.append((role, str(error)))


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    return asyncio.run(asyncio.wait_for(Walk().go(tmp_path_factory.mktemp("house")), 240))


def allowed(name, role):
    need = TABLE[name]
    if need is PUBLIC:
        return True
    return role is not None and (need is SIGNED_IN or need in MAY[role])


def test_the_walk_went_everywhere(walk):
    http = [name for name in routes() if not name.startswith("WS")]
    assert {(name, role) for name, role, _, _ in walk.answers} == {(name, role) for name in http for role in ROLES}
    assert len(http) > 50


def test_every_route_says_who_may_call_it():
    assert [name for name in routes() if name not in TABLE] == []


def test_nobody_passes_a_route_that_is_not_theirs(walk):
    wrong = [
        (name, role, status)
        for name, role, status, _ in walk.answers
        if not allowed(name, role) and status != (401 if role is None else 403)
    ]
    assert wrong == []


def test_a_route_about_another_organisations_thing_is_as_if_there_were_none(walk):
    own = {
        "GET /v1/protocols/{protocol}/setup", "GET /v1/me/looked/{index}/proof", "GET /v1/policy/versions/{number}",
    }  # fmt: skip
    wrong = [
        (name, role, status)
        for name, role, status, _ in walk.answers
        if "{" in name and name not in own and allowed(name, role) and status not in {403, 404}
    ]
    assert wrong == []


def test_no_answer_holds_anything_of_the_other_organisation(walk):
    secrets = {MARK, MARK.lower(), THERE[:6], *walk.theirs.ids.values()}
    secrets |= {one.id for one in walk.theirs.people.values()} | {walk.theirs.tenant}
    leaks = [
        (name, role, secret)
        for name, role, _, text in walk.answers
        for secret in secrets
        if secret in text and not _granted(name, role, secret, walk)
    ]
    assert leaks == []


def _granted(name, role, secret, walk):
    """A server's administrators see the names of its organisations, and whom an incident of the server touches."""
    if role is Role.SERVER and name.endswith("/v1/incidents"):
        return secret in {one.id for one in walk.theirs.people.values()}
    return name == "GET /v1/organisations" and role is Role.SERVER and secret in {MARK, walk.theirs.tenant}


def test_no_route_breaks(walk):
    assert [(name, role, text) for name, role, status, text in walk.answers if status >= 500] == []


def test_the_other_organisation_is_unchanged(walk):
    assert MARK in walk.before["/units"]
    assert THERE[:6] in walk.before["/positions/latest"]
    assert walk.unchanged


def test_no_live_view_shows_the_other_organisations_units(walk):
    assert {role for role, _ in walk.heard} >= {None, Role.ADMINISTRATOR}
    theirs = walk.theirs.ids["unit"]
    heard = [(role, text) for role, text in walk.heard if isinstance(text, str)]
    assert [(role, text) for role, text in heard if theirs in text or MARK in text] == []
    assert any(walk.ours.ids["unit"] in text for _, text in heard)
