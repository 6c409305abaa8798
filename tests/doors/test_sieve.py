"""What must never come in is refused at the door; what people write down about themselves is theirs."""

import httpx
import pytest
from whole import Server

CARD = "4539578763621486"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("home"), profile="safetrack")
    yield made
    made.close()


def said(server, text, **more):
    body = {"right": "question", "contact": "a@example.test", "text": text} | more
    return httpx.post(f"{server.address}/v1/privacy/requests", json=body)


@pytest.mark.parametrize("text", [CARD, f"pay {CARD[:4]} {CARD[4:8]} {CARD[8:12]} {CARD[12:]} now", int(CARD)])
def test_a_card_number_is_refused_and_the_rest_of_the_form_with_it(server, text):
    answer = said(server, text)
    assert (answer.status_code, answer.json()["slug"]) == (422, "card-number")
    assert "never be sent" in answer.json()["text"]
    assert CARD[-6:] not in answer.text


def test_a_place_is_refused_where_the_policy_takes_none_and_a_wrong_card_is_a_number(server):
    assert said(server, "I am at 41.23456, 44.76543").json()["slug"] == "place-in-text"
    assert said(server, f"order {CARD[:-1]}7").status_code == 202


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"\x09\x00\xff", "application/octet-stream", 400),
        (b"{broken", "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (f"right=question&contact=a&text={CARD}".encode(), "application/x-www-form-urlencoded", 422),
        (b"x" * (2 << 20), "application/json", 413),
        (b"", "application/json", 400),
    ],
)
def test_bytes_that_are_no_form_are_refused_by_name(server, body, kind, status):
    answer = httpx.post(f"{server.address}/v1/privacy/requests", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert answer.json()["slug"]


def test_a_body_that_comes_in_pieces_is_read_whole(server):
    def pieces():
        yield b'{"right": "question", "contact": "a@example.test", "text": "4539 5787'
        yield b' 6362 1486"}'

    headers = {"content-type": "application/json"}
    answer = httpx.post(f"{server.address}/v1/privacy/requests", content=pieces(), headers=headers)
    assert answer.json()["slug"] == "card-number"


def test_how_someone_is_reached_is_written_down_by_the_person_alone(server):
    owner = httpx.Client(base_url=server.address, headers={"origin": "http://localhost:8082"})
    assert owner.post("/v1/session", json={"login": "Ada", "password": "a quiet harbour"}).status_code == 200
    wanted = {"phones": ["+98 21 5550 1234"], "address": "7 Quay", "title": "Head"}
    assert owner.get("/v1/me/contact").json() == {"phones": [], "address": "", "title": ""}
    assert owner.put("/v1/me/contact", json=wanted).json() == wanted
    assert server.ask("PUT", "/v1/me/contact", json=wanted).status_code == 403  # a program's token
    assert owner.put("/v1/me/contact", json={"phones": ["no number"]}).json()["slug"] == "phone-wrong"
    assert owner.put("/v1/me/contact", json={}).json()["phones"] == []


def test_a_header_that_lies_about_the_form_hides_nothing(server):
    body = f'{{"right": "question", "contact": "a@example.test", "text": "card {CARD}"}}'
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
        answer = httpx.post(f"{server.address}/v1/privacy/requests", content=body, headers={"content-type": kind})
        assert answer.json()["slug"] == "card-number"


def test_a_body_nested_deeper_than_any_form_is_refused_at_once(server):
    body = "[" * 800 + ",".join("1" for _ in range(490_000)) + "]" * 800
    answer = httpx.post(f"{server.address}/v1/privacy/requests", content=body.encode())
    assert answer.status_code == 400
