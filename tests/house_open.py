"""A whole server on free ports in a folder, for tests that attack it from outside."""

import os
from contextlib import asynccontextmanager

import httpx
import msgspec

from waykeep import protocols, wiring
from waykeep.flows.founding import found
from waykeep.flows.signin import new_secret
from waykeep.model.access import Role
from waykeep.settings import load
from waykeep.store.people import Person
from waykeep.store.sessions import Source


class Open:
    """A running server with one organisation and an account of each role."""

    def __init__(self, serving):
        self.serving, self.rows = serving, serving.made.rows
        self.web = f"http://127.0.0.1:{serving.web_port}"
        self.tenant = self.rows.people.add_organisation("Nearby", wiring.now_ms()).result().id
        self.people = {role: self.person(role, f"Nearby {role.value.title()}") for role in Role}

    def person(self, role, name, email=None):
        """An account."""
        wanted = Person(id="", tenant=self.tenant, role=role, name=name, email=email, created_ms=wiring.now_ms())
        return self.rows.people.add(wanted, None).result()

    def session(self, person):
        """A session's secret."""
        secret = new_secret(os.urandom)
        source = Source("192.0.2.44", "a browser")
        self.rows.sessions.open(person.id, secret, "password", source, wiring.now_ms()).result()
        return secret

    def browser(self, role):
        """Someone of that role at a screen."""
        cookies = {"sid": self.session(self.people[role])}
        return httpx.AsyncClient(base_url=self.web, cookies=cookies, timeout=30)

    async def enrol(self, head, unique_id, **more):
        """A unit of the organisation; gives its id."""
        body = {"name": f"Van {unique_id[-2:]}", "unique_id": unique_id, "protocol": "osmand"} | more
        answer = await head.post("/v1/units", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def report(self, unique_id, **said):
        """One position through the device door."""
        place = {"id": unique_id, "lat": "47.31337", "lon": "8.51234", "timestamp": str(wiring.now_ms() // 1000)}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.serving.ports['osmand']}") as device:
            return (await device.get("/", params=place | said)).status_code


@asynccontextmanager
async def opened(folder):
    """The server while a block runs."""
    settings = load(folder, {}, bind="127.0.0.1", web_bind="127.0.0.1", web_port=0, least_free_mb=1, demo_values=True)
    settings = msgspec.structs.replace(settings, ports={one.name: 0 for one in protocols.ALL})
    found(settings, os.urandom, wiring.now_ms, {}, "First")
    async with wiring.serving(settings, wiring.policy_of(settings, demo=True)) as serving:
        yield Open(serving)
