"""`waykeep init`: folders, keys, the policy's place, and a one-time link for the first administrator."""

import argparse
import os
import time

from waykeep.cli.base import Command
from waykeep.flows import founding
from waykeep.settings import load


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--organisation", default="Organisation", help="name of the first organisation")
    parser.add_argument("--profile", help="shipped policy profile: base pars smartpar ivms trak safetrack")


def _run(arguments: argparse.Namespace) -> int:
    chosen = {"profile": arguments.profile} if arguments.profile else {}
    settings = load(arguments.home.absolute(), **chosen)
    founded = founding.found(settings, os.urandom, _now_ms, os.environ, arguments.organisation)
    if founded.root_key_made:
        print("A root key was made. Keep a copy of it away from this machine: without it nothing can be opened again.")
    if founded.together:
        print("Keys and data share one folder: who takes it has both (settings root_key, keys_dir, epoch_dirs).")
    print("First administrator, within 30 minutes and once:")
    print(founded.link)
    return 0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000  # noqa: TID251 (the door where the clock comes in)


COMMAND = Command(
    name="init", help="make folders, keys and the first administrator's link", arguments=_arguments, run=_run
)
