"""Questions to the files that must return no rows: a proof must not share its rule's bug.

Standard library and model only, over its own read-only connection.
"""

import sqlite3
from pathlib import Path

PLACES = ("latitude", "longitude", "position", "fix_ms", "course", "speed", "cells", "wifi", "geohash")
FRAMES = ("frame", "segment", "tail", "seen", "unfolded", "latest")


def location_columns(folder: Path, words: tuple[str, ...]) -> list[str]:
    """Tables and columns, in any database of a folder, whose name speaks of places or of frames of positions."""
    found = []
    for file in sorted(folder.glob("*.db")):
        for table, columns in _columns(file).items():
            found += [f"{file.name}:{table}.{one}" for one in columns if any(word in one for word in words)]
            found += [f"{file.name}:{table}"] if table in FRAMES else []
    return found


def named(folder: Path, words: tuple[str, ...]) -> list[str]:
    """Columns, in any database of a folder, whose name holds one of these words."""
    tables = (
        (file, table, columns) for file in sorted(folder.glob("*.db")) for table, columns in _columns(file).items()
    )
    return [
        f"{file.name}:{table}.{one}"
        for file, table, columns in tables
        for one in columns
        if any(w in one for w in words)
    ]


def rows(file: Path, table: str, column: str, value: str) -> int:
    """How many rows of a table have this value."""
    if column not in _columns(file).get(table, ()):
        return 0
    with _open(file) as connection:
        quoted = [name.replace('"', "") for name in (table, column)]
        found = connection.execute(f'SELECT count(*) FROM "{quoted[0]}" WHERE "{quoted[1]}" = ?', (value,))  # noqa: S608 (names out of the schema, quoted)
        return int(found.fetchone()[0])


def count(file: Path, table: str) -> int:
    """How many rows a table has; none where there is no such table."""
    if table not in _columns(file):
        return 0
    with _open(file) as connection:
        name = table.replace('"', "")
        return int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 (a name out of the schema, quoted)


def _columns(file: Path) -> dict[str, list[str]]:
    with _open(file) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]
            for table in tables
        }


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True)
