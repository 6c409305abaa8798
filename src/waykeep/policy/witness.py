"""What a ledger line commits to, in bytes that anyone can recompute.

An entry is HMAC-SHA256(salt, canonical {line, viewer, purpose, span, subject}); a line's commitment is the tree hash
over its sorted entries; a leaf is SHA-256(0x00 ‖ canonical {index, time, kind, commitment}). Canonical means JSON
with sorted keys, without spaces, in UTF-8.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

import msgspec

from waykeep.policy import merkle

MANY = 100  # above this many subjects the entries are written once as a set, and lines name the set's root

_ENCODER = msgspec.json.Encoder(order="sorted")


class Detail(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a line says to its subject: who looked, why, at which span, by which route, at how many; never a place.

    `more` holds the words of a control action. A line about a set of subjects holds its root in `subjects`.
    """

    viewer: str
    purpose: str
    from_ms: int | None = None
    to_ms: int | None = None
    route: str = ""
    count: int = 0
    subjects: str = ""
    more: dict[str, str] = {}


def canonical(value: Mapping[str, object]) -> bytes:
    """The one way to write a value before it is hashed."""
    return _ENCODER.encode(value)


def entry_text(line: int, detail: Detail, subject: str) -> str:
    """What one entry states; where the line is about a set, the set's root stands in the subject's place."""
    value: dict[str, object] = {
        "line": line,
        "viewer": detail.viewer,
        "purpose": detail.purpose,
        "span": [detail.from_ms, detail.to_ms],
        **({"set": detail.subjects} if detail.subjects else {"subject": subject}),
        **({"action": detail.more} if detail.more else {}),
    }
    return canonical(value).decode()


def member_text(group: str, subject: str) -> str:
    """What one entry of a set of more than a hundred subjects states."""
    return canonical({"set": group, "subject": subject}).decode()


def value_of(salt: bytes, text: str) -> bytes:
    """The entry itself: who lacks the salt can neither read it nor guess at it."""
    return hmac.digest(salt, text.encode(), hashlib.sha256)


def commitment(entries: Iterable[bytes]) -> bytes:
    """The tree hash over the entries, sorted by value so that their order tells nothing."""
    return merkle.root([merkle.leaf_hash(value) for value in sorted(entries)])


def leaf(index: int, time_ms: int, kind: str, committed: bytes) -> bytes:
    """The leaf hash of one line."""
    return merkle.leaf_hash(canonical({"index": index, "time": time_ms, "kind": kind, "commitment": committed.hex()}))


def head_bytes(size: int, head: bytes, time_ms: int, lost: int | None) -> bytes:
    """What a signed head signs; `lost` is the first index that a restore could not bring back."""
    return canonical({"size": size, "root": head.hex(), "time": time_ms, "lost": lost})


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """HMAC(salt, text) stands at `index` among `size` sorted values whose tree hash the path leads to."""

    salt: str
    text: str
    index: int
    size: int
    path: list[str]
    root: str


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """All that one person needs to show their own entry in a line to anyone; it tells nothing of the others.

    Binary values are hexadecimal. `entries` holds one step: the subject's own entry and its way up to the line's
    commitment; where the line is about a set it holds two: the way up to the set's root, then the line's entry that
    names this root. Then come the leaf, its path, and the head that was signed.
    """

    entries: list[Step]
    index: int
    time_ms: int
    kind: str
    commitment: str
    path: list[str]
    size: int
    root: str
    signature: str
    head_time_ms: int
    public_key: str


def holds(proof: Proof) -> bool:
    """Whether every step leads to the commitment, the leaf stands in the tree and the root is the one signed over.

    The signature itself is checked by whoever holds the public key: see `waykeep check ledger`.
    """
    for step in proof.entries:
        value = value_of(bytes.fromhex(step.salt), step.text)
        path = [bytes.fromhex(p) for p in step.path]
        if not merkle.includes(merkle.leaf_hash(value), step.index, step.size, path, bytes.fromhex(step.root)):
            return False
    if not _chained(proof):
        return False
    here = leaf(proof.index, proof.time_ms, proof.kind, bytes.fromhex(proof.commitment))
    path = [bytes.fromhex(p) for p in proof.path]
    return merkle.includes(here, proof.index, proof.size, path, bytes.fromhex(proof.root))


def _chained(proof: Proof) -> bool:
    """One step ends at the commitment; of two, the second names the set's root that the first ends at."""
    *first, last = proof.entries
    return last.root == proof.commitment and all(step.root in last.text for step in first)
