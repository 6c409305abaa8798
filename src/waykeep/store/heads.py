"""Signed heads of the ledger, appended to a file outside data/: a chain does not notice its own tail being cut."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from waykeep import seal
from waykeep.errors import StoreError
from waykeep.policy import witness

FILE = "ledger.heads"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's size and root at a moment, signed; `lost` is the first line that a restore could not bring back."""

    size: int
    root: str
    time_ms: int
    lost: int | None = None
    key: str
    signature: str

    def verifies(self) -> bool:
        """Whether the key it names signed it."""
        try:
            signed = witness.head_bytes(self.size, bytes.fromhex(self.root), self.time_ms, self.lost)
            return seal.verify(bytes.fromhex(self.key), bytes.fromhex(self.signature), signed)
        except ValueError:
            return False


def signed(seed: bytes, size: int, root: bytes, time_ms: int, lost: int | None = None) -> Head:
    """Make a head."""
    signature = seal.sign(seed, witness.head_bytes(size, root, time_ms, lost))
    key = seal.public_key(seed).hex()
    return Head(size=size, root=root.hex(), time_ms=time_ms, lost=lost, key=key, signature=signature.hex())


class Heads:
    """The file of heads, one JSON object a line, in the order of signing."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def append(self, head: Head) -> None:
        """Add one and make it durable; a line that a crash left unfinished goes first."""
        fresh = not self.path.exists()
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.ftruncate(handle, whole := self._whole())
            os.pwrite(handle, msgspec.json.encode(head) + b"\n", whole)
            os.fsync(handle)
        except OSError as error:
            raise StoreError(f"{FILE}: {error.strerror}") from error
        finally:
            os.close(handle)
        if fresh:
            _sync_folder(self.path.parent)

    def lines(self) -> Iterator[Head | None]:
        """Every head as it was written; None for a finished line that is no head."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield _head(line)

    def newest(self) -> Head | None:
        """The last one that is readable."""
        found = None
        for head in self.lines():
            found = head or found
        return found

    def _whole(self) -> int:
        text = self.path.read_bytes()
        return text.rfind(b"\n") + 1


def _head(line: bytes) -> Head | None:
    try:
        return msgspec.json.decode(line, type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
