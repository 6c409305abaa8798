"""Whether there is room left for what devices send."""

import os
from collections.abc import Callable
from pathlib import Path

LEAST_FREE_SHARE = 0.05
MEGABYTE = 1_000_000

Free = Callable[[Path], tuple[int, int]]
"""Bytes free to us and bytes in all on a path's file system."""


def free(path: Path) -> tuple[int, int]:
    """What the file system says."""
    found = os.statvfs(path)
    return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize


class DiskGuard:
    """Full under 5 % or under the setting's megabytes: then the doors stop answering devices, forgetting goes on."""

    def __init__(self, path: Path, least_free_mb: int, free: Free = free) -> None:
        self._path, self._least, self._free = path, least_free_mb * MEGABYTE, free
        self.full = False
        self.look()

    def look(self) -> bool:
        """Measure anew."""
        left, size = self._free(self._path)
        self.full = left < self._least or left < size * LEAST_FREE_SHARE
        return self.full
