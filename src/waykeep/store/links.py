"""One-time links: kept as the hash of their secret, used once, gone in time."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec

from waykeep.errors import AskError
from waykeep.model.access import Role
from waykeep.store.engine import Database, new_id
from waykeep.store.fields import Fields, insert
from waykeep.store.sessions import secret_hash
from waykeep.store.vault import KeyGone, Vault

COLUMNS = "id, kind, tenant, person, role, groups, name, email, created_ms, expires_ms, used_ms"


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What a link opens: an account of `person`, or a new one in `tenant` with this role."""

    id: str
    kind: str
    tenant: str
    person: str | None = None
    role: Role | None = None
    groups: tuple[str, ...] = ()
    name: str | None = None
    email: str | None = None
    created_ms: int
    expires_ms: int
    used_ms: int | None = None


def usable(link: Link | None, now_ms: int) -> bool:
    """Whether a link still opens something."""
    return link is not None and link.used_ms is None and link.created_ms <= now_ms < link.expires_ms


class Links:
    """Rows of one-time links; a name and an address in one are sealed under their person's key.

    Of someone who is only invited that is the tenant's, and both go when the link is used.
    """

    def __init__(self, database: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._database, self._random = database, random
        self._link = Fields(vault, "link")

    def add(self, link: Link, secret: str) -> Future[Link]:
        """Keep a link (its id is made here). An older one for the same account and kind opens nothing any more."""
        made = msgspec.structs.replace(link, id=new_id("l", self._random))
        owner = made.person or made.tenant
        columns = {
            "id": made.id, "secret_hash": secret_hash(secret), "kind": made.kind, "tenant": made.tenant,
            "person": made.person, "role": made.role and made.role.value, "groups": " ".join(made.groups),
            "name": self._link.seal(owner, "name", made.id, made.name),
            "email": self._link.seal(owner, "email", made.id, made.email),
            "created_ms": made.created_ms, "expires_ms": made.expires_ms,
        }  # fmt: skip

        def job(connection: sqlite3.Connection) -> Link:
            connection.execute("DELETE FROM link WHERE expires_ms <= ? OR used_ms IS NOT NULL", (made.created_ms,))
            if made.kind != "invitation":
                connection.execute("DELETE FROM link WHERE kind = ? AND person IS ?", (made.kind, made.person))
            insert(connection, "link", columns)
            return made

        return self._database.write(job)

    def find(self, secret: str) -> Link | None:
        """The link of a secret, used or not."""
        found = self._select("WHERE secret_hash = ?", secret_hash(secret))
        return found[0] if found else None

    def open_in(self, tenant: str, kind: str, now_ms: int) -> list[Link]:
        """The links of a tenant that still open something, newest first."""
        return self._select(
            "WHERE tenant = ? AND kind = ? AND used_ms IS NULL AND expires_ms > ? ORDER BY created_ms DESC, id",
            tenant,
            kind,
            now_ms,
        )

    def use(self, secret: str, now_ms: int) -> Callable[[sqlite3.Connection], Link]:
        """A step of a transaction that uses a link up; AskError when someone was faster or it is too late."""

        def job(connection: sqlite3.Connection) -> Link:
            row = connection.execute(
                f"SELECT {COLUMNS} FROM link WHERE secret_hash = ?",  # noqa: S608 (our own names)
                (secret_hash(secret),),
            ).fetchone()
            link = None if row is None else self._open(row)
            if link is None or not usable(link, now_ms):
                raise gone()
            connection.execute("UPDATE link SET used_ms = ?, name = NULL, email = NULL WHERE id = ?", (now_ms, link.id))
            return link

        return job

    def use_now(self, secret: str, now_ms: int) -> Future[Link]:
        """Use a link up with nothing else to do."""
        return self._database.write(self.use(secret, now_ms))

    def drop_old(self, now_ms: int) -> Future[int]:
        """Take away the links that open nothing any more."""
        return self._database.write(
            lambda connection: (
                connection.execute("DELETE FROM link WHERE expires_ms <= ? OR used_ms IS NOT NULL", (now_ms,)).rowcount
            )
        )

    def drop(self, tenant: str, link: str) -> Future[int]:
        """Take a link back; gives how many there were."""
        return self._database.write(
            lambda connection: (
                connection.execute("DELETE FROM link WHERE id = ? AND tenant = ?", (link, tenant)).rowcount
            )
        )

    def _select(self, where: str, *values: Any) -> list[Link]:
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT {COLUMNS} FROM link {where}", values).fetchall()  # noqa: S608 (our own text)
        return [link for row in rows if (link := self._open(row)) is not None]

    def _open(self, row: tuple[Any, ...]) -> Link | None:
        id_, kind, tenant, person, role, groups, name, email, created_ms, expires_ms, used_ms = row
        try:
            name, email = (
                self._link.open_any(person or tenant, "name", id_, name),
                self._link.open_any(person or tenant, "email", id_, email),
            )
        except KeyGone:
            return None
        return Link(
            id=id_, kind=kind, tenant=tenant, person=person, role=None if role is None else Role(role),
            groups=tuple(groups.split()), name=name, email=email,
            created_ms=created_ms, expires_ms=expires_ms, used_ms=used_ms,
        )  # fmt: skip


def gone() -> AskError:
    """The one answer for a link that is unknown, used or too old."""
    return AskError("link-gone", "This link was used, is too old, or was never given; ask for a new one.", 410)
