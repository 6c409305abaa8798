"""Receipts of what people agreed to and took back: signed, theirs to keep, checked by anyone without a server."""

import msgspec

from waykeep import seal
from waykeep.errors import StartError
from waykeep.flows.promises import Promises
from waykeep.model.access import Viewer

PURPOSE = "receipt"  # of the signing key


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A yes or no: whose (a pseudonym), to what, when, by which way, under which text.

    `signature` is Ed25519 over this as JSON without it, keys in order, by `key` (both hex).
    """

    subject: str
    consent: str
    granted: bool
    at_ms: int
    channel: str
    policy_version: str
    policy_hash: str
    key: str
    signature: str = ""

    def signed(self) -> bytes:
        """What the signature covers."""
        plain = {name: getattr(self, name) for name in self.__struct_fields__ if name != "signature"}
        return msgspec.json.encode(plain, order="deterministic")


class Receipts:
    """Writes them out of the records, which are never changed; `seed` signs."""

    def __init__(self, promises: Promises, seed: bytes) -> None:
        self._promises, self._seed = promises, seed

    @property
    def key(self) -> str:
        """The public key (hex)."""
        return seal.public_key(self._seed).hex()

    def of(self, viewer: Viewer) -> tuple[Receipt, ...]:
        """All of one's own, oldest first."""
        found = []
        for one in self._promises.said_by(viewer.person).consents:
            plain = Receipt(
                subject=viewer.person,
                consent=one.consent,
                granted=one.granted,
                at_ms=one.at_ms,
                channel=one.channel,
                policy_version=one.version,
                policy_hash=one.text_hash,
                key=self.key,
            )
            found.append(msgspec.structs.replace(plain, signature=seal.sign(self._seed, plain.signed()).hex()))
        return tuple(found)


def check(content: bytes, key: str | None = None) -> tuple[Receipt, ...]:
    """The receipts of a file, one or a list; StartError for one that is not whole, or not of this key."""
    try:
        found = msgspec.json.decode(content, type=Receipt | tuple[Receipt, ...])
        receipts = (found,) if isinstance(found, Receipt) else found
        wrong = [
            number
            for number, one in enumerate(receipts, 1)
            if not seal.verify(bytes.fromhex(one.key), bytes.fromhex(one.signature), one.signed())
        ]
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
        raise StartError(f"this is no receipt: {error}") from error
    if wrong:
        raise StartError(f"the signature does not cover receipt {wrong[0]}: it was changed")
    if key is not None and any(one.key != key.lower() for one in receipts):
        raise StartError("a receipt was signed by another key")
    return receipts
