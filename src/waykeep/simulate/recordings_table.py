"""Recordings as tables: CSV with or without a heading, and the text form of the TSBS benchmark's trucks."""

import csv
from collections.abc import Iterator, Sequence
from typing import TextIO

from waykeep.simulate.recordings_row import MEANINGS, Row, RowError

TSBS_FIELDS = ("time", "latitude", "longitude", "altitude", "speed_kmh", "course", "grade", "fuelConsumption")


def rows(file: TextIO, columns: Sequence[str]) -> Iterator[Row]:
    """The rows of a CSV; `columns` name the fields of a file without a heading, `-` one to pass over."""
    reader = csv.reader(file)
    names = list(columns)
    try:
        if not names:
            names = next(reader, [])
            if not any(name.strip().lower() in MEANINGS for name in names):
                raise RowError(1, "the first line names no column that is known; name them with --columns")
        for fields in reader:
            if fields:
                yield Row(reader.line_num, _named(names, fields, reader.line_num))
    except csv.Error as error:
        raise RowError(reader.line_num, str(error)) from error


def _named(names: list[str], fields: list[str], line: int) -> dict[str, str]:
    if len(fields) != len(names):
        raise RowError(line, f"{len(fields)} fields where {len(names)} are named")
    return {name: field for name, field in zip(names, fields, strict=True) if name != "-"}


def tsbs(file: TextIO) -> Iterator[Row]:
    """Readings of trucks; the line before each says which truck it is."""
    truck = ""
    for number, line in enumerate(file, 1):
        kind, _, rest = line.rstrip("\n").partition(",")
        if kind == "tags":
            named = dict(pair.partition("=")[::2] for pair in rest.split(","))
            truck = named.get("name", "")
        elif kind == "readings" and rest[:1].isdigit():
            fields = rest.split(",")
            if len(fields) != len(TSBS_FIELDS):
                raise RowError(number, f"{len(fields)} fields where a reading has {len(TSBS_FIELDS)}")
            values = dict(zip(TSBS_FIELDS, fields, strict=True)) | {"name": truck}
            if truck and values["latitude"] and values["longitude"]:  # the benchmark leaves fields blank on purpose
                yield Row(number, values)
