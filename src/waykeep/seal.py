"""The one place with ciphers, keyed hashes and signatures; keys and nonces are arguments."""

import hashlib
import hmac
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID

from waykeep.errors import StoreError

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = b"\x01"
PAD_STEP = 256  # sizes on disk tell no more than this many bytes
LENGTH_BYTES = 4


def seal(key: bytes, plain: bytes, associated: bytes, nonce: bytes, pad: int = PAD_STEP) -> bytes:
    """Seal with AES-256-GCM: version, nonce, then the padded text and its tag.

    `nonce` is 12 random bytes, new for each seal. `associated` ties the blob to its place: it opens nowhere else.
    """
    body = len(plain).to_bytes(LENGTH_BYTES, "big") + plain
    body += bytes(-len(body) % pad)
    return VERSION + nonce + AESGCM(key).encrypt(nonce, body, VERSION + associated)


def unseal(key: bytes, blob: bytes, associated: bytes) -> bytes:
    """Open what `seal` made; a wrong key, a moved or a changed blob is a StoreError, never an empty result."""
    start = len(VERSION) + NONCE_BYTES
    if blob[: len(VERSION)] != VERSION or len(blob) < start:
        raise StoreError("sealed bytes of an unknown version")
    try:
        body = AESGCM(key).decrypt(blob[len(VERSION) : start], blob[start:], VERSION + associated)
    except InvalidTag:
        raise StoreError("sealed bytes do not open") from None
    return body[LENGTH_BYTES : LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES], "big")]


def wrap(key: bytes, secret: bytes) -> bytes:
    """Wrap one key under another (AES-256 key wrap, RFC 3394)."""
    return keywrap.aes_key_wrap(key, secret)


def unwrap(key: bytes, blob: bytes) -> bytes:
    """Unwrap what `wrap` made; StoreError when the wrapping key is another one."""
    try:
        return keywrap.aes_key_unwrap(key, blob)
    except keywrap.InvalidUnwrap:
        raise StoreError("wrapped key does not open") from None


def subkey(key: bytes, label: bytes) -> bytes:
    """A key for one use, from a key and the name of the use (HKDF-SHA256)."""
    return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=label).derive(key)


def keyed_hash(key: bytes, data: bytes, size: int = 16) -> bytes:
    """A hash that only the key's holder can compute (BLAKE2b)."""
    return hashlib.blake2b(data, key=key, digest_size=size).digest()


def hmac_sha256(key: bytes, data: bytes) -> bytes:
    """HMAC-SHA256, the commitment of a ledger's entry."""
    return hmac.digest(key, data, "sha256")


def same(one: bytes, other: bytes) -> bool:
    """Whether two secrets are equal, in time that does not depend on where they differ."""
    return hmac.compare_digest(one, other)


def public_key(seed: bytes) -> bytes:
    """The 32 public bytes of an Ed25519 seed."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def sign(seed: bytes, data: bytes) -> bytes:
    """An Ed25519 signature."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(data)


def verify(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether the signature is the key holder's over these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def self_signed(name: str, from_s: int, to_s: int) -> tuple[bytes, bytes]:
    """A certificate for a host name or address that nobody but its own key vouches for, and that key; both PEM.

    Valid between two Unix times in seconds. It encrypts; who connects must be told to trust it.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.fromtimestamp(from_s, UTC))
        .not_valid_after(datetime.fromtimestamp(to_s, UTC))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), private
