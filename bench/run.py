"""`make bench`: everything that is timed, in one run, as ratios and medians; writes docs/speed.md."""

import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import forgetting
import history
import ingest
import machine
import portal
from report import Row, table

ROOT = Path(__file__).resolve().parent.parent
PARTS: dict[str, Callable[[], list[Row]]] = {
    "throughput": ingest.throughput,
    "latency": ingest.latency,
    "idle": ingest.idle,
    "history": history.measured,
    "forgetting": forgetting.measured,
    "portal": portal.measured,
}


def main(asked: list[str]) -> int:
    """Run the parts that were asked for, or all."""
    machine.build()
    machine.many_files()
    rows: list[Row] = []
    for name in asked or PARTS:
        begun = time.monotonic()
        print(f"· {name} …", flush=True)
        found = PARTS[name]()
        rows += found
        print(table(found), f"\n  ({time.monotonic() - begun:.0f} s)\n", flush=True)
    if not asked:
        machine_kind = f"{platform.machine()}, Python {platform.python_version()}"
        head = f"# Speed\nOne run of `make bench` on {machine_kind}; medians of {ingest.ROUNDS}.\n"
        head += "The machine may be shared: read the ratios, not the absolute figures.\n\n"
        (ROOT / "docs" / "speed.md").write_text(head + table(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
