"""The rights desk through the doors of the whole server: who may ask, prove, decide and take a copy."""

import io
import json
import zipfile

import httpx
import pytest
from whole import Server

from office import PASSWORD, secret_of


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("home"))
    yield made
    made.close()


def enter(server, role, name):
    """Someone of this role, signed in."""
    link = server.ask("POST", "/v1/invitations", json={"role": role, "name": name}).json()["link"]
    client = httpx.Client(base_url=server.address, timeout=30, headers={"origin": "http://localhost:8082"})
    answers = {"secret": secret_of(link), "name": name, "password": PASSWORD, "of_age": True}
    assert client.post("/v1/session/link/accept", json=answers).status_code == 200
    return client


def ask(client, right, **more):
    answer = client.post("/v1/me/requests", json={"right": right, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def prove(client, request, password=PASSWORD):
    return client.post(f"/v1/me/requests/{request}/prove", json={"password": password})


def test_a_copy_is_handed_out_after_the_password_and_to_no_one_else(server):
    anna, berta = enter(server, "driver", "Anna Lind"), enter(server, "driver", "Berta Moor")
    request = ask(anna, "access")["id"]
    path = f"/v1/me/requests/{request}/package"
    assert anna.get(path).json()["slug"] == "proof-missing"
    assert prove(anna, request, "not the right one").status_code in {401, 403, 422}
    assert prove(anna, request).json()["request"]["least_met"]
    assert berta.get(path).status_code == 404
    assert berta.get(f"/v1/requests/{request}/package").status_code == 403
    answer = anna.get(path)
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        account = json.loads(archive.read("account.json"))
        text = archive.read("index.html").decode()
    assert account[0]["name"] == "Anna Lind"
    assert "Anna Lind" in text
    assert "Berta" not in text
    assert anna.get("/v1/me/requests").json()[0]["outcome"] == "done"


def test_who_erases_themselves_gets_a_certificate_and_is_gone(server):
    carla = enter(server, "driver", "Carla Wind")
    request = ask(carla, "erase")["id"]
    assert prove(carla, request).json()["certificate"]["kind"] == "person"
    assert carla.get("/v1/me").status_code == 401
    closed = next(one for one in server.ask("GET", "/v1/requests").json() if one["id"] == request)
    assert (closed["outcome"], closed["name"], closed["text"]) == ("done", None, None)
    assert closed["erasure"] >= 1


def test_the_last_administrator_cannot_erase_themselves(server):
    request = server.ask("POST", "/v1/me/requests", json={"right": "erase"}).json()["id"]
    answer = server.ask("POST", f"/v1/me/requests/{request}/prove", json={"password": "a quiet harbour"})
    assert (answer.status_code, answer.json()["slug"]) == (403, "person-only"), "a token is no person"


def test_nobody_decides_their_own_request(server):
    dora = enter(server, "administrator", "Dora Hill")
    request = ask(dora, "correct", text="My name")["id"]
    for act, said in (("prove", {"level": "document"}), ("decide", {"outcome": "done"}), ("ask-proof", {})):
        assert dora.post(f"/v1/requests/{request}/{act}", json=said).json()["slug"] == "own-request"


def test_nobody_decides_about_themselves_through_a_request_that_they_wrote_down(server):
    ida = enter(server, "administrator", "Ida North")
    me = ida.get("/v1/me").json()["id"]
    said = {"right": "access", "intake": "post", "name": "Ida North"}
    request = ida.post("/v1/requests", json=said).json()["id"]
    assert ida.post(f"/v1/requests/{request}/link", json={"person": me}).json()["slug"] == "own-request"
    server.ask("POST", f"/v1/requests/{request}/link", json={"person": me})
    for path, body in (("prove", {"level": "document"}), ("decide", {"outcome": "done"})):
        assert ida.post(f"/v1/requests/{request}/{path}", json=body).json()["slug"] == "own-request"
    server.ask("POST", f"/v1/requests/{request}/prove", json={"level": "document"})
    assert ida.get(f"/v1/requests/{request}/package").json()["slug"] == "own-request"


def test_whose_copy_is_taken_by_the_desk_sees_each_time_that_it_was(server):
    jana = enter(server, "driver", "Jana Field")
    before = len(jana.get("/v1/me/looked").json())
    said = {"right": "access", "intake": "phone", "name": "Jana Field"}
    request = server.ask("POST", "/v1/requests", json=said).json()["id"]
    path = f"/v1/requests/{request}"
    server.ask("POST", f"{path}/link", json={"person": jana.get("/v1/me").json()["id"]})
    server.ask("POST", f"{path}/prove", json={"level": "document"})
    seen = len(jana.get("/v1/me/looked").json())
    assert seen > before, "that someone said to know them is told"
    for _ in range(2):
        assert server.ask("GET", f"{path}/package").status_code == 200
        lines = jana.get("/v1/me/looked").json()
        assert len(lines) > seen
        assert lines[0]["viewer_name"] == "Ada"
        seen = len(lines)


def test_a_request_by_the_form_is_never_about_a_person_of_another_organisation(server):
    made = server.ask("POST", "/v1/organisations", json={"name": "South"}).json()
    with httpx.Client(base_url=server.address, headers={"origin": "http://localhost:8082"}) as south:
        answers = {
            "secret": secret_of(made["invitation"]["link"]),
            "name": "Kim South",
            "password": PASSWORD,
            "of_age": True,
        }
        assert south.post("/v1/session/link/accept", json=answers).status_code == 200
        theirs = south.get("/v1/me").json()["id"]
        said = {"right": "access", "name": "Kim South", "contact": "kim@example.test"}
        request = south.post("/v1/privacy/requests", json=said).json()["id"]
        assert request not in south.get("/v1/requests").text
    answer = server.ask("POST", f"/v1/requests/{request}/link", json={"person": theirs})
    assert answer.status_code == 404


def test_what_is_done_in_part_carries_nothing_out_by_itself(server):
    lena, mia = enter(server, "driver", "Lena Oak"), enter(server, "administrator", "Mia Birch")
    request = ask(lena, "erase")["id"]
    path = f"/v1/requests/{request}"
    server.ask("POST", f"{path}/prove", json={"level": "document"})
    said = {"outcome": "part", "ground": "impractical", "facts": "One shelf of paper stays", "answer": "All but paper"}
    assert server.ask("POST", f"{path}/decide", json=said).json()["state"] == "proposed"
    assert mia.post(f"{path}/decide", json=said).json()["outcome"] == "part"
    assert lena.get("/v1/me").status_code == 200


def test_one_person_cannot_fill_the_desk(server):
    nora = enter(server, "driver", "Nora Ash")
    statuses = [nora.post("/v1/me/requests", json={"right": "question"}).status_code for _ in range(51)]
    assert statuses == [201] * 50 + [429]


def test_a_refusal_waits_for_a_second_administrator_and_tells_why(server):
    emma, fay = enter(server, "driver", "Emma Reed"), enter(server, "administrator", "Fay Stone")
    request = ask(emma, "correct")["id"]
    said = {"outcome": "refused", "ground": "impractical", "facts": "The paper archive burnt down in 1987"}
    said |= {"answer": "The years since can be had"}
    path = f"/v1/requests/{request}/decide"
    assert server.ask("POST", path, json={"outcome": "refused"}).json()["slug"] == "ground-missing"
    assert server.ask("POST", path, json=said | {"facts": "no"}).json()["slug"] == "facts-missing"
    assert server.ask("POST", path, json=said | {"ground": "judicial"}).json()["slug"] == "reference-missing"
    assert server.ask("POST", path, json=said | {"answer": ""}).json()["slug"] == "answer-missing"
    assert server.ask("POST", path, json=said).json()["state"] == "proposed"
    assert server.ask("POST", path, json=said).json()["state"] == "proposed"
    (waits,) = emma.get("/v1/me/requests").json()
    assert (waits["state"], waits["decision"], waits["proposed_by"]) == ("open", None, None), "no proposal is told"
    assert fay.post(path, json=said).json()["state"] == "closed"
    (told,) = emma.get("/v1/me/requests").json()
    assert told["decision"]["facts"] == said["facts"]
    assert told["complaint"]
    assert told["review_ms"] > told["closed_ms"]
    counted = server.ask("GET", "/v1/requests/report").json()["counts"]
    assert {"right": "correct", "outcome": "refused", "ground": "impractical", "count": 1} in counted
    assert server.ask("POST", path, json=said).json()["slug"] == "request-closed"


def test_a_correction_is_written_only_when_it_can_be_used(server):
    hanna = enter(server, "driver", "Hanna Vale")
    path = f"/v1/requests/{ask(hanna, 'correct')['id']}"
    said = {"outcome": "done", "field": "email", "value": "no address"}
    assert server.ask("POST", f"{path}/decide", json=said).status_code == 422
    closed = server.ask("POST", f"{path}/decide", json=said | {"value": "hanna@example.test"}).json()
    assert closed["state"] == "closed"
    assert hanna.get("/v1/me").json()["email"] == "hanna@example.test"


def test_a_withdrawal_carried_out_by_the_desk_ends_every_consent(server):
    gina = enter(server, "driver", "Gina Brook")
    gina.post("/v1/me/consents", json={"consent": "tracking", "granted": True})
    request = ask(gina, "withdraw")["id"]
    server.ask("POST", f"/v1/requests/{request}/prove", json={"level": "document"})
    assert server.ask("POST", f"/v1/requests/{request}/decide", json={"outcome": "done"}).json()["state"] == "closed"
    assert {one["granted"] for one in gina.get("/v1/me/consents").json()} == {False}


def test_the_public_form_says_nothing_and_stops_a_flood(server):
    said = {"right": "question", "name": "Nobody", "contact": "nobody@example.test", "text": "What do you keep?"}
    with httpx.Client(base_url=server.address, headers={"origin": "http://localhost:8082"}) as anyone:
        first = anyone.post("/v1/privacy/requests", json=said)
        assert (first.status_code, set(first.json())) == (202, {"id", "due_ms"})
        assert anyone.post("/v1/privacy/requests", json=said | {"contact": " "}).json()["slug"] == "contact-missing"
        assert anyone.post("/v1/privacy/requests", json=said | {"right": "money"}).json()["slug"] == "right-unknown"
        statuses = {anyone.post("/v1/privacy/requests", json=said).status_code for _ in range(60)}
    assert 429 in statuses
    request = first.json()["id"]
    path = f"/v1/requests/{request}/decide"
    assert server.ask("POST", path, json={"outcome": "done"}).json()["slug"] == "answer-missing"
    assert server.ask("POST", path, json={"outcome": "done", "answer": "This."}).json()["state"] == "closed"


def test_a_driver_without_a_login_is_there_and_nobody_signs_in_as_them(server):
    made = server.ask("POST", "/v1/drivers", json={"name": "Oskar Quiet"}).json()
    assert (made["role"], made["email"]) == ("driver", None)
    assert made["id"] in {one["id"] for one in server.ask("GET", "/v1/people").json()}
    with httpx.Client(base_url=server.address, headers={"origin": "http://localhost:8082"}) as anyone:
        for password in ("", "None", PASSWORD):
            said = {"login": "Oskar Quiet", "password": password}
            assert anyone.post("/v1/session", json=said).status_code in {401, 422, 429}
    assert server.ask("POST", "/v1/drivers", json={"name": " "}).status_code == 422
    manager = enter(server, "manager", "Paul Manager")
    assert manager.post("/v1/drivers", json={"name": "Nobody"}).status_code == 403
