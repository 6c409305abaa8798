"""The last signed proof that the operator published, in a file of its own: anyone may read and check it."""

from functools import lru_cache
from pathlib import Path

import msgspec

from waykeep import seal
from waykeep.errors import StartError
from waykeep.policy.control import Judged
from waykeep.store.engine import write_private

PURPOSE = "proof"  # of the signing key


class ProofReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `waykeep prove` found: of which profile and text, when, each control and each clause."""

    profile: str
    product: str
    policy_version: str
    policy_hash: str
    made_ms: int
    program: str
    server: str
    counts: dict[str, int]
    controls: dict[str, bool]
    clauses: tuple[Judged, ...]


class SignedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A proof with its signature: Ed25519 over its JSON with sorted keys, by the installation's key (hex)."""

    proof: ProofReport
    key: str
    signature: str


class Proofs:
    """Keeps one proof; `seed` signs."""

    def __init__(self, file: Path, seed: bytes) -> None:
        self._file, self._seed = file, seed

    @property
    def key(self) -> str:
        """The public key (hex)."""
        return seal.public_key(self._seed).hex()

    def keep(self, proof: ProofReport) -> SignedReport:
        """Sign a proof and put it in the place of the last one."""
        made = SignedReport(proof=proof, key=self.key, signature=seal.sign(self._seed, _covered(proof)).hex())
        write_private(self._file, msgspec.json.encode(made))
        return made

    def last(self) -> SignedReport | None:
        """The last proof; one that its signature does not cover, or that another key signed, counts for nothing."""
        try:
            changed_ns = self._file.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        found = _read(self._file, changed_ns)
        return found if found is not None and found.key == self.key else None


def check(content: bytes, key: str | None = None) -> SignedReport:
    """A signed proof out of a file; StartError when it is not whole, or not of this key."""
    try:
        found = msgspec.json.decode(content, type=SignedReport)
        whole = seal.verify(bytes.fromhex(found.key), bytes.fromhex(found.signature), _covered(found.proof))
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise StartError(f"this is no signed proof: {error}") from error
    if not whole:
        raise StartError("the signature does not cover this proof: it was changed")
    if key is not None and key.lower() != found.key:
        raise StartError(f"this proof was signed by another key: {found.key}")
    return found


@lru_cache(maxsize=4)
def _read(file: Path, changed_ns: int) -> SignedReport | None:
    del changed_ns  # a changed file is read anew
    try:
        return check(file.read_bytes())
    except (OSError, StartError):
        return None


def _covered(proof: ProofReport) -> bytes:
    return msgspec.json.encode(proof, order="deterministic")
