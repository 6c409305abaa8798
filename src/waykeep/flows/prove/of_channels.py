"""Probes of what travels: the floor of TLS, nothing readable on the way, and no door in clear where none is allowed."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlencode

import msgspec

from waykeep import seal
from waykeep.flows.prove.ask import parse
from waykeep.flows.prove.marks import places, words
from waykeep.flows.prove.scene import Scene, Unit, demand, expect, now_ms
from waykeep.flows.prove.stand import Stand

HERE = "127.0.0.1"
PATIENCE_S = 10.0
DAY_S = 86_400
VERSIONS = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def floor(scene: Scene) -> str:
    """The portal's TLS refuses what is older than 1.2, speaks that and 1.3, and answers nothing to plain HTTP."""
    with _tls(scene) as (other, trust):
        place = (HERE, other.web_port)
        spoken = [_speaks(place, one) for one in VERSIONS]
        demand(spoken == [None, None, "TLSv1.2", "TLSv1.3"], f"TLS 1.0 to 1.3 are answered with {spoken}")
        asked = b"GET /v1/policy HTTP/1.1\r\nhost: canary\r\nconnection: close\r\n\r\n"
        with socket.create_connection(place, timeout=PATIENCE_S) as clear:
            clear.sendall(asked)
            said = _rest(clear)
        demand(b"categories" not in said and b"HTTP/1.1 200" not in said, "plain HTTP gets an answer at the TLS port")
        answer = parse(_over(place, trust, asked))
        demand(answer.status == 200, f"over TLS the policy was answered {answer.status}")
        demand(answer.all_of("strict-transport-security"), "a browser is not told to stay with TLS")
    return "TLS 1.0 and 1.1 are refused, 1.2 and 1.3 spoken, plain HTTP gets nothing, browsers are told to stay"


def unread(scene: Scene) -> str:
    """Who listens on the way reads no place, name or id: neither at the portal nor at a door to devices."""
    with _tls(scene) as (other, trust):
        unit = Unit(
            id="", unique_id="861234509876543", name="Qzxvk", plate="K1", latitude=41.2345678, longitude=43.7654321
        )
        typed = msgspec.json.encode({"login": f"{unit.name}@canary.test", "password": "wide river"})
        head = f"POST /v1/session HTTP/1.1\r\nhost: {HERE}\r\ncontent-type: application/json\r\nconnection: close\r\n"
        asked = head.encode() + f"content-length: {len(typed)}\r\n\r\n".encode() + typed
        listened = [(other.web_port, asked, f"{unit.name}@canary.test")]
        if scene.policy.keeps_location:
            said = {"id": unit.unique_id, "lat": unit.latitude, "lon": unit.longitude, "timestamp": now_ms()}
            where = urlencode(said)
            head = f"POST /?{where} HTTP/1.1\r\nhost: canary\r\nconnection: close\r\n"
            asked = f"{head}content-length: 0\r\n\r\n".encode()
            listened.append((other.ports["osmand"], asked, unit.unique_id))
        for port, asked, word in listened:
            with _listener(port) as (between, heard):
                answer = _over((HERE, between), trust, asked)
            demand(answer.startswith(b"HTTP/1.1 "), "nothing was answered over TLS")
            demand(len(heard) > len(asked), "the listener heard nothing")
            found = [name for name, form in words(word) if form in heard]
            found += [name for name, one, two in places(unit.latitude, unit.longitude) if one in heard and two in heard]
            demand(not found, f"on the way to port {port} there is readable: {', '.join(found)}")
            with _listener(port) as (between, heard):
                _in_clear((HERE, between), asked)  # what the listener finds where it is readable
            demand(word.encode() in heard, "the listener would not find what is readable")
    return f"{len(listened)} sessions over TLS were listened to: no place, name or id in them; in clear each is found"


def labelled(scene: Scene) -> str:
    """Where the policy allows no door in clear, one refuses the start; a carrier's takes its own network alone."""
    with scene.stand.another() as other:
        other.settings["bind"] = "0.0.0.0"  # noqa: S104  the start is refused before anything listens
        told = other.tries()
        shut = told.code != 0 and "would speak in clear" in told.output
        demand(shut, f"a door in clear opened: {told.output[-300:]}")
        networks = {name: ["10.77.0.0/16"] for name in other.ports}
        other.settings["carrier_networks"] = msgspec.json.encode(networks).decode()
        told = other.tries()
        shut = told.code != 0 and "listen everywhere" in told.output
        demand(shut, f"a carrier's door is everywhere: {told.output[-300:]}")
        other.settings["bind"] = HERE
        public = msgspec.json.encode({"osmand": ["8.8.8.0/24"]}).decode()
        told_of = _tried(other, carrier_networks=public)
        demand("no private network" in told_of, "a public network passes as a carrier's")
        other.start()
        there = Scene(other, scene.policy)
        unit = there.unit()
        dropped = 0
        for ahead in range(3):
            try:
                there.report(unit, now_ms() + ahead)
            except OSError:
                dropped += 1
        demand(dropped == 3, f"{3 - dropped} frames from outside the carrier's network were answered")
        demand(not there.fixes(unit), "a frame from outside the carrier's network was kept")
        other.stop()
        other.settings["carrier_networks"] = msgspec.json.encode({"osmand": ["127.0.0.0/8"]}).decode()
        other.start()
        there.admin = there.sign_in(there.admin_name)
        demand(there.report(unit, now_ms()) == 200, "a frame from inside the carrier's network was refused")
        doors = expect(there.admin.get("/v1/protocols"), 200, "the doors")
        guards = {one["name"]: one["protection"] for one in doors}
        demand(guards["osmand"] == "carrier", f"whoever sets a device is told of {guards}")
        other.stop()
        del other.settings["carrier_networks"]
        other.settings["web_bind"] = "0.0.0.0"  # noqa: S104  the start is refused before anything listens
        demand("in clear" in _tried(other), "a portal in clear to the network was served")
    return "a door and a portal in clear refuse the start by name; a carrier's takes its own network, and is told"


