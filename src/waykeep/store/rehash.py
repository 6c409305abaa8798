"""New look-up hashes for a new look-up key, recomputed from the sealed values they stand for."""

import sqlite3
from collections.abc import Callable
from functools import partial

from waykeep.store.engine import Database
from waykeep.store.epochs import Lookup as Hashed
from waykeep.store.epochs import Rehash
from waykeep.store.tables import EMPTIED_WITH_LOOKUP_KEY, LOOKUPS, Lookup
from waykeep.store.vault import INSTALLATION, KeyGone, Vault


def of(database: Database, vault: Vault) -> Rehash:
    """Give what recomputes every hash of waykeep.db in one commit."""

    def rehash(hashed: Hashed, adopt: Callable[[], None]) -> None:
        database.write(partial(_job, vault, hashed, adopt)).result()

    return rehash


def _job(vault: Vault, hashed: Hashed, adopt: Callable[[], None], connection: sqlite3.Connection) -> None:
    for column in LOOKUPS:
        rows = [new for row in _rows(connection, column) if (new := _renewed(vault, hashed, column, *row)) is not None]
        connection.executemany(f"UPDATE {column.table} SET {column.column} = ? WHERE id = ?", rows)  # noqa: S608 (our own names)
    for table in EMPTIED_WITH_LOOKUP_KEY:
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 (our own names)
    adopt()


def _rows(connection: sqlite3.Connection, column: Lookup) -> list[tuple[str, str, bytes]]:
    subject = f"'{INSTALLATION}'" if column.subject == INSTALLATION else column.subject
    return connection.execute(
        f"SELECT id, {subject}, {column.sealed} FROM {column.table} WHERE {column.column} IS NOT NULL"  # noqa: S608 (our own names)
        f" AND {column.sealed} IS NOT NULL"
    ).fetchall()


def _renewed(
    vault: Vault, hashed: Hashed, column: Lookup, row: str, subject: str, sealed: bytes
) -> tuple[bytes, str] | None:
    try:
        value = vault.open_field(subject, column.table, column.sealed, row, sealed).decode()
    except KeyGone:
        return None  # its hash is under a key that goes now: noise from then on
    return hashed(column.kind, column.normal(value)), row
