"""The live stream over a real WebSocket: what comes, who may, and that no watcher waits for another."""

import asyncio
import json
import struct

import pytest
from frames import unpacked
from portal import BEARER, Portal, Unit, run
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

import road
from waykeep.api import stream
from waykeep.insight.status import Status
from waykeep.live import Spot
from waykeep.model.access import Role
from waykeep.model.rules import Rules, Span

UNITS = [road.device_id(n) for n in range(3)]
ALL = json.dumps({"watch": "all"})


@pytest.fixture
def portal(tmp_path):
    made = Portal(tmp_path, web_url="https://portal.example")
    yield made
    made.close()


def watching(address, headers=BEARER, **more):
    return connect(f"ws://{address}/v1/stream", additional_headers=headers, compression=None, **more)


async def heard(view, want, wait_s=5):
    """Messages until one fits."""
    found = []
    async with asyncio.timeout(wait_s):
        while True:
            message = await view.recv()
            found.append(unpacked(message)[1] if isinstance(message, bytes) else json.loads(message))
            if want(found[-1]):
                return found


def is_frame(message):
    return isinstance(message, list)


def now(n=0, **changes):
    return [
        road.position(
            road.NOON_MS - 60_000 + n * 1000, latitude_deg=35.0 + n / 1000, speed_mps=12.5, course_deg=90.0, **changes
        )
    ]


def test_names_of_slots_come_before_the_first_frame_of_positions(portal):
    portal.drive(now(), device=UNITS[0])

    async def work():
        async with portal.open() as address, watching(address) as view:
            await view.send(ALL)
            names, rows = await heard(view, is_frame)
            slots = dict(names["slots"])
            assert names["kind"] == "units"
            assert set(slots.values()) == set(UNITS)
            (row,) = rows
            assert slots[row["slot"]] == UNITS[0]
            assert (row["lat_e7"], row["lon_e7"]) == (350_000_000, 514_000_000)
            assert (row["speed_cm_s"], row["course_256"], row["status"]) == (1250, 64, 3)
            assert row["fix_s"] == road.NOON_MS // 1000 - 60

    run(work())
    assert portal.kinds() == ["live-open", "live-close"]


