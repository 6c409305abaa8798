"""`waykeep forget`: a device or a person, for good."""

import argparse
from functools import partial

from waykeep import wiring
from waykeep.cli.base import Command
from waykeep.flows import control
from waykeep.settings import load


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("who", metavar="DEVICE|PERSON", help="a pseudonym, a unique id, an e-mail address or a name")


def _run(arguments: argparse.Namespace) -> int:
    settings = load(arguments.home)
    done = control.do(settings.path("data_dir"), partial(wiring.handlers, settings), "forget", who=arguments.who)
    print(done["certificate"])
    return 0


COMMAND = Command(
    name="forget",
    help="destroy the keys of a device or a person and print the certificate",
    arguments=_arguments,
    run=_run,
)
