"""A backup put back while the server is down: list first, files next, then what must not return is taken out."""

from collections.abc import Callable, Mapping

from waykeep.settings import Settings
from waykeep.store import restore
from waykeep.store.backup import Backups
from waykeep.store.engine import Database, HomeLock
from waykeep.store.erasures import STAMP
from waykeep.store.heads import Heads
from waykeep.store.ledger import Ledger
from waykeep.store.restore import Report
from waykeep.store.schema import FILES
from waykeep.store.vault import Vault


def put_back(
    settings: Settings,
    name: str,
    random: Callable[[int], bytes],
    clock: Callable[[], int],
    environ: Mapping[str, str],
    *,
    confirmed: bool,
) -> Report:
    """Restore one backup under the vault that lives now; no door is open, and none opens before the end."""
    data_dir = settings.path("data_dir")
    heads = Heads(settings.path("heads_dir"))
    with HomeLock(data_dir / "lock", restoring=True):
        vault = Vault(settings, random, clock, environ)
        try:
            restore.check_list(vault, heads, confirmed=confirmed)
            folder, entry = Backups(settings.path("backup_dir"), vault, random, clock).verified(name)
            restore.place(folder, entry, data_dir)
            report = _settle(settings, vault, clock())
            ledger = Ledger(data_dir / "ledger.db", vault, heads, random, clock, accept_loss=True)
            try:
                detail = {"backup": name, "positions": str(report.positions), "lost": str(len(report.lost))}
                ledger.action("restore", detail).result()
            finally:
                ledger.close()
            vault.erasures.put_stamp(vault.signing_seed(STAMP))
            restore.done(data_dir)
        finally:
            vault.close()
    return report


def _settle(settings: Settings, vault: Vault, now_ms: int) -> Report:
    data_dir = settings.path("data_dir")
    people = Database(data_dir / "waykeep.db", FILES["waykeep.db"])
    # A backup of a server that keeps no places has no history, and none is made here.
    track = Database(data_dir / "track.db", FILES["track.db"]) if (data_dir / "track.db").exists() else None
    try:
        return restore.settle(vault, people, track, now_ms)
    finally:
        people.close()
        if track is not None:
            track.close()
