"""The command line: one file per command, the tuple below is the whole registry."""

import argparse
import sys
from pathlib import Path

from waykeep import __version__
from waykeep.cli import (
    backup,
    certificate,
    check,
    corpus,
    demo,
    doctor,
    forget,
    init,
    openapi,
    policy,
    prove,
    replay,
    restore,
    serve,
    units,
)
from waykeep.cli.base import Command
from waykeep.errors import AskError, StartError, StoreError

COMMANDS: tuple[Command, ...] = (
    init.COMMAND,
    serve.COMMAND,
    units.COMMAND,
    replay.COMMAND,
    demo.COMMAND,
    policy.COMMAND,
    prove.COMMAND,
    forget.COMMAND,
    backup.COMMAND,
    restore.COMMAND,
    check.COMMAND,
    doctor.COMMAND,
    certificate.COMMAND,
    corpus.COMMAND,
    openapi.COMMAND,
)


def parser() -> argparse.ArgumentParser:
    """The whole command line, for running and for docs/reference."""
    top = argparse.ArgumentParser(prog="waykeep", description="GPS tracking whose privacy policy is the program.")
    top.add_argument("--version", action="version", version=f"waykeep {__version__}")
    top.add_argument("--home", type=Path, default=Path(), help="home folder (default: the current one)")
    under = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.arguments(under.add_parser(command.name, help=command.help, description=command.help))
    return top


def main(argv: list[str]) -> int:
    """Run one command; 0 is success, 1 a failed check, 2 a wrong ask."""
    arguments = parser().parse_args(argv)
    command = next(c for c in COMMANDS if c.name == arguments.command)
    try:
        return command.run(arguments)
    except (StartError, AskError, StoreError) as error:
        print(f"waykeep: {error}", file=sys.stderr)
        return 2
