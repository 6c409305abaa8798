"""Putting a backup back: under the living vault, after the erasure list, and with word of what no longer opens."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import msgspec

from waykeep.errors import AskError
from waykeep.store import epochs, rehash
from waykeep.store.backup import Entry
from waykeep.store.engine import RESTORING, Database, private_folder, sync, write_private
from waykeep.store.erasures import STAMP
from waykeep.store.heads import Heads
from waykeep.store.vault import Vault

SLACK_MS = 2 * 3_600_000  # the list's stamp is renewed with the hourly head, which may be the one before
SIDE_FILES = ("", "-wal", "-shm", "-journal")
REPLACED = "replaced"  # folder inside data/ of what stood there before


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """Positions of one device and day that the backup held under a key that was replaced since."""

    device: str
    day: int
    positions: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore brought back, left out because it was forgotten, and lost because it was sealed anew since."""

    positions: int
    forgotten_rows: int
    forgotten_subjects: int
    lost: tuple[Lost, ...]


def check_list(vault: Vault, heads: Heads, *, confirmed: bool) -> None:
    """Refuse to go on when the erasure list may be older than the newest signed head, unless an administrator says so.

    An old list would bring back people who were forgotten since.
    """
    vault.erasures.mend()
    head, stamp = heads.newest(), vault.erasures.stamp(vault.signing_seed(STAMP))
    why = None
    if head is None or stamp is None:
        why = "there is no signed head, or no stamp of the erasure list, at the second place"
    elif stamp.time_ms < head.time_ms - SLACK_MS:
        why = "the erasure list is older than the newest signed head"
    elif stamp.count > vault.erasures.count():
        why = "the erasure list is shorter than it was when it was last signed"
    if why is not None and not confirmed:
        raise AskError(
            "erasure-list-not-current",
            f"The erasure list may be an old one: {why}. People forgotten since would come back; put the newest list in"
            " place, or confirm with --confirm.",
            409,
        )


def place(folder: Path, entry: Entry, data_dir: Path) -> Path:
    """Put the backup's files where the server looks for them; what stood there goes to a folder beside."""
    write_private(data_dir / RESTORING, entry.name.encode())
    aside = data_dir / REPLACED
    shutil.rmtree(aside, ignore_errors=True)
    private_folder(aside)
    for name in entry.files:
        shutil.copyfile(folder / name, data_dir / f"{name}.new")
        (data_dir / f"{name}.new").chmod(0o600)
        sync(data_dir / f"{name}.new")
    for name in entry.files:
        for end in SIDE_FILES:
            if (data_dir / f"{name}{end}").exists():
                (data_dir / f"{name}{end}").rename(aside / f"{name}{end}")
        (data_dir / f"{name}.new").rename(data_dir / name)
    sync(data_dir)
    return aside


def done(data_dir: Path) -> None:
    """Let the server open the home folder again."""
    (data_dir / RESTORING).unlink()
    sync(data_dir)


def settle(vault: Vault, people: Database, track: Database | None, now_ms: int) -> Report:
    """Take out what was forgotten or no longer opens, and make the look-up hashes anew."""
    subjects = people.write(partial(_without_key, vault.has_subject, now_ms)).result()
    epochs.renew_lookup(vault, rehash.of(people, vault))
    people.checkpoint()
    if track is None:
        return Report(positions=0, forgotten_rows=0, forgotten_subjects=subjects, lost=())
    forgotten, lost = track.write(partial(_unreadable, vault)).result()
    track.checkpoint()
    with track.read() as connection:
        positions = connection.execute("SELECT coalesce(sum(count), 0) FROM segment").fetchall()[0][0]
    return Report(
        positions=positions, forgotten_rows=forgotten, forgotten_subjects=subjects, lost=tuple(sorted(lost, key=_order))
    )


def _without_key(has_subject: Callable[[str], bool], now_ms: int, connection: sqlite3.Connection) -> int:
    """Delete devices and people whose key is gone; what a person held stays closed to what still arrives for it."""
    gone = [one for table in ("device", "person") for one in _ids(connection, table) if not has_subject(one)]
    for subject in gone:
        connection.execute(
            "INSERT INTO forgotten_span (device, from_ms, to_ms)"
            " SELECT device, from_ms, min(coalesce(to_ms, ?1), ?1) FROM assignment WHERE person = ?2 AND from_ms < ?1",
            (now_ms, subject),
        )
        connection.execute("DELETE FROM device WHERE id = ?", (subject,))
        connection.execute("DELETE FROM person WHERE id = ?", (subject,))
    return len(gone)


def _ids(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[0] for row in connection.execute(f"SELECT id FROM {table}").fetchall()]  # noqa: S608 (our own names)


def _unreadable(vault: Vault, connection: sqlite3.Connection) -> tuple[int, list[Lost]]:
    rows = connection.execute(
        "SELECT key, device, subject, day, sum(count) FROM segment GROUP BY 1, 2, 3, 4"
    ).fetchall()
    keys = {row[0] for row in rows}
    closed = {key for key in keys if vault.open_data_key(key) is None}
    lost: dict[tuple[str, int], int] = {}
    forgotten = 0
    for key, device, subject, day, count in rows:
        if key not in closed:
            continue
        if vault.has_subject(subject) and vault.has_subject(device):
            lost[device, day] = lost.get((device, day), 0) + count
        else:
            forgotten += count
    _delete(connection, closed)
    return forgotten, [Lost(device=device, day=day, positions=count) for (device, day), count in lost.items()]


def _delete(connection: sqlite3.Connection, keys: Iterable[str]) -> None:
    gone = [(key,) for key in keys]
    for table in ("segment", "latest"):
        connection.executemany(f"DELETE FROM {table} WHERE key = ?", gone)  # noqa: S608 (our own names)


def _order(one: Lost) -> tuple[str, int]:
    return one.device, one.day
