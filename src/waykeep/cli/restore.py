"""`waykeep restore`: put a backup back under the living vault; the forgotten stay forgotten."""

import argparse
import json
import os
import time

import msgspec

from waykeep.cli.base import Command
from waykeep.flows import restoring
from waykeep.settings import load


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="BACKUP", help="its name, as `waykeep backup --list` prints it")
    parser.add_argument(
        "--confirm", action="store_true", help="go on although the erasure list may not be the newest one"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(arguments: argparse.Namespace) -> int:
    report = restoring.put_back(
        load(arguments.home), arguments.name, os.urandom, _now_ms, os.environ, confirmed=arguments.confirm
    )
    if arguments.json:
        print(json.dumps(msgspec.to_builtins(report)))
        return 0
    print(f"{report.positions} positions are back; {report.forgotten_subjects} devices and people stay forgotten")
    for one in report.lost:
        print(f"not back, sealed anew since: device {one.device}, day {one.day}, {one.positions} positions")
    return 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000  # noqa: TID251 (the door where the clock comes in)


COMMAND = Command(name="restore", help="put a backup back while the server is down", arguments=_arguments, run=_run)
