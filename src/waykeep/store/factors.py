"""Second factors: one-time codes and passkeys. Their secrets and public keys are sealed under the person's key."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from hashlib import blake2b
from typing import Any

import msgspec

from waykeep.store.engine import Database, new_id
from waykeep.store.fields import Fields, insert
from waykeep.store.vault import Vault


class Totp(msgspec.Struct, frozen=True):
    """A person's one-time codes: the secret, whether it was confirmed, and the last step that was used."""

    secret: str
    confirmed: bool
    last_step: int


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey; `credential` and `public_key` are hexadecimal."""

    id: str
    person: str
    name: str
    credential: str
    public_key: str
    sign_count: int
    created_ms: int
    used_ms: int | None = None


class Factors:
    """Rows of one-time codes and passkeys."""

    def __init__(self, database: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._database, self._random = database, random
        self._totp, self._passkey = Fields(vault, "totp"), Fields(vault, "passkey")

    def totp(self, person: str) -> Totp | None:
        """The one-time codes of a person."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT secret, confirmed, last_step FROM totp WHERE person = ?", (person,)
            ).fetchone()
        if row is None:
            return None
        return Totp(self._totp.open(person, "secret", person, row[0]), bool(row[1]), row[2])

    def propose_totp(self, person: str, secret: str) -> Future[bool]:
        """Keep a secret that waits for its first code; False when a confirmed one stands."""
        sealed = self._totp.seal(person, "secret", person, secret)

        def job(connection: sqlite3.Connection) -> bool:
            connection.execute("DELETE FROM totp WHERE person = ? AND confirmed = 0", (person,))
            return bool(
                connection.execute(
                    "INSERT OR IGNORE INTO totp (person, secret, confirmed, last_step) VALUES (?, ?, 0, 0)",
                    (person, sealed),
                ).rowcount
            )

        return self._database.write(job)

    def use_step(self, person: str, step: int) -> Future[bool]:
        """Use a code's step, and confirm its secret; False when that step or a later one was used before."""
        return self._database.write(
            lambda connection: (
                connection.execute(
                    "UPDATE totp SET last_step = ?, confirmed = 1 WHERE person = ? AND last_step < ?",
                    (step, person, step),
                ).rowcount
                > 0
            )
        )

    def drop_totp(self, person: str) -> Future[int]:
        """Go back to a password alone."""
        return self._count("DELETE FROM totp WHERE person = ?", person)

    def add_passkey(self, passkey: Passkey) -> Future[Passkey | None]:
        """Keep a passkey (its id is made here); None when it is known already."""
        made = msgspec.structs.replace(passkey, id=new_id("y", self._random))
        columns = {
            "id": made.id, "person": made.person, "credential_hash": _hash(made.credential),
            "credential": self._passkey.seal(made.person, "credential", made.id, made.credential),
            "public_key": self._passkey.seal(made.person, "public_key", made.id, made.public_key),
            "name": self._passkey.seal(made.person, "name", made.id, made.name),
            "sign_count": made.sign_count, "created_ms": made.created_ms,
        }  # fmt: skip

        def job(connection: sqlite3.Connection) -> Passkey | None:
            known = connection.execute(
                "SELECT 1 FROM passkey WHERE credential_hash = ?", (columns["credential_hash"],)
            ).fetchone()
            if known is not None:
                return None
            insert(connection, "passkey", columns)
            return made

        return self._database.write(job)

    def passkeys(self, person: str) -> list[Passkey]:
        """Every passkey of a person, oldest first."""
        return self._select("WHERE person = ? ORDER BY created_ms, id", person)

    def by_credential(self, credential: str) -> Passkey | None:
        """The passkey with this credential id (hexadecimal)."""
        found = self._select("WHERE credential_hash = ?", _hash(credential))
        return found[0] if found else None

    def use_passkey(self, passkey: str, sign_count: int, now_ms: int) -> Future[bool]:
        """Note the use of a passkey; False when its counter, if it has one, did not grow: a copy of it exists."""
        return self._database.write(
            lambda connection: (
                connection.execute(
                    "UPDATE passkey SET sign_count = ?1, used_ms = ?2"
                    " WHERE id = ?3 AND (sign_count < ?1 OR (sign_count = 0 AND ?1 = 0))",
                    (sign_count, now_ms, passkey),
                ).rowcount
                > 0
            )
        )

    def has_any(self, person: str) -> bool:
        """Whether a person has confirmed one-time codes or a passkey."""
        with self._database.read() as connection:
            return (
                connection.execute(
                    "SELECT 1 FROM totp WHERE person = ?1 AND confirmed = 1"
                    " UNION ALL SELECT 1 FROM passkey WHERE person = ?1",
                    (person,),
                ).fetchone()
                is not None
            )

    def drop_passkey(self, person: str, passkey: str) -> Future[int]:
        """Take a passkey away; gives how many there were."""
        return self._count("DELETE FROM passkey WHERE id = ? AND person = ?", passkey, person)

    def _select(self, where: str, *values: Any) -> list[Passkey]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, person, name, credential, public_key, sign_count, created_ms, used_ms"  # noqa: S608 (our own text)
                f" FROM passkey {where}",
                values,
            ).fetchall()
        return [
            Passkey(
                id=id_,
                person=person,
                name=self._passkey.open(person, "name", id_, name),
                credential=self._passkey.open(person, "credential", id_, credential),
                public_key=self._passkey.open(person, "public_key", id_, public_key),
                sign_count=sign_count,
                created_ms=created_ms,
                used_ms=used_ms,
            )
            for id_, person, name, credential, public_key, sign_count, created_ms, used_ms in rows
        ]

    def _count(self, statement: str, *values: Any) -> Future[int]:
        return self._database.write(lambda connection: connection.execute(statement, values).rowcount)


def _hash(credential: str) -> bytes:
    return blake2b(bytes.fromhex(credential), digest_size=32).digest()
