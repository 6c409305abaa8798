"""The first hour of an installation: folders, keys, tables, the policy's place, and a link for its administrator."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from waykeep.errors import StartError
from waykeep.flows import links
from waykeep.settings import Settings
from waykeep.store.engine import Database, HomeLock, private_folder, write_private
from waykeep.store.erasures import STAMP
from waykeep.store.heads import Heads
from waykeep.store.keychain import create_root_key
from waykeep.store.ledger import Ledger
from waykeep.store.schema import FILES
from waykeep.store.vault import Vault

SETTINGS_FILE = "waykeep.toml"


class Founded(msgspec.Struct, frozen=True, kw_only=True):
    """What `waykeep init` tells the operator. `together` = keys and data share one folder, which proves little."""

    link: str
    root_key_made: bool
    together: bool


def found(
    settings: Settings,
    random: Callable[[int], bytes],
    clock: Callable[[], int],
    environ: Mapping[str, str],
    organisation: str,
) -> Founded:
    """Make what is missing and give a link; what is there already stays as it is."""
    home = Path(settings.home)
    for name in ("home", "data_dir", "keys_dir", "heads_dir", "backup_dir"):
        private_folder(settings.path(name))
    settings.path("home").chmod(0o700)
    with HomeLock(settings.path("data_dir") / "lock"):
        made = create_root_key(settings.root_key, home, random)
        _write_settings(home / SETTINGS_FILE, settings)
        vault = Vault(settings, random, clock, environ)
        try:
            link = _link(settings, vault, random, clock, organisation)
        finally:
            vault.close()
    return Founded(link=link, root_key_made=made, together=keys_beside_data(settings))


OTHERS = 0o077


def keys_beside_data(settings: Settings) -> bool:
    """Whether root key, epoch key or vault lie under the same folder as the data: who takes it has everything."""
    data = settings.path("data_dir")
    home = Path(settings.home).absolute()
    file_kind = settings.root_key.partition(":")[0] not in {"credential", "command"}
    places = [settings.path("keys_dir"), *(Path(home, one).absolute() for one in settings.epoch_dirs)]
    if file_kind:
        places.append(Path(home, settings.root_key).absolute())
    return any(place.is_relative_to(data.parent) for place in places)


def readable_by_others(settings: Settings) -> list[Path]:
    """Files of data, keys and backups that other accounts of the machine may read or write: nobody but us should."""
    root_key = Path(settings.root_key)
    folders = [settings.path(name) for name in ("data_dir", "keys_dir", "backup_dir")]
    files = [one for folder in folders if folder.is_dir() for one in folder.rglob("*") if one.is_file()]
    files += [root_key] if root_key.is_file() else []
    return sorted(file for file in files if file.stat().st_mode & OTHERS)


def web_in_clear(settings: Settings) -> str | None:
    """What is wrong where people reach the portal over the network without TLS; None where nothing is."""
    if "web" in settings.tls_doors or settings.web_bind in {"127.0.0.1", "::1", "localhost"}:
        return None
    return (
        "in clear to the network: set tls_certificate and tls_key and add web to tls_doors, or listen on 127.0.0.1"
        " behind a proxy that speaks TLS"
    )


def _link(
    settings: Settings, vault: Vault, random: Callable[[int], bytes], clock: Callable[[], int], organisation: str
) -> str:
    database = Database(settings.path("data_dir") / "waykeep.db", FILES["waykeep.db"])
    try:
        link = links.first_administrator(
            database, vault, random, clock(), web_url=settings.web_url, organisation=organisation
        )
        ledger = Ledger(
            settings.path("data_dir") / "ledger.db", vault, Heads(settings.path("heads_dir")), random, clock
        )
        try:
            ledger.action("founded", {"epoch": str(vault.keys.epoch.number)}).result()
            vault.erasures.put_stamp(vault.signing_seed(STAMP))
        finally:
            ledger.close()
    finally:
        database.close()
    return link


def _write_settings(path: Path, settings: Settings) -> None:
    """Name the policy in the settings file where there is none yet."""
    if path.exists():
        return
    if '"' in settings.profile:
        raise StartError("settings: a profile's name has no quotes")
    text = (
        "# Every setting stands in docs/reference/settings.md; one that is not named here has its default.\n"
        f'profile = "{settings.profile}"\n'
        '# policy_file = "policy.yaml"  # your own document in the profile\'s place\n'
    )
    write_private(path, text.encode())
