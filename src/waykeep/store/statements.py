"""Many rows in one statement: it gives the interpreter away once, not once a row."""

import sqlite3
from collections.abc import Sequence
from typing import Any

ROWS_A_STATEMENT = (64, 16, 4, 1)


def insert(connection: sqlite3.Connection, into: str, width: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows in statements of many rows each."""
    one = f"({', '.join('?' * width)})"
    at = 0
    for size in ROWS_A_STATEMENT:
        statement = into + ", ".join([one] * size)
        while len(rows) - at >= size:
            connection.execute(statement, [value for row in rows[at : at + size] for value in row])
            at += size
