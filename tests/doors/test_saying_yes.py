"""The yes to the policy at the doors: asked at joining, by the hash of the text, once, and by the person's own hand."""

import asyncio

import httpx
import pytest
from whole import Server

from office import PASSWORD, secret_of


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("home"), profile="smartpar")
    yield made
    made.close()


def joining(server, name, **answers):
    link = server.ask("POST", "/v1/invitations", json={"role": "viewer", "name": name}).json()["link"]
    client = httpx.Client(base_url=server.address, timeout=30, headers={"origin": "http://localhost:8082"})
    wanted = {"secret": secret_of(link), "name": name, "password": PASSWORD, "of_age": True}
    return client, client.post("/v1/session/link/accept", json=wanted | answers)


def text(server):
    return httpx.get(f"{server.address}/v1/policy").json()["hash"]


@pytest.mark.parametrize("said", [None, "", "0" * 64, "yes"])
def test_who_names_no_text_or_another_gets_no_account(server, said):
    before = len(server.ask("GET", "/v1/people").json())
    client, answer = joining(server, "Nora Vale", policy=said)
    assert (answer.status_code, answer.json()["slug"]) == (403, "policy-not-accepted")
    assert client.get("/v1/me").status_code == 401
    assert len(server.ask("GET", "/v1/people").json()) == before


def test_a_yes_is_written_once_however_often_it_is_said(server):
    client, answer = joining(server, "Lena Falk", policy=text(server))
    assert answer.status_code == 200
    for _ in range(3):
        assert client.post("/v1/me/acceptance", json={"hash": text(server)}).status_code == 200
    mine = [one for one in client.get("/v1/me/receipts").json() if one["consent"] == "policy"]
    assert [(one["channel"], one["policy_hash"]) for one in mine] == [("join", text(server))]
    assert client.get("/v1/units").status_code == 200


def test_an_account_without_a_yes_reaches_its_rights_and_the_way_out_alone(server):
    async def made():
        person = server.rows.people.find(server.person)
        return await asyncio.wrap_future(
            server.rows.people.add(type(person)(id="", tenant=person.tenant, role=person.role, name="Otto Brand"), None)
        )

    person = asyncio.run_coroutine_threadsafe(made(), server.loop).result(30)
    link = server.ask("POST", f"/v1/people/{person.id}/reset", json={}).json()["link"]
    client = httpx.Client(base_url=server.address, headers={"origin": "http://localhost:8082"})
    renewed = client.post("/v1/session/link/accept", json={"secret": secret_of(link), "password": PASSWORD})
    assert renewed.status_code == 200
    for path in ("/v1/units", "/v1/people", "/v1/organisation", "/v1/duties", "/v1/positions/latest"):
        assert client.get(path).json()["slug"] == "policy-not-accepted"
    for path in ("/v1/me", "/v1/me/requests", "/v1/me/consents", "/v1/me/acceptance", "/v1/me/receipts"):
        assert client.get(path).status_code == 200
    assert client.get("/v1/me/acceptance").json()["due"] is True
    assert client.post("/v1/me/acceptance", json={"hash": "0" * 64}).json()["slug"] == "other-policy"
    assert client.post("/v1/me/close", json={"password": PASSWORD}).status_code == 204
