"""`waykeep demo`: a server with a fleet that drives through real sockets, until Ctrl-C or for a while."""

import argparse
import asyncio
import logging
import os
import re
import resource
import signal
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import uvloop

from waykeep import protocols, wiring
from waykeep.cli.base import Command
from waykeep.errors import AskError
from waykeep.flows import demonstration, founding, links
from waykeep.flows.demonstration import Figures
from waykeep.flows.looking import Access
from waykeep.model.access import Viewer
from waykeep.policy.document import Policy
from waykeep.settings import Settings, load
from waykeep.simulate.drive import Fleet
from waykeep.simulate.fleet import Unit, fleet
from waykeep.simulate.tracker import Stats
from waykeep.store.engine import HomeLock

HOME = Path("var", "demo")
HERE = "127.0.0.1"
LENGTH = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|)")
SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
SEED = 20260101
MINUTE_MS = 60_000
NOBODY_DRIVES = "The profile {} keeps no location: no device door is open, and no unit drives."


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--profile", help="shipped policy profile: base pars smartpar ivms trak safetrack")
    add("--for", dest="length_s", type=_length, metavar="20s", help="stop after so long (s, m, h) and count")
    add("--units", type=int, help="units of the fleet (default: the setting simulate_units)")
    add("--json", action="store_true", help="on free ports, and nothing but one JSON object at the end")


def _length(text: str) -> float:
    found = LENGTH.fullmatch(text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text}: a number and s, m or h")
    return float(found[1]) * SECONDS[found[2]]


class Driven(msgspec.Struct, frozen=True):
    """What a run of the demo leaves for the counting."""

    stats: Stats
    units: tuple[Unit, ...]
    viewer: Viewer
    counters: dict[str, int]
    span_ms: tuple[int, int]


def _run(arguments: argparse.Namespace) -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold keys and places
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = _settings(arguments)
    policy = wiring.policy_of(settings, demo=True)
    if not (settings.path("data_dir") / "waykeep.db").exists():
        founding.found(settings, os.urandom, wiring.now_ms, os.environ, "Demo fleet")
    found = uvloop.run(_demo(arguments, settings, policy))
    if found is None:
        return 0
    print(msgspec.json.encode(found).decode() if arguments.json else _told(found))
    return 0 if found.right else 1


def _settings(arguments: argparse.Namespace) -> Settings:
    home = HOME if arguments.home == Path() else arguments.home
    home.mkdir(parents=True, exist_ok=True)
    chosen: dict[str, Any] = {"demo_values": True}
    for name in ("bind", "web_bind"):  # a demonstration is this machine's alone, unless someone says otherwise
        if f"WAYKEEP_{name.upper()}" not in os.environ:
            chosen[name] = HERE
    if arguments.profile:
        chosen["profile"] = arguments.profile
    if arguments.units is not None:
        if not 0 <= arguments.units <= 5000:
            raise AskError("demo-units", "--units is 0 to 5000")
        chosen["simulate_units"] = arguments.units
    if arguments.json:
        chosen |= {"web_port": 0, "ports": {one.name: 0 for one in protocols.ALL}}
    return load(home.absolute(), **chosen)


async def _demo(arguments: argparse.Namespace, settings: Settings, policy: Policy) -> Figures | None:
    """Serve and drive, then, where figures are asked for, open the store again and count what it holds."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with wiring.serving(settings, policy) as server:
        driven = await _drive(server, stop, arguments)
    if arguments.length_s is None and not arguments.json:
        return None
    return await asyncio.to_thread(_count, settings, policy, driven)


async def _drive(server: wiring.Serving, stop: asyncio.Event, arguments: argparse.Namespace) -> Driven:
    rows, settings, begun_ms = server.made.rows, server.made.settings, wiring.now_ms()
    person = await demonstration.administrator(rows, begun_ms)
    viewer = Viewer(person=person.id, tenant=person.tenant, role=person.role)
    units = tuple(unit for unit in fleet(settings.simulate_units) if unit.protocol in server.ports)
    await demonstration.enrol(server.units, viewer, units, begun_ms)
    if not server.made.policy.keeps_location:
        place = sys.stderr if arguments.json else sys.stdout
        print(NOBODY_DRIVES.format(settings.profile), file=place, flush=True)
    if not arguments.json:
        url = settings.web_url if settings.web_port == server.web_port else f"http://localhost:{server.web_port}"
        link = await asyncio.to_thread(
            links.sign_in_link, rows, os.urandom, wiring.now_ms(), web_url=url, person=person
        )
        if server.made.policy.keeps_location:
            print(f"{len(units)} units on the road in {len({unit.group for unit in units})} places.")
        print(f"Portal   {url}\nSign in  {link}\nStop     Ctrl-C", flush=True)
    driving = Fleet(
        units,
        {one.name: one for one in protocols.ALL},
        host="localhost",
        ports=server.ports,
        random=Random(SEED),  # noqa: S311 - made-up drives want repeatable numbers, not secret ones
        clock=wiring.now_ms,
        monotonic=time.monotonic,
    )
    if arguments.length_s is not None:
        asyncio.get_running_loop().call_later(arguments.length_s, stop.set)
    await asyncio.gather(driving.run(stop), stop.wait())  # with no unit on the road the portal is still there to see
    span_ms = begun_ms // 1000 * 1000, wiring.now_ms() + MINUTE_MS  # fixes stand on whole seconds
    return Driven(driving.stats, units, viewer, dict(server.counters), span_ms)


def _count(settings: Settings, policy: Policy, driven: Driven) -> Figures:
    """What the store holds of the drive, read after everything was closed, opened again and moved into the history."""
    with HomeLock(settings.path("data_dir") / "lock"), wiring.store(settings, policy) as made:
        if made.track is None:
            return _uncounted(driven)
        made.track.compaction.close_window([device.id for device in made.directory.devices()])
        access = Access(made.ledger, made.directory, lambda _: policy.reading, wiring.now_ms)
        held = asyncio.run(demonstration.counted(access, made.track.history, driven.viewer, driven.span_ms))
        size = made.track.segments.size()
    return demonstration.figures(
        driven.stats,
        driven.units,
        demonstration.refused_of(driven.counters),
        driven.counters.get("resent", 0),
        held,
        size,
    )


def _uncounted(driven: Driven) -> Figures:
    return demonstration.figures(driven.stats, driven.units, 0, 0, (0, 0), (0, 0))


def _told(found: Figures) -> str:
    shown = msgspec.structs.asdict(found)
    return "\n".join(f"{name.replace('_', ' '):20} {value}" for name, value in shown.items())


COMMAND = Command(name="demo", help="a server with a fleet that drives, to look at", arguments=_arguments, run=_run)
