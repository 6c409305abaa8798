"""How each door to devices is protected on the way, and which kinds of that the policy allows."""

from collections.abc import Collection, Iterable, Mapping
from ipaddress import ip_address, ip_network

from waykeep.errors import StartError

TLS, CARRIER, LOCAL, PLAIN = "tls", "carrier", "local", "plain"
EVERYWHERE = frozenset({"", "::", "0.0.0.0"})  # noqa: S104  compared with, never bound to


def label(name: str, tls: Collection[str], carriers: Mapping[str, Iterable[str]], bind: str) -> str:
    """What protects a door: its own TLS, a carrier's private network, that it is this machine's alone, or nothing."""
    if name in tls:
        return TLS
    if carriers.get(name):
        return CARRIER
    return LOCAL if _is_local(bind) else PLAIN


def check(
    labels: Mapping[str, str], allowed: Collection[str], bind: str, carriers: Mapping[str, Iterable[str]]
) -> None:
    """Refuse the start while a door speaks in clear where the policy allows none; each error says what to set."""
    for name, networks in carriers.items():
        for network in networks:
            if not _is_private(network):
                raise StartError(f"carrier_networks: {name}: {network} is no private network such as 10.8.0.0/16")
    for name, found in labels.items():
        if found == CARRIER and bind in EVERYWHERE:
            raise StartError(
                f"carrier_networks: the door of {name} would listen everywhere: set bind to the address of the"
                " interface that leads to the carrier's private network"
            )
        if found not in allowed and found != LOCAL:
            raise StartError(
                f"the door of {name} would speak in clear, and the policy (security.channels.device_ingest) allows only"
                f" {', '.join(allowed)}: add it to tls_doors, give its carrier_networks, shut it (ports: -1), or allow"
                " `plain` in your own document, whose public text then says so"
            )


def _is_local(bind: str) -> bool:
    try:
        return ip_address(bind).is_loopback
    except ValueError:
        return bind == "localhost"


def _is_private(network: str) -> bool:
    try:
        return ip_network(network).is_private
    except ValueError:
        return False
