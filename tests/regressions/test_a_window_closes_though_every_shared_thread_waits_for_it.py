"""A rewrite held devices through a thread of the loop's pool, which those that waited for the rewrite could fill."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from road import NOON_MS, device_id, position
from road_doors import site
from waykeep.errors import StoreError
from waykeep.protocols.base import Message


def message(fix_ms):
    return Message(positions=(position(fix_ms),), records=(b"%d" % fix_ms,))


def test_a_window_closes_though_every_shared_thread_waits_for_it(tmp_path):
    async def run():
        async with site(tmp_path) as one:
            known = next(iter(one.directory.known.values()))
            await one.intake.take(known, message(NOON_MS), NOON_MS)
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
            free = threading.Event()

            def closing():
                with one.intake.held({device_id()}):
                    free.set()

            waiting = asyncio.get_running_loop().run_in_executor(None, closing)
            async with asyncio.timeout(20):
                await waiting
                await one.intake.take(known, message(NOON_MS + 1), NOON_MS + 1)
            assert free.is_set()

    asyncio.run(run())


def test_a_hold_that_fails_lets_its_devices_go(tmp_path, monkeypatch):
    async def run():
        async with site(tmp_path) as one:
            known = next(iter(one.directory.known.values()))
            await one.intake.take(known, message(NOON_MS), NOON_MS)

            def settle():
                raise StoreError("the disk is in trouble")

            def closing():
                with one.intake.held({device_id()}):
                    pass

            with monkeypatch.context() as patch:
                patch.setattr(one.store.journal, "settle", settle)
                with pytest.raises(StoreError):
                    await asyncio.to_thread(closing)
            async with asyncio.timeout(20):
                await one.intake.take(known, message(NOON_MS + 1), NOON_MS + 1)

    asyncio.run(run())
