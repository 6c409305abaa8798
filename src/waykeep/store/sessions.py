"""Who is signed in, who tried, who must wait, and the tokens of programs. Secrets are kept as hashes only."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from hashlib import blake2b
from typing import Any

import msgspec

from waykeep.store.engine import Database, new_id
from waykeep.store.fields import Fields, insert
from waykeep.store.vault import Vault

Random = Callable[[int], bytes]

INSTALLATION = "t0"
# The list of sign-ins is for a person to look through; attempts on accounts that do not exist are for the server's.
SIGN_INS_A_PERSON, SIGN_INS_OF_NOBODY = 200, 2000


class Source(msgspec.Struct, frozen=True):
    """Where a sign-in comes from: the network address, and what the browser calls itself."""

    address: str
    agent: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in browser."""

    id: str
    method: str
    source: str
    agent: str
    created_ms: int
    seen_ms: int


class SignedIn(msgspec.Struct, frozen=True):
    """What stands behind a session's secret or a token's: whose it is, and for a token its scopes."""

    id: str
    person: str
    created_ms: int
    seen_ms: int
    expires_ms: int | None = None
    scopes: tuple[str, ...] | None = None


class Attempt(msgspec.Struct, frozen=True):
    """One line of the list of sign-ins."""

    at_ms: int
    outcome: str
    method: str
    source: str
    agent: str


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A program's token as its owner sees it: never its secret."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_ms: int
    expires_ms: int | None
    used_ms: int | None


def secret_hash(secret: str) -> bytes:
    """The hash of a 256-bit random secret; nobody can guess one, so no key is needed."""
    return blake2b(secret.encode(), digest_size=32).digest()


