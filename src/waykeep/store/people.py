"""Organisations and the people in them."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec

from waykeep.errors import AskError
from waykeep.model.access import Role
from waykeep.store.engine import Database, new_id
from waykeep.store.fields import Fields, insert
from waykeep.store.tables import folded
from waykeep.store.vault import KeyGone, Vault

Random = Callable[[int], bytes]
Before = Callable[[sqlite3.Connection], object]

COLUMNS = "id, tenant, role, name, email, language, zone, template, dark, calendar, active, created_ms"


class Organisation(msgspec.Struct, frozen=True):
    """A tenant, as its people know it."""

    id: str
    name: str
    created_ms: int


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An account. `groups` are the groups of units that it was given."""

    id: str
    tenant: str
    role: Role
    name: str
    email: str | None = None
    language: str = "en"
    zone: str = "UTC"
    template: str = "atlas"
    dark: str = "auto"
    calendar: str = "gregorian"
    active: bool = True
    created_ms: int = 0
    groups: tuple[str, ...] = ()


class Entry(msgspec.Struct, frozen=True):
    """What a sign-in needs to know of an account."""

    person: str
    tenant: str
    role: Role
    active: bool
    password: str | None


class People:
    """The rows of organisations and people; names and addresses sealed, found by keyed hash only."""

    def __init__(self, database: Database, vault: Vault, random: Random) -> None:
        self._database, self._vault, self._random = database, vault, random
        self._person, self._tenant = Fields(vault, "person"), Fields(vault, "tenant")

    def add_organisation(self, name: str, now_ms: int) -> Future[Organisation]:
        """Make a tenant with its own key."""
        made = Organisation(new_id("t", self._random), name, now_ms)
        self._vault.new_tenant(made.id)
        row = (made.id, self._tenant.seal(made.id, "name", made.id, name), now_ms)

        def job(connection: sqlite3.Connection) -> Organisation:
            connection.execute("INSERT INTO tenant (id, name, created_ms) VALUES (?, ?, ?)", row)
            return made

        return self._database.write(job)

    def rename_organisation(self, organisation: Organisation) -> Future[Organisation]:
        """Write an organisation's name."""
        name = self._tenant.seal(organisation.id, "name", organisation.id, organisation.name)

        def job(connection: sqlite3.Connection) -> Organisation:
            connection.execute("UPDATE tenant SET name = ? WHERE id = ?", (name, organisation.id))
            return organisation

        return self._database.write(job)

    def organisations(self) -> list[Organisation]:
        """Every tenant, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT id, name, created_ms FROM tenant ORDER BY created_ms, id").fetchall()
        return [Organisation(id_, self._tenant.open(id_, "name", id_, name), at) for id_, name, at in rows]

    def organisation(self, tenant: str) -> Organisation | None:
        """One tenant."""
        with self._database.read() as connection:
            row = connection.execute("SELECT id, name, created_ms FROM tenant WHERE id = ?", (tenant,)).fetchone()
        return None if row is None else Organisation(row[0], self._tenant.open(row[0], "name", row[0], row[1]), row[2])

    def find(self, person: str) -> Person | None:
        """One account, or None where there is none or it was forgotten."""
        found = self._select("WHERE id = ?", (person,))
        return found[0] if found else None

    def all_of(self, tenant: str) -> list[Person]:
        """Every account of a tenant, oldest first."""
        return self._select("WHERE tenant = ? ORDER BY created_ms, id", (tenant,))

    def ids(self) -> list[str]:
        """The pseudonym of every row, also of those whose key is gone."""
        with self._database.read() as connection:
            return [row[0] for row in connection.execute("SELECT id FROM person").fetchall()]

    def there_at(self, moment_ms: int) -> list[str]:
        """The accounts that are switched on and were there at a moment, without opening any."""
        with self._database.read() as connection:
            found = connection.execute("SELECT id FROM person WHERE active = 1 AND created_ms <= ?", (moment_ms,))
            return [row[0] for row in found.fetchall()]

    def exists(self, person: str) -> bool:
        """Whether there is a row of this pseudonym."""
        with self._database.read() as connection:
            return connection.execute("SELECT 1 FROM person WHERE id = ?", (person,)).fetchone() is not None

    def servers(self) -> int:
        """How many accounts administer the server."""
        with self._database.read() as connection:
            return int(
                connection.execute("SELECT count(*) FROM person WHERE role = ?", (Role.SERVER.value,)).fetchone()[0]
            )

    def by_login(self, login: str) -> Entry | None:
        """The account that signs in with this e-mail address or name."""
        email, name = (self._vault.lookup(kind, folded(login)) for kind in ("e-mail", "name"))
        for column, value in (("email_hash", email), ("name_hash", name)):
            found = self._entry(f"{column} = ?", value)
            if found is not None:
                return found
        return None

    def entry(self, person: str) -> Entry | None:
        """What a sign-in needs to know of this account."""
        return self._entry("id = ?", person)

    def standing(self, person: str) -> tuple[str, Role, str, str] | None:
        """Tenant, role, language and time zone of an account that is switched on: what each request needs."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT tenant, role, language, zone FROM person WHERE id = ? AND active = 1", (person,)
            ).fetchone()
        return None if row is None else (row[0], Role(row[1]), row[2], row[3])

    def add(self, person: Person, password: str | None, before: Before = lambda _: None) -> Future[Person]:
        """Add an account (its id is made here) with its own key; AskError where name or address open no door.

        `before` runs in the same transaction: the link that invites is used up with the account or not at all.
        """
        made = msgspec.structs.replace(person, id=new_id("p", self._random))
        with self._database.read() as connection:
            self._hashes(connection, made)
        self._vault.new_subject(made.tenant, made.id)
        sealed = self._sealed(made)
        secret = self._person.seal(made.id, "password", made.id, password)

        def job(connection: sqlite3.Connection) -> Person:
            before(connection)
            names = self._hashes(connection, made)
            columns = {"id": made.id, "tenant": made.tenant, "created_ms": made.created_ms, "password": secret}
            insert(connection, "person", columns | sealed | names)
            _join(connection, made)
            return made

        return self._database.write(job)

    def save(self, person: Person) -> Future[Person]:
        """Write every field of an account but its password."""
        sealed = self._sealed(person)

        def job(connection: sqlite3.Connection) -> Person:
            columns = sealed | self._hashes(connection, person)
            names = ", ".join(f"{column} = ?" for column in columns)
            connection.execute(f"UPDATE person SET {names} WHERE id = ?", (*columns.values(), person.id))  # noqa: S608 (our own column names)
            connection.execute("DELETE FROM membership WHERE person = ?", (person.id,))
            _join(connection, person)
            return person

        return self._database.write(job)

    def set_password(self, person: str, password: str, before: Before = lambda _: None) -> Future[None]:
        """Keep a new password's hash; `before` runs in the same transaction."""
        secret = self._person.seal(person, "password", person, password)

        def job(connection: sqlite3.Connection) -> None:
            before(connection)
            connection.execute("UPDATE person SET password = ? WHERE id = ?", (secret, person))

        return self._database.write(job)

    def erase(self, person: str) -> Future[None]:
        """Take away every row of an account: sessions, keys, tokens and links go with it."""

        def job(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM person WHERE id = ?", (person,))

        return self._database.write(job)

    def _entry(self, where: str, value: bytes | str) -> Entry | None:
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT id, tenant, role, active, password FROM person WHERE {where}",  # noqa: S608 (our own column names)
                (value,),
            ).fetchone()
        if row is None:
            return None
        try:
            password = self._person.open_any(row[0], "password", row[0], row[4])
        except KeyGone:
            return None
        return Entry(row[0], row[1], Role(row[2]), bool(row[3]), password)

    def _select(self, where: str, values: tuple[str, ...]) -> list[Person]:
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM person {where}", values).fetchall()  # noqa: S608 (our own text)
            groups: dict[str, list[str]] = {}
            for person, group in connection.execute(
                f"SELECT person, unit_group FROM membership WHERE person IN (SELECT id FROM person {where})",  # noqa: S608 (our own text)
                values,
            ).fetchall():
                groups.setdefault(person, []).append(group)
        return [one for row in rows if (one := self._open(row, groups.get(row[0], []))) is not None]

    def _open(self, row: tuple[Any, ...], groups: list[str]) -> Person | None:
        id_, tenant, role, name, email, language, zone, template, dark, calendar, active, created_ms = row
        try:
            name, email = (
                self._person.open(id_, "name", id_, name),
                self._person.open_any(id_, "email", id_, email),
            )
        except KeyGone:
            return None  # a backup brought back the row of someone who was forgotten
        return Person(
            id=id_, tenant=tenant, role=Role(role), name=name, email=email, language=language, zone=zone,
            template=template, dark=dark, calendar=calendar, active=bool(active), created_ms=created_ms,
            groups=tuple(sorted(groups)),
        )  # fmt: skip

    def _sealed(self, person: Person) -> dict[str, Any]:
        return {
            "role": person.role.value,
            "name": self._person.seal(person.id, "name", person.id, person.name),
            "email": self._person.seal(person.id, "email", person.id, person.email),
            "language": person.language,
            "zone": person.zone,
            "template": person.template,
            "dark": person.dark,
            "calendar": person.calendar,
            "active": int(person.active),
        }

    def _hashes(self, connection: sqlite3.Connection, person: Person) -> dict[str, bytes | None]:
        """The look-up hashes that open a door for this account; whoever held a name first keeps it."""
        email = self._vault.lookup("e-mail", folded(person.email)) if person.email else None
        name: bytes | None = self._vault.lookup("name", folded(person.name))
        if email is not None and _held(connection, "email_hash", email, person.id):
            raise AskError("email-not-usable", "This e-mail address cannot be used; check its spelling.", 422)
        if name is not None and _held(connection, "name_hash", name, person.id):
            if email is None:
                raise AskError("name-not-usable", "This name cannot be used to sign in; choose another.", 422)
            name = None
        return {"email_hash": email, "name_hash": name}


def _held(connection: sqlite3.Connection, column: str, value: bytes, person: str) -> bool:
    row = connection.execute(f"SELECT 1 FROM person WHERE {column} = ? AND id <> ?", (value, person)).fetchone()  # noqa: S608 (our own column names)
    return row is not None


def _join(connection: sqlite3.Connection, person: Person) -> None:
    """Keep the groups, only those of the same tenant."""
    connection.executemany(
        "INSERT INTO membership (person, unit_group) SELECT ?, id FROM unit_group WHERE id = ? AND tenant = ?",
        [(person.id, group, person.tenant) for group in person.groups],
    )
