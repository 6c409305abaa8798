"""The data map: each column's category, read from the schema and held against the real database."""

import sqlite3
from collections.abc import Collection, Iterable, Iterator

import msgspec
from sqlalchemy import Column, MetaData

from waykeep.errors import StartError
from waykeep.store.sealed import Sealed

CLEAR = {
    "store.pseudonym": "Random ids that stand for tenants, people, devices, groups and keys",
    "store.time": "When a row was made or ends; never when someone was somewhere",
    "store.day": "The UTC day of a row of history, by which it is found; never a time of day",
    "store.figure": "Counts, sizes, versions, positions of a row in an order",
    "store.state": "Words of a fixed list: roles, kinds, statuses, protocol names",
    "store.key": "Wrapped keys and key ids",
    "store.hash": "Keyed hashes, which only the key's holder can compute",
    "account.credential": "Password hashes (argon2id), token and secret hashes, public keys",
    "account.preference": "Language, time zone, template",
    "audit.entry": "Ledger leaves: commitments and tree hashes",
    "policy.document": "The operator's own policy text and its parts",
}
"""Categories that identify no one and may stand in clear; every other one must be Sealed."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One column of the data map."""

    table: str
    column: str
    category: str
    sealed: bool


def entries(metadata: MetaData) -> Iterator[Entry]:
    """Every column with its category; empty text where nobody said one."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            yield Entry(
                table=table.name,
                column=column.name,
                category=category_of(column),
                sealed=isinstance(column.type, Sealed),
            )


def category_of(column: Column[object]) -> str:
    """The category in the column's type or in its info."""
    if isinstance(column.type, Sealed):
        return column.type.category
    return str(column.info.get("category", ""))


def check(metadata: MetaData) -> None:
    """Refuse the start when a column has no category, or one that identifies and is not sealed."""
    for entry in entries(metadata):
        place = f"{entry.table}.{entry.column}"
        if not entry.category:
            raise StartError(f"data map: {place} has no category")
        if not entry.sealed and entry.category not in CLEAR:
            raise StartError(f"data map: {place} holds {entry.category} in clear; its type must be Sealed")


def check_file(connection: sqlite3.Connection, metadata: MetaData) -> None:
    """Refuse the start when the real file holds a table or column that the data map does not know."""
    known = {(entry.table, entry.column) for entry in entries(metadata)}
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (table,) in names.fetchall():
        for (column,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall():
            if (table, column) not in known:
                raise StartError(f"data map: the file holds {table}.{column}, which has no category")


def check_document(files: Iterable[MetaData], identifying: Collection[str]) -> None:
    """Refuse the start when a column stands in clear whose category the policy document calls identifying."""
    for metadata in files:
        for entry in entries(metadata):
            if not entry.sealed and entry.category in identifying:
                raise StartError(
                    f"data map: {entry.table}.{entry.column} holds {entry.category} in clear, which the policy document"
                    " calls identifying; such a column must be Sealed"
                )