class Sessions:
    """Rows of sessions, sign-ins and tokens."""

    def __init__(self, database: Database, vault: Vault, random: Random) -> None:
        self._database, self._random = database, random
        self._session, self._sign_in, self._token = (Fields(vault, table) for table in ("session", "sign_in", "token"))

    def open(self, person: str, secret: str, method: str, source: Source, now_ms: int) -> Future[str]:
        """Begin a session; gives its id."""
        id_ = new_id("s", self._random)
        columns = {
            "id": id_, "secret_hash": secret_hash(secret), "person": person, "method": method,
            "source": self._session.seal(person, "source", id_, source.address),
            "agent": self._session.seal(person, "agent", id_, source.agent),
            "created_ms": now_ms, "seen_ms": now_ms,
        }  # fmt: skip

        def job(connection: sqlite3.Connection) -> str:
            insert(connection, "session", columns)
            return id_

        return self._database.write(job)

    def by_secret(self, secret: str) -> SignedIn | None:
        """The session of a cookie."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT id, person, created_ms, seen_ms FROM session WHERE secret_hash = ?", (secret_hash(secret),)
            ).fetchone()
        return None if row is None else SignedIn(*row)

    def seen(self, session: str, now_ms: int) -> Future[None]:
        """Note that a session is in use."""
        return self._do("UPDATE session SET seen_ms = max(seen_ms, ?) WHERE id = ?", now_ms, session)

    def of(self, person: str) -> list[Session]:
        """Every session of a person, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, method, source, agent, created_ms, seen_ms FROM session WHERE person = ?"
                " ORDER BY created_ms DESC, rowid DESC",
                (person,),
            ).fetchall()
        return [
            Session(
                id=id_,
                method=method,
                source=self._session.open(person, "source", id_, source),
                agent=self._session.open(person, "agent", id_, agent),
                created_ms=created_ms,
                seen_ms=seen_ms,
            )
            for id_, method, source, agent, created_ms, seen_ms in rows
        ]

    def close(self, person: str, session: str) -> Future[int]:
        """End one session of a person; gives how many there were."""
        return self._count("DELETE FROM session WHERE id = ? AND person = ?", session, person)

    def close_all(self, person: str, but: str | None = None) -> Future[int]:
        """End every session of a person, but one if named."""
        return self._count("DELETE FROM session WHERE person = ? AND id IS NOT ?", person, but)

    def close_old(self, unseen_since_ms: int, begun_before_ms: int) -> Future[int]:
        """Take away the sessions that nobody uses any more, and those that lasted long enough."""
        ended = "DELETE FROM session WHERE seen_ms <= ? OR created_ms <= ?"
        return self._count(ended, unseen_since_ms, begun_before_ms)

    def drop_attempts(self, before_ms: int) -> Future[int]:
        """Take away lines of the list of sign-ins that were kept long enough."""
        return self._count("DELETE FROM sign_in WHERE at_ms < ?", before_ms)

    def note(self, person: str | None, outcome: str, method: str, source: Source, now_ms: int) -> Future[None]:
        """Write one line of the list of sign-ins; what belongs to nobody is sealed under the installation's key."""
        subject, id_ = person or INSTALLATION, new_id("i", self._random)
        columns = {
            "id": id_, "person": person, "outcome": outcome, "method": method, "at_ms": now_ms,
            "source": self._sign_in.seal(subject, "source", id_, source.address),
            "agent": self._sign_in.seal(subject, "agent", id_, source.agent),
        }  # fmt: skip
        keep = SIGN_INS_A_PERSON if person else SIGN_INS_OF_NOBODY

        def job(connection: sqlite3.Connection) -> None:
            insert(connection, "sign_in", columns)
            connection.execute(
                "DELETE FROM sign_in WHERE person IS ? AND id IN"
                " (SELECT id FROM sign_in WHERE person IS ? ORDER BY at_ms DESC, rowid DESC LIMIT -1 OFFSET ?)",
                (person, person, keep),
            )

        return self._database.write(job)

    def attempts(self, person: str | None) -> list[Attempt]:
        """The list of sign-ins of a person (None: of nobody we know), newest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, at_ms, outcome, method, source, agent FROM sign_in WHERE person IS ?"
                " ORDER BY at_ms DESC, rowid DESC",
                (person,),
            ).fetchall()
        subject = person or INSTALLATION
        return [
            Attempt(
                at_ms,
                outcome,
                method,
                self._sign_in.open(subject, "source", id_, source),
                self._sign_in.open(subject, "agent", id_, agent),
            )
            for id_, at_ms, outcome, method, source, agent in rows
        ]

    def add_token(
        self, person: str, name: str, scopes: tuple[str, ...], secret: str, *, now_ms: int, expires_ms: int | None
    ) -> Future[Token]:
        """Keep a program's token."""
        made = Token(
            id=new_id("k", self._random),
            name=name,
            scopes=scopes,
            created_ms=now_ms,
            expires_ms=expires_ms,
            used_ms=None,
        )
        columns = {
            "id": made.id, "secret_hash": secret_hash(secret), "person": person, "scopes": " ".join(scopes),
            "name": self._token.seal(person, "name", made.id, name), "created_ms": now_ms, "expires_ms": expires_ms,
        }  # fmt: skip

        def job(connection: sqlite3.Connection) -> Token:
            insert(connection, "token", columns)
            return made

        return self._database.write(job)

    def tokens(self, person: str) -> list[Token]:
        """Every token of a person, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, name, scopes, created_ms, expires_ms, used_ms FROM token WHERE person = ?"
                " ORDER BY created_ms, id",
                (person,),
            ).fetchall()
        return [
            Token(
                id=id_,
                name=self._token.open(person, "name", id_, name),
                scopes=tuple(scopes.split()),
                created_ms=created_ms,
                expires_ms=expires_ms,
                used_ms=used_ms,
            )
            for id_, name, scopes, created_ms, expires_ms, used_ms in rows
        ]

    def by_token(self, secret: str) -> SignedIn | None:
        """What stands behind a program's token."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT id, person, created_ms, used_ms, expires_ms, scopes FROM token WHERE secret_hash = ?",
                (secret_hash(secret),),
            ).fetchone()
        if row is None:
            return None
        return SignedIn(row[0], row[1], row[2], row[3] or 0, row[4], tuple(row[5].split()))

    def token_used(self, token: str, now_ms: int) -> Future[None]:
        """Note that a token is in use."""
        return self._do("UPDATE token SET used_ms = ? WHERE id = ?", now_ms, token)

    def drop_token(self, person: str, token: str) -> Future[int]:
        """Revoke one token of a person; gives how many there were."""
        return self._count("DELETE FROM token WHERE id = ? AND person = ?", token, person)

    def _do(self, statement: str, *values: Any) -> Future[None]:
        def job(connection: sqlite3.Connection) -> None:
            connection.execute(statement, values)

        return self._database.write(job)

    def _count(self, statement: str, *values: Any) -> Future[int]:
        return self._database.write(lambda connection: connection.execute(statement, values).rowcount)
