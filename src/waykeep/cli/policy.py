"""`waykeep policy`: check a policy document, or show the one in force."""

import argparse
import sys
from pathlib import Path

import msgspec

from waykeep import settings
from waykeep.cli.base import Command
from waykeep.errors import StartError
from waykeep.policy.document import Policy, complete
from waykeep.store import documents


def _arguments(parser: argparse.ArgumentParser) -> None:
    under = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = under.add_parser("check", help="say whether a document is valid, or which key of which line is not")
    check.add_argument("file", type=Path, metavar="FILE")
    show = under.add_parser("show", help="print the policy in force, or a shipped profile, as one whole document")
    show.add_argument("profile", nargs="?", choices=documents.PROFILES)


def _run(arguments: argparse.Namespace) -> int:
    if arguments.action == "check":
        return _check(arguments.file)
    known = settings.load(arguments.home)
    file = Path(known.home, known.policy_file) if known.policy_file and not arguments.profile else None
    policy = documents.policy(arguments.profile or known.profile, file)
    print(msgspec.json.format(msgspec.json.encode(policy.parts), indent=2).decode())
    _tell_open(policy)
    return 0


def _check(file: Path) -> int:
    try:
        policy = documents.policy("", file)
        complete(policy)
    except StartError as error:
        print(error)
        return 1
    print(f"{file}: valid; {len(policy.categories)} data categories, {policy.parts.location_mode}, {policy.hash}")
    return 0


def _tell_open(policy: Policy) -> None:
    for one in policy.open:
        print(f"{one.file}:{one.line}: {one.path} is left to the operator ({one.word})", file=sys.stderr)


COMMAND = Command(
    name="policy", help="Check a policy document or show the one in force", arguments=_arguments, run=_run
)
