"""What a unit does now, from its newest fix and its age."""

import pytest

from waykeep.insight.status import MOVING_MPS, OFFLINE_AFTER_MS, Status, doing, status

NOW_MS = 1_750_000_000_000


@pytest.mark.parametrize(
    ("speed", "attributes", "does"),
    [
        (None, {}, Status.STOPPED),
        (0.0, {}, Status.STOPPED),
        (MOVING_MPS, {}, Status.MOVING),
        (MOVING_MPS - 0.01, {"ignition": True}, Status.IDLING),
        (0.0, {"ignition": False}, Status.STOPPED),
        (20.0, {"ignition": True}, Status.MOVING),
        (20.0, {"alarm": "sos"}, Status.ALARM),
    ],
)
def test_a_fix_says_what_a_unit_does(speed, attributes, does):
    assert doing(speed, attributes) is does


def test_old_news_are_no_news():
    assert status(Status.MOVING, NOW_MS - OFFLINE_AFTER_MS, NOW_MS) is Status.MOVING
    assert status(Status.MOVING, NOW_MS - OFFLINE_AFTER_MS - 1, NOW_MS) is Status.OFFLINE


@pytest.mark.parametrize("does", Status)
def test_private_time_goes_before_everything(does):
    assert status(does, 0, NOW_MS, private=True) is Status.PRIVATE


def test_the_numbers_are_those_of_the_live_stream():
    assert {one.value: one.word for one in Status} == {
        0: "offline", 1: "stopped", 2: "idling", 3: "moving", 4: "alarm", 5: "private",
    }  # fmt: skip
