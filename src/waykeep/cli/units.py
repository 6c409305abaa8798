"""`waykeep units import FILE`: enrol every unit of a CSV file with the columns name, unique_id and protocol."""

import argparse
import csv
from functools import partial
from itertools import islice
from pathlib import Path

from waykeep import wiring
from waykeep.cli.base import Command
from waykeep.errors import AskError
from waykeep.flows import control
from waykeep.settings import load

COLUMNS = ("name", "unique_id", "protocol")
OPTIONAL = ("model", "plate")
ROWS_AN_ASK = 2000  # keeps a line of the control socket under its bound


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["import"], help="what to do with units")
    parser.add_argument("file", type=Path, help="CSV with a heading: name, unique_id, protocol; model and plate may be")
    parser.add_argument("--organisation", default="", help="whose units they are (default: the first organisation)")


def _run(arguments: argparse.Namespace) -> int:
    settings = load(arguments.home.absolute())
    do = partial(control.do, settings.path("data_dir"), partial(wiring.handlers, settings), "enrol")
    enrolled, failed = 0, 0
    with arguments.file.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
            raise AskError("wrong-file", f"{arguments.file}:1: the heading lacks {', '.join(missing)}")
        while some := [_row(row) for row in islice(rows, ROWS_AN_ASK)]:
            done = do(units=some, organisation=arguments.organisation)
            for one in done["left"]:
                print(f"{arguments.file}:{enrolled + failed + one['at'] + 2}: {one['why']}")
            enrolled, failed = enrolled + done["enrolled"], failed + len(done["left"])
    print(f"{enrolled} units enrolled, {failed} left out")
    return 1 if failed else 0


def _row(row: dict[str, str]) -> dict[str, str]:
    return {name: row[name] for name in (*COLUMNS, *OPTIONAL) if row.get(name)}


COMMAND = Command(name="units", help="enrol many units from a CSV file", arguments=_arguments, run=_run)
