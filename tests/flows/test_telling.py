"""Telling a new version: to whom, by which way, once, and what is left when a way fails."""

import asyncio

import msgspec
import pytest

from office import Office
from postbox import Postbox
from waykeep.egress import Egress, relay_of
from waykeep.errors import AskError
from waykeep.flows.telling import Telling
from waykeep.model.access import Role, Viewer
from waykeep.notify.mail import Mail
from waykeep.policy import document, notices
from waykeep.store import documents
from waykeep.store.notices import Delivery
from waykeep.store.versions import Version, Versions

DAY_MS = 86_400_000
LEAD_MS = 14 * DAY_MS


class House(Office):
    """An office whose policy has versions; `box` takes its mail."""

    def __init__(self, folder, box, profile="base"):
        super().__init__(folder)
        self.box, self.profile = box, profile
        self.versions = Versions(self.database, b"s" * 32)
        self.publish("shipped", lead_ms=0)
        self.telling = self.teller(f"smtp://127.0.0.1:{box.port}")
        self.tenant = self.organisation().id

    def teller(self, url, hosts=("127.0.0.1",)):
        relay = relay_of(url)
        mail = (
            Mail(Egress(lambda host, all_: all_ if host in hosts else None), relay, "us@north.example")
            if relay
            else None
        )
        return Telling(
            self.rows.notices, self.versions, self.rows.people, self.clock, mail=mail, web_url="https://north.example/",
            kept_ms=365 * DAY_MS, fill=True,
        )  # fmt: skip

    def publish(self, weight="material", lead_ms=LEAD_MS, layers=None):
        layers = layers or documents.layers(self.profile)
        wanted = Version(
            number=0, document=self.profile, version="2026-01-01", hash=document.hash_of(layers), layers=layers,
            published_ms=self.clock(), effective_ms=self.clock() + lead_ms, weight=weight,
        )  # fmt: skip
        return self.versions.add(wanted).result().number

    def someone(self, name, email=None):
        return self.person(self.tenant, name, Role.DRIVER, email=email)

    def tell(self):
        asyncio.run(self.telling.tell())

    def own(self, person):
        return [one.number for one in self.telling.own(viewer(person))]

    def rows_of(self, number):
        return sorted((row.person, row.channel, row.state) for row in self.rows.notices.of(number))


def viewer(person):
    return Viewer(person=person.id, tenant=person.tenant, role=person.role)


@pytest.fixture
def box():
    made = Postbox()
    yield made
    made.close()


@pytest.fixture
def house(tmp_path, box, request):
    made = House(tmp_path, box, getattr(request, "param", "base"))
    yield made
    made.close()


def test_each_account_is_told_once_by_letter_and_banner(house, box):
    ada, nil = house.someone("Ada", "ada@north.example"), house.someone("Nil")
    number = house.publish()
    for _ in range(3):
        house.tell()
    assert [tos for _, tos, _ in box.letters] == [["ada@north.example"]]
    letter = box.letters[0][2]
    assert f"https://north.example/privacy/versions/{number}/changes" in letter.get_content()
    assert house.rows_of(number) == sorted([
        (ada.id, "email", "sent"), (ada.id, "home_banner", "waiting"), (nil.id, "email", "failed"),
        (nil.id, "home_banner", "waiting"),
    ])  # fmt: skip
    assert house.own(ada) == house.own(nil) == [number]
    assert house.telling.banner().number == number


@pytest.mark.parametrize("weight", ["minor", "first", "shipped"])
def test_what_matters_to_nobody_is_told_to_nobody(house, box, weight):
    ada = house.someone("Ada", "ada@north.example")
    number = house.publish(weight)
    house.tell()
    assert (box.letters, house.rows_of(number), house.own(ada), house.telling.banner()) == ([], [], [], None)


@pytest.mark.parametrize("house", ["safetrack"], indirect=True)
def test_where_all_are_promised_a_letter_a_small_change_is_one_too(house, box):
    house.someone("Ada", "ada@north.example")
    house.publish("minor", lead_ms=0)
    house.tell()
    assert len(box.letters) == 1


@pytest.mark.parametrize("house", ["pars"], indirect=True)
def test_where_a_page_alone_is_promised_nobody_is_written_to(house, box):
    house.someone("Ada", "ada@north.example")
    house.publish()
    house.tell()
    assert box.letters == []
    assert house.telling.told() == []


