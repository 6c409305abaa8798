"""The rights desk over real files: what the clock does by itself, ten thousand requests, and a cut in the middle."""

import asyncio
from concurrent.futures import Future

import pytest

from office import Office
from waykeep.errors import StoreError
from waykeep.flows.desk import PAGE, Desk
from waykeep.model.access import Role, Viewer
from waykeep.policy.cases import Kind, Outcome, Right, Step
from waykeep.store import documents
from waykeep.store.cases import Case, Said
from waykeep.store.sessions import INSTALLATION

DAY_MS = 86_400_000
PARTS = documents.policy("base", fill=True).parts


class House(Office):
    """An office with a desk, whose ledger takes every line and keeps none."""

    def __init__(self, folder):
        super().__init__(folder)
        self.desk = Desk(
            self.rows.cases, self.rows.people, PARTS, self.clock, forget=self.staff.forget_asked, promises=None,
            noted=self.note,
        )  # fmt: skip
        self.tenant = self.organisation().id
        self.head = self.viewer(self.person(self.tenant, "Head"))

    def note(self, *_, **__):
        done = Future()
        done.set_result(0)
        return done

    def viewer(self, person):
        return Viewer(person=person.id, tenant=person.tenant, role=person.role)

    def someone(self, name):
        return self.person(self.tenant, name, Role.DRIVER)

    def asked(self, person, right="erase", level="document"):
        """A request of a person, who is known by a paper."""
        made = asyncio.run(self.desk.ask(self.viewer(person), right, ""))
        if level:
            asyncio.run(self.desk.prove(self.head, made.id, level))
        return made.id

    def later(self, days):
        self.clock.now_ms += int(days * DAY_MS)
        asyncio.run(self.desk.tend())

    def outcome(self, request):
        return self.rows.cases.find(request).outcome


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.close()


def test_an_erasure_that_nobody_decides_is_carried_out_the_day_before_and_only_for_who_is_known(house):
    known, unknown = house.someone("Known"), house.someone("Unknown")
    first, second = house.asked(known), house.asked(unknown, level="")
    question = house.asked(known, "question", level="")
    house.later(28.9)
    assert house.outcome(first) is None
    house.later(0.2)
    assert house.outcome(first) is Outcome.DONE
    assert house.outcome(question) is Outcome.MOOT, "nobody is there to be answered"
    assert house.outcome(second) is None
    assert house.rows.people.find(unknown.id) is not None
    assert not house.vault.has_subject(known.id)


def test_a_request_whose_erasure_was_cut_off_before_it_was_closed_is_closed_later(house):
    person = house.someone("Cut Off")
    request = house.asked(person)
    asyncio.run(house.forget(person.id, ""))
    assert house.outcome(request) is None
    house.later(0.1)
    assert house.outcome(request) is Outcome.DONE
    assert house.rows.cases.find(request).said is None


def test_what_somebody_decides_while_the_round_runs_is_not_decided_twice(house):
    person = house.someone("Twice")
    requests = [house.asked(person), house.asked(person)]
    house.later(29.5)
    assert [house.outcome(one) for one in requests] == [Outcome.DONE, Outcome.DONE]
    assert len([one for one in house.vault.erasures.lines() if one.keys]) == 1


def test_the_last_administrator_is_not_erased_by_the_clock(house):
    made = asyncio.run(house.desk.ask(house.head, "erase", ""))
    another = Viewer(person="panother", tenant=house.tenant, role=Role.ADMINISTRATOR)
    asyncio.run(house.desk.prove(another, made.id, "document"))
    house.later(31)
    assert house.outcome(made.id) is None
    assert asyncio.run(house.desk.report(house.head)).overdue == 1
    assert house.rows.people.find(house.head.person) is not None


def test_ten_thousand_requests_are_listed_by_pages_open_ones_first(house):
    opened = Step(kind=Kind.OPENED, at_ms=house.clock())
    wanted = Case(
        id="", tenant=house.tenant, subject=house.head.person, right=Right.QUESTION, intake="post",
        opened_ms=house.clock(), said=Said(name="Someone"),
    )  # fmt: skip
    made = [one.result() for one in [house.rows.cases.add(wanted, opened) for _ in range(10_000)]]
    for one in made[-10:]:
        house.rows.cases.close(one.id, house.clock(), Outcome.DONE, None).result()
    seen, after = [], None
    while page := asyncio.run(house.desk.all(house.head, after)):
        assert len(page) <= PAGE
        seen += page
        after = page[-1].id
    assert len(seen) == len({one.id for one in seen}) == 10_000
    assert [one.state for one in seen[:1]] == ["open"]
    assert {one.state for one in seen[-10:]} == {"closed"}


def test_what_was_closed_long_ago_goes_with_the_key_that_was_its_own(house):
    said = Said(name="Stranger", contact="stranger@example.test")
    made = asyncio.run(house.desk.write_in("question", said))
    case = house.rows.cases.find(made.id)
    assert case.tenant == INSTALLATION
    house.rows.cases.close(made.id, house.clock(), Outcome.DONE, None).result()
    later_ms = house.clock() + 1
    assert house.rows.cases.own_keys(later_ms) == [case.subject]
    house.vault.erasures.forget(case.subject, "request")
    assert house.rows.cases.find(made.id).said is None
    house.rows.cases.drop_closed(later_ms).result()
    assert house.rows.cases.find(made.id) is None


def test_a_record_that_was_moved_to_another_request_does_not_open(house):
    first, second = (house.asked(house.someone(name), "question", level="") for name in ("One", "Two"))
    house.database.write(
        lambda connection: connection.execute(
            "UPDATE rights_case SET record = (SELECT record FROM rights_case WHERE id = ?) WHERE id = ?",
            (first, second),
        )
    ).result()
    with pytest.raises(StoreError):
        house.rows.cases.find(second)
