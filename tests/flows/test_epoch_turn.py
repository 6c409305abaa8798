"""The end of an epoch, from outside: an old vault with the root key opens the forgotten only until then."""

import asyncio
import shutil

import pytest

from houses import DAY_MS, NOON_MS, House
from waykeep.errors import StartError, StoreError
from waykeep.flows import certificate
from waykeep.flows.demands import Caller
from waykeep.flows.keeping import EARLY_MS, epoch_days
from waykeep.store import epochs


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path / "home")
    yield made
    made.close()


def forget(house, subject):
    async def run():
        signed = await house.rights.forget(subject)
        await house.rights.swept()
        return signed

    return asyncio.run(run())


def stolen(house, folder):
    """A copy of the vault, a backup, and the keys outside as they are now, opened elsewhere."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "keys").mkdir(parents=True)
    shutil.copy(house.path.parent / "old-vault.db", folder / "keys/vault.db")
    (folder / "data").mkdir()
    (backup,) = [path for path in (house.path / "backups").iterdir() if path.is_dir()]
    for name in ("waykeep.db", "track.db"):
        shutil.copy(backup / name, folder / "data" / name)
    shutil.copytree(house.path / "epoch", folder / "epoch")
    shutil.copy(house.path / "root.key", folder / "root.key")
    return House(folder)


def test_an_old_vault_opens_a_forgotten_person_until_the_epoch_ends(house, tmp_path):
    tenant = house.tenant()
    ann, van = house.person(tenant, "Ann"), house.device(tenant)
    house.drives(ann, van, NOON_MS - DAY_MS)
    house.report(van, NOON_MS - 1000, NOON_MS)
    house.back_up()
    house.vault.db.copy_to(tmp_path / "old-vault.db")
    first = forget(house, ann)
    assert house.read(van) == []

    thief = stolen(house, tmp_path / "thief")
    assert thief.read(van) == [NOON_MS - 1000, NOON_MS]
    assert thief.rows.people.find(ann).name == "Ann"
    thief.close()

    house.clock.now_ms += house.settings.epoch_days * DAY_MS - EARLY_MS
    asyncio.run(house.epochs.look())

    with pytest.raises(StartError, match="no holder"):
        stolen(house, tmp_path / "thief")
    second = certificate.read(house.vault.erasures.certificate(first.erasure))
    assert second.verifies()
    assert second.final_ms - second.erased_ms < 30 * DAY_MS


@pytest.mark.parametrize(
    ("setting", "deadline", "days"),
    [(30, "P30D", 30), (90, "P30D", 30), (7, "P30D", 7), (30, "none", 30), (30, "PT5H", 1)],
)
def test_a_promised_deadline_bounds_the_epoch(setting, deadline, days):
    assert epoch_days(setting, deadline) == days


def test_an_epoch_is_not_turned_before_its_time(house):
    house.clock.now_ms += house.settings.epoch_days * DAY_MS - EARLY_MS - 1
    asyncio.run(house.epochs.look())

    assert house.vault.keys.epoch.number == 1


def test_a_holder_out_of_reach_delays_the_second_date_and_raises_an_alarm(tmp_path):
    house = House(tmp_path / "home", epoch_dirs=("epoch", "far"))
    device = house.device(house.tenant())
    first = forget(house, device)
    (house.path / "far").rename(house.path / "away")
    (house.path / "far").write_bytes(b"")

    said = asyncio.run(house.epochs.turn())

    assert said["out_of_reach"] == [str(house.path / "far")]
    assert house.alarms == ["epoch-key-holder-out-of-reach"]
    assert certificate.read(house.vault.erasures.certificate(first.erasure)).final_ms is None

    (house.path / "far").unlink()
    (house.path / "away").rename(house.path / "far")
    house.clock.now_ms += DAY_MS
    asyncio.run(house.epochs.look())
    assert certificate.read(house.vault.erasures.certificate(first.erasure)).final_ms == NOON_MS + DAY_MS
    house.close()


def test_everyone_who_stays_signs_in_and_reports_after_the_turn(house):
    tenant = house.tenant()
    ann, van = house.person(tenant, "Ann"), house.device(tenant)
    house.rows.waiting.knock("352000000000099", "osmand", NOON_MS).result()
    house.report(van, NOON_MS)
    with house.db.read() as connection:
        old = connection.execute("SELECT email_hash FROM person UNION SELECT unique_hash FROM waiting").fetchall()
    assert all(value in house.raw("data") for (value,) in old)

    asyncio.run(house.epochs.turn())

    assert house.rows.people.by_login("ANN@example.org ").person == ann
    assert house.directory.resolve(("352000000000001",), "osmand", Caller("192.0.2.1")).device == van
    assert [knock.unique_id for knock in house.rows.waiting.all()] == ["352000000000099"]
    assert house.read(van) == [NOON_MS]
    house.db.checkpoint()
    assert not [value for (value,) in old if value in house.raw("data")]


def test_a_turn_cut_off_while_hashes_were_made_is_finished_by_the_next_look(house, monkeypatch):
    ann = house.person(house.tenant(), "Ann")

    def cut(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(house.epochs, "_rehash", cut)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(house.epochs.turn())
    house.close()

    again = House(house.path)
    assert again.rows.people.by_login("Ann").person == ann, "the old look-up key still stands"
    asyncio.run(again.epochs.look())
    assert again.rows.people.by_login("Ann").person == ann
    assert len(again.vault.keys.select("kind = 'lookup'", ())) == 1
    again.close()


def test_a_turn_cut_off_after_the_new_hashes_were_written_is_mended_before_doors_open(house, monkeypatch):
    tenant = house.tenant()
    ann, van = house.person(tenant, "Ann"), house.device(tenant)

    def cut(_):
        raise StoreError("cut off here")

    with monkeypatch.context() as patch:
        patch.setattr(epochs, "_adopt_lookup", cut)
        with pytest.raises(StoreError):
            epochs.renew_lookup(house.vault, house.rehash)
    house.close()

    again = House(house.path)
    assert again.rows.people.by_login("Ann") is None, "hashes and key are of two epochs"
    asyncio.run(again.epochs.mend())
    assert again.rows.people.by_login("Ann").person == ann
    assert again.directory.resolve(("352000000000001",), "osmand", Caller("192.0.2.1")).device == van
    again.close()


def test_nothing_of_the_old_epoch_key_is_left_in_the_home_folder(house):
    line = (house.path / "epoch/epoch.key").read_bytes().split()[-1]
    asyncio.run(house.epochs.turn())
    house.close()

    assert line not in house.raw()
    assert [path.name for path in (house.path / "epoch").iterdir()] == ["epoch.key"]
