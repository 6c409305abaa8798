"""Backups and what comes back: everyone but the forgotten, and nothing under a key of the day."""

import asyncio
import os

import pytest

from houses import DAY_MS, NOON_MS, House
from waykeep.errors import AskError, StartError, StoreError
from waykeep.flows import restoring
from waykeep.flows.demands import Caller
from waykeep.flows.keeping import Copies, rounds
from waykeep.store.backup import KEPT_MS
from waykeep.store.erasures import STAMP


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def fleet(house):
    tenant = house.tenant()
    ann = house.person(tenant, "Ann")
    van, car = house.device(tenant, "352000000000001"), house.device(tenant, "352000000000002")
    house.drives(ann, van, NOON_MS - 20 * DAY_MS)
    return tenant, ann, van, car


def forget(house, subject):
    async def run():
        signed = await house.rights.forget(subject)
        await house.rights.swept()
        return signed

    return asyncio.run(run())


def put_back(house, name, *, confirmed=False):
    """Close the house, restore, and open it again."""
    house.close()
    report = restoring.put_back(house.settings, name, os.urandom, house.clock, {}, confirmed=confirmed)
    return House(house.path, house.clock()), report


def stamp(house):
    """Sign the heads and the erasure list, as the hourly round does."""
    house.ledger.heartbeat().result()
    house.vault.erasures.put_stamp(house.vault.signing_seed(STAMP))


def test_a_backup_holds_the_history_and_the_tail_of_its_moment(house, fleet):
    _, _, van, _ = fleet
    house.report(van, NOON_MS - 30 * DAY_MS)
    house.compact()
    # Fixes of one day that were received on two days, so that both tails want the same place.
    house.report(van, NOON_MS - DAY_MS, received_ms=NOON_MS - DAY_MS)
    house.report(van, NOON_MS - DAY_MS + 1000, NOON_MS)
    stamp(house)

    entry = house.back_up()

    assert entry.positions == 4
    assert house.backups.catalog() == [entry]
    again, report = put_back(house, entry.name)
    assert report.positions == 4
    assert again.read(van) == [NOON_MS - 30 * DAY_MS, NOON_MS - DAY_MS, NOON_MS - DAY_MS + 1000, NOON_MS]
    again.close()


def test_no_frame_under_a_day_key_is_in_a_backup(house, fleet):
    _, _, van, car = fleet
    for device in (van, car):
        house.report(device, NOON_MS)
    with house.track.read() as connection:
        frames = [row[0] for row in connection.execute("SELECT frame FROM tail").fetchall()]
    assert len(frames) == 2
    assert all(frame in house.raw("data") for frame in frames)

    house.back_up()

    assert not [frame for frame in frames if frame in house.raw("backups")]
    assert house.read(van) == [NOON_MS]
    assert [path.name for path in sorted((house.path / "backups").glob("*/*"))] == [
        "manifest.json",
        "track.db",
        "waykeep.db",
    ]


def test_a_backup_holds_no_key_and_is_for_its_owner_only(house, fleet):
    house.report(fleet[2], NOON_MS)
    house.back_up()
    kept = house.raw("backups")

    assert not [row.wrapped for row in house.vault.keys.select("true", ()) if row.wrapped in kept]
    assert {path.stat().st_mode & 0o077 for path in (house.path / "backups").rglob("*")} == {0}


def test_a_backup_made_before_opens_for_everyone_but_the_forgotten(house, fleet):
    _, ann, van, car = fleet
    theirs = NOON_MS - 25 * DAY_MS
    for device in (van, car):
        house.report(device, theirs, NOON_MS - DAY_MS, NOON_MS)
    stamp(house)
    entry = house.back_up()
    forget(house, ann)
    stamp(house)

    again, report = put_back(house, entry.name)

    assert again.read(van) == [theirs]
    assert again.read(car) == [theirs, NOON_MS - DAY_MS, NOON_MS]
    assert again.rows.people.find(ann) is None
    assert not again.rows.people.exists(ann)
    assert (report.forgotten_subjects, report.forgotten_rows, report.lost) == (1, 2, ())
    late = again.report(van, NOON_MS - 2 * DAY_MS)
    assert late.cleared is None, "what was still to come for him stays refused, though the backup did not know"
    again.close()


