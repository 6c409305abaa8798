"""The signed word that something was erased: its first date now, its second when older copies are useless too."""

import msgspec

from waykeep import seal
from waykeep.errors import StoreError

PURPOSE = "certificate"  # of the signing seed

_ENCODER = msgspec.json.Encoder(order="sorted")


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What was destroyed and when; it names no one.

    `erased_ms`: the keys are gone from the vault and its files were searched for them. `final_ms`: the epoch is over
    and its key overwritten at every holder, so that no older copy of the vault opens what was erased, even with the
    root key; None until then. `exempt` lists what was kept and why.
    """

    erasure: int
    kind: str
    keys: int
    epoch: int
    erased_ms: int
    final_ms: int | None = None
    exempt: tuple[str, ...] = ()
    public_key: str = ""
    signature: str = ""

    def text(self) -> bytes:
        """The certificate as JSON."""
        return _ENCODER.encode(self)

    def verifies(self) -> bool:
        """Whether the key that it names signed all of it."""
        try:
            public, signature = bytes.fromhex(self.public_key), bytes.fromhex(self.signature)
        except ValueError:
            return False
        return seal.verify(public, signature, _signed_bytes(self))


def sign(certificate: Certificate, seed: bytes) -> Certificate:
    """Sign a certificate, also again after its second date was set."""
    named = msgspec.structs.replace(certificate, public_key=seal.public_key(seed).hex(), signature="")
    return msgspec.structs.replace(named, signature=seal.sign(seed, _signed_bytes(named)).hex())


def read(text: bytes) -> Certificate:
    """Read a certificate from JSON; StoreError when it is none."""
    try:
        return msgspec.json.decode(text, type=Certificate)
    except msgspec.MsgspecError as error:
        raise StoreError("not a certificate") from error


def _signed_bytes(certificate: Certificate) -> bytes:
    return _ENCODER.encode(msgspec.structs.replace(certificate, signature=""))
