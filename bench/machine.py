"""A server of our own to measure, the small C programs beside it, and what the kernel says of both."""

import csv
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

BENCH = Path(__file__).resolve().parent
BUILD = BENCH / "build"
FIRST_IMEI = 352_000_000_000_000
TICKS = os.sysconf("SC_CLK_TCK")


def build() -> None:
    """Compile the C programs where their source is newer."""
    BUILD.mkdir(exist_ok=True)
    for name in ("ack", "load"):
        source, program = BENCH / f"{name}.c", BUILD / name
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, source], check=True)


def many_files() -> None:
    """Take as many file handles as the system allows: a connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def cpu_s(pid: int) -> float:
    """Processor seconds of a process, all threads, children that ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[at]) for at in (11, 12, 13, 14)) / TICKS


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def load(port: int, connections: int, records: int, seconds: float, rate: int = 0, first: int = 0) -> dict[str, Any]:
    """Run the load generator and read what it says."""
    words = [BUILD / "load", port, connections, records, seconds, rate, FIRST_IMEI + first]
    said = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=True, timeout=300)
    found: dict[str, Any] = json.loads(said.stdout)
    if found["failed"]:
        raise SystemExit(f"the load failed: {found}")
    return found


@contextmanager
def ack_server() -> Iterator[tuple[int, int]]:
    """The server that does nothing but answer: its port and process id."""
    port = free_port()
    running = subprocess.Popen([BUILD / "ack", str(port)], stdout=subprocess.DEVNULL)
    time.sleep(0.3)
    try:
        yield port, running.pid
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait()


class Server:
    """`waykeep serve` in a folder of its own, with as many units as asked."""

    def __init__(self, home: Path, units: int) -> None:
        self.home = home
        self._environ = os.environ | {
            "WAYKEEP_PORTS": '{"teltonika": 0, "osmand": -1, "gt06": -1, "h02": -1}',
            "WAYKEEP_WEB_PORT": "0",
            "WAYKEEP_BIND": "127.0.0.1",
            "WAYKEEP_WEB_BIND": "127.0.0.1",
            "WAYKEEP_DEMO_VALUES": "true",
        }
        self.link = self.command("init").split()[-1]
        if units:
            listed = home / "units.csv"
            with listed.open("w", newline="") as file:
                rows = csv.writer(file)
                rows.writerow(("name", "unique_id", "protocol"))
                rows.writerows((f"Unit {n}", FIRST_IMEI + n, "teltonika") for n in range(units))
            self.command("units", "import", str(listed))
        self._running = subprocess.Popen(
            [*_WAYKEEP, "--home", str(home), "serve", "--json"], stdout=subprocess.PIPE, text=True, env=self._environ
        )
        assert self._running.stdout is not None
        said = json.loads(self._running.stdout.readline() or "{}")
        if not said:
            raise SystemExit("the server did not start")
        self.port, self.web, self.pid = said["doors"]["teltonika"], said["web"], self._running.pid

    def command(self, *words: str) -> str:
        """Run a command of ours on this home."""
        done = subprocess.run(
            [*_WAYKEEP, "--home", str(self.home), *words],
            capture_output=True,
            text=True,
            env=self._environ,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"waykeep {words[0]}: {done.stderr}{done.stdout}")
        return done.stdout

    def stop(self) -> None:
        """End it and wait."""
        self._running.send_signal(signal.SIGTERM)
        self._running.wait(60)


_WAYKEEP = (sys.executable, "-m", "waykeep")


@contextmanager
def server(units: int) -> Iterator[Server]:
    """A fresh server for a block."""
    with tempfile.TemporaryDirectory(prefix="waykeep-bench-") as folder:
        running = Server(Path(folder), units)
        try:
            yield running
        finally:
            running.stop()


def fdatasync_ms(folder: Path, times: int = 400) -> tuple[float, float]:
    """Median and 99th percentile of writing 4 kB and fdatasync on the disk that holds a folder."""
    took = []
    with (folder / "fdatasync").open("wb", buffering=0) as file:
        for _ in range(times):
            begun = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    return median(took), took[times * 99 // 100]
