"""Cut off from power at any moment, under load, the disk's image has every acknowledged record exactly once."""

import asyncio
import os
import random
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from load import Server, trackers, under_load

from road import Store, device_id

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

    def __init__(self, folder, library):
        self.home, self.image, self._library = folder / "home", folder / "image", library
        self.home.mkdir()
        Store(self.home, devices=DEVICES).close()

    def server(self, synchronous):
        shutil.rmtree(self.image, ignore_errors=True)
        shutil.copytree(self.home, self.image)
        environ = {
            "LD_PRELOAD": str(self._library), "POWERCUT_FOLDER": str(self.home), "POWERCUT_IMAGE": str(self.image),
        }  # fmt: skip
        return Server(self.home, DEVICES, synchronous, environ)

    def come_back(self):
        """Power returns: all there is, is the image."""
        assert not list(self.image.rglob("*-shm")), "shared memory is no disk"
        shutil.rmtree(self.home)
        self.image.rename(self.home)


def lost_and_twice(disk, fleet):
    """Acknowledged records that are gone, and records that are there twice."""
    store = Store(disk.home, now_ms=fleet[0].next_ms)
    lost = twice = 0
    for tracker in fleet:
        found = Counter(at for at, _ in store.positions(device_id(tracker.number)))
        with store.db.read() as connection:
            rows = connection.execute("SELECT sum(count) FROM tail WHERE device = ?", (device_id(tracker.number),))
            twice += (rows.fetchall()[0][0] or 0) - len(found)
        lost += len(set(tracker.acked) - set(found))
    store.close()
    return lost, twice


def cut(disk, fleet, seconds, synchronous="FULL"):
    asyncio.run(under_load(fleet, disk.server(synchronous), seconds))
    disk.come_back()


def test_twenty_cuts_of_power_lose_nothing_acknowledged_and_store_nothing_twice(tmp_path, library):
    disk, fleet, chance = Disk(tmp_path, library), trackers(DEVICES), random.Random(20)
    for _ in range(CUTS):
        cut(disk, fleet, chance.uniform(0.0, 0.15))
        assert lost_and_twice(disk, fleet) == (0, 0)
    assert all(len(tracker.acked) > CUTS for tracker in fleet), "the load was real"


def test_without_syncing_the_same_cut_loses_acknowledged_records(tmp_path, library):
    disk, fleet = Disk(tmp_path, library), trackers(DEVICES)

    cut(disk, fleet, 0.3, synchronous="OFF")

    lost, _ = lost_and_twice(disk, fleet)
    assert lost > 0
