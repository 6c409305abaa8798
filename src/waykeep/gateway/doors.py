"""The doors to devices: one port for each protocol, opened and closed together."""

import asyncio
import resource
import socket
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence

from waykeep.errors import StartError
from waykeep.gateway.conversation import Directory, Door, Network, Road
from waykeep.gateway.http import HttpBounds, HttpStream
from waykeep.gateway.tcp import BACKLOG, Bounds, Connections, Stream
from waykeep.gateway.udp import Datagrams
from waykeep.protocols.base import Protocol

CLOSED = -1  # a port setting that means: no door
PORT_TRIES = 20  # for a free port that TCP and UDP both have


class Doors:
    """Opens every protocol's door. `ports` overrides the customary ones; `tls` names the doors that speak TLS.

    A door with TLS takes no datagrams, which would come in clear; one with `networks` takes none from elsewhere.
    """

    def __init__(
        self,
        protocols: Sequence[Protocol],
        directory: Directory,
        road: Road,
        clock: Callable[[], int],
        *,
        bind: str = "::",
        ports: Mapping[str, int] | None = None,
        tls: Mapping[str, ssl.SSLContext] | None = None,
        networks: Mapping[str, Sequence[Network]] | None = None,
        bounds: Bounds | None = None,
        http_bounds: HttpBounds | None = None,
    ) -> None:
        self._doors = {
            protocol.name: Door(protocol, directory, road, clock, (networks or {}).get(protocol.name, ()))
            for protocol in protocols
        }
        self._bind, self._ports, self._tls = bind, ports or {}, tls or {}
        self._bounds, self._http_bounds = bounds or Bounds(), http_bounds or HttpBounds()
        self._servers: list[asyncio.Server] = []
        self._datagrams: list[asyncio.BaseTransport] = []
        self._connections: list[Connections] = []
        self.ports: dict[str, int] = {}

    async def open(self) -> None:
        """Open all doors; StartError names the one that cannot be opened."""
        _raise_handles()
        for name, door in self._doors.items():
            port = self._ports.get(name, door.protocol.port)
            if port != CLOSED:
                try:
                    await self._open(door, port)
                except OSError as error:
                    await self.close()
                    raise StartError(f"the door of {name}, port {port}: {error.strerror or error}") from error

    async def close(self) -> None:
        """Stop listening and hang up on everyone; what is not answered by now will be sent again."""
        for server in self._servers:
            server.close()
        for transport in self._datagrams:
            transport.close()
        for connections in self._connections:
            connections.close()
        await asyncio.gather(*(server.wait_closed() for server in self._servers))
        self._servers, self._datagrams, self._connections, self.ports = [], [], [], {}

    def hang_up(self, devices: Collection[str]) -> None:
        """End every conversation with these devices: they were forgotten, or are another's now."""
        for door in self._doors.values():
            door.hang_up(devices)

    def connected(self) -> frozenset[str]:
        """The devices that a conversation is open with."""
        return frozenset(device for door in self._doors.values() for device in door.by_device)

    async def _open(self, door: Door, port: int) -> None:
        transports = door.protocol.transports
        sockets = _sockets(
            self._bind,
            port,
            stream="tcp" in transports or "http" in transports,
            udp="udp" in transports and door.protocol.name not in self._tls,
        )
        loop = asyncio.get_running_loop()
        for one in sockets:
            self.ports[door.protocol.name] = one.getsockname()[1]
            if one.type == socket.SOCK_DGRAM:
                transport, _ = await loop.create_datagram_endpoint(lambda: Datagrams(door), sock=one)
                self._datagrams.append(transport)
            else:
                connections = Connections(self._bounds)
                self._connections.append(connections)
                tls = self._tls.get(door.protocol.name)
                made = self._maker(door, connections)
                self._servers.append(await loop.create_server(made, sock=one, backlog=BACKLOG, ssl=tls))

    def _maker(self, door: Door, connections: Connections) -> Callable[[], asyncio.Protocol]:
        if "http" in door.protocol.transports:
            return lambda: HttpStream(door, connections, self._http_bounds)
        return lambda: Stream(door, connections)


def _sockets(bind: str, port: int, *, stream: bool, udp: bool) -> list[socket.socket]:
    """The listening sockets of one door, on one port number."""
    kinds = [kind for kind, wanted in ((socket.SOCK_STREAM, stream), (socket.SOCK_DGRAM, udp)) if wanted]
    for left in reversed(range(PORT_TRIES if port == 0 else 1)):
        made: list[socket.socket] = []
        try:
            for kind in kinds:
                made.append(_socket(bind, made[0].getsockname()[1] if made else port, kind))
        except OSError:
            for one in made:
                one.close()
            if not left:
                raise
        else:
            return made
    return []


def _socket(bind: str, port: int, kind: socket.SocketKind) -> socket.socket:
    """One bound socket; `::` takes IPv4 too, and is only IPv4 where the machine has no IPv6."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    try:
        one = socket.socket(family, kind)
    except OSError:
        if bind != "::":
            raise
        return _socket("0.0.0.0", port, kind)  # noqa: S104 (every address is what the setting says)
    try:
        if kind == socket.SOCK_STREAM:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        one.settimeout(0)
        one.bind((bind, port))
    except OSError:
        one.close()
        raise
    return one


def _raise_handles() -> None:
    """Use as many file handles as the system allows: a connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
