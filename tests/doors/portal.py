"""The tracking half of the portal on a real port: real vault, store, ledger and live view; people are made by hand."""

import asyncio
import os
from contextlib import asynccontextmanager
from functools import cached_property

import msgspec

import road
from waykeep.api.app import asked_for, build
from waykeep.api.doors import Doors
from waykeep.api.serve import Web
from waykeep.flows.looking import Access, Looking
from waykeep.flows.signin import Caller
from waykeep.flows.watching import Watching
from waykeep.live import Live
from waykeep.model.access import Role, Viewer
from waykeep.model.rules import Rules
from waykeep.policy.access import Reading
from waykeep.policy.roles import MAY
from waykeep.store.heads import Heads
from waykeep.store.ledger import Ledger

SECOND_MS = 1000


class Unit(msgspec.Struct, frozen=True):
    """A device as the directory lists it."""

    id: str
    name: str
    tenant: str = road.TENANT


class Fleet:
    """The directory's part that reading asks."""

    def __init__(self, store, names):
        self.store = store
        self.units = {road.device_id(n): Unit(road.device_id(n), name) for n, name in enumerate(names)}
        self.promises = {}

    def devices(self, tenant=None):
        return list(self.units.values()) if tenant in {None, road.TENANT} else []

    def attribution(self, device):
        return self.store.attribution(device)

    def rules(self, device):
        return self.promises.get(device) or Rules(tenant=road.TENANT, device=device)


class Portal:
    """Everything between the doors and the store, and a caller for each token."""

    def __init__(self, home, units=3, names=None, *, portal=None, map_file=None, web_url="http://localhost"):
        self.store = road.Store(home, devices=units, people=4)
        self.heads = Heads(home / "heads")
        self.ledger = Ledger(home / "data" / "ledger.db", self.store.vault, self.heads, os.urandom, self.now)
        self.fleet = Fleet(self.store, names or [f"Unit {n}" for n in range(units)])
        self.reading = Reading()
        self.live = Live()
        self.callers = {}
        gate = Access(self.ledger, self.fleet, lambda _tenant: self.reading, self.now)
        looking = Looking(gate, self.store.history, self.store.latest, {road.person_id(0): "Ada"}.get)
        flows = dict.fromkeys(asked_for()) | {
            "looking": looking, "watching": Watching(gate, self.live), "live": self.live, "clock": self.now,
        }  # fmt: skip
        self.doors = Doors(
            who=lambda cookie, bearer: self.callers.get(bearer or cookie),
            flows=flows,
            web_url=web_url,
            portal=portal,
            map_file=map_file,
        )
        self.caller("admin", 0, Role.ADMINISTRATOR)

    @cached_property
    def app(self):
        """The application, built once: a test may open its door many times."""
        return build(self.doors)

    def now(self):
        return self.store.now_ms

    def caller(self, token, person, role=Role.VIEWER, devices=None, tenant=road.TENANT):
        seen = None if devices is None else frozenset(devices)
        viewer = Viewer(person=road.person_id(person), tenant=tenant, role=role, devices=seen)
        self.callers[token] = Caller(viewer=viewer, permissions=MAY[role], token=token)

    def drive(self, positions, device=None, **promises):
        """Positions through gate, journal and into everything that follows it."""
        frame = road.cleared(positions, device=device, **promises)
        self.store.write(frame)
        self.store.latest.update(frame)
        self.live.publish(frame)

    def kinds(self):
        with self.ledger._db.read() as connection:
            return [row[0] for row in connection.execute("SELECT kind FROM leaf ORDER BY number").fetchall()]

    @asynccontextmanager
    async def open(self):
        """The address while it serves."""
        web = Web(self.app, "127.0.0.1", 0)
        await web.start()
        try:
            yield f"127.0.0.1:{web.port}"
        finally:
            await web.stop()

    def close(self):
        self.ledger.close()
        self.store.close()


def minutes(count, every_ms=SECOND_MS, start_ms=road.NOON_MS - 3_600_000, **changes):
    """A drive north, one position after the other."""
    return [
        road.position(start_ms + n * every_ms, latitude_deg=35.0 + n * 0.0001, speed_mps=10.0, **changes)
        for n in range(count)
    ]


def run(work):
    """Run a test's coroutine with a limit that only a hang reaches."""
    return asyncio.run(asyncio.wait_for(work, 60))


BEARER = {"authorization": "Bearer admin"}
