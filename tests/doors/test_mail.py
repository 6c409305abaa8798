"""Letters through a real receiver: invitations and resets leave only to a host that the policy names."""

import asyncio

import pytest

from office import PASSWORD, Office, secret_of
from postbox import Postbox
from waykeep.egress import Egress, Unsent, relay_of
from waykeep.errors import StartError
from waykeep.model.access import Role
from waykeep.notify.mail import WORDS, Mail
from web_door import browser, served, sign_in

SENT = frozenset({"identity.contact", "identity.name"})
SENDER = "Waykeep <server@waykeep.example>"


@pytest.fixture
def box():
    made = Postbox()
    yield made
    made.close()


def office_with(folder, box, recipients):
    relay = relay_of(f"smtp://127.0.0.1:{box.port}")
    return Office(
        folder, mail=Mail(Egress(lambda host, all_: all_ & SENT if host in recipients else None), relay, SENDER)
    )


@pytest.fixture
def office(tmp_path, box):
    made = office_with(tmp_path, box, {"127.0.0.1"})
    yield made
    made.close()


@pytest.fixture
def address(office):
    office.person(office.organisation().id, "Mina Rad")
    with served(office) as found:
        yield found


def invited(client, **more):
    return client.post("/v1/invitations", json={"role": "viewer", "email": "omid@example.test"} | more).json()


def test_an_invitation_travels_by_mail_and_only_its_receiver_gets_the_link(address, box):
    told = invited(sign_in(address, "Mina Rad"))
    assert told == {"mailed": True, "link": None}
    sender, receivers, letter = box.letters[0]
    assert (sender, receivers) == ("server@waykeep.example", ["omid@example.test"])
    assert letter["subject"] == "Your invitation to North Harbour"
    client = browser(address)
    body = {"secret": secret_of(letter.get_content()), "name": "Omid Fard", "password": PASSWORD}
    session = client.post("/v1/session/link/accept", json=body).json()
    assert session["person"]["email"] == "omid@example.test"


def test_a_letter_speaks_the_language_of_who_gets_it(office, address, box):
    person = office.person(office.rows.people.organisations()[0].id, "Sara Nik", Role.VIEWER, email="sara@example.test")
    sign_in(address, "Sara Nik").patch("/v1/me", json={"language": "fa"})
    assert sign_in(address, "Mina Rad").post(f"/v1/people/{person.id}/reset", json={}).json()["mailed"]
    assert box.letters[0][2]["subject"] == WORDS["reset"]["fa"][0]


def test_a_name_that_the_relay_may_not_have_is_left_out_of_the_letter(tmp_path, box, monkeypatch):
    monkeypatch.setattr("test_mail.SENT", frozenset({"identity.contact"}))
    office = office_with(tmp_path, box, {"127.0.0.1"})
    office.person(office.organisation().id, "Mina Rad")
    with served(office) as found:
        assert invited(sign_in(found, "Mina Rad"))["mailed"]
    office.close()
    letter = box.letters[0][2]
    assert letter["subject"] == "Your invitation to Waykeep"
    assert "North Harbour" not in letter.get_content()


def test_a_relay_that_may_not_even_have_the_address_gets_nothing_and_that_is_counted(box):
    egress = Egress(lambda _host, all_: all_ - {"identity.contact"})
    mail = Mail(egress, relay_of(f"smtp://127.0.0.1:{box.port}"), SENDER)
    with pytest.raises(Unsent, match=r"identity\.contact"):
        asyncio.run(mail.send("reset", "en", "omid@example.test", "https://x.test/#link=1", "North Harbour"))
    assert (box.letters, egress.blocked["127.0.0.1"], egress.left["127.0.0.1"]) == ([], 1, 0)


def test_every_letter_exists_in_every_language_with_its_link():
    for words in WORDS.values():
        assert set(words) == {"en", "fa", "ar", "zh"}
        assert all("{link}" in text for _, text in words.values())


def test_a_letter_that_does_not_leave_becomes_a_link_to_hand_over(address, box):
    box.refuses = True
    told = invited(sign_in(address, "Mina Rad"))
    assert told["mailed"] is False
    assert secret_of(told["link"])


def test_no_letter_leaves_to_a_host_that_the_policy_does_not_name(tmp_path, box, caplog):
    office = office_with(tmp_path, box, {"smtp.internal"})
    office.person(office.organisation().id, "Mina Rad")
    with served(office) as address:
        assert invited(sign_in(address, "Mina Rad"))["mailed"] is False
    assert box.letters == []
    said = " ".join(str(record.__dict__) for record in caplog.records)
    assert "letter not sent" in said
    assert "omid" not in said
    office.close()


def test_who_forgot_a_password_gets_a_letter_and_nobody_learns_who_has_an_account(office, address, box):
    tenant = office.rows.people.organisations()[0].id
    office.person(tenant, "Sara Nik", email="sara@example.test")
    answers = [
        browser(address).post("/v1/session/forgotten", json={"login": login})
        for login in ("nobody@example.test", "Mina Rad", "sara@example.test")
    ]
    assert {(one.status_code, one.text) for one in answers} == {(204, "")}
    assert box.came.wait(10)
    [(_, receivers, letter)] = box.letters
    assert receivers == ["sara@example.test"]
    body = {"secret": secret_of(letter.get_content()), "password": "eleven paper boats"}
    assert browser(address).post("/v1/session/link/accept", json=body).status_code == 200


def test_a_header_cannot_be_smuggled_in(address, box):
    client = sign_in(address, "Mina Rad")
    body = {"role": "viewer", "email": "omid@example.test\r\nBcc: far@example.test"}
    assert client.post("/v1/invitations", json=body).status_code == 422
    client.patch("/v1/organisation", json={"name": "North\r\nBcc: far@example.test"})
    assert invited(client)["mailed"]
    assert box.letters[0][1] == ["omid@example.test"]
    assert box.letters[0][2]["bcc"] is None


@pytest.mark.parametrize("url", ["http://relay.example", "smtp://", "smtp://relay.example:many"])
def test_a_wrong_relay_refuses_the_start_and_never_prints_its_password(url):
    with pytest.raises(StartError) as refused:
        relay_of(url.replace("://", "://user:hunter2@"))
    assert "hunter2" not in str(refused.value)


def test_a_relay_is_read_from_its_address():
    relay = relay_of("smtps://user%40x:p%3Aw@relay.example")
    assert (relay.host, relay.port, relay.tls, relay.user, relay.password) == (
        "relay.example", 465, True, "user@x", "p:w",
    )  # fmt: skip
    assert relay_of("smtp://relay.example").port == 587
    assert relay_of("") is None
