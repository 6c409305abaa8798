"""The live boards: what a watcher is sent, in which order, and that it costs the same however slow it is."""

import asyncio
import struct
import sys

import pytest

import road
from waykeep.insight.status import OFFLINE_AFTER_MS, Status
from waykeep.live import Live, Spot
from waykeep.model.rules import Span

NOW_MS = road.NOON_MS
TENANT, OTHER = road.TENANT, "t" + "b" * 16
UNITS = frozenset({"d1", "d2"})


def spot(fix_ms=NOW_MS, received_ms=NOW_MS, place=(10, 20), **more):
    return Spot(fix_ms=fix_ms, received_ms=received_ms, latitude_e7=place[0], longitude_e7=place[1], **more)


def rows(messages):
    """(slot, longitude, latitude, status) of the one frame among the messages; none when there is none."""
    frames = [message for message in messages if isinstance(message, bytes)]
    if not frames:
        return []
    (data,) = frames
    (count,) = struct.unpack_from("<I", data, 4)
    at = [16 + n * 4 * count for n in range(4)]
    status = at[3] + 4 * count + -(-2 * count // 4) * 4 + -(-count // 4) * 4
    columns = [struct.unpack_from(f"<{count}{code}", data, place) for code, place in zip("Iii", at[:3], strict=True)]
    return list(zip(*columns, data[status : status + count], strict=True))


@pytest.fixture
def live():
    return Live()


def watch(live, devices=UNITS, tenant=TENANT):
    watcher = live.join(tenant, lambda: None)
    watcher.watch(frozenset(devices))
    return watcher


def seen(live, watcher, now_ms=NOW_MS):
    live.tick(now_ms)
    found = rows(watcher.take(now_ms))
    watcher.told()
    return found


def test_only_what_changed_since_the_last_time_is_sent(live):
    watcher = watch(live)
    live.put(TENANT, "d1", spot())
    assert len(seen(live, watcher)) == 1
    assert seen(live, watcher) == []
    live.put(TENANT, "d2", spot())
    assert len(seen(live, watcher)) == 1


def test_an_older_position_never_replaces_a_newer_one(live):
    watcher = watch(live)
    live.put(TENANT, "d1", spot(place=(1, 1)))
    live.put(TENANT, "d1", spot(NOW_MS - 1, place=(2, 2)))
    assert [row[1:3] for row in seen(live, watcher)] == [(1, 1)]
    live.put(TENANT, "d1", spot(NOW_MS - 1, place=(3, 3)))
    assert seen(live, watcher) == []


def test_a_claimed_time_and_a_gap_are_never_the_newest_position(live):
    watcher = watch(live, {road.device_id()})
    future = road.cleared([road.position(NOW_MS + 3_600_000)], received_ms=NOW_MS)
    live.publish(future)
    quiet = (Span(NOW_MS - 10_000, None),)
    live.publish(road.cleared([road.position(NOW_MS - 5000), road.position(NOW_MS - 60_000)], NOW_MS, private=quiet))
    assert len(seen(live, watcher)) == 1
    assert live.board(TENANT)["fix_ms"].tolist() == [NOW_MS - 60_000]


def test_a_unit_that_falls_silent_turns_offline_by_the_clock_alone(live):
    watcher = watch(live)
    live.put(TENANT, "d1", spot(does=Status.MOVING))
    assert [row[3] for row in seen(live, watcher)] == [Status.MOVING]
    assert [row[3] for row in seen(live, watcher, NOW_MS + OFFLINE_AFTER_MS + 1)] == [Status.OFFLINE]


def test_private_time_shows_and_ends(live):
    watcher = watch(live)
    live.put(TENANT, "d1", spot(does=Status.MOVING))
    seen(live, watcher)
    live.private(TENANT, "d1", private=True)
    assert [row[3] for row in seen(live, watcher)] == [Status.PRIVATE]
    live.private(TENANT, "d1", private=False)
    assert [row[3] for row in seen(live, watcher)] == [Status.MOVING]


def test_a_unit_that_never_said_where_it_is_has_no_row(live):
    watcher = watch(live)
    live.put(TENANT, "d1", spot(place=(None, None)))
    assert seen(live, watcher) == []
    live.put(TENANT, "d1", spot(NOW_MS + 1))
    live.put(TENANT, "d1", spot(NOW_MS + 2, place=(None, None), does=Status.IDLING))
    live.tick(NOW_MS)
    live.put(TENANT, "d1", spot(NOW_MS + 3, place=(5, 6)))
    assert [row[1:3] for row in seen(live, watcher)] == [(6, 5)]


def test_what_is_hidden_is_sent_to_no_one_until_something_newer_comes(live):
    live.put(TENANT, "d1", spot())
    live.tick(NOW_MS)
    live.hide(TENANT, "d1")
    late = watch(live)
    assert seen(live, late) == []
    assert live.newest_ms(TENANT, "d1") is None
    live.put(TENANT, "d1", spot(NOW_MS + 1))
    assert len(seen(live, late)) == 1


def test_organisations_never_meet(live):
    mine, theirs = watch(live), watch(live, tenant=OTHER)
    live.put(TENANT, "d1", spot())
    assert len(seen(live, mine)) == 1
    assert seen(live, theirs) == []


def test_what_is_no_longer_watched_is_no_longer_sent(live):
    watcher = watch(live)
    watcher.watch(frozenset({"d2"}))
    live.put(TENANT, "d1", spot())
    live.put(TENANT, "d2", spot())
    assert len(seen(live, watcher)) == 1


def test_a_forgotten_unit_is_told_first_and_nothing_of_it_follows(live):
    watcher = watch(live)
    live.put(TENANT, "d1", spot())
    live.put(TENANT, "d2", spot())
    live.drop("d1")
    live.tick(NOW_MS)
    messages = watcher.take(NOW_MS)
    assert messages[0] == '{"kind":"gone","unit":"d1"}'
    assert "d1" not in messages[1]
    assert len(rows(messages)) == 1
    live.put(TENANT, "d1", spot(NOW_MS + 1))
    assert seen(live, watcher) == []
    assert "d1" not in live.board(TENANT)._fix_ms


def test_a_forgetting_is_answered_only_after_every_view_was_told(live):
    async def work():
        watcher = watch(live)
        watcher.take(NOW_MS)
        answered = asyncio.create_task(live.gone("d1"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not answered.done()
        watcher.take(NOW_MS)
        watcher.told()
        await answered

    asyncio.run(work())


def test_a_view_that_is_never_told_is_cut_and_the_forgetting_goes_on(live, monkeypatch):
    monkeypatch.setattr("waykeep.live.TELL_WITHIN_S", 0.01)
    cut = []

    async def work():
        watcher = live.join(TENANT, lambda: cut.append("cut"))
        watcher.watch(UNITS)
        await live.gone("d1")

    asyncio.run(work())
    assert (cut, live.watched()) == (["cut"], 0)


def test_a_slow_watcher_costs_no_more_memory_and_gets_only_the_newest(live):
    watcher = watch(live)

    def weight():
        return sum(sys.getsizeof(value) for value in vars(watcher).values())

    live.put(TENANT, "d1", spot())
    live.tick(NOW_MS)
    before = weight()
    for n in range(1000):
        live.put(TENANT, "d1", spot(NOW_MS + n, place=(n, n)))
        live.tick(NOW_MS)
    assert weight() == before
    assert [row[1:3] for row in rows(watcher.take(NOW_MS))] == [(999, 999)]


def test_watchers_of_the_same_units_share_one_frame(live):
    first, second, third = watch(live), watch(live), watch(live, {"d1"})
    live.put(TENANT, "d1", spot())
    live.put(TENANT, "d2", spot())
    live.tick(NOW_MS)
    frames = [watcher.take(NOW_MS)[-1] for watcher in (first, second, third)]
    assert frames[0] is frames[1]
    assert frames[2] is not frames[0]


def test_a_thousand_units_grow_the_board(live):
    crowd = frozenset(f"d{n}" for n in range(1000))
    watcher = watch(live, crowd)
    for n, unit in enumerate(sorted(crowd)):
        live.put(TENANT, unit, spot(place=(n, -n)))
    found = seen(live, watcher)
    assert len(found) == 1000
    assert {row[1] for row in found} == {-n for n in range(1000)}
