"""`waykeep serve`: the server, until it is told to stop."""

import argparse
import asyncio
import gc
import json
import logging
import resource
import signal
from collections.abc import Coroutine
from typing import Any

import uvloop

from waykeep import wiring
from waykeep.cli.base import Command
from waykeep.flows.founding import keys_beside_data
from waykeep.settings import load

COLLECT_AFTER = (20_000, 20, 20)  # new objects in containers; the rest as many collections of the younger


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="say where it listens as one JSON line, then be silent")


def _run(arguments: argparse.Namespace) -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold keys and places
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = load(arguments.home.absolute())
    policy = wiring.policy_of(settings)

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        serving = policy
        while not stop.is_set():
            async with wiring.serving(settings, serving) as server:
                _settled()
                print(_said(server, as_json=arguments.json), flush=True)
                await _first(stop.wait(), server.superseded())
            serving = wiring.policy_of(settings)  # a new version is in force: everything is made anew under it

    uvloop.run(serve())
    return 0


async def _first(*several: Coroutine[Any, Any, object]) -> None:
    """Wait until one of several ends, and end the others."""
    tasks = [asyncio.create_task(one) for one in several]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _settled() -> None:
    """Take what the start made out of the collector's sight: frames make no circles, looking for them costs."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _said(server: wiring.Serving, *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"ready": True, "web": server.web_port, "doors": dict(server.ports)})
    doors = ", ".join(f"{name} {port}" for name, port in sorted(server.ports.items())) or "none: no location is kept"
    together = (
        "\nkeys and data share one folder: who takes it has both" if keys_beside_data(server.made.settings) else ""
    )
    return f"portal {server.made.settings.web_url}\ndevice doors: {doors}{together}"


COMMAND = Command(name="serve", help="run the server until Ctrl-C", arguments=_arguments, run=_run)
