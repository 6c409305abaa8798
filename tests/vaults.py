"""Real vaults in a temporary folder, with a clock that stands where a test puts it."""

import os
from pathlib import Path

from waykeep.settings import Settings, load
from waykeep.store.keychain import create_root_key
from waykeep.store.vault import Vault

DAY_MS = 86_400_000
NOW_MS = 1_800_000_000_000


class Clock:
    """A clock that a test moves."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def home(path: Path, **changes: object) -> Settings:
    """Settings of a home folder with its root key."""
    settings = load(path, {}, **changes)
    create_root_key(settings.root_key, path, os.urandom)
    return settings


def vault(path: Path, clock: Clock | None = None, **changes: object) -> Vault:
    """An open vault with a tenant, a person and two devices."""
    made = Vault(home(path, **changes), os.urandom, clock or Clock(), {})
    made.new_tenant("ta")
    for subject in ("pa", "pb", "da", "db"):
        made.new_subject("ta", subject)
    return made


def wrapped(vault: Vault, where: str = "true", *values: str | int) -> tuple[bytes, ...]:
    """The wrapped bytes of rows as they lie in the file."""
    return tuple(row.wrapped for row in vault.keys.select(where, values))


def raw(folder: Path) -> bytes:
    """Every byte of every file under a folder."""
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
