"""The road of a position, by the order of events: gate, durable, answered, shown."""

import asyncio
import logging
import threading
from collections import Counter

import pytest

from road import DAY_MS, NOON_MS, Directory, Shown, Store, device_id, position
from road_doors import site
from waykeep.errors import StoreError
from waykeep.flows.disk import DiskGuard
from waykeep.flows.intake import Intake
from waykeep.model.rules import Rules
from waykeep.protocols.base import Message


def message(*positions, records=None):
    return Message(positions=positions, records=tuple(records or (repr(one).encode() for one in positions)))


def known(one, number=0):
    return tuple(one.directory.known.values())[number]


def tail(store):
    with store.db.read() as connection:
        return connection.execute("SELECT count(*) FROM tail").fetchall()[0][0]


def test_it_is_on_disk_when_it_is_answered_and_shown_only_after(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            events = []
            one.shown.publish = lambda frame: events.append(("shown", tail(one.store), len(frame.records)))
            one.intake.submit(
                known(one),
                message(position(NOON_MS)),
                NOON_MS,
                lambda why: events.append(("answered", tail(one.store), why)),
            )
            await one.intake.take(known(one), message(position(NOON_MS + 1)), NOON_MS + 1)
            assert events[:2] == [("answered", 2, None), ("shown", 2, 1)] or events[:2] == [
                ("answered", 1, None),
                ("shown", 1, 1),
            ]

    asyncio.run(run())


def test_frames_of_one_tick_share_one_commit(tmp_path):
    async def run():
        async with site(tmp_path, devices=20) as one:
            for number in range(20):
                await one.intake.take(known(one, number), message(position(NOON_MS)), NOON_MS)
            appended = []
            append = one.store.journal.append
            one.store.journal.append = lambda frames: appended.append(len(frames)) or append(frames)
            await asyncio.gather(
                *(one.intake.take(known(one, n), message(position(NOON_MS + 1)), NOON_MS + 1) for n in range(20))
            )
            assert appended == [20]

    asyncio.run(run())


def test_a_message_without_positions_is_answered_and_nothing_is_stored(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            await one.intake.take(known(one), Message(), NOON_MS)
            assert tail(one.store) == 0

    asyncio.run(run())


def test_the_first_frame_after_a_change_of_rules_obeys_it(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            device = device_id()
            await one.intake.take(known(one), message(position(NOON_MS)), NOON_MS)
            one.directory.promises[device] = Rules(tenant="t", device=device, withdrawn=True)
            await one.intake.take(known(one), message(position(NOON_MS + 1)), NOON_MS + 1)
            assert (tail(one.store), one.counters["refused.withdrawn"]) == (1, 1)

    asyncio.run(run())


def test_a_store_that_fails_is_not_answered_for_and_the_resend_is_stored(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            await one.intake.take(known(one), message(position(NOON_MS)), NOON_MS)
            one.store.db.write(lambda c: c.execute("ALTER TABLE tail RENAME TO elsewhere")).result()
            with pytest.raises(StoreError):
                await one.intake.take(known(one), message(position(NOON_MS + 1)), NOON_MS + 1)
            assert one.shown.frames[1:] == []
            one.store.db.write(lambda c: c.execute("ALTER TABLE elsewhere RENAME TO tail")).result()
            await one.intake.take(known(one), message(position(NOON_MS + 1)), NOON_MS + 1)
            assert tail(one.store) == 2

    asyncio.run(run())


def test_a_full_disk_stops_answers_and_room_brings_them_back(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            one.disk._free = lambda _: (4, 100)
            one.disk.look()
            with pytest.raises(StoreError, match="free space"):
                await one.intake.take(known(one), message(position(NOON_MS)), NOON_MS)
            one.disk._free = lambda _: (6, 100)
            one.disk.look()
            await one.intake.take(known(one), message(position(NOON_MS)), NOON_MS)
            assert (tail(one.store), one.counters["unanswered.disk-full"]) == (1, 1)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("left", "size", "full"), [(49, 1000, True), (50, 1000, False), (10**9 - 1, 10**9, True), (10**9, 10**9, False)]
)
def test_full_means_under_five_percent_or_under_the_settings_megabytes(tmp_path, left, size, full):
    assert DiskGuard(tmp_path, 1000 if size == 10**9 else 0, lambda _: (left, size)).full is full


def test_the_guard_measures_the_real_disk(tmp_path):
    guard = DiskGuard(tmp_path, 0)
    assert guard.look() is guard.full
    assert DiskGuard(tmp_path, 1 << 40).full is True


def test_held_devices_wait_others_go_on_and_nothing_is_lost(tmp_path):
    async def run():
        async with site(tmp_path, devices=2) as one:
            for number in (0, 1):
                await one.intake.take(known(one, number), message(position(NOON_MS)), NOON_MS)
            inside, leave = threading.Event(), threading.Event()

            def elsewhere():
                with one.intake.held({device_id(0)}):
                    inside.set()
                    leave.wait(20)

            thread = threading.Thread(target=elsewhere)
            thread.start()
            await asyncio.to_thread(inside.wait, 20)
            waiting = asyncio.create_task(one.intake.take(known(one), message(position(NOON_MS + 1)), NOON_MS + 1))
            await one.intake.take(known(one, 1), message(position(NOON_MS + 1)), NOON_MS + 1)
            assert not waiting.done()
            leave.set()
            await asyncio.wait_for(waiting, 20)
            await asyncio.to_thread(thread.join)
            assert tail(one.store) == 4

    asyncio.run(run())


def test_closing_a_window_under_load_loses_no_frame(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            one.store.compaction._hold = one.intake.held
            times = [NOON_MS + n * 1000 for n in range(100)]

            async def report():
                for at in times:
                    await one.intake.take(known(one), message(position(at)), at)

            task = asyncio.create_task(report())
            closings = 0
            while not task.done():
                await asyncio.to_thread(one.store.compaction.close_window, {device_id()})
                closings += 1
                await asyncio.sleep(0.01)
            await task
            assert [at for at, _ in one.store.positions()] == times
            assert closings > 1

    asyncio.run(run())


def test_a_device_forgotten_on_the_way_is_not_answered(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            await one.intake.take(known(one), message(position(NOON_MS)), NOON_MS)
            one.store.vault.erasures.forget(device_id(), "device")
            one.store.changed((device_id(),))
            with pytest.raises(StoreError):
                await one.intake.take(known(one), message(position(NOON_MS + 1)), NOON_MS + 1)

    asyncio.run(run())


def test_a_device_forgotten_while_its_frame_is_written_is_shown_to_nobody(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            await one.intake.take(known(one), message(position(NOON_MS)), NOON_MS)
            answered = asyncio.Event()
            one.intake.submit(known(one), message(position(NOON_MS + 1)), NOON_MS + 1, lambda _: answered.set())
            one.intake._flush()
            one.store.vault.erasures.forget(device_id(), "device")
            one.store.journal.forget([device_id()])
            one.store.latest.drop([device_id()])
            await asyncio.wait_for(answered.wait(), 20)
            await asyncio.sleep(0)
            assert one.store.latest.latest([device_id()]) == []
            assert [frame.columns.fix_ms for frame in one.shown.frames] == [(NOON_MS,)]

    asyncio.run(run())


def test_the_next_day_gets_the_next_key_without_losing_a_frame(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            midnight_ms = (NOON_MS // DAY_MS + 1) * DAY_MS
            for at in (midnight_ms - 1, midnight_ms, midnight_ms + 1):
                await one.intake.take(known(one), message(position(at)), at)
            with one.store.db.read() as connection:
                days = connection.execute("SELECT day, count(DISTINCT key), count(*) FROM tail GROUP BY day").fetchall()
            assert days == [(midnight_ms // DAY_MS - 1, 1, 1), (midnight_ms // DAY_MS, 1, 2)]

    asyncio.run(run())


def test_the_log_never_says_who_or_where(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)

    async def run():
        store = Store(tmp_path)
        directory = Directory("teltonika")
        disk = DiskGuard(tmp_path, 0, lambda _: (1, 1))
        intake = Intake(store.journal, directory, Shown(), store.latest, counters=Counter(), disk=disk)
        first = next(iter(directory.known.values()))
        await intake.take(first, message(position(NOON_MS, 35.123456, 51.654321)), NOON_MS)
        await intake.close()
        store.close()

    asyncio.run(run())
    said = " ".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert not [what for what in ("352000000000000", "35.123", "51.654") if what in said]
