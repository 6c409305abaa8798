"""One-time links as a machine of states: whatever happens, a link opens once, in its time, for whom it was given."""

import asyncio
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from office import PASSWORD, WEB_URL, Office, secret_of
from waykeep.errors import AskError, StartError
from waykeep.flows.links import LIVES_MS, Answers, sign_in_link
from waykeep.model.access import Role, Viewer
from waykeep.store.sessions import Source

HERE = Source("192.0.2.1", "a browser")


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    yield made
    made.close()


def viewer_of(person):
    return Viewer(person=person.id, tenant=person.tenant, role=person.role)


class OneTimeLinks(RuleBasedStateMachine):
    """Gives, uses, takes back and waits; remembers what each link should do."""

    def __init__(self):
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.office = Office(Path(self._folder.name))
        tenant = self.office.organisation().id
        self.giver = self.office.person(tenant, "Giver Alone")
        self.known = self.office.person(tenant, "Reset Often", Role.VIEWER)
        self.given = []  # [kind, secret, id of an invitation, given at, spent]
        self.made = 0

    def teardown(self):
        self.office.close()
        self._folder.cleanup()

    @rule(role=st.sampled_from([Role.VIEWER, Role.DRIVER]))
    def invite(self, role):
        told = asyncio.run(self.office.one_time.invite(viewer_of(self.giver), role, email=None, name=None, groups=()))
        newest = self.office.one_time.invitations(viewer_of(self.giver))
        ids = {one[2] for one in self.given}
        found = [link.id for link in newest if link.id not in ids]
        self.given.append(["invitation", secret_of(told.link), found[0], self.office.clock.now_ms, False])

    @rule()
    def reset(self):
        told = asyncio.run(self.office.one_time.reset(viewer_of(self.giver), self.known))
        for one in self.given:
            if one[0] == "reset":
                one[4] = True  # a newer reset takes the place of the older one
        self.given.append(["reset", secret_of(told.link), "", self.office.clock.now_ms, False])

    @rule(wait_ms=st.sampled_from([1, LIVES_MS // 2, LIVES_MS - 1, LIVES_MS]))
    def wait(self, wait_ms):
        self.office.clock.now_ms += wait_ms

    @rule(pick=st.integers(0, 20))
    def use(self, pick):
        self.office.clock.now_ms += 3_600_000 if pick == 20 else 0
        if not self.given:
            return
        one = self.given[pick % len(self.given)]
        open_ = not one[4] and self.office.clock.now_ms < one[3] + LIVES_MS
        self.made += 1
        answers = Answers(name=f"Guest {self.made}", password=PASSWORD)
        accepting = self.office.one_time.accept(one[1], answers, Source(f"198.51.100.{self.made % 250}"))
        if open_:
            assert self.office.signin.caller(asyncio.run(accepting), None) is not None
            one[4] = True
        else:
            with pytest.raises(AskError, match="used, is too old"):
                asyncio.run(accepting)

    @rule(pick=st.integers(0, 20))
    def take_back(self, pick):
        invitations = [one for one in self.given if one[2]]
        if invitations:
            one = invitations[pick % len(invitations)]
            with suppress(AskError):  # it may be swept already
                asyncio.run(self.office.one_time.take_back(viewer_of(self.giver), one[2]))
            one[4] = True

    @invariant()
    def the_list_shows_exactly_the_invitations_that_still_open(self):
        now_ms = self.office.clock.now_ms
        shown = {link.id for link in self.office.one_time.invitations(viewer_of(self.giver))}
        assert shown == {one[2] for one in self.given if one[2] and not one[4] and now_ms < one[3] + LIVES_MS}


OneTimeLinks.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestOneTimeLinks = OneTimeLinks.TestCase


def test_two_at_once_cannot_both_use_a_link(office):
    giver = office.person(office.organisation().id, "Giver Alone")

    async def race():
        told = await office.one_time.invite(viewer_of(giver), Role.VIEWER, email=None, name=None, groups=())
        secret = secret_of(told.link)
        tries = (office.one_time.accept(secret, Answers(name=f"Guest {n}", password=PASSWORD), HERE) for n in range(6))
        return await asyncio.gather(*tries, return_exceptions=True)

    answers = asyncio.run(race())
    assert sum(isinstance(one, str) for one in answers) == 1
    assert {one.slug for one in answers if isinstance(one, AskError)} == {"link-gone"}
    assert len(office.rows.people.all_of(giver.tenant)) == 2


def test_an_account_that_cannot_be_made_leaves_the_link_usable(office):
    giver = office.person(office.organisation().id, "Giver Alone")

    async def steps():
        told = await office.one_time.invite(viewer_of(giver), Role.VIEWER, email=None, name=None, groups=())
        secret = secret_of(told.link)
        with pytest.raises(AskError) as refused:
            await office.one_time.accept(secret, Answers(name="giver  ALONE", password=PASSWORD), HERE)
        assert refused.value.slug == "name-not-usable"
        return await office.one_time.accept(secret, Answers(name="Someone Else", password=PASSWORD), HERE)

    assert office.signin.caller(asyncio.run(steps()), None) is not None


def test_the_first_administrator_is_made_once(office):
    older, newer = office.first_link(), office.first_link()
    with pytest.raises(AskError):
        asyncio.run(office.one_time.look(secret_of(older), HERE))
    answers = Answers(name="First One", password=PASSWORD)
    session = asyncio.run(office.one_time.accept(secret_of(newer), answers, HERE))
    assert office.signin.caller(session, None).viewer.role is Role.SERVER
    with pytest.raises(StartError):
        office.first_link()
    assert len(office.rows.people.organisations()) == 1


def test_a_sign_in_link_asks_for_nothing_and_works_once(office):
    person = office.person(office.organisation().id, "Demo Person")
    link = sign_in_link(office.rows, os.urandom, office.clock(), web_url=WEB_URL, person=person)
    assert asyncio.run(office.one_time.look(secret_of(link), HERE)) == ("sign-in", ())
    asyncio.run(office.one_time.accept(secret_of(link), Answers(), HERE))
    with pytest.raises(AskError):
        asyncio.run(office.one_time.accept(secret_of(link), Answers(), HERE))


def test_the_secret_stands_behind_the_hash_sign_only(office):
    link = office.first_link()
    before, _, after = link.partition("#")
    assert before == f"{WEB_URL}/"
    assert len(after) > 40