@pytest.mark.parametrize("url", ["", "smtp://127.0.0.1:9"])
@pytest.mark.parametrize("house", ["safetrack"], indirect=True)
def test_a_letter_that_cannot_leave_leaves_the_banner_and_a_row_that_says_so(house, url):
    house.telling = house.teller(url)
    ada = house.someone("Ada", "ada@north.example")
    number = house.publish("minor", lead_ms=0)  # its document promises a letter alone
    house.tell()
    assert house.rows_of(number) == [(ada.id, "email", "failed"), (ada.id, "home_banner", "waiting")]
    assert house.own(ada) == [number]
    assert house.telling.told()[0].unreached == 1


def test_a_host_that_the_policy_does_not_name_gets_no_letter(house, box):
    house.telling = house.teller(f"smtp://127.0.0.1:{box.port}", hosts=())
    house.someone("Ada", "ada@north.example")
    house.publish()
    house.tell()
    assert box.letters == []


def test_a_refused_letter_is_not_sent_again_and_the_others_get_theirs(house, box):
    box.refuses = True
    house.someone("Ada", "ada@north.example")
    house.publish()
    house.tell()
    box.refuses = False
    house.tell()
    assert box.letters == []
    house.publish()
    house.tell()
    assert len(box.letters) == 1


def test_who_comes_later_or_is_switched_off_is_told_nothing(house, box):
    off = house.someone("Off", "off@north.example")
    house.rows.people.save(msgspec.structs.replace(off, active=False)).result()
    house.publish()
    house.clock.now_ms += 1
    house.someone("Late", "late@north.example")
    house.tell()
    assert box.letters == []


def test_a_closed_banner_stays_closed_and_nobody_closes_anothers(house):
    ada, ben = house.someone("Ada"), house.someone("Ben")
    number = house.publish()
    house.tell()
    asyncio.run(house.telling.seen(viewer(ada), number))
    house.tell()
    assert (house.own(ada), house.own(ben)) == ([], [number])
    for who, wanted in ((ada, number), (ben, number + 1), (ben, 0)):
        with pytest.raises(AskError) as refused:
            asyncio.run(house.telling.seen(viewer(who), wanted))
        assert refused.value.status == 404
    assert house.telling.told()[0].counts["home_banner"] == {"seen": 1, "waiting": 1}


def test_the_banner_goes_when_its_time_is_over(house):
    ada = house.someone("Ada")
    house.publish()
    house.tell()
    parts = documents.policy("base", fill=True).parts
    house.clock.now_ms += LEAD_MS + notices.shown_ms(parts) - 1
    assert house.own(ada)
    house.clock.now_ms += 1
    assert not house.own(ada)
    assert house.telling.banner() is None


def test_rows_go_with_the_person_and_after_their_time(house):
    ada, ben = house.someone("Ada"), house.someone("Ben")
    number = house.publish()
    house.tell()
    asyncio.run(house.forget(ada.id, "driver"))
    house.tell()
    assert {person for person, _, _ in house.rows_of(number)} == {ben.id}
    house.clock.now_ms += 366 * DAY_MS
    house.tell()
    assert house.rows_of(number) == []


def test_the_rest_of_the_people_are_told_from_where_a_crash_stopped(house):
    number = house.publish()
    people = [house.someone(f"P{n}") for n in range(30)]
    for one in people:
        house.rows.people.save(msgspec.structs.replace(one, created_ms=0)).result()
    done = [
        Delivery(version=number, person=one.id, channel=channel, state=state, at_ms=house.clock())
        for one in people[:10]
        for channel, state in (("email", "failed"), ("home_banner", "seen"))
    ]
    house.rows.notices.add(done).result()
    house.tell()
    rows = house.rows_of(number)
    assert len(rows) == 2 * len(people)
    assert sum(state == "seen" for _, _, state in rows) == 10


def test_a_version_whose_form_is_no_longer_known_is_passed_over(house):
    ada = house.someone("Ada")
    house.publish(layers=(("base.yaml", "schema: policy/0\nid: base\n"),))
    number = house.publish()
    house.tell()
    assert house.own(ada) == [number]
    assert [one.number for one in house.telling.told()] == [number]


@pytest.mark.parametrize("house", ["safetrack"], indirect=True)
def test_a_stop_between_a_letter_that_failed_and_its_banner_loses_the_banner_to_nobody(house):
    house.telling = house.teller("")
    ada = house.someone("Ada", "ada@north.example")
    number = house.publish("minor", lead_ms=0)
    row = Delivery(version=number, person=ada.id, channel="email", state="failed", at_ms=house.clock())
    house.rows.notices.add([row]).result()
    house.tell()
    assert house.own(ada) == [number]


def test_where_nobody_is_to_be_told_no_account_is_opened(house, monkeypatch):
    house.someone("Ada", "ada@north.example")
    house.publish()
    house.tell()
    monkeypatch.setattr(house.rows.people, "find", None)
    monkeypatch.setattr(house.rows.people, "all_of", None)
    house.tell()
