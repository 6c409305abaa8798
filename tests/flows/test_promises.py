"""What people say about themselves holds from the first frame after the answer."""

import asyncio
import os

import pytest

from vaults import Clock, raw, vault
from waykeep.errors import AskError
from waykeep.flows.promises import Promises
from waykeep.model.access import Role, Viewer
from waykeep.model.frame import Flag, Frame, Reason
from waykeep.model.position import Position
from waykeep.model.rules import Attribution, Hours, Span
from waykeep.policy.gate import admit
from waykeep.store import documents
from waykeep.store.engine import Database
from waykeep.store.fleet import Device
from waykeep.store.promise_tables import METADATA
from waykeep.store.promises import Refusals, Said

MINUTE, DAY = 60_000, 86_400_000
START = 1_800_000_000_000
DRIVER = Viewer(person="pa", tenant="ta", role=Role.DRIVER)


class Fleet:
    """One device whose driver is pa from the start, and the rules that doors would see."""

    def __init__(self, promises: Promises, attribution: Attribution) -> None:
        self.promises, self._attribution = promises, attribution
        since_ms = START - 9 * DAY
        self.device = Device(
            id="da", tenant="ta", unique_id="1", name="One", protocol="osmand", since_ms=since_ms, created_ms=START
        )
        self.events: list[str] = []
        promises.swaps(self)
        self.swap("da")

    def devices(self, _=None):
        return [self.device]

    def attribution(self, _):
        return self._attribution

    def swap(self, _):
        self.rules = self.promises.rules_for(self.device, self._attribution)
        self.events.append("swapped")


class World:
    """A store, its promises and one device, under a clock that a test moves."""

    def __init__(self, path, profile="base", attribution=None) -> None:
        self.clock = Clock(START)
        self.vault = vault(path)
        self.database = Database(path / "waykeep.db", METADATA)
        self.said = Said(self.database, self.vault, os.urandom)
        self.policy = documents.policy(profile, fill=True)
        self.promises = Promises(self.policy, self.said, self.clock)
        one = Attribution(device="da", drivers=((Span(START - 5 * DAY), "pa"),))
        self.fleet = Fleet(self.promises, attribution or one)

    def sends(self, *fix_ms: int) -> dict[str, int]:
        """What becomes of fixes that arrive now: counts by reason, and `kept`."""
        positions = tuple(Position(fix_ms=at, latitude_deg=48.0, longitude_deg=16.0) for at in fix_ms)
        frame = Frame(
            tenant="ta", device="da", received_ms=self.clock(), positions=positions, records=(b"",) * len(positions)
        )  # fmt: skip
        verdict = admit(frame, self.fleet.rules, self.clock())
        counts = {one.reason.value: one.count for one in verdict.refused}
        flags = verdict.cleared.columns.flags if verdict.cleared else ()
        return counts | ({"kept": kept} if (kept := sum(not flag & Flag.GAP for flag in flags)) else {})


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    yield made
    made.database.close()
    made.vault.close()


def test_without_a_word_of_theirs_a_persons_fixes_are_kept(world):
    assert world.sends(START, START - DAY) == {"kept": 2}


def test_private_time_begins_with_the_first_frame_after_the_answer(world):
    assert world.sends(START) == {"kept": 1}
    answer = asyncio.run(world.promises.set_private(DRIVER, on=True))
    assert answer == {"on": True, "from_ms": START, "until_ms": None}
    assert world.sends(START) == {Reason.PRIVATE_TIME: 1}
    assert world.sends(START - 1) == {"kept": 1}, "what was before stays"


def test_the_swap_comes_after_the_record_and_before_the_answer(world):
    order = []
    write = world.said.private

    def noted(person, span):
        order.append("recorded")
        return write(person, span)

    world.said.private = noted
    world.fleet.events = order
    asyncio.run(world.promises.set_private(DRIVER, on=True))
    order.append("answered")
    assert order == ["recorded", "swapped", "answered"]


def test_what_was_buffered_in_private_time_is_dropped_when_it_comes_the_next_day(world):
    asyncio.run(world.promises.set_private(DRIVER, on=True))
    world.clock.now_ms += 60 * MINUTE
    asyncio.run(world.promises.set_private(DRIVER, on=False))
    world.clock.now_ms += DAY
    assert world.sends(START + MINUTE, START + 61 * MINUTE) == {Reason.PRIVATE_TIME: 1, "kept": 1}


def test_private_time_with_an_end_ends_by_itself(world):
    asyncio.run(world.promises.set_private(DRIVER, on=True, until_ms=START + MINUTE))
    assert world.sends(START, START + MINUTE - 1, START + MINUTE) == {Reason.PRIVATE_TIME: 2, "kept": 1}
    world.clock.now_ms += MINUTE
    assert world.promises.private("pa")["on"] is False


def test_private_time_can_be_lengthened_and_cut_short(world):
    asyncio.run(world.promises.set_private(DRIVER, on=True, until_ms=START + MINUTE))
    asyncio.run(world.promises.set_private(DRIVER, on=True))
    assert world.promises.private("pa") == {"on": True, "from_ms": START, "until_ms": None}
    world.clock.now_ms += 10
    asyncio.run(world.promises.set_private(DRIVER, on=False))
    assert world.sends(START + 9, START + 10) == {Reason.PRIVATE_TIME: 1, "kept": 1}


