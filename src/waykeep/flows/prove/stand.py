"""A throw-away server of a profile, started for probes: its own folders, keys apart from data, free loopback ports."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import msgspec

from waykeep import protocols
from waykeep.errors import StartError
from waykeep.flows.prove.ask import Browser
from waykeep.store import tamper

READY = 200
HERE = "127.0.0.1"
PORTS, SHARES = range(20_000, 32_000), 16
START_S, STOP_S, COMMAND_S = 60.0, 20.0, 120.0
PASSWORD = "wide river stone lantern"  # noqa: S105  of a server that lives for a minute
LINK = re.compile(r"https?://\S+#\S+")
LAUNCHER, LATER = "waykeep.cli.sabotage", "waykeep.cli.later"
LONGEST_GAP_DAYS = 36_500  # of a stand that moves its clock; anyone else's leap must be confirmed


class Run(msgspec.Struct, frozen=True):
    """How a command ended."""

    code: int
    output: str


class Stand:
    """Starts and stops one server. `broken` names a control to sabotage; the shipped server has no such switch."""

    def __init__(self, profile: str, broken: str | None = None) -> None:
        self.profile, self._broken = profile, broken
        self.folder = Path(tempfile.mkdtemp(prefix="waykeep-prove-"))
        self.apart = Path(tempfile.mkdtemp(prefix="waykeep-prove-keys-"))
        self.home, self.data = self.folder / "home", self.folder / "data"
        self.keys, self.backups = self.apart / "keys", self.folder / "backups"
        self.ports = dict(zip([one.name for one in protocols.ALL], _free(len(protocols.ALL)), strict=True))
        self.web_port = _free(1)[0]
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.log = self.folder / "log"
        self.settings: dict[str, str] = {}  # more than the usual ones
        self.later_ms = 0
        self._process: subprocess.Popen[bytes] | None = None
        self.home.mkdir()

    def __enter__(self) -> Self:
        """Found a home, serve, and sign the first administrator in."""
        try:
            self.found()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop and take everything away."""
        self.close()

    def found(self) -> None:
        """Run `waykeep init` and keep its link."""
        done = self.command("init", "--profile", self.profile)
        link = LINK.search(done.output)
        if done.code or link is None:
            raise StartError(f"prove: init of the throw-away server failed: {done.output[-500:]}")
        self.link = link.group()

    def start(self) -> None:
        """Start serving and wait until it is ready."""
        self._process = self._begin(self.environ(), self.log)
        _await(self._process, self.url, self.log)

    def leap(self, by_ms: int) -> None:
        """Serve on as if it were so much later, for good: what was written of that time stays in the ledger."""
        self.stop()
        self.later_ms += by_ms
        self.start()

    def stop(self) -> None:
        """Stop serving, as an operator does."""
        if self._process is not None:
            _end(self._process)
        self._process = None

    @contextmanager
    def another(self) -> Iterator["Stand"]:
        """A second home of the same kind, founded and not served, for what must refuse a start."""
        other = Stand(self.profile, self._broken)
        try:
            other.found()
            yield other
        finally:
            other.close()

    def stands(self) -> None:
        """Start it again where a probe left it stopped."""
        if self._process is None or self._process.poll() is not None:
            self.start()

    @staticmethod
    def alter(file: Path, statement: str) -> None:
        """Change a copy of a database behind the program's back."""
        tamper.alter(file, statement)

    def close(self) -> None:
        """Stop, and remove every file."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.apart, ignore_errors=True)

    def command(self, *words: str, home: Path | None = None, data: Path | None = None) -> Run:
        """Run a command of the program on this home (or a copy's) to its end."""
        environ = self.environ() | ({"WAYKEEP_DATA_DIR": str(data)} if data else {})
        try:
            done = subprocess.run(  # noqa: S603  our own interpreter and module
                self._argv(*words, home=home), env=environ, capture_output=True, timeout=COMMAND_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            return Run(-1, (error.stdout or b"").decode(errors="replace"))
        return Run(done.returncode, (done.stdout + done.stderr).decode(errors="replace"))

    def tries(self, policy: str | None = None) -> Run:
        """Try to serve, with another document; how it ended, or code 0 when it came up."""
        try:
            with self._serving(None, policy):
                return Run(0, "it serves")
        except StartError as error:
            return Run(1, str(error))

    @contextmanager
    def serving_copy(self, data: Path) -> Iterator[str]:
        """Serve a copy of the data under the living keys for a block; gives its address. The server itself is down."""
        with self._serving(data, None) as url:
            yield url

    @contextmanager
    def _serving(self, data: Path | None, policy: str | None) -> Iterator[str]:
        web_port = _free(1)[0]
        url = f"http://127.0.0.1:{web_port}"
        environ = self.environ() | {"WAYKEEP_WEB_PORT": str(web_port), "WAYKEEP_WEB_URL": url}
        environ |= {"WAYKEEP_DATA_DIR": str(data), "WAYKEEP_HEADS_DIR": self._heads_of_copy()} if data else {}
        environ |= {"WAYKEEP_POLICY_FILE": policy} if policy else {}
        log = self.folder / "log-of-copy"
        log.unlink(missing_ok=True)
        process = self._begin(environ, log)
        try:
            _await(process, url, log)
            yield url
        finally:
            _end(process)

    def _begin(self, environ: dict[str, str], log: Path) -> "subprocess.Popen[bytes]":
        with log.open("ab") as told:
            return subprocess.Popen(  # noqa: S603  our own interpreter and module
                self._argv("serve"), env=environ, stdout=told, stderr=subprocess.STDOUT, start_new_session=True
            )

    def environ(self) -> dict[str, str]:
        """The settings of this server; nothing of the caller's own server leaks in."""
        outside = {name: value for name, value in os.environ.items() if not name.startswith("WAYKEEP_")}
        own = {
            "profile": self.profile, "data_dir": str(self.data), "keys_dir": str(self.keys),
            "epoch_dirs": msgspec.json.encode([str(self.apart / "epoch")]).decode(),
            "root_key": str(self.apart / "root.key"), "heads_dir": str(self.apart / "heads"),
            "backup_dir": str(self.backups), "bind": "127.0.0.1", "web_bind": "127.0.0.1",
            "web_port": str(self.web_port), "web_url": self.url, "demo_values": "true",
            "ports": msgspec.json.encode(self.ports).decode(),
        }  # fmt: skip
        if self.later_ms:
            own["clock_gap_days"] = str(LONGEST_GAP_DAYS)
        return outside | {f"WAYKEEP_{name.upper()}": value for name, value in (own | self.settings).items()}

    def copy(self, name: str) -> Path:
        """A copy of the data folder as it lies on disk now."""
        target = self.folder / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.data, target, ignore=lambda _, names: [one for one in names if one.endswith(".sock")])
        return target

    def take_backup(self, folder: Path) -> None:
        """Put someone else's backup among its own."""
        shutil.copytree(folder, self.backups / folder.name)

    def keep_ledger(self, copy: Path) -> None:
        """Put the living ledger into a copy, as `waykeep restore` does."""
        for file in self.data.glob("ledger.db*"):
            shutil.copy2(file, copy / file.name)

    def _heads_of_copy(self) -> str:
        target = self.folder / "heads-of-copy"
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.apart / "heads", target)
        return str(target)

    def _argv(self, *words: str, home: Path | None = None) -> Sequence[str]:
        module = [LAUNCHER, self._broken] if self._broken else ["waykeep"]
        module = [LATER, str(self.later_ms), *module] if self.later_ms else module
        return [sys.executable, "-m", *module, "--home", str(home or self.home), *words]


def _await(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    """Wait until a server is ready; StartError with its last words when it ends or takes too long."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError):
            if url.startswith("https:"):  # under a certificate that only its own probe trusts
                with socket.create_connection((HERE, urlsplit(url).port or 443), timeout=START_S):
                    return
            if Browser(url).get("/health/ready").status == READY:
                return
        time.sleep(0.05)
    raise StartError(f"prove: the throw-away server did not start: {log.read_text(errors='replace')[-800:]}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free(count: int) -> list[int]:
    """Ports that nobody listens on now, below those that systems lend to outgoing connections."""
    found: set[int] = set()
    own = PORTS.start + os.getpid() % SHARES * (len(PORTS) // SHARES)  # two proofs at once are rarely of one share
    while len(found) < count:
        port = own + int.from_bytes(os.urandom(2), "big") % (len(PORTS) // SHARES)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            found.add(port)
    return sorted(found)
