"""Hashes on their way into their table: nothing is lost, nothing outlives its device."""

import pytest

from road import DAY_MS, NOON_MS, Store, cleared, device_id, position
from waykeep.errors import StoreError
from waykeep.store import folding
from waykeep.store.journal import SEEN_DAYS


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, devices=3)
    yield made
    made.close()


def counts(store):
    with store.db.read() as connection:
        return connection.execute("SELECT (SELECT count(*) FROM unfolded), (SELECT count(*) FROM seen)").fetchall()[0]


def frames(count, device=0):
    return [cleared([position(NOON_MS + n * 1000)], device=device_id(device)) for n in range(count)]


def test_hashes_wait_in_one_row_a_commit_and_are_folded_at_the_start(store):
    for frame in frames(5):
        store.write(frame)
    assert counts(store) == (5, 0)

    store.close()
    again = Store(store.home, store.now_ms)

    assert counts(again)[0] == 0
    assert [again.write(frame).resent for frame in frames(5)] == [1] * 5
    again.close()


def test_folding_by_slices_forgets_nothing(store, monkeypatch):
    monkeypatch.setattr(folding, "FOLD_FROM", 4)
    monkeypatch.setattr(folding, "SLICE", 1)
    sent = [frame for pair in zip(frames(30), frames(30, 1), frames(30, 2), strict=True) for frame in pair]
    for frame in sent:
        store.write(frame)
    waiting, folded = counts(store)
    assert waiting < 30
    assert folded

    store.journal.drop([device_id(n) for n in range(3)])

    assert counts(store)[0] == 0
    assert [store.write(frame).resent for frame in sent] == [1] * len(sent)


def test_hashes_that_wait_go_with_their_device_also_in_the_middle_of_a_fold(store, monkeypatch):
    monkeypatch.setattr(folding, "FOLD_FROM", 3)
    monkeypatch.setattr(folding, "SLICE", 1)
    for number in range(3):
        store.write(*frames(1, number))
    store.write(frames(2)[1])
    assert counts(store) == (4, 2), "a fold has begun and not ended"

    store.journal.forget((device_id(1), device_id(2)))
    for frame in frames(9)[2:]:
        store.write(frame)

    with store.db.read() as connection:
        devices = connection.execute("SELECT DISTINCT device FROM seen").fetchall()
        waiting = connection.execute("SELECT hashes FROM unfolded").fetchall()
    assert devices == [(device_id(0),)]
    assert not any(device_id(n).encode() in row for (row,) in waiting for n in (1, 2))


def test_what_memory_gathered_before_a_fold_from_elsewhere_is_not_believed(store, monkeypatch):
    monkeypatch.setattr(folding, "FOLD_FROM", 6)
    for number in range(3):
        store.write(*frames(1, number))
    store.journal.forget((device_id(1),))
    for frame in frames(9)[1:]:
        store.write(frame)

    with store.db.read() as connection:
        devices = connection.execute("SELECT DISTINCT device FROM seen").fetchall()
    assert devices == [(device_id(0),), (device_id(2),)]
    store.journal.drop((device_id(0),))
    assert [store.write(frame).resent for frame in frames(9)] == [1] * 9


def test_after_a_failed_batch_the_table_is_read_again(store, monkeypatch):
    monkeypatch.setattr(folding, "FOLD_FROM", 4)
    sent = frames(12)
    for frame in sent[:3]:
        store.write(frame)
    with monkeypatch.context() as broken:
        broken.setattr(folding, "_encode", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            store.write(sent[3])
    for frame in sent[3:]:
        store.write(frame)

    assert counts(store)[1]
    store.journal.drop((device_id(0),))
    assert [store.write(frame).resent for frame in sent] == [1] * len(sent)


def test_hashes_that_wait_go_with_their_key(store):
    store.write(*frames(2))
    for _ in range(2):
        store.now_ms += SEEN_DAYS * DAY_MS
        assert store.journal.renew_seen(store.now_ms) == 1

    assert counts(store) == (0, 0)


def test_hashes_of_a_batch_that_failed_are_never_folded(store, monkeypatch):
    monkeypatch.setattr(folding, "FOLD_FROM", 1)
    frame, other = frames(2)
    store.write(other)
    store.db.write(lambda connection: connection.execute("ALTER TABLE tail RENAME TO elsewhere")).result()
    with pytest.raises(StoreError):
        store.write(frame)
    store.db.write(lambda connection: connection.execute("ALTER TABLE elsewhere RENAME TO tail")).result()

    assert (store.write(frame).stored, store.write(other).resent) == (1, 1)
