"""What a device may demand of who reports in its name: a network, a password, a TLS client certificate."""

import hmac
from collections.abc import Mapping
from ipaddress import ip_address, ip_network

import msgspec

from waykeep.errors import AskError
from waykeep.model.position import Value

# Demands stand among a device's settings. `password` is another thing: what the device asks of an order by SMS or GPRS.
SOURCE_NETWORK, DOOR_PASSWORD, CLIENT_CERTIFICATE = "source_network", "door_password", "client_certificate"
FINGERPRINT_DIGITS = 64


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who is at a door: the address, the password that came along, the SHA-256 of the client certificate in hex."""

    source: str
    password: str = ""
    certificate: str = ""


def admitted(settings: Mapping[str, Value], caller: Caller) -> bool:
    """Whether a caller brings everything that a device demands."""
    network, password = settings.get(SOURCE_NETWORK), settings.get(DOOR_PASSWORD)
    certificate = settings.get(CLIENT_CERTIFICATE)
    if network and not _inside(str(network), caller.source):
        return False
    if password and not hmac.compare_digest(str(password).encode(), caller.password.encode("utf-8", "replace")):
        return False
    return not certificate or _digits(str(certificate)) == caller.certificate


def checked(settings: Mapping[str, Value], *, speaks_http: bool) -> None:
    """Refuse (AskError) a demand that no device could meet, so that no one locks their own device out."""
    try:
        for network in str(settings.get(SOURCE_NETWORK) or "").replace(",", " ").split():
            ip_network(network)
    except ValueError:
        raise AskError("network-wrong", "Write a source network like 203.0.113.0/24.", 422) from None
    password = settings.get(DOOR_PASSWORD) or ""
    if not isinstance(password, str):
        raise AskError("settings-wrong", "A device's password is a text.", 422)
    if password and not speaks_http:
        raise AskError(
            "password-not-carried",
            "This protocol carries no password: demand a source network or a client certificate instead.",
            422,
        )
    certificate = _digits(str(settings.get(CLIENT_CERTIFICATE) or ""))
    if certificate and not (len(certificate) == FINGERPRINT_DIGITS and set(certificate) <= set("0123456789abcdef")):
        raise AskError("certificate-wrong", "Give the certificate's SHA-256 fingerprint: 64 hexadecimal digits.", 422)


def _digits(fingerprint: str) -> str:
    return fingerprint.replace(":", "").replace(" ", "").lower()


def _inside(networks: str, source: str) -> bool:
    try:
        address = ip_address(source.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    address = mapped or address
    return any(address in ip_network(network) for network in networks.replace(",", " ").split())
