"""The journal: durable, sealed, and each record once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from road import DAY_MS, NOON_MS, Store, cleared, device_id, position
from waykeep.errors import StoreError
from waykeep.store import seen as seen_module
from waykeep.store.journal import SEEN_DAYS
from waykeep.store.vault import KeyGone


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, devices=3)
    yield made
    made.close()


def reopened(store):
    store.close()
    return Store(store.home, store.now_ms)


def test_a_record_is_there_after_a_restart(store):
    store.write(cleared([position(NOON_MS), position(NOON_MS + 1000)]))

    again = reopened(store)

    assert [t for t, _ in again.positions()] == [NOON_MS, NOON_MS + 1000]
    again.close()


def test_a_resent_record_is_counted_and_stored_once_also_after_a_restart(store):
    frame = cleared([position(NOON_MS), position(NOON_MS + 1000)])

    assert (store.write(frame).stored, store.write(frame).resent) == (2, 2)
    again = reopened(store)
    written = again.write(frame)

    assert (written.stored, written.resent, written.fresh) == (0, 2, ())
    assert len(again.positions()) == 2
    again.close()


def test_a_resent_record_among_new_ones_is_left_out(store):
    store.write(cleared([position(NOON_MS), position(NOON_MS + 1000)]))
    written = store.write(cleared([position(NOON_MS + 1000), position(NOON_MS + 2000)]))

    assert (written.stored, written.resent) == (1, 1)
    assert [frame.columns.fix_ms for frame in written.fresh] == [(NOON_MS + 2000,)]
    assert [t for t, _ in store.positions()] == [NOON_MS, NOON_MS + 1000, NOON_MS + 2000]


def test_two_different_records_of_one_second_are_both_kept(store):
    store.write(cleared([position(NOON_MS, 35.1), position(NOON_MS, 35.2)]))

    assert store.positions() == [(NOON_MS, 351_000_000), (NOON_MS, 352_000_000)]


def test_the_same_record_of_two_devices_is_stored_for_both(store):
    for number in (0, 1):
        assert store.write(cleared([position(NOON_MS)], device=device_id(number), records=[b"x"])).stored == 1


def test_a_resend_under_the_last_seen_key_is_still_recognised_and_one_under_the_key_before_is_not(store):
    frame = cleared([position(NOON_MS)])
    store.write(frame)
    week_ms = SEEN_DAYS * DAY_MS

    assert store.journal.renew_seen(NOON_MS + week_ms - 1) == 0
    store.now_ms += week_ms
    assert store.journal.renew_seen(store.now_ms) == 1
    assert store.write(frame).resent == 1
    store.now_ms += week_ms
    assert store.journal.renew_seen(store.now_ms) == 1
    with store.db.read() as connection:
        assert connection.execute("SELECT count(*) FROM seen").fetchall() == [(0,)]
    assert store.write(frame).stored == 1
    store.compaction.run(store.now_ms, 48)
    assert len(store.positions()) == 1, "compaction compares decoded records"


def test_memory_for_hashes_is_bounded_and_the_table_still_knows_them(store, monkeypatch):
    monkeypatch.setattr(seen_module, "HASHES_IN_MEMORY", 10)
    frames = [cleared([position(NOON_MS + n * 2_000_000)], received_ms=NOON_MS + DAY_MS * 9) for n in range(50)]
    for frame in frames:
        store.write(frame)

    assert store.journal._seen._size <= 11
    assert [store.write(frame).resent for frame in frames] == [1] * 50


def test_a_batch_that_fails_takes_those_written_after_it_along_and_the_next_resend_is_stored(store):
    frame = cleared([position(NOON_MS)])
    store.journal.prepare(frame.tenant, frame.device, frame.received_ms)
    store.db.write(lambda connection: connection.execute("ALTER TABLE tail RENAME TO elsewhere")).result()

    first, second = store.journal.append([frame]), store.journal.append([frame])
    for failed in (first, second):
        with pytest.raises(StoreError):
            failed.result()
    store.db.write(lambda connection: connection.execute("ALTER TABLE elsewhere RENAME TO tail")).result()

    assert store.write(frame).stored == 1


def test_a_frame_of_a_forgotten_device_is_lost_and_the_others_of_its_batch_are_stored(store):
    store.vault.erasures.forget(device_id(1), "device")

    written = store.write(cleared([position(NOON_MS)], device=device_id(1)), cleared([position(NOON_MS)]))

    assert (written.stored, [frame.device for frame in written.lost]) == (1, [device_id(1)])
    with pytest.raises(KeyGone):
        store.journal.prepare("t", device_id(1), NOON_MS)


def test_a_frame_moved_to_another_row_does_not_open(store):
    store.write(cleared([position(NOON_MS)]), cleared([position(NOON_MS + 1)]))
    store.db.write(
        lambda connection: connection.execute(
            "UPDATE tail SET frame = (SELECT frame FROM tail WHERE id = 2) WHERE id = 1"
        )
    ).result()

    with pytest.raises(StoreError, match="tail, row 1"):
        store.positions()


def test_rows_hold_pseudonyms_and_days_and_no_fix_time_or_place_in_clear(store):
    store.write(cleared([position(NOON_MS, 35.123456)]))
    store.db.checkpoint()
    with sqlite3.connect(store.db.path) as connection:
        (row,) = connection.execute("SELECT id, tenant, device, day, count, length(frame) % 256 FROM tail").fetchall()
    connection.close()

    assert row[1:5] == ("taaaaaaaaaaaaaaaa", device_id(), NOON_MS // DAY_MS, 1)
    assert row[5] == 1 + 12 + 16, "the sealed part is padded to 256-byte steps"


def test_a_number_longer_than_64_bits_does_not_keep_its_frame_out(store):
    written = store.write(cleared([position(NOON_MS, attributes={"odometer": 1 << 70})]))

    assert written.stored == 1
    assert store.tail.read(device_id()).attributes[0] == {"odometer": str(1 << 70)}


def test_batches_from_many_threads_are_all_stored_once(store):
    frames = [cleared([position(NOON_MS + n)], device=device_id(n % 3)) for n in range(60)]
    with ThreadPoolExecutor(6) as pool:
        written = list(pool.map(lambda frame: store.journal.append([frame, frame]).result(), frames))

    assert (sum(one.stored for one in written), sum(one.resent for one in written)) == (60, 60)
    assert sum(len(store.positions(device_id(n))) for n in range(3)) == 60
