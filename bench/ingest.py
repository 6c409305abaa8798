"""Ingest: durable positions with every feature on, as ratios to a server that does nothing but answer."""

import json
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import machine
from report import Row

ROUNDS = 5
CONNECTIONS = 200
SECONDS = 2.0
SETTLED_S = 4.0  # the rounds that a start begins with are no part of ingest
RECORDS = (1, 10, 30)
SHARE_GOALS = {1: 0.15, 10: 0.05}
CPU_GOALS = {1: 8.0, 10: 3.0}
MANY, IDLE = 5000, 10_000


def throughput() -> list[Row]:
    """CPU per stored position, and positions per CPU second, against the do-nothing server of the same round."""
    with machine.server(CONNECTIONS) as ours, machine.ack_server() as (port, pid):
        machine.load(ours.port, CONNECTIONS, 1, 1.0)  # the day's keys are made at a device's first frame
        time.sleep(SETTLED_S)
        rounds = {
            records: [(_cost(port, pid, records), _cost(ours.port, ours.pid, records)) for _ in range(ROUNDS)]
            for records in RECORDS
        }
    return [row for records, pairs in rounds.items() for row in _rows(records, pairs)]


def _rows(records: int, pairs: list[tuple[dict[str, Any], dict[str, Any]]]) -> list[Row]:
    each = median(own["cpu_us"] / own["records"] / (limit["cpu_us"] / limit["frames"]) for limit, own in pairs)
    share = median(own["records"] / own["cpu_us"] / (limit["records"] / limit["cpu_us"]) for limit, own in pairs)
    cpu_us = median(own["cpu_us"] / own["records"] for _, own in pairs)
    rate = median(own["records"] / own["seconds"] for _, own in pairs)
    frame = f"{records} records a frame"
    return [
        Row(
            f"CPU per stored position ÷ do-nothing server's per frame, {frame}",
            each,
            "<=",
            CPU_GOALS.get(records),
            f"{cpu_us:.1f} µs a position",
        ),
        Row(
            f"durable positions per CPU second ÷ do-nothing server's, {frame}",
            share,
            ">=",
            SHARE_GOALS.get(records),
            f"{rate:,.0f} positions/s beside the load",
        ),
    ]


def _cost(port: int, pid: int, records: int) -> dict[str, Any]:
    before = machine.cpu_s(pid)
    said = machine.load(port, CONNECTIONS, records, SECONDS)
    time.sleep(0.2)
    return said | {"cpu_us": (machine.cpu_s(pid) - before) * 1e6}


def latency() -> list[Row]:
    """The 99th percentile of an answer at half of the run's own throughput."""
    with machine.server(MANY) as ours, tempfile.TemporaryDirectory() as folder:
        machine.load(ours.port, MANY, 1, 3.0, 1000)
        full = machine.load(ours.port, MANY, 10, 4.0)
        rate = int(full["frames"] / full["seconds"] / 2)
        half_ms = median(machine.load(ours.port, MANY, 10, 3.0, rate)["p99_us"] for _ in range(ROUNDS)) / 1000
        _, disk_ms = machine.fdatasync_ms(Path(folder))
    what = f"ack p99 at {MANY} connections, half throughput ({rate} frames of 10 a second) ÷ (2 ms + 4 fdatasync p99)"
    return [Row(what, half_ms / (2 + 4 * disk_ms), "<=", 1.0, f"{half_ms:.1f} ms, fdatasync p99 {disk_ms:.2f} ms")]


def idle() -> list[Row]:
    """Memory of a connection that says nothing, and the time in which all of them come in."""
    with machine.server(IDLE) as ours:
        machine.load(ours.port, 100, 0, 0.2)
        before = machine.resident(ours.pid)
        words = (machine.BUILD / "load", ours.port, IDLE, 0, 6, 0, machine.FIRST_IMEI)
        held = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, text=True)
        time.sleep(5)
        after = machine.resident(ours.pid)
        said = json.loads(held.communicate()[0])
    return [
        Row(f"memory per idle connection at {IDLE}, kB", (after - before) / IDLE / 1000, "<=", 2.5, ""),
        Row(f"time in which {IDLE} connections signed in, s", said["connect_s"], "<=", 2.0, ""),
    ]
