"""A browser's side of HTTP for probes: one request a connection, cookies kept, nothing cached or hidden."""

import socket
import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import msgspec

PATIENCE_S = 20.0
LONGEST_ANSWER = 64 * 1024 * 1024


class Answer(msgspec.Struct, frozen=True):
    """What the server said."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None

    def all_of(self, name: str) -> list[str]:
        """Every header of a name."""
        return [value for known, value in self.headers if known == name]


class Browser:
    """Asks one origin, as a person's browser does."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._tls = parts.scheme == "https"
        self._place = (parts.hostname or "127.0.0.1", parts.port or (443 if self._tls else 80))
        self.token = ""
        self.cookies: dict[str, str] = {}
        self.seen: dict[str, str] = {}

    def get(self, path: str) -> Answer:
        """Read."""
        return self.ask("GET", path)

    def send(self, method: str, path: str, value: object = None) -> Answer:
        """Send a JSON value."""
        return self.ask(method, path, b"" if value is None else msgspec.json.encode(value))

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request; cookies that come are kept, and `seen` keeps every Set-Cookie line by its name."""
        said = {"host": f"{self._place[0]}:{self._place[1]}", "connection": "close", "accept": "*/*"}
        if method not in ("GET", "HEAD"):
            said |= {"origin": self.url, "content-length": str(len(body)), "content-type": "application/json"}
        if self.cookies:
            said["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.token:
            said["authorization"] = f"Bearer {self.token}"
        said |= headers or {}
        lines = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        data = f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body
        answer = parse(exchange(self._place, data, tls=self._tls))
        for line in answer.all_of("set-cookie"):
            name, _, rest = line.partition("=")
            value = rest.partition(";")[0].strip('"')
            self.seen[name] = line
            if value and "max-age=0" not in line.lower():
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer


def exchange(place: tuple[str, int], data: bytes, *, tls: bool = False) -> bytes:
    """Send bytes over a fresh connection and read until the server closes it."""
    with ExitStack() as stack:
        connection = stack.enter_context(socket.create_connection(place, timeout=PATIENCE_S))
        if tls:
            context = ssl.create_default_context()
            connection = stack.enter_context(context.wrap_socket(connection, server_hostname=place[0]))
        connection.sendall(data)
        found = bytearray()
        while piece := connection.recv(65536):
            found += piece
            if len(found) > LONGEST_ANSWER:
                raise OSError("the answer is longer than any of ours")
        return bytes(found)


def parse(data: bytes) -> Answer:
    """Read a whole HTTP answer."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) < 2 or not words[1].isdigit():
        raise OSError("no HTTP answer came")
    headers = tuple((name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines))
    if ("transfer-encoding", "chunked") in headers:
        body = _joined(body)
    return Answer(int(words[1]), headers, body)


def _joined(body: bytes) -> bytes:
    found = bytearray()
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0] or b"0", 16)
        if not length:
            break
        found += rest[:length]
        body = rest[length + 2 :]
    return bytes(found)
