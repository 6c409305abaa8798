"""Reading back: history and tail merged by fix time, never beyond the grant or a retention limit."""

import pytest

from road import DAY_MS, NOON_MS, TENANT, Store, cleared, device_id, position
from waykeep.model.access import Grant, Purpose
from waykeep.model.frame import Flag
from waykeep.store.latest import Latest
from waykeep.store.parts import header
from waykeep.store.track import gather

DAY = NOON_MS // DAY_MS


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, devices=2)
    yield made
    made.close()


def grant(devices, from_ms, to_ms):
    return Grant(
        viewer="p", tenant=TENANT, purpose=Purpose.PROVIDE_SERVICE, devices=frozenset(devices), from_ms=from_ms,
        to_ms=to_ms, route="test",
    )  # fmt: skip


def test_history_and_tail_are_merged_by_fix_time_day_by_day(store):
    store.write(cleared([position(NOON_MS + n * 1000) for n in (0, 2, 4)]))
    store.now_ms += 4 * DAY_MS
    store.compaction.run(store.now_ms, 48)
    store.write(cleared([position(NOON_MS + 1000), position(NOON_MS + 3000)], received_ms=store.now_ms))
    store.write(cleared([position(store.now_ms)]))

    pieces = list(store.history.track(grant([device_id()], 0, 1 << 45)))

    assert [track.fix_ms.tolist() for track in pieces] == [[NOON_MS + n * 1000 for n in range(5)], [store.now_ms]]
    assert store.history.days(grant([device_id()], 0, 1 << 45), device_id()) == {DAY: 5, DAY + 4: 1}


def test_nothing_outside_the_grant_is_read(store):
    for number in (0, 1):
        store.write(cleared([position(NOON_MS + n) for n in range(4)], device=device_id(number)))

    pieces = list(store.history.track(grant([device_id(1)], NOON_MS + 1, NOON_MS + 3)))

    assert [track.fix_ms.tolist() for track in pieces] == [[NOON_MS + 1, NOON_MS + 2]]
    assert list(store.history.pieces(grant([device_id(1)], 0, 1 << 45), device_id(0))) == []
    assert list(store.history.track(grant([device_id(1)], None, None))) == []


def test_nothing_past_its_retention_limit_is_read_to_the_millisecond(store):
    store.write(cleared([position(NOON_MS), position(NOON_MS + 1)]))
    store.retention_ms = DAY_MS
    store.now_ms = NOON_MS + DAY_MS

    assert [at for at, _ in store.positions()] == [NOON_MS + 1]
    store.now_ms += 1
    assert store.positions() == []


def test_the_latest_past_its_retention_limit_is_not_shown(store):
    store.latest.update(cleared([position(NOON_MS)]))
    store.retention_ms = DAY_MS

    store.now_ms = NOON_MS + DAY_MS - 1
    assert len(store.latest.latest([device_id()])) == 1
    store.now_ms += 1
    assert store.latest.latest([device_id()]) == []


def test_a_record_that_stands_in_tail_and_history_is_read_once(store):
    frame = cleared([position(NOON_MS)])
    store.write(frame)
    store.now_ms += 4 * DAY_MS
    store.compaction.run(store.now_ms, 48)
    store.write(cleared([position(NOON_MS)], received_ms=store.now_ms, records=[b"sent anew"]))

    assert [at for at, _ in store.positions()] == [NOON_MS]


def test_the_tail_is_opened_once_and_later_frames_are_added(store):
    store.write(cleared([position(NOON_MS)]))
    first = store.tail.read(device_id())
    assert store.tail.read(device_id()) is first

    store.write(cleared([position(NOON_MS + 1)]))

    assert store.tail.read(device_id()).fix_ms.tolist() == [NOON_MS, NOON_MS + 1]
    store.tail.drop([device_id()])
    assert store.tail.read(device_id()).fix_ms.tolist() == [NOON_MS, NOON_MS + 1]


def test_the_tail_of_a_forgotten_device_is_gone_from_memory_and_cannot_be_opened_again(store):
    store.write(cleared([position(NOON_MS)]))
    assert len(store.tail.read(device_id())) == 1

    store.vault.erasures.forget(device_id(), "device")
    store.changed((device_id(),))

    assert len(store.tail.read(device_id())) == 0


def test_the_latest_is_the_newest_believed_place_and_is_rebuilt_at_the_start(store):
    claimed = cleared([position(NOON_MS + 40 * DAY_MS, 1.0)], received_ms=NOON_MS + 10, since_ms=NOON_MS - DAY_MS)
    assert claimed.columns.flags[0] & Flag.TIME_CLAIMED
    frames = [cleared([position(NOON_MS + n, 35 + n)], received_ms=NOON_MS + 10) for n in (0, 3, 1)] + [claimed]
    for frame in frames:
        store.write(frame)
        store.latest.update(frame)

    rebuilt = Latest(store.db, store.vault, store.vault.random)

    for latest in (store.latest, rebuilt):
        (one,) = latest.latest([device_id(), device_id(1)])
        assert (one.device, one.fix_ms, one.latitude_e7) == (device_id(), NOON_MS + 3, 380_000_000)


def test_the_latest_outlives_compaction_and_goes_with_its_subject(store):
    frame = cleared([position(NOON_MS)])
    store.write(frame)
    store.latest.update(frame)
    store.now_ms += 4 * DAY_MS
    store.compaction.run(store.now_ms, 48)
    assert store.latest.write_down(store.attribution) == 1

    assert [one.fix_ms for one in Latest(store.db, store.vault, store.vault.random).latest([device_id()])] == [NOON_MS]
    store.vault.erasures.forget(device_id(), "device")
    assert Latest(store.db, store.vault, store.vault.random).latest([device_id()]) == []


def test_the_row_of_a_unit_that_was_silent_past_its_limit_goes_and_so_does_one_without_a_key(store):
    frame = cleared([position(NOON_MS)])
    store.write(frame)
    now_ms = NOON_MS
    latest = Latest(store.db, store.vault, store.vault.random, lambda _: DAY_MS, lambda: now_ms)
    latest.update(frame)
    latest.write_down(store.attribution)
    assert rows_of(store, "latest") == 1
    now_ms = NOON_MS + DAY_MS - 1
    latest.write_down(store.attribution)
    assert rows_of(store, "latest") == 1
    now_ms = NOON_MS + DAY_MS
    assert latest.latest([device_id()]) == []
    assert latest.write_down(store.attribution) == 0
    assert rows_of(store, "latest") == 0

    now_ms = NOON_MS
    latest.write_down(store.attribution)
    store.vault.erasures.forget(device_id(), "device")
    Latest(store.db, store.vault, store.vault.random)
    assert rows_of(store, "latest") == 0


def rows_of(store, table):
    with store.db.read() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_a_header_tells_bounds_and_distance_without_the_body(store):
    frame = cleared([position(NOON_MS, 0.0, 0.0), position(NOON_MS + 1, 0.0, 1.0), position(NOON_MS + 2, 1.0, 1.0)])
    told = header(gather([frame.columns]))

    assert (told.first_ms, told.last_ms, told.count) == (NOON_MS, NOON_MS + 2, 3)
    assert (told.south_west_e7, told.north_east_e7) == ((0, 0), (10_000_000, 10_000_000))
    assert told.distance_m == pytest.approx(2 * 111_195, rel=1e-4)
    store.write(frame)
    store.compaction.close_window({device_id()})
    assert store.segments.headers(device_id(), DAY, DAY) == [told]
