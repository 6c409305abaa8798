"""Runs the program as if it were so much later, so that `waykeep prove` sees deadlines pass.

`python -m waykeep.cli.later MILLISECONDS MODULE …`: both of a server's clocks move, before anything reads them. Nothing
else loads this file, and no setting or command leads here.
"""

import runpy
import sys
import time

MS = 1_000_000  # nanoseconds


def move(by_ms: int) -> None:
    """Let the wall clock and the time since boot run so far ahead."""
    wall, since_boot = time.time_ns, time.clock_gettime_ns  # noqa: TID251 (the clock that is moved)
    time.time_ns = lambda: wall() + by_ms * MS  # noqa: TID251 (the clock that is moved)
    time.clock_gettime_ns = lambda which: since_boot(which) + by_ms * MS
    time.time = lambda: (wall() + by_ms * MS) / 1e9  # noqa: TID251 (the clock that is moved)


if __name__ == "__main__":
    move(int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
