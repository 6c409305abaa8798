"""Rounds by the clock: nothing is deleted while the clock is not trusted, and only a word ends that."""

import asyncio
from concurrent.futures import Future

import pytest

from waykeep.errors import AskError, StoreError
from waykeep.flows.rounds import HOUR_MS, Round, Rounds
from waykeep.policy.clockguard import DAY_MS, Halt, Moment

NOW = 1_800_000_000_000
TEN_YEARS = 3652 * DAY_MS


class World:
    """Both clocks, the ledger's newest line, and what was run."""

    def __init__(self, folder):
        self.wall_ms, self.boot_ms, self.folder = NOW, 1_000, folder
        self.newest, self.ran, self.alarms = None, [], []
        self.failing = None

    def now(self):
        return Moment(self.wall_ms, self.boot_ms)

    def newest_ms(self):
        return self.newest

    def heartbeat(self):
        self.newest = self.wall_ms
        self.ran.append("heartbeat")
        done = Future()
        done.set_result(0)
        return done

    def start(self):
        """A server that starts now."""

        def noting(name):
            async def run():
                if self.failing == name:
                    raise StoreError("on purpose")
                self.ran.append(name)

            return run

        rounds = (
            Round(name="sweep", every_ms=DAY_MS, run=noting("sweep")),
            Round(name="keys", every_ms=HOUR_MS, run=noting("keys"), deletes=False),
        )
        return Rounds(
            rounds, ledger=self, now=self.now, marker=self.folder / "data/clock-stopped", gap_days=7,
            alarm=self.alarms.append,
        )  # fmt: skip

    def pass_(self, ms, wall=None):
        self.boot_ms += ms
        self.wall_ms += ms if wall is None else wall

    def look(self, rounds):
        self.ran.clear()
        asyncio.run(rounds.look())
        return list(self.ran)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_each_round_runs_at_the_start_and_then_when_it_is_due(world):
    rounds = world.start()
    assert world.look(rounds) == ["heartbeat", "sweep", "keys"]
    world.pass_(60_000)
    assert world.look(rounds) == []
    world.pass_(HOUR_MS)
    assert world.look(rounds) == ["heartbeat", "keys"]
    world.pass_(23 * HOUR_MS)
    assert world.look(rounds) == ["heartbeat", "sweep", "keys"]


@pytest.mark.parametrize("jump", [TEN_YEARS, -TEN_YEARS])
def test_a_jump_of_ten_years_while_running_deletes_nothing(world, jump):
    rounds = world.start()
    world.look(rounds)
    world.pass_(2 * DAY_MS, wall=2 * DAY_MS + jump)

    assert world.look(rounds) == ["keys"]
    assert rounds.stopped.reason is Halt.PARTED
    assert world.alarms == ["wall-clock-moved"]


@pytest.mark.parametrize(("jump", "reason"), [(TEN_YEARS, Halt.GAP), (-TEN_YEARS, Halt.BEHIND)])
def test_a_jump_of_ten_years_between_two_starts_deletes_nothing(world, jump, reason):
    world.look(world.start())
    world.pass_(HOUR_MS, wall=jump)
    world.boot_ms = 10

    rounds = world.start()

    assert world.look(rounds) == ["keys"]
    assert rounds.stopped.reason is reason


def test_a_stop_outlives_a_restart_and_lines_written_at_the_wrong_time(world):
    world.look(world.start())
    world.pass_(0, wall=TEN_YEARS)
    world.look(world.start())
    world.newest = world.wall_ms  # someone looked at a map meanwhile, and the ledger says so

    again = world.start()

    assert world.look(again) == ["keys"]
    assert again.stopped is not None


def test_a_clock_that_was_put_right_still_waits_for_a_word(world):
    rounds = world.start()
    world.look(rounds)
    world.pass_(DAY_MS, wall=TEN_YEARS)
    world.look(rounds)
    world.pass_(DAY_MS, wall=2 * DAY_MS - TEN_YEARS)

    assert world.look(rounds) == ["keys"]
    assert world.alarms == ["wall-clock-moved"], "once is enough"


def test_rounds_go_on_after_an_administrators_word(world):
    rounds = world.start()
    world.look(rounds)
    world.pass_(2 * DAY_MS, wall=TEN_YEARS)
    world.look(rounds)

    asyncio.run(rounds.confirm())
    world.pass_(HOUR_MS)

    assert world.look(rounds) == ["heartbeat", "sweep", "keys"]
    assert rounds.stopped is None
    world.pass_(HOUR_MS)
    assert "heartbeat" in world.look(world.start())


def test_a_word_is_taken_only_when_something_waits_for_it(world):
    with pytest.raises(AskError):
        asyncio.run(world.start().confirm())


def test_one_failing_round_does_not_keep_the_others(world):
    rounds = world.start()
    world.failing = "sweep"

    assert world.look(rounds) == ["heartbeat", "keys"]
    assert world.alarms == ["round-failed-sweep"]
