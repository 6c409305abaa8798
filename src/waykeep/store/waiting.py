"""Unknown devices that knocked: their id, protocol and times, sealed under the installation's key; never a payload."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from waykeep.store.engine import Database, new_id
from waykeep.store.fields import Fields, insert
from waykeep.store.sessions import INSTALLATION
from waykeep.store.vault import Vault

# A scanner can knock with as many ids as it likes; the newest of them are enough to find one's own device.
MOST_WAITING = 1000


class Knock(msgspec.Struct, frozen=True):
    """An id that waits to be enrolled."""

    unique_id: str
    protocol: str
    first_ms: int
    last_ms: int


class Waiting:
    """Rows of waiting ids."""

    def __init__(self, database: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._database, self._vault, self._random = database, vault, random
        self._waiting = Fields(vault, "waiting")

    def knock(self, unique_id: str, protocol: str, now_ms: int) -> Future[None]:
        """Note that an unknown device was here."""
        id_ = new_id("w", self._random)
        sealed = self._waiting.seal(INSTALLATION, "unique_id", id_, unique_id)

        def job(connection: sqlite3.Connection) -> None:
            unique_hash = self._vault.lookup("unique-id", unique_id)
            again = connection.execute(
                "UPDATE waiting SET last_ms = max(last_ms, ?), protocol = ? WHERE unique_hash = ?",
                (now_ms, protocol, unique_hash),
            )
            if again.rowcount == 0:
                columns = {"id": id_, "unique_hash": unique_hash, "unique_id": sealed, "protocol": protocol}
                insert(connection, "waiting", columns | {"first_ms": now_ms, "last_ms": now_ms})
                connection.execute(
                    "DELETE FROM waiting WHERE id IN"
                    " (SELECT id FROM waiting ORDER BY last_ms DESC, id LIMIT -1 OFFSET ?)",
                    (MOST_WAITING,),
                )

        return self._database.write(job)

    def drop_old(self, before_ms: int) -> Future[int]:
        """Take away ids that did not knock since."""
        return self._database.write(
            lambda connection: connection.execute("DELETE FROM waiting WHERE last_ms < ?", (before_ms,)).rowcount
        )

    def all(self) -> list[Knock]:
        """Every waiting id, the last one first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, unique_id, protocol, first_ms, last_ms FROM waiting ORDER BY last_ms DESC, id"
            ).fetchall()
        return [
            Knock(self._waiting.open(INSTALLATION, "unique_id", id_, sealed), protocol, first_ms, last_ms)
            for id_, sealed, protocol, first_ms, last_ms in rows
        ]