def test_private_time_that_ends_before_it_begins_is_refused(world):
    with pytest.raises(AskError, match="future"):
        asyncio.run(world.promises.set_private(DRIVER, on=True, until_ms=START))


def test_a_withdrawal_stops_everything_at_once_and_a_new_yes_starts_from_there(world):
    asyncio.run(world.promises.consent(DRIVER, "tracking", granted=False, channel="portal"))
    assert world.sends(START, START - DAY) == {Reason.WITHDRAWN: 2}
    world.clock.now_ms += MINUTE
    asyncio.run(world.promises.consent(DRIVER, "tracking", granted=True, channel="portal"))
    assert world.sends(START - 1, START, START + MINUTE - 1, START + MINUTE) == {Reason.NO_CONSENT: 2, "kept": 2}


def test_a_profile_that_asks_first_keeps_nothing_before_a_yes(tmp_path):
    world = World(tmp_path, "trak")
    assert world.sends(START) == {Reason.NO_CONSENT: 1}
    world.clock.now_ms += MINUTE
    asyncio.run(world.promises.consent(DRIVER, "tracking", granted=True, channel="portal"))
    assert world.sends(START, START + MINUTE) == {Reason.NO_CONSENT: 1, "kept": 1}


def test_what_one_driver_says_does_not_touch_the_fixes_of_another(tmp_path):
    drivers = ((Span(START - 2 * DAY, START - DAY), "pb"), (Span(START - DAY), "pa"))
    world = World(tmp_path, attribution=Attribution(device="da", drivers=drivers))
    asyncio.run(world.promises.consent(DRIVER, "tracking", granted=False, channel="portal"))
    asyncio.run(world.promises.set_private(DRIVER, on=True))
    assert world.sends(START - DAY - 1, START - 3 * DAY, START) == {Reason.NO_CONSENT: 1, "kept": 2}


def test_every_answer_is_recorded_with_the_text_that_was_shown(world):
    for granted in (True, False):
        asyncio.run(world.promises.consent(DRIVER, "tracking", granted=granted, channel="portal"))
    records = world.said.of("pa").consents
    assert [(one.granted, one.channel) for one in records] == [(True, "portal"), (False, "portal")]
    assert {one.text_hash for one in records} == {world.policy.hash}
    assert {one.version for one in records} == {world.policy.parts.version}
    shown = {one["consent"]: one["granted"] for one in world.promises.consents("pa")}
    assert (shown["tracking"], shown["marketing"]) == (False, None)


def test_a_consent_that_the_policy_does_not_know_is_refused(world):
    with pytest.raises(AskError, match="no such consent"):
        asyncio.run(world.promises.consent(DRIVER, "everything", granted=True, channel="portal"))


def test_working_hours_hold_from_the_moment_they_are_set(world):
    office = Hours("Europe/Vienna", ((4, 8 * 60, 9 * 60),))  # START is Friday 09:00 there
    asyncio.run(world.promises.set_hours(DRIVER, office))
    assert world.sends(START, START - 1) == {Reason.OUTSIDE_HOURS: 1, "kept": 1}
    world.clock.now_ms += MINUTE
    asyncio.run(world.promises.set_hours(DRIVER, None))
    assert world.sends(START + MINUTE) == {"kept": 1}
    assert world.promises.hours("pa") is None


@pytest.mark.parametrize("weekly", [((7, 0, 1),), ((0, 60, 60),), ((0, 0, 1441),), ((0, 1, 2),) * 71, None])
def test_hours_that_cannot_be_are_refused(world, weekly):
    hours = Hours("Nowhere/Land", ()) if weekly is None else Hours("UTC", weekly)
    with pytest.raises(AskError):
        asyncio.run(world.promises.set_hours(DRIVER, hours))


def test_what_people_said_is_nowhere_readable(world, tmp_path):
    asyncio.run(world.promises.set_private(DRIVER, on=True))
    asyncio.run(world.promises.consent(DRIVER, "tracking", granted=False, channel="portal"))
    world.database.checkpoint()
    stored = raw(tmp_path)
    for told in (b"tracking", b"granted", str(START).encode(), START.to_bytes(8, "big"), START.to_bytes(8, "little")):
        assert told not in stored


def test_after_someone_is_forgotten_nothing_of_what_they_said_is_left(world):
    asyncio.run(world.promises.set_private(DRIVER, on=True))

    async def gone() -> None:
        await world.promises.forget("pa")

    asyncio.run(gone())
    assert world.promises.private("pa")["on"] is False


def test_refusals_are_counted_by_reason_and_tell_no_one(world):
    refusals = Refusals(world.database)
    refusals.add({"private-time": 2, "impossible": 0}, START).result()
    refusals.add({"private-time": 1, "withdrawn": 4}, START + DAY).result()
    assert refusals.by_reason() == {"private-time": 3, "withdrawn": 4}
