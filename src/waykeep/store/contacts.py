"""How people can be reached beside their e-mail: sealed under their own key."""

import sqlite3
from concurrent.futures import Future

import msgspec

from waykeep.store.engine import Database
from waykeep.store.vault import KeyGone, Vault


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """What someone wrote down about themselves: telephone numbers, the postal address, the job title."""

    phones: tuple[str, ...] = ()
    address: str = ""
    title: str = ""


class Contacts:
    """One row for each person who wrote something down."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def of(self, person: str) -> Contact:
        """What a person wrote down; nothing where they were forgotten."""
        with self._database.read() as connection:
            row = connection.execute("SELECT record FROM contact WHERE person = ?", (person,)).fetchone()
        try:
            plain = self._vault.open_field(person, "contact", "record", person, row[0]) if row else None
        except KeyGone:
            plain = None
        return Contact() if plain is None else msgspec.json.decode(plain, type=Contact)

    def put(self, person: str, contact: Contact) -> Future[Contact]:
        """Write it anew."""
        record = self._vault.seal_field(person, "contact", "record", person, msgspec.json.encode(contact))

        def job(connection: sqlite3.Connection) -> Contact:
            connection.execute("INSERT OR REPLACE INTO contact (person, record) VALUES (?, ?)", (person, record))
            return contact

        return self._database.write(job)
