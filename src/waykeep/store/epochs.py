"""The turn of an epoch: survivors are rewrapped, look-up hashes made anew, and the old epoch key is overwritten."""

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from waykeep import seal
from waykeep.store.keychain import Epoch
from waykeep.store.keys import Keys, Row
from waykeep.store.vault import INSTALLATION, Vault, lookup_hash

DAY_MS = 86_400_000
COPIES_KEPT_MS = 7 * DAY_MS  # older copies help nobody: the erasure promise does not count on them

Lookup = Callable[[str, str], bytes]
Rehash = Callable[[Lookup, Callable[[], None]], None]
"""Recompute every look-up hash with the first argument in one job of the writer; call the second before its commit."""


def begun_ms(vault: Vault) -> int:
    """When the present epoch began."""
    with vault.db.read() as connection:
        return int(connection.execute("SELECT begun_ms FROM epoch ORDER BY number DESC LIMIT 1").fetchall()[0][0])


def turn(vault: Vault, rehash: Rehash, kept_ms: int = COPIES_KEPT_MS) -> tuple[Path, ...]:
    """End the present epoch; give the holders of the epoch key that are out of reach.

    While one is out of reach the old epoch is not over: `settle` again later.
    """
    old = vault.keys.epoch
    new = Epoch(old.number + 1, vault.random(seal.KEY_BYTES))
    vault.holders.begin(new)
    early = _rewrapped(vault.keys, _all(vault), new, {})  # the bulk, while others still use the vault
    with vault.keys.lock:
        rows = _all(vault)
        rewrapped = _rewrapped(vault.keys, rows, new, early)
        now_ms = vault.clock()
        vault.db.write(lambda connection: _swap(connection, rewrapped, new.number, now_ms)).result()
        vault.keys.begin_epoch(new)
    renew_lookup(vault, rehash)
    vault.db.checkpoint()
    copy(vault, kept_ms)
    return settle(vault)


def settle(vault: Vault) -> tuple[Path, ...]:
    """Make every holder keep the present epoch's key and nothing older; give those out of reach."""
    return vault.holders.finish(vault.keys.epoch)


def renew_lookup(vault: Vault, rehash: Rehash) -> None:
    """Make a new look-up key, have every hash recomputed under it, and destroy the old one.

    Cut off half-way it is begun again at the next start (`unfinished_lookup`): the hashes come from sealed values.
    """
    keys = vault.keys
    with keys.lock:
        keys.delete(keys.rows("lookup", "next"))
        parent = keys.rows("tenant", INSTALLATION)[0].id
        key = keys.keep(*keys.fresh("lookup", INSTALLATION, parent, tenant=INSTALLATION, state="next"))

    before = vault.looking

    def adopt() -> None:
        vault.looking = key  # jobs that the writer runs after this one already hash with the new key

    try:
        rehash(lambda kind, value: lookup_hash(key.secret, kind, value), adopt)
    except BaseException:
        vault.looking = before
        raise
    with keys.lock:
        gone = (*keys.rows("lookup", "present"), *keys.rows("lookup", "next"))
        vault.db.write(_adopt_lookup).result()
        keys.drop(gone)


def unfinished_lookup(vault: Vault) -> bool:
    """Whether a turn was cut off while hashes were recomputed."""
    return bool(vault.keys.rows("lookup", "next"))


def copy(vault: Vault, kept_ms: int = COPIES_KEPT_MS) -> Path:
    """Copy the vault into its own folder of copies, verified, and remove the copies that are too old."""
    now_ms = vault.clock()
    target = vault.copies / f"vault-{vault.keys.epoch.number}-{now_ms}.db"
    vault.db.copy_to(target)
    for old in expired(vault.copies, now_ms - kept_ms):
        old.unlink()
    return target


def expired(folder: Path, before_ms: int) -> Iterable[Path]:
    """Give the copies made before a moment."""
    for path in sorted(folder.glob("vault-*-*.db")):
        if int(path.stem.rpartition("-")[2]) < before_ms:
            yield path


def _all(vault: Vault) -> tuple[Row, ...]:
    return vault.keys.select("true ORDER BY rowid", ())


def _rewrapped(keys: Keys, rows: Iterable[Row], new: Epoch, done: dict[str, bytes]) -> dict[str, bytes]:
    """Give each row's bytes wrapped for the new epoch, taking what is done already."""
    wrapped = {}
    for row in rows:
        if row.id in done:
            wrapped[row.id] = done[row.id]
        else:
            secret = seal.unwrap(keys.wrapping(row.parent), row.wrapped)
            wrapped[row.id] = seal.wrap(keys.wrapping(row.parent, new), secret)
    return wrapped


def _swap(connection: sqlite3.Connection, wrapped: dict[str, bytes], number: int, now_ms: int) -> None:
    connection.executemany(
        "UPDATE wrapped_key SET wrapped = ? WHERE id = ?", [(blob, key_id) for key_id, blob in wrapped.items()]
    )
    connection.execute("INSERT INTO epoch VALUES (?, ?)", (number, now_ms))


def _adopt_lookup(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM wrapped_key WHERE kind = 'lookup' AND state = 'present'")
    connection.execute("UPDATE wrapped_key SET state = 'present' WHERE kind = 'lookup' AND state = 'next'")
