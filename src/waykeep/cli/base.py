"""What a command is: a name, one line of help, its arguments, and what it does."""

import argparse
from collections.abc import Callable

import msgspec


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the command line. `run` gives the exit code."""

    name: str
    help: str
    arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
