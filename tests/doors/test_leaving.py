"""Closing one's own account, and the receipts of what one said, through the doors of the whole server."""

import httpx
import pytest
from whole import Server

from office import PASSWORD, secret_of
from waykeep.errors import StartError
from waykeep.flows import receipts


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("home"))
    yield made
    made.close()


def enter(server, name, role="driver"):
    link = server.ask("POST", "/v1/invitations", json={"role": role, "name": name}).json()["link"]
    client = httpx.Client(base_url=server.address, timeout=30, headers={"origin": "http://localhost:8082"})
    answers = {"secret": secret_of(link), "name": name, "password": PASSWORD, "of_age": True}
    assert client.post("/v1/session/link/accept", json=answers).status_code == 200
    return client


def close(client, password=PASSWORD):
    return client.post("/v1/me/close", json={"password": password})


def test_it_ends_every_session_and_stops_what_was_agreed_to(server):
    anna = enter(server, "Anna Berg")
    anna.post("/v1/me/consents", json={"consent": "tracking", "granted": True})
    person = anna.get("/v1/me").json()["id"]
    assert close(anna).status_code == 204
    assert anna.get("/v1/me").status_code == 401
    again = httpx.post(f"{server.address}/v1/session", json={"login": "Anna Berg", "password": PASSWORD})
    assert again.status_code in {401, 403}
    assert not server.ask("GET", f"/v1/people/{person}").json()["active"]
    server.ask("PATCH", f"/v1/people/{person}", json={"active": True})
    back = httpx.Client(base_url=server.address, headers={"origin": "http://localhost:8082"})
    assert back.post("/v1/session", json={"login": "Anna Berg", "password": PASSWORD}).status_code == 200
    tracking = next(one for one in back.get("/v1/me/consents").json() if one["consent"] == "tracking")
    assert tracking["granted"] is False


@pytest.mark.parametrize("password", ["", "not this one at all", PASSWORD + " ", "p" * 300])
def test_a_wrong_password_closes_nothing(server, password):
    ben = enter(server, f"Ben {len(password)} Holt")
    assert close(ben, password).status_code in {400, 401, 403, 422}
    assert ben.get("/v1/me").status_code == 200


def test_a_program_s_token_closes_nothing(server):
    assert server.ask("POST", "/v1/me/close", json={"password": "a quiet harbour"}).status_code == 403


def test_the_last_administrator_stays_and_keeps_what_they_agreed_to(server):
    owner = httpx.Client(base_url=server.address, headers={"origin": "http://localhost:8082"})
    assert owner.post("/v1/session", json={"login": "Ada", "password": "a quiet harbour"}).status_code == 200
    before = owner.get("/v1/me/consents").json()
    answer = close(owner, "a quiet harbour")
    assert (answer.status_code, answer.json()["slug"]) == (409, "last-administrator")
    assert owner.get("/v1/me/consents").json() == before


def test_receipts_are_ones_own_and_verify_until_a_byte_changes(server):
    cleo, dan = enter(server, "Cleo Brandt"), enter(server, "Dan Holm")
    for granted in (True, False, True):
        assert cleo.post("/v1/me/consents", json={"consent": "marketing", "granted": granted}).status_code == 200
    answer = cleo.get("/v1/me/receipts")
    assert [one["granted"] for one in answer.json()] == [True, False, True]
    assert answer.content == cleo.get("/v1/me/receipts").content
    assert dan.get("/v1/me/receipts").json() == []
    key = server.ask("GET", "/v1/policy").json()["receipt_key"]
    assert len(receipts.check(answer.content, key)) == 3
    for wrong in (answer.content.replace(b"true", b"false", 1), b"", b"[{}]", b"\xff", b"{"):
        with pytest.raises(StartError):
            receipts.check(wrong)
    with pytest.raises(StartError, match="another key"):
        receipts.check(answer.content, "00" * 32)