def test_a_backup_that_is_four_days_old_loses_no_one_elses_record(house, fleet):
    """Its tail was sealed under day keys that are long gone: it went in under final keys."""
    _, ann, van, car = fleet
    for device in (van, car):
        house.report(device, NOON_MS - 25 * DAY_MS, NOON_MS)
    entry = house.back_up()
    house.clock.now_ms += 4 * DAY_MS
    house.compaction.run(house.clock(), 48)
    assert house.vault.keys.select("kind = 'day' AND slot <= ?", (NOON_MS // DAY_MS,)) == ()
    forget(house, ann)
    stamp(house)

    again, report = put_back(house, entry.name)

    assert again.read(car) == [NOON_MS - 25 * DAY_MS, NOON_MS]
    assert again.read(van) == [NOON_MS - 25 * DAY_MS]
    assert report.lost == ()
    again.close()


def test_a_restore_says_what_was_sealed_anew_since(house, fleet):
    *_, car = fleet
    house.report(car, NOON_MS - 2 * DAY_MS, NOON_MS - DAY_MS, NOON_MS)
    entry = house.back_up()
    asyncio.run(house.rights.erase_span(car, [car], NOON_MS - 1, NOON_MS + 1))
    stamp(house)

    again, report = put_back(house, entry.name)

    assert [(one.device, one.day, one.positions) for one in report.lost] == [
        (car, (NOON_MS - n * DAY_MS) // DAY_MS, 1) for n in (2, 1, 0)
    ]
    assert again.read(car) == []
    again.close()


def test_people_sign_in_and_devices_report_after_a_restore_over_a_turn(house, fleet):
    """The look-up key of the backup's days is gone: every hash is made anew."""
    _, ann, van, _ = fleet
    entry = house.back_up()
    asyncio.run(house.epochs.turn())
    stamp(house)

    again, _ = put_back(house, entry.name)

    assert again.rows.people.by_login("ann@example.org").person == ann
    assert again.directory.resolve(("352000000000001",), "osmand", Caller("192.0.2.1")).device == van
    again.close()


def test_the_ledger_never_goes_back(house):
    entry = house.back_up()
    house.ledger.action("noted", {}).result()
    stamp(house)
    size = house.ledger.size()

    again, _ = put_back(house, entry.name)

    assert again.ledger.size() == size + 1
    assert [line.kind for line in again.ledger.lines_of("t0")][:2] == ["restore", "noted"]
    again.close()


def test_a_lost_ledger_is_followed_by_a_line_that_says_so(house):
    entry = house.back_up()
    house.ledger.action("noted", {}).result()
    stamp(house)
    size = house.ledger.size()
    house.close()
    for path in house.path.glob("data/ledger.db*"):
        path.unlink()

    restoring.put_back(house.settings, entry.name, os.urandom, house.clock, {}, confirmed=False)
    again = House(house.path)

    assert [line.kind for line in again.ledger.lines_of("t0")] == ["restore", "lost"]
    assert again.ledger.lines_of("t0")[1].detail.more == {"from": "0", "until": str(size)}
    again.close()


@pytest.mark.parametrize("trouble", ["no stamp", "an old stamp", "another's stamp", "a short list"])
def test_an_erasure_list_that_may_be_old_needs_an_administrators_word(house, fleet, trouble):
    entry = house.back_up()
    stamp(house)
    file = house.vault.erasures.stamp_file
    if trouble == "no stamp":
        file.unlink()
    elif trouble == "an old stamp":
        house.clock.now_ms += DAY_MS
        house.ledger.heartbeat().result()
    elif trouble == "another's stamp":
        said, _, signature = file.read_bytes().rpartition(b" ")
        file.write_bytes(said.replace(b'"count":0', b'"count":9') + b" " + signature)
    else:
        forget(house, fleet[1])
        stamp(house)
        house.vault.db.write(lambda c: c.execute("DELETE FROM erasure")).result()
        house.vault.erasures.file.unlink()
    house.close()

    with pytest.raises(AskError, match="erasure list"):
        restoring.put_back(house.settings, entry.name, os.urandom, house.clock, {}, confirmed=False)
    restoring.put_back(house.settings, entry.name, os.urandom, house.clock, {}, confirmed=True)


@pytest.mark.parametrize("name", ["track.db", "waykeep.db", "manifest.json"])
def test_a_damaged_backup_is_not_put_back(house, fleet, name):
    house.report(fleet[3], NOON_MS)
    entry = house.back_up()
    file = house.path / "backups" / entry.name / name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)

    with pytest.raises(StoreError, match=entry.name):
        house.backups.verified(entry.name)


def test_only_a_backup_of_the_catalog_can_be_put_back(house):
    for name in ("1", "../data", "x"):
        with pytest.raises(AskError, match="no backup"):
            house.backups.verified(name)


def test_backups_expire_after_thirty_days(house):
    first = house.back_up()
    house.clock.now_ms += KEPT_MS - 1
    second = house.back_up()
    assert house.backups.expire() == 0
    house.clock.now_ms += 1

    assert house.backups.expire() == 1
    assert house.backups.catalog() == [second]
    assert not (house.path / "backups" / first.name).exists()


def test_a_backup_that_fails_leaves_nothing_behind(house, fleet, monkeypatch):
    monkeypatch.setattr(house.compaction, "provisional", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        house.back_up()

    assert list((house.path / "backups").iterdir()) == []
    assert house.read(fleet[2]) == []


def test_the_rounds_of_keys_and_copies_do_their_work(house, fleet):
    _, _, van, car = fleet
    made = rounds(
        house.vault,
        house.epochs,
        house.backups,
        devices=lambda: (van, car),
        renew_seen=house.journal.renew_seen,
        back_up=house.back_up,
        lengths=Copies(),
    )

    async def all_of_them():
        for one in made:
            await one.run()

    asyncio.run(all_of_them())

    assert house.vault.day_key(van, NOON_MS // DAY_MS + 1, create=False) is not None
    assert house.vault.erasures.stamp(house.vault.signing_seed(STAMP)).time_ms == NOON_MS
    assert len(list((house.path / "keys/copies").iterdir())) == 1
    assert house.vault.keys.epoch.number == 1
    assert len(house.backups.catalog()) == 1
    house.clock.now_ms += DAY_MS - 1
    asyncio.run(all_of_them())
    assert len(house.backups.catalog()) == 1
    house.clock.now_ms += 29 * DAY_MS
    asyncio.run(all_of_them())
    assert house.vault.keys.epoch.number == 2
    assert [entry.made_ms for entry in house.backups.catalog()] == [NOON_MS, house.clock()]
    house.clock.now_ms += 1
    asyncio.run(all_of_them())
    assert [entry.made_ms for entry in house.backups.catalog()] == [house.clock() - 1]


def test_a_restore_cut_off_half_way_keeps_the_server_out_until_it_is_done_again(house, fleet, monkeypatch):
    house.report(fleet[3], NOON_MS)
    entry = house.back_up()
    stamp(house)
    house.close()
    with monkeypatch.context() as patch:
        patch.setattr(restoring, "_settle", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            restoring.put_back(house.settings, entry.name, os.urandom, house.clock, {}, confirmed=False)
    with pytest.raises(StartError, match="cut off half-way"):
        House(house.path)

    restoring.put_back(house.settings, entry.name, os.urandom, house.clock, {}, confirmed=False)

    again = House(house.path)
    assert again.read(fleet[3]) == [NOON_MS]
    again.close()
