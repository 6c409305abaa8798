"""Failures of sign-in per account and per source, under keyed hashes of who they are."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future

from waykeep.store.engine import Database
from waykeep.store.vault import Vault

# Counts that no longer hold anyone back are swept; a guesser's made-up names must not grow the table without end.
MOST_ROWS = 50_000

Change = Callable[[int, int, int], tuple[int, int, int]]


class Locks:
    """Counts of failures: how many, when the last one was, until when no sign-in is tried."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def who(self, kind: str, text: str) -> bytes:
        """The row of an account or a source."""
        return self._vault.lookup("lock", f"{kind}:{text}")

    def read(self, who: bytes) -> tuple[int, int, int]:
        """The count; zeros where there is none."""
        with self._database.read() as connection:
            return _read(connection, who)

    def change(self, who: bytes, change: Change) -> Future[tuple[int, int, int]]:
        """Replace a count by what the function makes of it, in one step."""

        def job(connection: sqlite3.Connection) -> tuple[int, int, int]:
            after = change(*_read(connection, who))
            connection.execute(
                "INSERT OR REPLACE INTO lock (who, failures, last_ms, until_ms) VALUES (?, ?, ?, ?)", (who, *after)
            )
            if connection.execute("SELECT count(*) FROM lock").fetchone()[0] > MOST_ROWS:
                connection.execute(
                    "DELETE FROM lock WHERE who IN (SELECT who FROM lock ORDER BY until_ms, last_ms LIMIT ?)",
                    (MOST_ROWS // 10,),
                )
            return after

        return self._database.write(job)

    def clear(self, who: bytes) -> Future[None]:
        """Forget the failures."""

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM lock WHERE who = ?", (who,))

        return self._database.write(job)


def _read(connection: sqlite3.Connection, who: bytes) -> tuple[int, int, int]:
    row = connection.execute("SELECT failures, last_ms, until_ms FROM lock WHERE who = ?", (who,)).fetchone()
    return row or (0, 0, 0)
