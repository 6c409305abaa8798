"""`waykeep backup`: copy the sealed databases, or list the copies."""

import argparse
import json
from functools import partial

from waykeep import wiring
from waykeep.cli.base import Command
from waykeep.flows import control
from waykeep.settings import load


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--list", action="store_true", help="print the backups that there are")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(arguments: argparse.Namespace) -> int:
    settings = load(arguments.home)
    do = partial(control.do, settings.path("data_dir"), partial(wiring.handlers, settings))
    found = do("backups")["backups"] if arguments.list else [do("backup")["backup"]]
    if arguments.json:
        print(json.dumps(found))
        return 0
    for entry in found:
        print(f"{entry['name']}  {entry['positions']} positions, made after {entry['erasures']} erasures")
    return 0


COMMAND = Command(name="backup", help="make a verified backup, without any key", arguments=_arguments, run=_run)
