"""Passkeys over HTTP with a small authenticator of our own: enrolment, sign-in, and what must be refused."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from office import WEB_URL, Office
from waykeep.flows.passkeys import CHALLENGE_MS
from web_door import browser, served, sign_in

PRESENT, VERIFIED, ATTESTED = 1, 4, 64


def text(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def data_of(plain):
    return urlsafe_b64decode(plain + "=" * (-len(plain) % 4))


class Authenticator:
    """A key on a phone: makes one credential per site and signs with it. Knobs let it misbehave."""

    def __init__(self, origin=WEB_URL, site="localhost"):
        self.origin, self.site, self.count = origin, site, 0
        self.flags = PRESENT | VERIFIED
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential = sha256(str(id(self.key)).encode()).digest()

    def _client(self, kind, challenge):
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _data(self, flags, more=b""):
        self.count += 1
        return sha256(self.site.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + more

    def make(self, options):
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cbor2.dumps(cose)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(self.flags | ATTESTED, attested)}
        client = self._client("webauthn.create", options["challenge"])
        return self._answer({"attestationObject": text(cbor2.dumps(made)), "clientDataJSON": text(client)})

    def show(self, options, user=""):
        client = self._client("webauthn.get", options["challenge"])
        data = self._data(self.flags)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer({
            "authenticatorData": text(data), "clientDataJSON": text(client), "signature": text(signature),
            "userHandle": text(user.encode()),
        })  # fmt: skip

    def _answer(self, response):
        id_ = text(self.credential)
        return {"id": id_, "rawId": id_, "type": "public-key", "response": response, "clientExtensionResults": {}}


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    yield made
    made.close()


@pytest.fixture
def address(office):
    office.person(office.organisation().id, "Mina Rad")
    with served(office) as found:
        yield found


def enrol(client, phone, name="Phone"):
    options = client.post("/v1/me/passkeys/options", json={}).json()
    return client.post("/v1/me/passkeys", json={"name": name, "credential": phone.make(options)})


def shown(client, phone):
    options = client.post("/v1/session/passkey/options", json={}).json()
    return client.post("/v1/session/passkey", json={"credential": phone.show(options)})


def test_a_passkey_alone_signs_its_owner_in(address):
    phone, client = Authenticator(), sign_in(address, "Mina Rad")
    made = enrol(client, phone)
    assert (made.status_code, made.json()["name"]) == (201, "Phone")
    fresh = browser(address)
    assert shown(fresh, phone).json()["person"]["name"] == "Mina Rad"
    assert fresh.get("/v1/me/signins").json()[0]["method"] == "passkey"
    assert [one["id"] for one in fresh.get("/v1/me/passkeys").json()] == [made.json()["id"]]


def test_the_question_tells_nothing_about_any_account(address):
    options = browser(address).post("/v1/session/passkey/options", json={}).json()
    assert not options.get("allowCredentials")
    assert options["userVerification"] == "required"


def test_a_removed_passkey_opens_nothing(address):
    phone, client = Authenticator(), sign_in(address, "Mina Rad")
    id_ = enrol(client, phone).json()["id"]
    assert client.delete(f"/v1/me/passkeys/{id_}").status_code == 204
    assert shown(browser(address), phone).status_code == 401
    assert client.delete(f"/v1/me/passkeys/{id_}").status_code == 404


def test_an_answer_counts_once(address):
    phone, client = Authenticator(), sign_in(address, "Mina Rad")
    enrol(client, phone)
    fresh = browser(address)
    options = fresh.post("/v1/session/passkey/options", json={}).json()
    answer = {"credential": phone.show(options)}
    assert fresh.post("/v1/session/passkey", json=answer).status_code == 200
    assert fresh.post("/v1/session/passkey", json=answer).status_code == 401


def test_a_late_answer_is_refused(office, address):
    phone, client = Authenticator(), sign_in(address, "Mina Rad")
    enrol(client, phone)
    options = client.post("/v1/session/passkey/options", json={}).json()
    office.clock.now_ms += CHALLENGE_MS
    assert client.post("/v1/session/passkey", json={"credential": phone.show(options)}).status_code == 401


def test_a_copied_key_whose_counter_does_not_grow_is_refused(address):
    phone, client = Authenticator(), sign_in(address, "Mina Rad")
    enrol(client, phone)
    shown(browser(address), phone)
    phone.count -= 1
    assert shown(browser(address), phone).status_code == 401


@pytest.mark.parametrize(
    "spoil",
    [
        lambda phone: setattr(phone, "origin", "http://elsewhere.example"),
        lambda phone: setattr(phone, "site", "elsewhere.example"),
        lambda phone: setattr(phone, "flags", PRESENT),
        lambda phone: setattr(phone, "flags", VERIFIED),
        lambda phone: setattr(phone, "key", ec.generate_private_key(ec.SECP256R1())),
        lambda phone: setattr(phone, "credential", bytes(32)),
    ],
    ids=["another origin", "another site", "nobody verified", "nobody present", "another key", "an unknown key"],
)
def test_a_wrong_answer_is_refused(address, spoil):
    phone, client = Authenticator(), sign_in(address, "Mina Rad")
    enrol(client, phone)
    spoil(phone)
    answer = shown(browser(address), phone)
    assert (answer.status_code, answer.json()["slug"]) == (401, "passkey-refused")


def test_a_question_asked_of_one_person_is_not_answered_by_another(office, address):
    office.person(office.rows.people.organisations()[0].id, "Omid Fard")
    mina, omid, phone = sign_in(address, "Mina Rad"), sign_in(address, "Omid Fard"), Authenticator()
    options = mina.post("/v1/me/passkeys/options", json={}).json()
    made = phone.make(options)
    assert omid.post("/v1/me/passkeys", json={"name": "Stolen", "credential": made}).status_code == 401


def test_one_key_cannot_stand_for_two_people(office, address):
    office.person(office.rows.people.organisations()[0].id, "Omid Fard")
    phone = Authenticator()
    assert enrol(sign_in(address, "Mina Rad"), phone).status_code == 201
    assert enrol(sign_in(address, "Omid Fard"), phone).status_code == 401


@pytest.mark.parametrize(
    "credential",
    [
        {},
        {"id": 7},
        {"id": "x", "response": {}},
        {"id": "é", "response": {"clientDataJSON": "!!!"}},
        {"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30"}},
    ],
)
def test_noise_instead_of_an_answer_is_refused_politely(address, credential):
    assert browser(address).post("/v1/session/passkey", json={"credential": credential}).status_code == 401


def test_noise_in_the_right_frame_is_refused_politely(address):
    client, phone = sign_in(address, "Mina Rad"), Authenticator()
    made = phone.make(client.post("/v1/me/passkeys/options", json={}).json())
    made["response"]["attestationObject"] = text(data_of(made["response"]["attestationObject"])[:60])
    assert client.post("/v1/me/passkeys", json={"name": "Cut", "credential": made}).status_code == 401
