"""What the operator attests: signed, dated, expiring words about what people do and no program can show."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from waykeep import seal
from waykeep.errors import StoreError
from waykeep.store.engine import Database, new_id
from waykeep.store.sessions import INSTALLATION
from waykeep.store.vault import Vault

PURPOSE = "attestation"  # of the signing key


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """Who said what of a clause, when, until when it counts, and under which policy. `signature` covers all of it."""

    clause: str
    statement: str
    by: str
    made_ms: int
    until_ms: int
    policy: str
    signature: bytes = b""

    def signed(self) -> bytes:
        """What the signature covers: this as JSON without it, keys in order."""
        plain = {name: getattr(self, name) for name in self.__struct_fields__ if name != "signature"}
        return msgspec.json.encode(plain, order="deterministic")


class Attestations:
    """Rows are only added. They are sealed under the installation's key: a statement may name people."""

    def __init__(self, database: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._database, self._vault, self._random = database, vault, random

    @property
    def key(self) -> bytes:
        """The public key under which the signatures verify."""
        return seal.public_key(self._vault.signing_seed(PURPOSE))

    def add(self, one: Attestation) -> Future[Attestation]:
        """Sign and keep one."""
        made = msgspec.structs.replace(one, signature=seal.sign(self._vault.signing_seed(PURPOSE), one.signed()))
        id_ = new_id("r", self._random)
        record = self._vault.seal_field(INSTALLATION, "attestation", "record", id_, msgspec.json.encode(made))

        def job(connection: sqlite3.Connection) -> Attestation:
            connection.execute("INSERT INTO attestation (id, record) VALUES (?, ?)", (id_, record))
            return made

        return self._database.write(job)

    def newest(self) -> dict[str, Attestation]:
        """The newest of each clause; StoreError for one whose signature does not cover it."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT id, record FROM attestation ORDER BY rowid").fetchall()
        found: dict[str, Attestation] = {}
        for id_, record in rows:
            plain = self._vault.open_field(INSTALLATION, "attestation", "record", id_, record)
            one = msgspec.json.decode(plain, type=Attestation)
            if not seal.verify(self.key, one.signature, one.signed()):
                raise StoreError(f"attestation of {one.clause}: its signature does not cover it")
            found[one.clause] = one
        return found