def test_only_the_newest_position_of_each_unit_comes_and_older_ones_never_after_it(portal):
    async def work():
        async with portal.open() as address, watching(address) as view:
            await view.send(json.dumps({"watch": [UNITS[0]]}))
            await heard(view, lambda message: not is_frame(message))
            for n in range(20):
                portal.drive(now(n), device=UNITS[0])
            portal.drive(now(3), device=UNITS[0])
            seen = [
                message[0]["fix_s"]
                for message in await heard(view, lambda m: is_frame(m) and m[0]["fix_s"] == road.NOON_MS // 1000 - 41)
            ]
            assert seen == sorted(seen)
            assert len(seen) < 20

    run(work())


def test_a_watcher_of_one_unit_hears_of_no_other(portal):
    async def work():
        async with portal.open() as address, watching(address) as view:
            await view.send(json.dumps({"watch": [UNITS[1]]}))
            for unit in UNITS:
                portal.drive(now(), device=unit)
            found = await heard(view, is_frame)
            slots = dict(found[0]["slots"])
            assert list(slots.values()) == [UNITS[1]]
            assert [row["slot"] for row in found[1]] == list(slots)

    run(work())


def test_a_unit_that_i_may_not_see_is_refused_and_leaves_no_line(portal):
    portal.caller("narrow", 1, devices=[UNITS[1]])

    async def work():
        async with portal.open() as address, watching(address, {"authorization": "Bearer narrow"}) as view:
            await view.send(json.dumps({"watch": [UNITS[0]]}))
            (answer,) = await heard(view, lambda _: True)
            assert (answer["kind"], answer["slug"]) == ("problem", "no-such-unit")
            portal.drive(now(), device=UNITS[0])
            portal.drive(now(), device=UNITS[1])
            await view.send(ALL)
            names, rows = await heard(view, is_frame)
            assert [unit for _, unit in names["slots"]] == [UNITS[1]]
            assert len(rows) == 1

    run(work())
    assert portal.kinds() == ["live-open", "live-close"]


def test_what_is_not_understood_is_answered_and_the_view_goes_on(portal):
    async def work():
        async with portal.open() as address, watching(address) as view:
            for said in ("{", '{"watch":"some"}', '{"watch":[1]}', "[]"):
                await view.send(said)
                (answer,) = await heard(view, lambda _: True)
                assert answer["slug"] == "wrong-field"
            await view.send(ALL)
            assert (await heard(view, lambda _: True))[0]["kind"] == "units"

    run(work())


def test_another_origin_is_refused_and_our_own_is_not(portal):
    async def work():
        async with portal.open() as address:
            with pytest.raises(InvalidStatus) as refused:
                await watching(address, origin="https://elsewhere.example").__aenter__()
            assert refused.value.response.status_code == 403
            for origin in ("https://portal.example", f"http://{address}"):
                async with watching(address, origin=origin) as view:
                    await view.send(ALL)
                    assert (await heard(view, lambda _: True))[0]["kind"] == "units"

    run(work())


def test_without_sign_in_or_leave_nothing_opens(portal):
    async def work():
        async with portal.open() as address:
            with pytest.raises(InvalidStatus) as refused:
                await watching(address, {}).__aenter__()
            assert refused.value.response.status_code == 403

    run(work())
    assert portal.kinds() == []


def test_gone_reaches_every_open_view_before_the_forgetting_is_answered(portal):
    async def work():
        async with portal.open() as address, watching(address) as one, watching(address) as other:
            for view in (one, other):
                await view.send(ALL)
                await heard(view, lambda message: not is_frame(message))
            portal.drive(now(), device=UNITS[0])
            for view in (one, other):
                await heard(view, is_frame)
            await portal.live.gone(UNITS[0])
            portal.drive(now(5), device=UNITS[0])
            portal.drive(now(5), device=UNITS[1])
            for view in (one, other):
                messages = await heard(view, is_frame)
                assert messages[0] == {"kind": "gone", "unit": UNITS[0]}
                assert len(messages[-1]) == 1

    run(work())


def test_a_slow_watcher_loses_old_positions_and_slows_no_one(portal):
    rounds, crowd = 100, [f"d{n:016d}" for n in range(5000)]
    portal.fleet.units |= {unit: Unit(unit, unit) for unit in crowd}
    board = portal.live.board(road.TENANT)

    async def work():
        async with (
            portal.open() as address,
            watching(address, max_size=None) as quick,
            watching(address, max_size=None, max_queue=1, ping_interval=None) as stuck,
        ):
            for one in (stuck, quick):
                await one.send(ALL)
                await heard(one, lambda message: not is_frame(message))
            stuck.transport.pause_reading()
            for n in range(rounds):
                for unit in crowd:
                    board.put(unit, spot(n))
                board.advance(road.NOON_MS)
                assert newest(await quick.recv()) == n
            stuck.transport.resume_reading()
            times = []
            while not times or times[-1] < rounds - 1:
                times.append(newest(await asyncio.wait_for(stuck.recv(), 10)))
            assert times == sorted(times)
            assert len(times) < rounds * 0.9

    run(work())


def newest(message):
    """The newest fix time of a frame, without unpacking all of it."""
    (count,) = struct.unpack_from("<I", message, 4)
    return max(struct.unpack_from(f"<{count}I", message, 16 + 12 * count))


def test_a_watcher_that_cannot_be_told_goodbye_is_cut_off(portal, monkeypatch):
    monkeypatch.setattr("waykeep.live.TELL_WITHIN_S", 0.2)

    async def work():
        async with portal.open() as address, watching(address) as view:
            await view.send(ALL)
            await heard(view, lambda message: not is_frame(message))
            (watcher,) = portal.live.board(road.TENANT).watchers
            watcher.wake.set = lambda: None  # its task never comes to send
            await portal.live.gone(UNITS[0])
            assert portal.live.watched() == 0
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(view.recv(), 10)

    run(work())


def test_a_view_follows_a_change_of_rights_and_a_sign_off(portal, monkeypatch):
    monkeypatch.setattr(stream, "RECHECK_S", 0.05)
    portal.caller("viewer", 1, devices=UNITS[:2])

    async def work():
        async with portal.open() as address, watching(address, {"authorization": "Bearer viewer"}) as view:
            await view.send(ALL)
            await heard(view, lambda message: not is_frame(message))
            portal.caller("viewer", 1, devices=UNITS[1:])
            messages = await heard(view, lambda message: message.get("kind") == "units")
            assert messages[0] == {"kind": "gone", "unit": UNITS[0]}
            assert {unit for _, unit in messages[1]["slots"]} == set(UNITS[1:])
            del portal.callers["viewer"]
            with pytest.raises(ConnectionClosed) as closed:
                await heard(view, lambda _: False)
            assert closed.value.rcvd.code == stream.SIGNED_OUT

    run(work())
    assert portal.kinds() == ["live-open", "live-change", "live-close"]


def test_an_open_view_leaves_a_line_each_quarter_of_an_hour(portal, monkeypatch):
    monkeypatch.setattr(stream, "RECHECK_S", 0.05)

    async def work():
        async with portal.open() as address, watching(address) as view:
            await view.send(ALL)
            await heard(view, lambda message: not is_frame(message))
            for _ in range(2):
                portal.store.now_ms += 15 * 60_000
                before = len(portal.kinds())
                async with asyncio.timeout(5):
                    while len(portal.kinds()) == before:  # noqa: ASYNC110 - another process would poll the file too
                        await asyncio.sleep(0.02)

    run(work())
    assert portal.kinds() == ["live-open", "live-stays", "live-stays", "live-close"]


def test_private_time_shows_while_it_lasts(portal):
    async def work():
        async with portal.open() as address, watching(address) as view:
            await view.send(json.dumps({"watch": [UNITS[0]]}))
            portal.drive(now(), device=UNITS[0])
            assert (await heard(view, is_frame))[-1][0]["status"] == Status.MOVING
            quiet = (Span(road.NOON_MS - 1000, road.NOON_MS + 1000),)
            portal.fleet.promises[UNITS[0]] = Rules(tenant=road.TENANT, device=UNITS[0], private=quiet)
            assert (await heard(view, is_frame))[-1][0]["status"] == Status.PRIVATE
            portal.store.now_ms += 1000
            assert (await heard(view, is_frame))[-1][0]["status"] == Status.MOVING

    run(work())


def test_a_driver_who_may_see_no_unit_watches_nothing(portal):
    portal.caller("driver", 3, Role.DRIVER, devices=[])

    async def work():
        async with portal.open() as address, watching(address, {"authorization": "Bearer driver"}) as view:
            await view.send(ALL)
            assert await heard(view, lambda _: True) == [{"kind": "units", "slots": []}]
            portal.drive(now(), device=UNITS[0])
            with pytest.raises(TimeoutError):
                await heard(view, lambda _: True, wait_s=0.7)

    run(work())


def spot(n):
    return Spot(fix_ms=n * 1000, received_ms=road.NOON_MS, latitude_e7=n, longitude_e7=n, speed_mps=1.0)
