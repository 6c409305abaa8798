"""The disclosure desk and what a withdrawal closes, through the doors of the whole server."""

import asyncio
import io
import json
import time
import zipfile

import httpx
import pytest
from frames import unpacked
from websockets.asyncio.client import connect
from whole import Server

from office import PASSWORD, secret_of

WANTED = {
    "code": "other_law", "use": "hand_over", "to": "The tax office", "necessity": "the law orders exactly this",
    "said": {"law": "§ 7"}, "categories": ["location.precise"], "days": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("home"), profile="trak")
    yield made
    made.close()


def enter(server, name, role="driver"):
    link = server.ask("POST", "/v1/invitations", json={"role": role, "name": name}).json()["link"]
    client = httpx.Client(base_url=server.address, timeout=30, headers={"origin": "http://localhost:8082"})
    answers = {"secret": secret_of(link), "name": name, "password": PASSWORD, "of_age": True}
    answers["policy"] = client.get("/v1/policy").json()["hash"]
    assert client.post("/v1/session/link/accept", json=answers).status_code == 200
    return client


@pytest.fixture(scope="module")
def driver(server):
    """Someone who said yes, with a unit and one fix of theirs."""
    client = enter(server, "Dina Roth")
    client.post("/v1/me/consents", json={"consent": "tracking", "granted": True})
    client.me = client.get("/v1/me").json()["id"]
    client.unit = server.enrol("walker-9", "osmand")
    server.ask("POST", f"/v1/units/{client.unit}/assign", json={"person": client.me, "kind": "assigned"})
    client.at_s = int(time.time()) + 1
    report(server, client.at_s, 35.7)
    return client


def report(server, at_s, latitude):
    params = {"id": "walker-9", "lat": latitude, "lon": 51.4, "timestamp": at_s, "speed": 20, "batt": 50}
    assert httpx.get(f"http://127.0.0.1:{server.ports['osmand']}/", params=params).status_code == 200


def span(driver):
    return {"from_ms": (driver.at_s - 60) * 1000, "to_ms": (driver.at_s + 60) * 1000}


def head(server):
    """The administrator at a screen: a program's token asks for nothing here."""
    client = httpx.Client(base_url=server.address, timeout=30, headers={"origin": "http://localhost:8082"})
    assert client.post("/v1/session", json={"login": "Ada", "password": "a quiet harbour"}).status_code == 200
    return client


def asked(server, driver, **more):
    return head(server).post("/v1/disclosures", json=WANTED | span(driver) | {"person": driver.me} | more)


def test_nothing_leaves_before_a_second_person_agrees_and_then_the_scope_alone(server, driver):
    second = enter(server, "Vera Kent", "administrator")
    made = asked(server, driver).json()["id"]
    assert server.ask("GET", f"/v1/disclosures/{made}/file").status_code == 403
    agree = {"approve": True, "why": "the order is here"}
    assert server.ask("POST", f"/v1/disclosures/{made}/decide", json=agree).json()["slug"] == "person-only"
    assert head(server).post(f"/v1/disclosures/{made}/decide", json=agree).json()["slug"] == "second-person"
    late = enter(server, "Made Later", "administrator")
    assert late.post(f"/v1/disclosures/{made}/decide", json=agree).json()["slug"] == "second-person"
    assert second.post(f"/v1/disclosures/{made}/decide", json=agree).status_code == 200
    assert second.post(f"/v1/disclosures/{made}/decide", json=agree | {"approve": False}).status_code == 409
    archive = zipfile.ZipFile(io.BytesIO(server.ask("GET", f"/v1/disclosures/{made}/file").content))
    assert sorted(archive.namelist()) == ["manifest.json", "positions-1.jsonl"]
    (line,) = archive.read("positions-1.jsonl").decode().splitlines()
    assert '"latitude":35.7' in line
    assert "attributes" not in line
    assert "course" not in line
    shown = next(one for one in server.ask("GET", "/v1/disclosures").json() if one["id"] == made)
    assert (shown["state"], shown["asked_by"], shown["decided_by"]) == ("approved", "Ada", "Vera Kent")
    assert len(shown["told"]["taken_ms"]) == 1
    kinds = [(line["kind"], line["because"]) for line in driver.get("/v1/me/looked").json()]
    assert ("disclosure", "other_law") in kinds
    assert ("export", f"other_law {made}") in kinds


def test_a_span_outside_the_fixes_gives_none(server, driver):
    second = enter(server, "Nils Kent", "administrator")
    made = asked(server, driver, from_ms=1000, to_ms=2000).json()["id"]
    second.post(f"/v1/disclosures/{made}/decide", json={"approve": True, "why": "the order is here"})
    archive = zipfile.ZipFile(io.BytesIO(server.ask("GET", f"/v1/disclosures/{made}/file").content))
    assert archive.read("positions-1.jsonl") == b""


@pytest.mark.parametrize(
    ("more", "slug"),
    [
        ({"code": "legal_obligation"}, "code-unknown"),
        ({"said": {}}, "fact-missing"),
        ({"categories": ["*"]}, "scope-missing"),
        ({"person": "p-of-nobody"}, "not-found"),
        ({"use": "sell"}, "wrong-field"),
        ({"days": 1000}, "days-wrong"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(server, driver, more, slug):
    answer = asked(server, driver, **more)
    assert answer.status_code in {400, 404, 422}
    assert answer.json()["slug"] == slug


def test_the_same_twice_is_two_requests_and_each_needs_its_own_yes(server, driver):
    first, second = (asked(server, driver).json()["id"] for _ in range(2))
    assert first != second
    assert server.ask("GET", f"/v1/disclosures/{second}/file").status_code == 403


def test_a_driver_reaches_no_disclosure_and_anyone_reads_the_counts(server, driver):
    made = asked(server, driver).json()["id"]
    assert driver.get("/v1/disclosures").status_code == 403
    assert driver.get(f"/v1/disclosures/{made}/file").status_code == 403
    counts = httpx.get(f"{server.address}/v1/policy/disclosures").json()
    assert "other_law" in counts["codes"]
    assert driver.me not in str(counts)


def test_a_withdrawal_takes_the_last_place_off_an_open_map_and_closes_the_past(server, driver):
    async def work():
        address = server.address.replace("http", "ws") + "/v1/stream"
        async with connect(address, additional_headers=server.headers) as view:
            await view.send(f'{{"watch": ["{driver.unit}"]}}')
            await rows(view, lambda row: row["lat_e7"] == 357_000_000)
            said = {"consent": "tracking", "granted": False}
            await asyncio.to_thread(driver.post, "/v1/me/consents", json=said)
            async with asyncio.timeout(20):
                while json.loads(message := await view.recv()) != {"kind": "gone", "unit": driver.unit}:
                    assert isinstance(message, str)

    asyncio.run(work())
    wanted = {"from": span(driver)["from_ms"], "to": span(driver)["to_ms"]}
    assert server.ask("GET", f"/v1/units/{driver.unit}/track", params=wanted).json()["fix_ms"] == []
    assert driver.unit not in server.ask("GET", "/v1/positions/latest").text
    assert driver.get(f"/v1/units/{driver.unit}/track", params=wanted).json()["latitude"] == [35.7]
    driver.post("/v1/me/consents", json={"consent": "tracking", "granted": True})
    assert server.ask("GET", f"/v1/units/{driver.unit}/track", params=wanted).json()["latitude"] == [35.7]


async def rows(view, fits):
    async with asyncio.timeout(20):
        while True:
            message = await view.recv()
            if isinstance(message, bytes) and any(fits(row) for row in unpacked(message)[1]):
                return
