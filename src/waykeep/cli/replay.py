"""`waykeep replay FILE…`: drive recordings again through a protocol, over a real socket."""

import argparse
import asyncio
import time
from functools import partial
from pathlib import Path

import msgspec

from waykeep import protocols, wiring
from waykeep.cli.base import Command
from waykeep.errors import AskError
from waykeep.flows import control
from waykeep.geo import Point
from waykeep.protocols.base import Protocol
from waykeep.settings import Settings, load
from waykeep.simulate.recordings import Track, read, shifted
from waykeep.simulate.recordings_row import Layout
from waykeep.simulate.replay import replay, unit_ids


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("files", type=Path, nargs="+", metavar="FILE", help="GPX, GeoJSON, JSON, JSON lines, CSV, TSBS text; .gz, .zip")
    add("--protocol", default="teltonika", help="what the unit speaks (default: teltonika)")
    add("--host", default="localhost", help="the server (default: localhost)")
    add("--port", type=int, help="its door (default: the protocol's customary port)")
    add("--unit", required=True, metavar="ID", help="unique id of the unit; with --by the first one's, counted up")
    add("--speed", type=float, default=1.0, help="1 = as driven, 60 = an hour in a minute, 0 = as fast as answered")
    add("--as-recorded", action="store_true", help="keep the times; otherwise the drive ends now")
    add("--by", default="", metavar="COLUMN", help="a unit for each value of this column, or for each `file`")
    add("--columns", default="", metavar="NAMES", help="of a CSV without a heading, by comma; - passes one over")
    add("--origin", type=_place, metavar="LATITUDE,LONGITUDE", help="where places in local metres lie")
    add("--every", type=float, default=1.0, metavar="SECONDS", help="between fixes that have no time (default: 1)")
    add("--batch", type=int, help="records in one report, where the protocol takes several")
    add("--json", action="store_true", help="end with one JSON object")


def _place(text: str) -> Point:
    latitude, _, longitude = text.partition(",")
    return float(latitude), float(longitude)


def _run(arguments: argparse.Namespace) -> int:
    protocol = _protocol(arguments.protocol)
    tracks = _tracks(arguments)
    ids = unit_ids(arguments.unit, len(tracks))
    if arguments.as_recorded:
        _believe(load(arguments.home.absolute()), ids, min(track.positions[0].fix_ms or 0 for track in tracks))
    address = (arguments.host, arguments.port or protocol.port)
    begun_s = time.monotonic()
    work = replay(
        tracks,
        ids,
        protocol,
        address,
        speed=arguments.speed,
        monotonic=time.monotonic,
        batch=arguments.batch,
    )
    try:
        stats = asyncio.run(work)
    except ValueError as error:
        raise AskError("replay-unit", str(error)) from error
    figures = {
        "units": len(ids),
        "positions": sum(len(track.positions) for track in tracks),
        "sent": stats.sent,
        "acknowledged": stats.acknowledged,
        "resent": stats.resent,
        "seconds": round(time.monotonic() - begun_s, 1),
        "ack_p50_ms": round(stats.percentile_ms(0.5), 2),
        "ack_p99_ms": round(stats.percentile_ms(0.99), 2),
    }
    if arguments.json:
        print(msgspec.json.encode(figures).decode())
    else:
        print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in figures.items()))
    return 0 if stats.acknowledged == figures["positions"] else 1


def _believe(settings: Settings, ids: list[str], since_ms: int) -> None:
    """Have the units believed from their first fix on; only the server's own operator can ask that."""
    if not (settings.path("data_dir") / "waykeep.db").exists():
        print("no home folder here: set the units' `since` back on the server, or older fixes are flagged")
        return
    opened = partial(wiring.handlers, settings)
    control.do(settings.path("data_dir"), opened, "since", unique_ids=ids, since_ms=since_ms)


def _protocol(name: str) -> Protocol:
    found = protocols.named(name)
    if found is None:
        known = ", ".join(one.name for one in protocols.ALL)
        raise AskError("protocol-unknown", f"there is no protocol {name}; there are {known}")
    return found


def _tracks(arguments: argparse.Namespace) -> list[Track]:
    if arguments.speed < 0 or arguments.every <= 0:
        raise AskError("replay-speed", "--speed is 0 or more, --every more than 0")
    columns = tuple(name.strip() for name in arguments.columns.split(",") if name.strip())
    layout = Layout(columns=columns, by=arguments.by, origin=arguments.origin, every_s=arguments.every)
    tracks = read(arguments.files, layout)
    if arguments.as_recorded:
        if any((track.positions[0].fix_ms or 0) < 0 for track in tracks):
            raise AskError("replay-time", "fixes from before 1970 cannot be sent as recorded")
        return tracks
    return shifted(tracks, wiring.now_ms())


COMMAND = Command(name="replay", help="drive recordings again through a protocol", arguments=_arguments, run=_run)
