"""Compaction: the tail becomes history under final keys, promises rewrite it, and nothing else is lost."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from road import DAY_MS, NOON_MS, TENANT, Store, cleared, device_id, person_id, position
from waykeep.errors import StoreError
from waykeep.model.rules import Attribution, Span
from waykeep.store import compaction as compaction_module
from waykeep.store.parts import PROVISIONAL, days_of, month_of

DAY = NOON_MS // DAY_MS
HOUR_MS = 3_600_000
WINDOW_H = 48
DEVICE, ANNA, BEN = device_id(), person_id(0), person_id(1)


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, devices=2, people=2)
    yield made
    made.close()


def later(store, days):
    store.now_ms = NOON_MS + days * DAY_MS
    return store.now_ms


def rows(store, what="device, day, subject, part, count"):
    with store.db.read() as connection:
        return connection.execute(f"SELECT {what} FROM segment ORDER BY device, day, part").fetchall()


def tail_rows(store):
    with store.db.read() as connection:
        return connection.execute("SELECT count(*) FROM tail").fetchall()[0][0]


def shared_day(store):
    """Anna drives until one, Ben until two, Anna again; then nobody."""
    one, two, three = NOON_MS + HOUR_MS, NOON_MS + 2 * HOUR_MS, NOON_MS + 3 * HOUR_MS
    store.attributions[DEVICE] = Attribution(
        device=DEVICE,
        drivers=((Span(NOON_MS, one), ANNA), (Span(one, two), BEN), (Span(two, three), ANNA)),
    )
    fixes = [NOON_MS + n * HOUR_MS // 2 for n in range(8)]
    store.write(cleared([position(at, 35 + n / 100) for n, at in enumerate(fixes)], received_ms=fixes[-1]))
    return fixes


def test_before_the_window_closes_nothing_moves_and_after_it_the_tail_is_history(store):
    store.write(cleared([position(NOON_MS), position(NOON_MS + 1)]))
    before = store.positions()
    midnight_ms = (DAY + 1) * DAY_MS

    assert store.compaction.run(midnight_ms + WINDOW_H * HOUR_MS - 1, WINDOW_H) == 0
    assert store.compaction.run(midnight_ms + WINDOW_H * HOUR_MS, WINDOW_H) == 1
    assert (tail_rows(store), rows(store)) == (0, [(DEVICE, DAY, DEVICE, 0, 2)])
    assert store.positions() == before


def test_the_day_key_is_destroyed_once_its_segments_are_durable(store):
    store.write(cleared([position(NOON_MS)]))
    assert store.vault.day_key(DEVICE, DAY, create=False) is not None

    store.compaction.run(later(store, 4), WINDOW_H)

    assert store.vault.day_key(DEVICE, DAY, create=False) is None


def test_a_day_long_over_is_closed_without_keeping_anyone_waiting(store):
    store.write(cleared([position(NOON_MS)]))
    store.compaction._hold = None

    assert store.compaction.run(later(store, 4), WINDOW_H) == 1
    assert len(store.positions()) == 1


def test_a_segment_never_spans_two_subjects_and_a_change_of_driver_starts_a_new_part(store):
    fixes = shared_day(store)

    store.compaction.run(later(store, 4), WINDOW_H)

    assert rows(store, "subject, part, count") == [(ANNA, 0, 2), (BEN, 1, 2), (ANNA, 2, 2), (DEVICE, 3, 2)]
    assert [at for at, _ in store.positions()] == fixes


def test_late_data_rewrites_its_day_and_older_repeats_drop(store):
    store.write(cleared([position(NOON_MS), position(NOON_MS + 2000)]))
    store.compaction.run(later(store, 4), WINDOW_H)
    late = cleared([position(NOON_MS + 1000), position(NOON_MS)], received_ms=store.now_ms, records=[b"new", b"old"])
    assert store.write(late).stored == 2, "the old record's hash is another one, so only its content tells"

    assert [at for at, _ in store.positions()] == [NOON_MS, NOON_MS + 1000, NOON_MS + 2000]
    store.compaction.run(later(store, 8), WINDOW_H)

    assert rows(store) == [(DEVICE, DAY, DEVICE, 0, 3)]
    assert [at for at, _ in store.positions()] == [NOON_MS, NOON_MS + 1000, NOON_MS + 2000]


def test_closing_the_window_of_a_person_drops_him_and_keeps_the_others_of_today(store):
    fixes = shared_day(store)
    other = device_id(1)
    store.write(cleared([position(NOON_MS)], device=other))
    held = []

    @contextmanager
    def hold(devices):
        held.append(set(devices))
        yield

    store.compaction._hold = hold
    store.compaction.close_window({DEVICE}, frozenset({BEN}))

    assert held == [{DEVICE}]
    assert [at for at, _ in store.positions()] == [at for n, at in enumerate(fixes) if n not in (2, 3)]
    assert store.vault.day_key(DEVICE, DAY, create=False) is None
    assert store.vault.day_key(other, DAY, create=False) is not None
    assert store.write(cleared([position(fixes[-1] + 1)])).stored == 1, "the next frame gets a new key of the day"
    assert len(store.positions()) == 7


def test_a_forgotten_driver_takes_his_parts_and_nothing_else(store):
    fixes = shared_day(store)
    store.compaction.run(later(store, 4), WINDOW_H)

    store.vault.erasures.forget(BEN, "person")

    assert [at for at, _ in store.positions()] == [at for n, at in enumerate(fixes) if n not in (2, 3)]
    store.compaction.purge(BEN)
    assert rows(store, "subject") == [(ANNA,), (ANNA,), (DEVICE,)]


def test_an_erased_span_leaves_the_rest_of_its_months_under_new_keys(store):
    fixes = shared_day(store)
    store.compaction.run(later(store, 4), WINDOW_H)
    before = {key for (key,) in rows(store, "key")}

    old = store.compaction.erase_span(DEVICE, None, fixes[1], fixes[5])

    assert set(old) == before
    assert not before & {key for (key,) in rows(store, "key")}
    store.vault.erasures.destroy(old, "span")
    assert [at for at, _ in store.positions()] == [fixes[0], *fixes[5:]]


def test_an_erased_span_of_one_person_takes_only_his_fixes_also_out_of_the_tail(store):
    fixes = shared_day(store)

    old = store.compaction.erase_span(DEVICE, ANNA, fixes[0], fixes[4])
    store.vault.erasures.destroy(old, "span")

    assert [at for at, _ in store.positions()] == fixes[2:]
    assert tail_rows(store) == 0


def test_a_changed_attribution_moves_the_fixes_under_the_new_subjects_key(store):
    fixes = shared_day(store)
    store.compaction.run(later(store, 4), WINDOW_H)
    store.attributions[DEVICE] = Attribution(device=DEVICE, drivers=((Span(NOON_MS, None), BEN),))

    old = store.compaction.reattribute(DEVICE, fixes[0], fixes[-1])
    store.vault.erasures.destroy(old, "span")

    assert rows(store, "subject, part, count") == [(BEN, 0, 8)]
    assert [at for at, _ in store.positions()] == fixes


def test_the_retention_sweep_cuts_the_straddling_day_under_its_months_key_and_empty_months_end(store):
    earlier = NOON_MS - 62 * DAY_MS
    store.write(cleared([position(earlier)], received_ms=NOON_MS))
    store.write(cleared([position(NOON_MS + n * HOUR_MS) for n in range(3)]))
    store.compaction.run(later(store, 4), WINDOW_H)
    first_key, second_key = [key for (key,) in rows(store, "key")]

    assert store.compaction.expire(DEVICE, NOON_MS + HOUR_MS) == (first_key,)
    assert rows(store, "day, count, key") == [(DAY, 2, second_key)]
    assert [at for at, _ in store.positions()] == [NOON_MS + HOUR_MS, NOON_MS + 2 * HOUR_MS]
    assert store.compaction.expire(DEVICE, NOON_MS + 9 * HOUR_MS) == (second_key,)
    assert rows(store) == []


def test_a_backups_provisional_parts_hold_the_tail_under_the_subjects_keys(store):
    fixes = shared_day(store)

    parts = list(store.compaction.provisional())

    assert [(row.subject, row.part - PROVISIONAL, row.count) for row in parts] == [
        (ANNA, 0, 2), (BEN, 1, 2), (ANNA, 2, 2), (DEVICE, 3, 2),
    ]  # fmt: skip
    assert [int(at) for track in store.segments.tracks(parts) for at in track.fix_ms] == fixes
    assert tail_rows(store) == 1, "the tail itself stays as it is"


def test_what_a_crash_left_between_two_steps_is_finished_at_the_start(store):
    fixes = shared_day(store)
    store.compaction.run(later(store, 4), WINDOW_H)
    store.vault.day_key(DEVICE, DAY - 3, create=True)  # its frames are history, its destruction was cut off
    store.vault.renew_data_key(TENANT, DEVICE, ANNA, month_of(DAY))  # the rows are still under the old key

    old = store.compaction.mend(store.now_ms)
    store.vault.erasures.destroy(old, "span")

    assert store.vault.day_key(DEVICE, DAY - 3, create=False) is None
    assert len(old) == 1
    assert [at for at, _ in store.positions()] == fixes


def test_a_long_device_day_is_sealed_in_several_steps(store, monkeypatch):
    monkeypatch.setattr(compaction_module, "FRAMES_A_TASK", 3)
    for n in range(10):
        store.write(cleared([position(NOON_MS + n)]))

    store.compaction.run(later(store, 4), WINDOW_H)

    assert rows(store, "count") == [(10,)]
    assert len(store.positions()) == 10


def test_a_changed_byte_stops_the_compaction_with_its_place_and_keeps_the_rest(store):
    store.write(cleared([position(NOON_MS)]), cleared([position(NOON_MS)], device=device_id(1)))
    store.db.write(lambda c: c.execute("UPDATE tail SET frame = substr(frame, 1, 60) WHERE id = 2")).result()

    with pytest.raises(StoreError, match="tail, row 2"):
        store.compaction.run(later(store, 4), WINDOW_H)
    assert (tail_rows(store), len(store.positions())) == (1, 1)


def test_the_child_opens_no_file_once_it_works(tmp_path):
    """Run the child under an audit hook that ends it at the first file it opens after its imports."""
    code = (
        "import sys\nfrom waykeep.store import reseal\nimport numpy, zstandard\n"
        "armed = [True]\n"
        "def hook(event, args):\n"
        "    if event == 'open' and armed[0]:\n        armed[0] = False\n"
        "        sys.stderr.write('opened %s' % (args,))\n        raise SystemExit(9)\n"
        "sys.addaudithook(hook)\nreseal.serve(sys.stdin.buffer, sys.stdout.buffer)\n"
    )
    real = subprocess.Popen

    def watched(command, **keywords):
        assert command == [sys.executable, "-m", "waykeep.store.reseal"]
        return real([sys.executable, "-c", code], **keywords)

    made = Store(tmp_path, people=2)
    try:
        fixes = shared_day(made)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compaction_module.subprocess, "Popen", watched)
            made.compaction.run(later(made, 4), WINDOW_H)
        assert len(made.positions()) == len(fixes)
    finally:
        made.close()


def test_months_know_their_days():
    assert [month_of(day) for day in days_of(2026 * 12 + 1)] == [2026 * 12 + 1] * 2
    first, last = days_of(2024 * 12 + 1)
    assert last - first + 1 == 29
