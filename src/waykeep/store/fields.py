"""Sealed text of one table: the short form that the tables about people and fleet use."""

import sqlite3
from collections.abc import Mapping
from typing import Any, overload

from waykeep.store.vault import Vault


class Fields:
    """Seals and opens the text columns of one table."""

    def __init__(self, vault: Vault, table: str) -> None:
        self._vault, self._table = vault, table

    @overload
    def seal(self, subject: str, column: str, row: str, text: str) -> bytes: ...
    @overload
    def seal(self, subject: str, column: str, row: str, text: str | None) -> bytes | None: ...

    def seal(self, subject: str, column: str, row: str, text: str | None) -> bytes | None:
        """Seal a text under the subject's key, tied to its column and row; nothing stays nothing."""
        if text is None:
            return None
        return self._vault.seal_field(subject, self._table, column, row, text.encode())

    def open(self, subject: str, column: str, row: str, blob: bytes) -> str:
        """Open a text; KeyGone when its subject was forgotten."""
        return self._vault.open_field(subject, self._table, column, row, blob).decode()

    def open_any(self, subject: str, column: str, row: str, blob: bytes | None) -> str | None:
        """Open a text that may be absent."""
        return None if blob is None else self.open(subject, column, row, blob)


def insert(connection: sqlite3.Connection, table: str, columns: Mapping[str, Any]) -> None:
    """Add one row; table and columns are our own names."""
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))  # noqa: S608 (our own names)
