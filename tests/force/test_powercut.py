"""Cut off from power at any moment, under load, the disk's image has every acknowledged record exactly once."""

import asyncio
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from load import Home, Whole, trackers, under_load

CUTS, DEVICES = 20, 4
SOURCE = Path(__file__).with_name("powercut.c")


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """The preloaded library, built here."""
    built = tmp_path_factory.mktemp("powercut") / "powercut.so"
    compiler = os.environ.get("CC", "cc")
    subprocess.run(
        [compiler, "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", str(built), str(SOURCE), "-ldl"],
        check=True,
    )
    return built


class Disk:
    """A home folder, and beside it the image that its disk would hold."""

    def __init__(self, folder, library, fleet, window_h=48):
        self.folder, self.image, self._library = folder / "home", folder / "image", library
        self.home = Home(self.folder, window_h)
        self.home.enrol(fleet)

    def cut(self, fleet, seconds, *, careless=False):
        """Serve the fleet, then cut the power and let it return: all there is, is the image."""
        shutil.rmtree(self.image, ignore_errors=True)
        shutil.copytree(self.folder, self.image)
        preloaded = {
            "LD_PRELOAD": str(self._library), "POWERCUT_FOLDER": str(self.folder), "POWERCUT_IMAGE": str(self.image),
        }  # fmt: skip
        asyncio.run(under_load(fleet, Whole(self.home, preloaded, careless=careless), seconds))
        assert not list(self.image.rglob("*-shm")), "shared memory is no disk"
        shutil.rmtree(self.folder)
        self.image.rename(self.folder)


def lost_and_twice(disk, fleet):
    """Acknowledged records that are gone, and records that are there twice."""
    held = disk.home.held(max(tracker.next_ms for tracker in fleet))
    lost = twice = 0
    for tracker in fleet:
        found, rows = held[tracker.unique_id]
        lost += len(set(tracker.acked) - set(found))
        twice += sum(rows) - len(found)
    return lost, twice


@pytest.mark.parametrize(
    ("longest_s", "window_h"), [(0.15, 48), (1.2, -24)], ids=["soon after its start", "while its tail becomes history"]
)
def test_cuts_of_power_lose_nothing_acknowledged_and_store_nothing_twice(tmp_path, library, longest_s, window_h):
    fleet, chance = trackers(DEVICES), random.Random(20 + window_h)
    disk = Disk(tmp_path, library, fleet, window_h)
    for _ in range(CUTS // 2):
        disk.cut(fleet, chance.uniform(0.0, longest_s))
        assert lost_and_twice(disk, fleet) == (0, 0)
    assert all(len(tracker.acked) > CUTS for tracker in fleet), "the load was real"


def test_without_syncing_the_same_cut_loses_acknowledged_records(tmp_path, library):
    fleet = trackers(DEVICES)
    disk = Disk(tmp_path, library, fleet)

    disk.cut(fleet, 0.3, careless=True)

    lost, _ = lost_and_twice(disk, fleet)
    assert lost > 0
