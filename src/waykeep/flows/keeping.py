"""The rounds of keys and copies: epochs, copies of the vault, seen keys, tomorrow's day keys, backups that expire."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from waykeep.flows.rights import Rights
from waykeep.flows.rounds import HOUR_MS, Round
from waykeep.policy import parts
from waykeep.policy.lengths import length_ms
from waykeep.store import epochs
from waykeep.store.backup import Backups
from waykeep.store.epochs import Lookup, Rehash
from waykeep.store.erasures import STAMP
from waykeep.store.vault import Vault

DAY_MS = 86_400_000
EARLY_MS = HOUR_MS  # a promise of so many days must not run over by the minutes that a turn takes


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """How the policy document says that copies are kept."""

    every_ms: int = DAY_MS
    kept_ms: int = 30 * DAY_MS
    keys_kept_ms: int = 7 * DAY_MS


def copies(said: parts.Backups) -> Copies:
    """Take the lengths from the policy document; where it leaves one open the shortest customary one holds."""
    default = Copies()
    return Copies(
        every_ms=length_ms(said.every) or default.every_ms,
        kept_ms=length_ms(said.keep) or default.kept_ms,
        keys_kept_ms=length_ms(said.key_backup_keep) or default.keys_kept_ms,
    )


def epoch_days(setting: int, deadline: str) -> int:
    """How long an epoch may last: erasure is complete at its end, so the promise of a deadline bounds it."""
    promised_ms = length_ms(deadline)
    return setting if promised_ms is None else max(1, min(setting, promised_ms // DAY_MS))


class Epochs:
    """Turns the epoch when it is over, and signs the second dates once no holder has the old key."""

    def __init__(
        self,
        vault: Vault,
        rights: Rights,
        rehash: Rehash,
        *,
        days: int,
        hashed: Callable[[], None],
        alarm: Callable[[str], None],
    ) -> None:
        self._vault, self._rights, self._rehash, self._days = vault, rights, rehash, days
        self._hashed, self._alarm = hashed, alarm

    async def look(self) -> None:
        """Turn when it is time; else finish what a crash or a holder out of reach left undone."""
        if self._vault.clock() >= epochs.begun_ms(self._vault) + self._days * DAY_MS - EARLY_MS:
            await self.turn()
            return
        await self.mend()
        await self._rights.certify_owed()
        self._settled(await asyncio.to_thread(epochs.settle, self._vault))

    async def mend(self) -> None:
        """Make the look-up hashes anew when a turn was cut off between them and their key; before any door opens."""
        if epochs.unfinished_lookup(self._vault):
            await asyncio.to_thread(epochs.renew_lookup, self._vault, self._rehashing())

    async def turn(self) -> Mapping[str, Any]:
        """End the epoch now; says its number, the holders out of reach, and how many certificates are complete."""
        missing = await asyncio.to_thread(epochs.turn, self._vault, self._rehashing())
        signed = self._settled(missing)
        return {
            "epoch": self._vault.keys.epoch.number,
            "out_of_reach": [str(folder) for folder in missing],
            "certificates": signed,
        }

    def _rehashing(self) -> Rehash:
        """Tell the loop's thread as soon as the new hashes are durable: until then devices look unknown."""
        loop = asyncio.get_running_loop()

        def rehash(hashed: Lookup, adopt: Callable[[], None]) -> None:
            self._rehash(hashed, adopt)
            loop.call_soon_threadsafe(self._hashed)

        return rehash

    def _settled(self, missing: tuple[Path, ...]) -> int:
        if missing:
            self._alarm("epoch-key-holder-out-of-reach")
            return 0
        return self._rights.second_dates()


def rounds(
    vault: Vault,
    turning: Epochs,
    backups: Backups,
    *,
    devices: Callable[[], Iterable[str]],
    renew_seen: Callable[[int], int],
    back_up: Callable[[], object],
    lengths: Copies,
) -> tuple[Round, ...]:
    """The rounds of this room; sweeps of history and promises are other rooms'."""

    async def days_ahead() -> None:
        day = vault.clock() // DAY_MS
        await asyncio.to_thread(vault.prepare_days, tuple(devices()), day + 1)

    async def seen() -> None:
        await asyncio.to_thread(renew_seen, vault.clock())

    async def copied() -> None:
        await asyncio.to_thread(epochs.copy, vault, lengths.keys_kept_ms)

    async def backed_up() -> None:
        if backups.due(lengths.every_ms):
            await asyncio.to_thread(back_up)

    async def expiry() -> None:
        await asyncio.to_thread(backups.expire)

    async def listed() -> None:
        await asyncio.to_thread(vault.erasures.mend)
        await asyncio.to_thread(vault.erasures.put_stamp, vault.signing_seed(STAMP))

    return (
        Round(name="erasure-list", every_ms=HOUR_MS, run=listed, deletes=False),
        Round(name="day-keys", every_ms=HOUR_MS, run=days_ahead, deletes=False),
        Round(name="epoch", every_ms=HOUR_MS, run=turning.look),
        Round(name="seen-keys", every_ms=6 * HOUR_MS, run=seen),
        Round(name="vault-copy", every_ms=DAY_MS, run=copied),
        Round(name="backup", every_ms=HOUR_MS, run=backed_up, deletes=False),
        Round(name="backup-expiry", every_ms=DAY_MS, run=expiry),
    )
