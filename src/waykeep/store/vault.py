"""The vault: every key of the installation, along the chain data ← subject ← tenant ← epoch ← root."""

import os
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path

from waykeep import seal
from waykeep.errors import StartError, StoreError
from waykeep.settings import Settings
from waykeep.store.engine import Database, private_folder
from waykeep.store.erasures import Erasures
from waykeep.store.keychain import Epoch, Holders, root_key
from waykeep.store.keys import Key, KeyGone, Keys, Random, Row
from waykeep.store.vault_tables import METADATA

__all__ = ["INSTALLATION", "Key", "KeyGone", "Vault"]

INSTALLATION = "t0"  # the tenant of what has no tenant yet

DAYS_A_COMMIT = 500  # so that no one waits long for the vault meanwhile

Clock = Callable[[], int]


class Vault:
    """Keys by what they are for. Calls are synchronous and safe from any thread; open keys stay in memory.

    Forgetting stands in store/erasures.py (`erasures` below), the turn of an epoch in store/epochs.py.
    """

    def __init__(
        self, settings: Settings, random: Random, clock: Clock, environ: Mapping[str, str] = os.environ
    ) -> None:
        folder = settings.path("keys_dir")
        self.copies = folder / "copies"
        self.random, self.clock = random, clock
        self.holders = Holders(
            tuple(Path(settings.home, one).absolute() for one in settings.epoch_dirs),
            root_key(settings.root_key, Path(settings.home), environ),
        )
        private_folder(self.copies)
        self.db = Database(folder / "vault.db", METADATA)
        try:
            self.keys = Keys(self.db, self._epoch(), random)
            self.erasures = Erasures(self.keys, settings.path("heads_dir"), clock)
            self.erasures.mend()
            self.new_tenant(INSTALLATION)
            # Read without the lock: whoever signs in must not wait for a key that is being written.
            self.looking = self._own("lookup", "present")
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        """Close the file and every key."""
        self.db.close()
        self.keys.drop_all()

    # Making

    def new_tenant(self, tenant: str) -> None:
        """Make a tenant's key; a second call does nothing."""
        with self.keys.lock:
            if not self.keys.rows("tenant", tenant):
                self.keys.keep(*self.keys.fresh("tenant", tenant, tenant=tenant))

    def new_subject(self, tenant: str, subject: str) -> None:
        """Make a person's or a device's key under its tenant's; a second call does nothing."""
        with self.keys.lock:
            if not self.keys.rows("subject", subject):
                self.keys.keep(*self.keys.fresh("subject", subject, self._owner(tenant).id, tenant=tenant))

    def has_subject(self, subject: str) -> bool:
        """Whether the subject (or tenant) has a key: it was made, and not forgotten since."""
        return bool(self.keys.rows(_kind(subject), subject))

    def data_key(self, tenant: str, device: str, subject: str, month: int, create: bool) -> Key | None:  # noqa: FBT001 (a seam of the store)
        """Give the present key of a device's fixes of one subject and month (year * 12 + month - 1).

        KeyGone when a key must be made and the subject was forgotten.
        """
        with self.keys.lock:
            for row in self.keys.rows("data", subject, device, month):
                if row.state == "present":
                    return self.keys.key(row)
            return self.keys.keep(*self._data(tenant, device, subject, month)) if create else None

    def renew_data_key(self, tenant: str, device: str, subject: str, month: int) -> tuple[Key, tuple[str, ...]]:
        """Make a new present key for what survives of a month; give it and the ids of the old ones, still open.

        Re-seal every row under the old ones, then destroy them.
        """
        with self.keys.lock:
            old = self.keys.rows("data", subject, device, month)
            row, _ = self._data(tenant, device, subject, month)
            self.keys.add([row], old)
            return self.keys.key(row), tuple(one.id for one in old)

    def open_data_key(self, key_id: str) -> bytes | None:
        """Open a key by its id; None when it is gone."""
        key = self.keys.by_id(key_id)
        return None if key is None else key.secret

    def day_key(self, device: str, day: int, create: bool) -> Key | None:  # noqa: FBT001 (a seam of the store)
        """Give the key of a device's tail of one UTC day of receipt (days since 1970)."""
        with self.keys.lock:
            for row in self.keys.rows("day", device, day):
                return self.keys.key(row)
            return self.keys.keep(*self._of_device("day", device, day)) if create else None

    def prepare_days(self, devices: Iterable[str], day: int) -> int:
        """Make many devices' day keys, many to a commit, before their midnight; say how many were new."""
        made, waiting = 0, iter(devices)
        while some := tuple(islice(waiting, DAYS_A_COMMIT)):
            with self.keys.lock:
                rows = [
                    self._of_device("day", device, day)[0]
                    for device in some
                    if self.has_subject(device) and not self.keys.rows("day", device, day)
                ]
                self.keys.add(rows)
            made += len(rows)
        return made

    def destroy_day_key(self, device: str, day: int) -> None:
        """Destroy a day's key once its frames are durable under their final keys."""
        with self.keys.lock:
            self.keys.delete(self.keys.rows("day", device, day))

    def seen(self, device: str) -> tuple[Key, ...]:
        """Give the keys under which resends are recognised: the present one, then the last one."""
        with self.keys.lock:
            rows = sorted(self.keys.rows("seen", device), key=lambda row: -row.slot)
            if not rows:
                return (self.keys.keep(*self._of_device("seen", device, self.clock())),)
            return tuple(self.keys.key(row) for row in rows[:2])

    def seen_keys(self, device: str) -> tuple[bytes, ...]:
        """Give the secrets of `seen`."""
        return tuple(key.secret for key in self.seen(device))

    def rotate_seen(self, device: str) -> tuple[str, ...]:
        """Make a new seen key and destroy all but the last one; give the ids of those, whose hashes go with them."""
        with self.keys.lock:
            old = sorted(self.keys.rows("seen", device), key=lambda row: -row.slot)[1:]
            self.keys.keep(*self._of_device("seen", device, self.clock()))
            self.keys.delete(old)
            return tuple(row.id for row in old)

    # Using

    def lookup(self, kind: str, value: str) -> bytes:
        """Hash a value for an exact look-up (unique-id, e-mail, name, phone), under the installation's look-up key."""
        return lookup_hash(self.looking.secret, kind, value)

    def seal_field(self, subject: str, table: str, column: str, row: str, plain: bytes) -> bytes:
        """Seal one field under its subject's key: a person, a device, or a tenant."""
        key, place = self._field(subject, table, column, row)
        return seal.seal(key, plain, place, self.random(seal.NONCE_BYTES))

    def open_field(self, subject: str, table: str, column: str, row: str, blob: bytes) -> bytes:
        """Open one field; KeyGone when its subject was forgotten, StoreError with the place when it does not open."""
        key, place = self._field(subject, table, column, row)
        try:
            return seal.unseal(key, blob, place)
        except StoreError as error:
            raise StoreError(f"{table}.{column} of row {row}: {error}") from None

    def signing_seed(self, purpose: str) -> bytes:
        """Give the installation's signing seed for a purpose (certificates, heads), made at first use."""
        return self._own("signing", purpose).secret

    # Below

    def _data(self, tenant: str, device: str, subject: str, month: int) -> tuple[Row, Key]:
        return self.keys.fresh("data", subject, self._owner(subject).id, tenant=tenant, device=device, slot=month)

    def _of_device(self, kind: str, device: str, slot: int) -> tuple[Row, Key]:
        owner = self._owner(device)
        return self.keys.fresh(kind, device, owner.id, tenant=owner.tenant, device=device, slot=slot)

    def _own(self, kind: str, purpose: str) -> Key:
        with self.keys.lock:
            for row in self.keys.rows(kind, purpose):
                return self.keys.key(row)
            parent = self._owner(INSTALLATION).id
            return self.keys.keep(*self.keys.fresh(kind, INSTALLATION, parent, tenant=INSTALLATION, state=purpose))

    def _owner(self, subject: str) -> Row:
        for row in self.keys.rows(_kind(subject), subject):
            return row
        raise KeyGone("no key of this subject: it was forgotten, or never made")

    def _field(self, subject: str, table: str, column: str, row: str) -> tuple[bytes, bytes]:
        with self.keys.lock:
            owner = self._owner(subject)
            key = self.keys.derived(self.keys.key(owner), "field")
        return key, f"field\0{table}\0{column}\0{owner.tenant}\0{subject}\0{row}".encode()

    def _epoch(self) -> Epoch:
        with self.db.read() as connection:
            found = connection.execute("SELECT max(number) FROM epoch").fetchall()[0][0]
        if found is not None:
            epoch = self.holders.read(found)
            if epoch is None:
                raise StartError("no holder has the key of the vault's epoch; put the epoch key file back")
            return epoch
        first = Epoch(1, self.random(seal.KEY_BYTES))
        self.holders.begin(first)
        self.holders.finish(first)
        now_ms = self.clock()
        self.db.write(lambda c: c.execute("INSERT INTO epoch VALUES (?, ?)", (first.number, now_ms))).result()
        return first


def lookup_hash(secret: bytes, kind: str, value: str) -> bytes:
    """Hash one value of a kind for exact look-ups."""
    return seal.keyed_hash(secret, f"{kind}\0{value}".encode())


def _kind(subject: str) -> str:
    return "tenant" if subject.startswith("t") else "subject"
