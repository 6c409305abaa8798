"""Device protocols: one file each, pure bytes in, values out. The tuple below is the whole registry."""

from waykeep.protocols import gt06, h02, osmand, teltonika
from waykeep.protocols.base import Protocol

ALL: tuple[Protocol, ...] = (teltonika.PROTOCOL, osmand.PROTOCOL, gt06.PROTOCOL, h02.PROTOCOL)


def named(name: str) -> Protocol | None:
    """The protocol of that name."""
    return next((protocol for protocol in ALL if protocol.name == name), None)
