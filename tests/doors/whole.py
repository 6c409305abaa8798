"""The whole server as wiring makes it, in a thread of its own, with its first administrator signed in."""

import asyncio
import os
import threading
import time

import httpx

from office import secret_of
from waykeep import wiring
from waykeep.flows import founding
from waykeep.protocols import ALL
from waykeep.settings import load


def clock():
    return time.time_ns() // 1_000_000


class Server:
    """The whole server in a thread of its own, with an administrator's token and one unit."""

    def __init__(self, home, **more):
        self.settings = load(
            home, {}, web_port=0, web_bind="127.0.0.1", bind="127.0.0.1", ports={one.name: 0 for one in ALL},
            demo_values=True, least_free_mb=1, **more,
        )  # fmt: skip
        link = founding.found(self.settings, os.urandom, clock, {}, "North").link
        self.opened, self.closing = threading.Event(), asyncio.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.serve(),), daemon=True)
        self.thread.start()
        assert self.opened.wait(30)
        self.enter(secret_of(link))

    async def serve(self):
        async with wiring.serving(self.settings, wiring.policy_of(self.settings)) as running:
            self.ports, self.rows = running.ports, running.made.rows
            self.address = f"http://127.0.0.1:{running.web_port}"
            self.opened.set()
            await self.closing.wait()

    def enter(self, secret):
        with httpx.Client(base_url=self.address) as client:
            account = {
                "secret": secret,
                "name": "Ada",
                "email": "ada@north.example",
                "password": "a quiet harbour",
                "of_age": True,
                "policy": client.get("/v1/policy").json()["hash"],
            }
            answer = client.post("/v1/session/link/accept", json=account)
            assert answer.status_code == 200, answer.text
            scopes = answer.json()["permissions"]
            token = client.post("/v1/me/tokens", json={"name": "tests", "scopes": scopes}).json()
            self.headers = {"authorization": f"Bearer {token['secret']}"}
            self.person = answer.json()["person"]["id"]
        self.unit = self.enrol("356307042441013")

    def enrol(self, unique_id, protocol="teltonika"):
        """The id of a new unit."""
        unit = {"name": "Van", "unique_id": unique_id, "protocol": protocol}
        answer = self.ask("POST", "/v1/units", json=unit)
        return answer.json()["id"]

    def ask(self, method, path, **more):
        """An answer of the API to the administrator."""
        answer = httpx.request(method, self.address + path, headers=self.headers, timeout=30, **more)
        assert answer.status_code < 500, answer.text
        return answer

    def close(self):
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.closing.set)
            self.thread.join(30)
            self.loop.close()
