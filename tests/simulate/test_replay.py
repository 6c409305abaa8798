"""A replay sends every fix, at its pace, and says when nobody takes it."""

import asyncio
import socket
import time

import pytest
from test_tracker import Server, fix

from waykeep.errors import AskError
from waykeep.simulate.recordings import Track
from waykeep.simulate.replay import replay, unit_ids


def drive(tracks, ids, server, **options):
    async def work():
        async with server:
            return await replay(
                tracks, ids, server.protocol, server.address, **({"speed": 0, "monotonic": time.monotonic} | options)
            )

    return asyncio.run(work())


@pytest.mark.parametrize("name", ["teltonika", "gt06", "h02"])
def test_every_fix_is_sent_as_fast_as_it_is_answered(name):
    server = Server(name)
    track = Track("", tuple(fix(i) for i in range(300)))
    stats = drive([track], ["001010420000017"], server)
    assert (stats.sent, stats.acknowledged, stats.resent) == (300, 300, 0)
    assert server.seen == [fix(i).fix_ms for i in range(300)]


def test_at_a_pace_no_fix_is_sent_before_its_time():
    server = Server("gt06")
    begun_s = time.monotonic()
    stats = drive([Track("", (fix(0), fix(1), fix(4)))], ["001010420000017"], server, speed=8)
    assert stats.acknowledged == 3
    assert time.monotonic() - begun_s >= 0.5


def test_several_tracks_are_several_units():
    server = Server("teltonika")
    tracks = [Track(str(n), (fix(n), fix(n + 10))) for n in range(3)]
    stats = drive(tracks, unit_ids("001010420000017", 3), server)
    assert stats.acknowledged == 6


def test_ids_count_up_and_keep_their_width():
    assert unit_ids("van-008", 3) == ["van-008", "van-009", "van-010"]
    assert unit_ids("solo", 1) == ["solo"]
    with pytest.raises(AskError):
        unit_ids("van-9", 2)
    with pytest.raises(AskError):
        unit_ids("van", 2)


def test_a_server_that_takes_nothing_is_told():
    with pytest.raises(AskError, match="enrolled"):
        drive([Track("", (fix(0),))], ["1"], Server("teltonika", silent=lambda _: True))


def test_an_address_where_nobody_listens_is_told(monkeypatch):
    monkeypatch.setattr("waykeep.simulate.replay.STUCK_S", 0.2)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    track = Track("", (fix(0),))
    protocol = Server("gt06").protocol
    with pytest.raises(AskError, match="nobody answers"):
        asyncio.run(replay([track], ["001010420000017"], protocol, address, speed=0, monotonic=time.monotonic))
