"""No planted value can be read in raw bytes, before, during and after load; with sealing off every form is found."""

import asyncio
import logging
import os
import tempfile
from collections import Counter
from contextlib import closing

import pytest
from raw_bytes import files, scanned

from road import NOON_MS, Directory, Shown, Store, device_id, position
from waykeep import protocols, seal
from waykeep.flows.disk import DiskGuard
from waykeep.flows.intake import Intake
from waykeep.gateway.doors import Doors
from waykeep.policy.canary import Canary, forms
from waykeep.protocols.teltonika_device import TeltonikaEncoder

PLACES = ((35.681374, 51.338192), (-33.856783, 151.215291), (59.329318, -18.068612))
UNIQUE_ID = "352000000000000"
CANARIES = (
    *(Canary(name=f"place {n}", place=place) for n, place in enumerate(PLACES)),
    Canary(name="unique id", text=UNIQUE_ID),
    Canary(name="name", text="Zahra Ghotbizadeh"),
    Canary(name="mail", text="z.ghotbi@example.net"),
    Canary(name="phone", text="+989123400817"),
    Canary(name="plate", text="12B345-67"),
)


class Site:
    """The road on a loopback port, over a folder, with its log and its temporary files inside another."""

    def __init__(self, folder, monkeypatch):
        self.home, self.side = folder / "home", folder / "side"
        self.home.mkdir()
        self.side.mkdir()
        monkeypatch.setenv("TMPDIR", str(self.side))
        monkeypatch.setattr(tempfile, "tempdir", str(self.side))
        self.log = logging.FileHandler(self.side / "waykeep.log")
        logging.getLogger().addHandler(self.log)
        logging.getLogger().setLevel(logging.DEBUG)
        self.store = Store(self.home)

    def close(self):
        logging.getLogger().removeHandler(self.log)
        self.log.close()
        self.store.close()

    def found(self):
        return scanned(CANARIES, self.home, self.side)

    async def load(self, during):
        """Report every planted place over a real socket, many times, and look while it goes on."""
        store = self.store
        disk = DiskGuard(self.home, 0, lambda _: (1, 1))
        directory = Directory("teltonika")
        intake = Intake(store.journal, directory, Shown(), store.latest, counters=Counter(), disk=disk)
        teltonika = protocols.named("teltonika")
        doors = Doors([teltonika], directory, intake, lambda: store.now_ms, bind="127.0.0.1", ports={"teltonika": 0})
        await doors.open()
        reader, writer = await asyncio.open_connection("127.0.0.1", doors.ports["teltonika"])
        encoder = TeltonikaEncoder(UNIQUE_ID)
        writer.write(encoder.hello())
        await reader.readexactly(1)
        for at in range(60):
            latitude, longitude = PLACES[at % 3]
            writer.write(encoder.report([position(NOON_MS - 3_600_000 + at * 1000, latitude, longitude)]))
            await reader.readexactly(4)
            if at % 20 == 10:
                during(self)
        writer.close()
        await doors.close()
        await intake.close()
        for canary in CANARIES:
            if canary.text:
                self.keep(canary.text.encode())
        for place in PLACES:
            self.keep(repr(place).encode())

    def keep(self, plain):
        """Store any bytes in a sealed column, as names, notices and documents are."""
        sealed = self.store.vault.seal_field(device_id(), "latest", "place", "row", plain)
        row = (os.urandom(4).hex(), "t", "p", "k", sealed)
        self.store.db.write(lambda c: c.execute("INSERT INTO latest VALUES (?, ?, ?, ?, ?)", row)).result()


def test_no_planted_value_can_be_read_before_during_and_after_load(tmp_path, monkeypatch):
    with closing(Site(tmp_path, monkeypatch)) as site:
        seen = [site.found()]
        asyncio.run(site.load(lambda site: seen.append(site.found())))
        seen.append(site.found())
        site.store.now_ms += 4 * 86_400_000
        site.store.db.write(lambda c: c.execute("DELETE FROM latest")).result()
        site.store.compaction.run(site.store.now_ms, 48)
        site.store.latest.write_down(site.store.attribution)
        seen.append(site.found())
        assert len(site.store.positions()) == 60, "it was all there to be found"
    seen.append(scanned(CANARIES, site.home, site.side))

    assert seen == [[]] * len(seen)
    assert {path.name for path in files(site.home)} >= {"track.db", "vault.db", "root.key"}


def test_with_sealing_off_the_same_load_is_found_and_so_is_every_form(tmp_path, monkeypatch):
    monkeypatch.setattr(seal, "seal", lambda key, plain, associated, nonce, pad=256: plain)  # noqa: ARG005 (its place)
    monkeypatch.setattr(seal, "unseal", lambda key, blob, associated: blob)  # noqa: ARG005 (its place)
    during = []
    with closing(Site(tmp_path, monkeypatch)) as site:
        assert site.found() == []
        asyncio.run(site.load(lambda site: during.append(site.found())))
        assert all({canary for _, canary, _ in found} >= {"place 0", "place 1", "place 2"} for found in during)
        assert {canary for _, canary, _ in site.found()} == {canary.name for canary in CANARIES}

        for canary in CANARIES:
            for form in forms(canary):
                site.keep(os.urandom(64) + form.needle + b"\0" + form.other + os.urandom(64))
        site.store.db.checkpoint()
        everything = {(canary, form) for _, canary, form in site.found()}

    assert everything == {(canary.name, one.form) for canary in CANARIES for one in forms(canary)}


def test_the_scan_reads_names_of_files_too(tmp_path):
    (tmp_path / f"{UNIQUE_ID}.log").write_bytes(b"")

    assert {canary for _, canary, _ in scanned(CANARIES, tmp_path)} == {"unique id"}


@pytest.mark.parametrize("name", ["waykeep.log", "track.db-wal"])
def test_the_scan_reads_logs_and_write_ahead_logs(tmp_path, name):
    (tmp_path / name).write_bytes(b"x" * 99 + b"35.681374" + b"y" * 99)

    assert {canary for _, canary, _ in scanned(CANARIES, tmp_path)} == {"place 0"}
