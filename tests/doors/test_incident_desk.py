"""The incident desk through the whole server: who was looked at, and nobody else, hears of it."""

import time

import httpx
import pytest
from whole import Server

from office import PASSWORD, secret_of

PARTS = dict.fromkeys(("facts", "impact", "measures", "self_protection", "remedies"), "said")


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
    client.me = client.get("/v1/me").json()["id"]
    return client


def opened(server, scope, kind="leak", **more):
    now_ms = int(time.time() * 1000)
    return server.ask("POST", "/v1/incidents", json={"kind": kind, "aware_ms": now_ms, "scope": scope} | more)


def test_what_an_account_looked_at_is_whom_it_touches(server):
    driver, other, thief = enter(server, "Rolf Dahl"), enter(server, "Siv Lund"), enter(server, "Eve Moor", "manager")
    for client, unique_id in ((driver, "inc-1"), (other, "inc-2")):
        client.unit = server.enrol(unique_id, "osmand")
        server.ask("POST", f"/v1/units/{client.unit}/assign", json={"person": client.me, "kind": "driver"})
    begun = int(time.time() * 1000)
    span = {"from": begun, "to": begun + 60_000}
    thief.get(f"/v1/units/{driver.unit}/track", params=span)
    server.ask("GET", f"/v1/units/{other.unit}/track", params=span)  # someone else's look is no part of it
    made = opened(server, {"account": thief.me, "from_ms": begun - 1000, "to_ms": begun + 60_000}).json()
    assert made["affected"] == [driver.me]
    path = f"/v1/incidents/{made['id']}"
    assert server.ask("POST", f"{path}/tell").json()["slug"] == "parts-missing"
    server.ask("PUT", f"{path}/parts", json=PARTS)
    assert server.ask("POST", f"{path}/tell").json()["heard"]["in_app"] == {"waiting": 1}
    assert [one["parts"] for one in driver.get("/v1/me/incidents").json()] == [PARTS]
    assert other.get("/v1/me/incidents").json() == []
    assert other.post(f"/v1/me/incidents/{made['id']}/seen").status_code == 404
    assert driver.post(f"/v1/me/incidents/{made['id']}/seen").status_code == 204
    assert server.ask("PUT", f"{path}/parts", json={"facts": "another"}).json()["slug"] == "incident-told"
    units = {"units": [other.unit], "from_ms": begun - 1000, "to_ms": begun + 1000}
    assert other.me in opened(server, units).json()["affected"]


def test_telling_twice_tells_each_once_and_late_ones_too(server):
    made = opened(server, {"everyone": True}, "loss").json()
    path = f"/v1/incidents/{made['id']}"
    server.ask("PUT", f"{path}/parts", json=PARTS)
    first = server.ask("POST", f"{path}/tell").json()
    late = enter(server, "Tilda Holm")
    again = server.ask("POST", f"{path}/tell").json()
    assert again["told_ms"] == first["told_ms"]
    assert again["heard"]["in_app"]["waiting"] == first["heard"]["in_app"]["waiting"] + 1
    assert len(late.get("/v1/me/incidents").json()) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/incidents", {"kind": "rumour", "aware_ms": 1, "scope": {}}, 400),
        ("POST", "/v1/incidents", {"kind": "leak", "aware_ms": 9**15, "scope": {"everyone": True}}, 422),
        ("PUT", "/v1/incidents/nothing/parts", {"facts": "a"}, 404),
        ("POST", "/v1/incidents/nothing/tell", {}, 404),
        ("POST", "/v1/incidents/nothing/filed", {"reference": "a"}, 404),
        ("GET", "/v1/incidents/nothing/report", None, 404),
    ],
)
def test_what_is_wrong_or_not_there_says_so(server, method, path, body, status):
    answer = server.ask(method, path, json=body)
    assert answer.status_code == status
    assert answer.json()["slug"]


def test_only_the_servers_administrator_works_on_incidents(server):
    head = enter(server, "Alma Gran", "administrator")
    assert head.get("/v1/incidents").status_code == 403
    assert httpx.get(f"{server.address}/v1/incidents").status_code == 401
    assert httpx.get(f"{server.address}/v1/policy/incidents").json() == []
