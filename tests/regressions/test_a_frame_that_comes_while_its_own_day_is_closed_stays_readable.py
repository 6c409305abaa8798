"""A frame that arrived between the look at the tail and the end of the day's key was acknowledged and never read again.

It took a window so short that a day was closed while it still went on, and a tracker that paused at the right moment.
"""

from contextlib import contextmanager

import pytest

from road import DAY_MS, NOON_MS, Store, cleared, device_id, position

DAY, DEVICE = NOON_MS // DAY_MS, device_id()


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path, devices=1)
    yield made
    made.close()


def test_a_frame_that_comes_while_its_own_day_is_closed_stays_readable(store):
    store.write(cleared([position(NOON_MS)]))
    held = []

    @contextmanager
    def hold(devices):
        if not held:  # what was on its way is durable once the device is held
            store.write(cleared([position(NOON_MS + 1)]))
        held.extend(devices)
        yield

    store.compaction._hold = hold
    store.compaction.run(NOON_MS, -24)

    assert held == [DEVICE]
    assert len(store.positions()) == 2
    assert store.vault.day_key(DEVICE, DAY, create=False) is not None