def doctored(scene: Scene) -> str:
    """A plain install is told to turn TLS on, and how; with a certificate of its own it is well."""
    with scene.stand.another() as other:
        other.settings["web_bind"] = "0.0.0.0"  # noqa: S104  nothing is started on it
        told = other.command("doctor")
        demand(told.code == 1 and "tls_certificate" in told.output, f"plain is not told: {told.output[-300:]}")
        made = other.command("certificate", "--for", HERE)
        demand(made.code == 0 and "tls_doors" in made.output, f"no certificate was made: {made.output[-300:]}")
        other.settings |= _tls_settings(other)
        told = other.command("doctor")
        demand(told.code == 0, f"with TLS the doctor still finds fault: {told.output[-300:]}")
    return "the doctor finds a plain install and says what to set; `waykeep certificate` makes what it needs"


@contextmanager
def _tls(scene: Scene) -> Iterator[tuple[Stand, ssl.SSLContext]]:
    """A second server whose portal and OsmAnd door speak TLS with a certificate of its own."""
    with scene.stand.another() as other:
        certificate, key = seal.self_signed(HERE, now_ms() // 1000 - DAY_S, now_ms() // 1000 + DAY_S)
        (other.home / "tls.crt").write_bytes(certificate)
        (other.home / "tls.key").write_bytes(key)
        other.settings |= _tls_settings(other)
        trust = ssl.create_default_context(cadata=certificate.decode())
        other.url = f"https://{HERE}:{other.web_port}"
        other.start()
        yield other, trust


def _tls_settings(other: Stand) -> dict[str, str]:
    doors = ["web", *(["osmand"] if "osmand" in other.ports else [])]
    files = {"tls_certificate": str(other.home / "tls.crt"), "tls_key": str(other.home / "tls.key")}
    return files | {"tls_doors": msgspec.json.encode(doors).decode()}


def _tried(other: Stand, **more: str) -> str:
    kept = dict(other.settings)
    other.settings |= more
    try:
        told = other.tries()
    finally:
        other.settings = kept
    return told.output if told.code else ""


def _speaks(place: tuple[str, int], version: ssl.TLSVersion) -> str | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")  # so that an old version fails at the server and not here
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection(place, timeout=PATIENCE_S) as plain, context.wrap_socket(plain) as one:
            return one.version()
    except (OSError, ValueError):
        return None


def _over(place: tuple[str, int], trust: ssl.SSLContext, data: bytes) -> bytes:
    with ExitStack() as stack:
        plain = stack.enter_context(socket.create_connection(place, timeout=PATIENCE_S))
        one = stack.enter_context(trust.wrap_socket(plain, server_hostname=HERE))
        one.sendall(data)
        return _rest(one)


def _in_clear(place: tuple[str, int], data: bytes) -> None:
    with suppress(OSError), socket.create_connection(place, timeout=PATIENCE_S) as one:
        one.sendall(data)
        _rest(one)


def _rest(one: socket.socket) -> bytes:
    found = bytearray()
    with suppress(OSError):
        while piece := one.recv(65536):
            found += piece
    return bytes(found)


@contextmanager
def _listener(port: int) -> Iterator[tuple[int, bytearray]]:
    """Someone on the way: passes bytes on both ways, and keeps them all."""
    heard = bytearray()
    with socket.create_server((HERE, 0)) as waiting:
        waiting.settimeout(PATIENCE_S)

        def work() -> None:
            with suppress(OSError), waiting.accept()[0] as near, socket.create_connection((HERE, port)) as far:
                back = threading.Thread(target=_pass, args=(far, near, heard), daemon=True)
                back.start()
                _pass(near, far, heard)
                back.join(PATIENCE_S)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield waiting.getsockname()[1], heard
        thread.join(PATIENCE_S)


def _pass(near: socket.socket, far: socket.socket, heard: bytearray) -> None:
    with suppress(OSError):
        while piece := near.recv(65536):
            heard += piece
            far.sendall(piece)
        far.shutdown(socket.SHUT_WR)
