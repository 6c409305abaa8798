"""Changes of people and fleet: each leaves its ledger line, two at once agree, and what is old goes by itself."""

import asyncio
import os

import pytest
from pyotp import TOTP

from office import PASSWORD, Office
from waykeep.errors import AskError
from waykeep.flows import fleet, people, tidying
from waykeep.flows.fleet import Units
from waykeep.flows.people import Staff
from waykeep.flows.signin import UNSEEN_MS
from waykeep.model.access import Role, Viewer
from waykeep.store.heads import Heads
from waykeep.store.ledger import Ledger
from waykeep.store.sessions import Source

HERE = Source("192.0.2.1", "a browser")


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    yield made
    made.close()


@pytest.fixture
def ledger(office, tmp_path):
    made = Ledger(tmp_path / "data" / "ledger.db", office.vault, Heads(tmp_path / "heads"), os.urandom, office.clock)
    yield made
    made.close()


def viewer_of(person):
    return Viewer(person=person.id, tenant=person.tenant, role=person.role)


def new(unique_id="358000000000017", **more):
    return fleet.New(name="Van 1", unique_id=unique_id, protocol="osmand", **more)


def kinds(ledger):
    with ledger._db.read() as connection:
        return [row[0] for row in connection.execute("SELECT kind FROM leaf ORDER BY number").fetchall()]


def test_enrolling_assigning_and_changing_a_role_leave_their_lines(office, ledger):
    head = office.person(office.organisation().id, "Mina Rad")
    driver = office.person(head.tenant, "Omid Fard", Role.DRIVER)
    units = Units(
        office.rows, office.directory, frozenset({"osmand"}), office.clock, forget=office.forget, noted=ledger.action
    )
    staff = Staff(office.rows, office.directory, office.one_time, office.forget, office.clock, noted=ledger.action)

    async def work():
        van = await units.enrol(viewer_of(head), new())
        await units.assign(viewer_of(head), van.id, "driver", driver.id, None)
        await units.change(viewer_of(head), van.id, fleet.Change(name="Van 2"))  # a name is no control action
        await units.change(viewer_of(head), van.id, fleet.Change(since_ms=5))
        await staff.change(viewer_of(head), driver.id, people.Change(role=Role.VIEWER))

    asyncio.run(work())
    assert kinds(ledger) == ["enrolled", "assigned", "unit-changed", "account-changed"]


def test_two_at_once_cannot_take_the_last_administrators_away_together(office):
    one = office.person(office.organisation().id, "Mina Rad")
    two = office.person(one.tenant, "Sara Nik")

    async def race():
        change = people.Change(role=Role.VIEWER)
        return await asyncio.gather(
            office.staff.change(viewer_of(one), two.id, change),
            office.staff.change(viewer_of(two), one.id, change),
            return_exceptions=True,
        )

    answers = asyncio.run(race())
    assert [one.slug for one in answers if isinstance(one, AskError)] == ["last-administrator"]
    assert sorted(one.role for one in office.rows.people.all_of(one.tenant)) == ["administrator", "viewer"]


def test_many_changes_at_once_leave_memory_as_the_rows_are(office):
    head = office.person(office.organisation().id, "Mina Rad")

    async def race():
        van = await office.units.enrol(viewer_of(head), new())
        changes = (fleet.Change(name=f"Van {n}") if n % 2 else fleet.Change(plate=f"P {n}") for n in range(20))
        await asyncio.gather(*(office.units.change(viewer_of(head), van.id, change) for change in changes))

    asyncio.run(race())
    assert office.directory.devices() == [device for device, _ in office.rows.fleet.devices()]
    assert (office.directory.devices()[0].name, office.directory.devices()[0].plate) == ("Van 19", "P 18")


def test_one_unique_id_is_enrolled_once_whoever_is_faster(office):
    heads = [office.person(office.organisation(name).id, f"Head {name}") for name in ("North", "South")]

    async def race():
        tries = (office.units.enrol(viewer_of(head), new()) for head in heads * 3)
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = asyncio.run(race())
    assert sum(not isinstance(one, Exception) for one in answers) == 1
    assert {one.slug for one in answers if isinstance(one, Exception)} == {"unique-id-not-usable"}


def test_a_hundred_guesses_at_once_find_the_door_as_shut_as_one_after_another(office):
    office.person(office.organisation().id, "Mina Rad")

    async def race():
        tries = (
            office.signin.with_password("Mina Rad", "a wrong one", None, Source(f"192.0.2.{n}")) for n in range(24)
        )
        return await asyncio.gather(*tries, return_exceptions=True)

    slugs = [one.slug for one in asyncio.run(race())]
    assert (slugs.count("sign-in-failed"), slugs.count("locked")) == (5, 19)


def test_one_code_opens_one_session_however_many_come_at_once(office):
    person = office.person(office.organisation().id, "Mina Rad")
    office.rows.factors.propose_totp(person.id, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").result()

    async def race():
        code = TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(office.clock() // 1000)
        return await asyncio.gather(*(office.signin.right_code(person.id, code) for _ in range(8)))

    assert sorted(asyncio.run(race())) == [False] * 7 + [True]


def test_what_has_had_its_time_goes_by_itself_and_nothing_else_does(office):
    person = office.person(office.organisation().id, "Mina Rad")
    rows, start_ms = office.rows, office.clock()
    office.directory.waiting("358000000000017", "osmand", start_ms)
    office.first_link()

    async def steps():
        old = await office.signin.begin(person.id, "password", HERE)
        office.clock.now_ms += UNSEEN_MS
        young = await office.signin.with_password("Mina Rad", PASSWORD, None, HERE)
        await tidying.round_of(rows, office.clock).run()
        return old, young

    old, young = asyncio.run(steps())
    assert office.signin.caller(old, None) is None
    assert office.signin.caller(young, None) is not None
    assert len(rows.sessions.of(person.id)) == 1
    assert len(rows.sessions.attempts(person.id)) == 2
    assert len(rows.waiting.all()) == 1
    office.clock.now_ms = start_ms + tidying.WAITING_MS + 1
    asyncio.run(tidying.round_of(rows, office.clock).run())
    assert rows.waiting.all() == []
    office.clock.now_ms = start_ms + tidying.YEAR_MS + 1
    asyncio.run(tidying.round_of(rows, office.clock).run())
    assert len(rows.sessions.attempts(person.id)) == 1
