"""The two keys above the vault: the root key outside everything, and the epoch key file at each of its holders."""

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from waykeep import seal
from waykeep.errors import StartError, StoreError
from waykeep.store.engine import private_folder, sync

COMMAND_TIMEOUT_S = 30  # a key server that is slower than this is down
NUMBER_DIGITS = 12
WRAPPED_BYTES = seal.KEY_BYTES + 8  # RFC 3394 adds one block
HEADING = b"waykeep epoch "


class Epoch(msgspec.Struct, frozen=True):
    """One epoch: its number and its key."""

    number: int
    key: bytes


def root_key(place: str, home: Path, environ: Mapping[str, str]) -> bytes:
    """Read the root key: a file, `credential:NAME` of systemd, or `command:…` that prints it; 32 bytes or their hex."""
    kind, _, rest = place.partition(":")
    if kind == "credential":
        folder = environ.get("CREDENTIALS_DIRECTORY")
        if folder is None:
            raise StartError("root key: systemd gave no CREDENTIALS_DIRECTORY")
        return _key_of(_file(Path(folder, rest)), place)
    if kind == "command":
        return _key_of(_printed(rest), place)
    return _key_of(_file(Path(home, place)), place)


def create_root_key(place: str, home: Path, random: Callable[[int], bytes]) -> bool:
    """Make the root key's file where the setting names a file that does not exist; say whether it did."""
    if place.partition(":")[0] in {"credential", "command"} or Path(home, place).exists():
        return False
    path = Path(home, place)
    private_folder(path.parent)
    _write_new(path, random(seal.KEY_BYTES))
    return True


class Holders:
    """The places that hold the epoch key, each wrapped under the root key; the first that answers is read."""

    def __init__(self, folders: tuple[Path, ...], root: bytes) -> None:
        self._folders = folders
        self._wrapping = seal.subkey(root, b"epoch")

    def read(self, number: int) -> Epoch | None:
        """Find the key of this epoch at any holder, also where a turn was cut off half-way.

        StartError when there are key files and none opens with this root key.
        """
        unopened: list[Path] = []
        for path in (folder / name for folder in self._folders for name in ("epoch.key", "epoch.next")):
            found = self._open(path, unopened)
            if found is not None and found.number == number:
                return found
        if unopened:
            raise StartError(f"{unopened[0]}: the epoch key does not open with this root key")
        return None

    def begin(self, epoch: Epoch) -> tuple[Path, ...]:
        """Write the key of the coming epoch beside the present one; give the holders out of reach.

        At least one holder must take it, else the coming epoch could not be opened again.
        """
        missing = []
        for folder in self._folders:
            try:
                private_folder(folder)
                (folder / "epoch.next").unlink(missing_ok=True)
                _write_new(folder / "epoch.next", self._line(epoch))
            except OSError:
                missing.append(folder)
        if len(missing) == len(self._folders):
            raise StoreError("no holder takes the epoch key")
        return tuple(missing)

    def finish(self, epoch: Epoch) -> tuple[Path, ...]:
        """Overwrite what every holder has with this epoch's key and read it back; give the holders out of reach."""
        return tuple(folder for folder in self._folders if not self._overwrite(folder, epoch))

    def _overwrite(self, folder: Path, epoch: Epoch) -> bool:
        path = folder / "epoch.key"
        line = self._line(epoch)
        try:
            private_folder(folder)
            if not path.exists():
                _write_new(path, line)
            elif path.read_bytes() != line:
                with path.open("r+b") as file:  # in place: the old bytes' own blocks are what must go
                    file.write(line.ljust(path.stat().st_size, b"\n"))
                    file.flush()
                    os.fsync(file.fileno())
            if path.read_bytes().rstrip(b"\n") != line.rstrip(b"\n"):
                return False
            _erase(folder / "epoch.next")
        except OSError:
            return False
        return True

    def _line(self, epoch: Epoch) -> bytes:
        return HEADING + b"%0*d %s\n" % (
            NUMBER_DIGITS,
            epoch.number,
            seal.wrap(self._wrapping, epoch.key).hex().encode(),
        )

    def _open(self, path: Path, unopened: list[Path]) -> Epoch | None:
        try:
            text = path.read_bytes()
        except OSError:
            return None
        number, _, wrapped = text.removeprefix(HEADING).strip().partition(b" ")
        try:
            return Epoch(int(number), seal.unwrap(self._wrapping, bytes.fromhex(wrapped.decode())))
        except (ValueError, StoreError):
            unopened.append(path)  # another root key's, or torn by a crash
            return None


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise StartError(
            f"root key: {path} is not there. A new home is made by `waykeep init`; of an old one, bring its key back."
        ) from None
    except OSError as error:
        raise StartError(f"root key: {error}") from error


def _printed(command: str) -> bytes:
    try:
        # The operator's own setting names the program; nothing of it comes from outside.
        done = subprocess.run(shlex.split(command), capture_output=True, timeout=COMMAND_TIMEOUT_S, check=True)  # noqa: S603 (see above)
    except (OSError, subprocess.SubprocessError) as error:
        raise StartError(f"root key: its command failed ({type(error).__name__})") from None
    return done.stdout


def _key_of(text: bytes, place: str) -> bytes:
    if len(text) == seal.KEY_BYTES:
        return text
    try:
        key = bytes.fromhex(text.decode().strip())
    except ValueError:
        key = b""
    if len(key) != seal.KEY_BYTES:
        raise StartError(f"root key: {place.partition(':')[0]} does not hold {seal.KEY_BYTES} bytes or their hex")
    return key


def _write_new(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, data)
    finally:
        os.close(handle)
    sync(path)


def _erase(path: Path) -> None:
    """Overwrite a file's bytes in place, then remove it."""
    if path.exists():
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
