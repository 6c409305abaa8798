"""Changing a copy of a database behind the program's back, as a thief or a fault would: for probes only."""

import sqlite3
from pathlib import Path


def alter(file: Path, statement: str) -> None:
    """Run one statement on a file that no server holds open."""
    connection = sqlite3.connect(file)
    try:
        connection.execute(statement)
        connection.commit()
    finally:
        connection.close()
