"""Moves a write-ahead log into its file beside the writer: no commit waits while thousands of pages are moved.

A log begins anew only when all of it is moved and nobody reads it. So a connection of its own moves what there is,
again and again, until so little is left that the writer can move it between two commits.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future

from waykeep.errors import StoreError

log = logging.getLogger(__name__)

PAGES = 8192  # 32 MB: each device's pages are then moved once for many commits
PAGES_OF_THE_WRITER = 4 * PAGES  # where it moves them itself: this thread has come to grief
FEW = 256  # pages that the writer moves in some milliseconds
PASSES = 8
SHORTEST_S, LONGEST_S = 0.25, 10.0

_MOVE = "PRAGMA wal_checkpoint(PASSIVE)"


class Mover:
    """The thread of one database. `alone` runs a job in the writer's thread, outside any transaction."""

    def __init__(
        self,
        name: str,
        connect: Callable[[], sqlite3.Connection],
        alone: Callable[[Callable[[sqlite3.Connection], object]], Future[object]],
    ) -> None:
        self._connection, self._alone = connect(), alone
        self._stop = threading.Event()
        alone(lambda writer: writer.execute(f"PRAGMA wal_autocheckpoint={PAGES_OF_THE_WRITER}").fetchall()).result()
        self._thread = threading.Thread(target=self._run, name=f"mover of {name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; nothing may wait for it in the writer's thread."""
        self._stop.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        pause_s = SHORTEST_S
        while not self._stop.wait(pause_s):
            try:
                pages = self._move()
            except (sqlite3.Error, StoreError) as error:
                log.error("the write-ahead log was not moved", extra={"error": type(error).__name__})  # noqa: TRY400 (no traceback: its text names the file)
                pause_s = LONGEST_S
                continue
            # As long as it takes to fill the log, by how much came in the last pause.
            pause_s = min(max(pause_s * PAGES / max(pages, 1), SHORTEST_S), 2 * pause_s, LONGEST_S)

    def _move(self) -> int:
        """Move what there is; give how many pages the log held."""
        most = 0
        for _ in range(PASSES):
            _, pages, moved = self._connection.execute(_MOVE).fetchall()[0]
            most = max(most, pages)
            if pages - moved <= FEW or self._stop.is_set():
                break
        if most >= PAGES // 2:
            self._alone(lambda writer: writer.execute(_MOVE).fetchall()).result()
        return most
