"""`waykeep openapi`: the API's description, without a running server."""

import argparse
import sys

import msgspec

from waykeep.api.app import described
from waykeep.cli.base import Command


def arguments(_: argparse.ArgumentParser) -> None:
    """None."""


def run(_: argparse.Namespace) -> int:
    """Print the document."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(described()), indent=1).decode() + "\n")
    return 0


COMMAND = Command(
    name="openapi", help="print the API's description (OpenAPI 3.1) as JSON", arguments=arguments, run=run
)
