"""What stands around every answer: headers, cookies, origins, limits, errors, files and the description."""

import json
import re

import httpx
import pytest
from portal import BEARER, Portal, run

import road
from waykeep.api import permissions
from waykeep.api.files import span_of
from waykeep.api.shield import HEADERS, Shield

OWN = "https://portal.example"


@pytest.fixture
def portal(tmp_path):
    folder = tmp_path / "portal"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Waykeep</title>")
    (folder / "assets" / "app-1a2b.js").write_text("export {}")
    (folder / ".built").write_text("")
    (tmp_path / "world.pmtiles").write_bytes(bytes(range(256)) * 1000)
    (tmp_path / "secret.txt").write_text("not served")
    made = Portal(tmp_path, portal=folder, map_file=tmp_path / "world.pmtiles", web_url=OWN)
    yield made
    made.close()


def visit(portal, *requests):
    """The answers to (method, path, headers, more) in turn."""

    async def work():
        answers = []
        async with portal.open() as address, httpx.AsyncClient(base_url=f"http://{address}") as client:
            for method, path, headers, more in requests:
                answers.append(await client.request(method, path, headers=headers, **more))
        return answers

    return run(work())


def test_every_answer_carries_the_security_headers_once(portal):
    paths = ("/", "/assets/app-1a2b.js", "/v1/ledger/head", "/v1/positions/latest", "/nothing.txt", "/v1/docs")
    for answer in visit(portal, *(("GET", path, {}, {}) for path in paths)):
        for name, value in HEADERS:
            assert answer.headers.get_list(name.decode()) == [value.decode()]
        assert "unsafe-inline" not in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
        assert answer.headers["strict-transport-security"]


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://portal.example", f"{OWN}.elsewhere.example"]
)
def test_an_unsafe_request_of_another_origin_is_refused(portal, origin):
    (answer,) = visit(portal, ("POST", "/v1/session", {"origin": origin}, {"json": {}}))
    assert (answer.status_code, answer.json()["slug"]) == (403, "other-origin")


def test_an_unsafe_request_from_another_site_without_an_origin_is_refused(portal):
    (answer,) = visit(portal, ("POST", "/v1/session", {"sec-fetch-site": "cross-site"}, {"json": {}}))
    assert answer.json()["slug"] == "other-origin"


def test_our_own_page_and_a_program_are_not_refused(portal):
    ours = ({"origin": OWN}, {"origin": "http://HOST"}, {}, {"sec-fetch-site": "same-origin"})

    async def work():
        async with portal.open() as address, httpx.AsyncClient(base_url=f"http://{address}") as client:
            for headers in ours:
                sent = {name: value.replace("HOST", address) for name, value in headers.items()}
                answer = await client.post("/v1/nothing-here", headers=sent)
                assert answer.json()["slug"] != "other-origin"
            assert (
                await client.get("/v1/ledger/head", headers={"origin": "https://elsewhere.example"})
            ).status_code == 200

    run(work())


def test_a_cookie_that_the_policy_does_not_name_never_leaves():
    async def careless(_scope, _receive, send):
        cookies = [(b"set-cookie", b"sid=1; Path=/"), (b"Set-Cookie", b"tracker=2"), (b"set-cookie", b"tpl=atlas")]
        await send(
            {"type": "http.response.start", "status": 200, "headers": [*cookies, (b"x-content-type-options", b"no")]}
        )
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def work():
        transport = httpx.ASGITransport(app=Shield(careless, OWN, {"sid", "tpl"}))
        async with httpx.AsyncClient(transport=transport, base_url=OWN) as client:
            return await client.get("/")

    answer = run(work())
    assert [cookie.partition("=")[0] for cookie in answer.headers.get_list("set-cookie")] == ["sid", "tpl"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


def test_a_body_that_is_too_large_is_refused(portal):
    (answer,) = visit(
        portal, ("POST", "/v1/session", {"content-type": "application/json"}, {"content": b" " * 2_000_000})
    )
    assert (answer.status_code, answer.json()["slug"]) == (413, "too-large")


def test_a_mistake_of_ours_tells_nothing_of_itself(portal, caplog):
    portal.doors.flows["looking"].latest = None
    (answer,) = visit(portal, ("GET", "/v1/positions/latest", BEARER, {}))
    assert (answer.status_code, answer.json()["slug"]) == (500, "unexpected")
    assert "Traceback" not in answer.text
    assert "NoneType" not in answer.text
    assert [record.kind for record in caplog.records if record.name == "waykeep.api"] == ["TypeError"]


def test_what_is_not_there_is_said_in_json(portal):
    answers = visit(portal, ("GET", "/v1/nothing", BEARER, {}), ("PUT", "/v1/ledger/head", {}, {}))
    assert [(answer.status_code, answer.json()["slug"]) for answer in answers] == [
        (404, "no-such-page"),
        (405, "wrong-method"),
    ]


def test_the_portal_answers_every_page_address_and_only_its_own_files(portal):
    index, page, asset, hidden, dots, up, missing, api = visit(
        portal,
        ("GET", "/", {}, {}),
        ("GET", "/history/d123", {}, {}),
        ("GET", "/assets/app-1a2b.js", {}, {}),
        ("GET", "/.built", {}, {}),
        ("GET", "/%2e%2e/secret.txt", {}, {}),
        ("GET", "/assets/..%2f..%2fsecret.txt", {}, {}),
        ("GET", "/assets/none.js", {}, {}),
        ("GET", "/v1/none", {}, {}),
    )
    assert index.text == page.text == "<!doctype html><title>Waykeep</title>"
    assert index.headers["content-type"].startswith("text/html")
    assert "immutable" in asset.headers["cache-control"]
    assert index.headers["cache-control"] == "no-cache"
    assert {answer.status_code for answer in (hidden, dots, up, missing, api)} == {404}
    assert not [answer for answer in (dots, up) if "not served" in answer.text]
    (again,) = visit(portal, ("GET", "/", {"if-none-match": index.headers["etag"]}, {}))
    assert (again.status_code, again.content) == (304, b"")


def test_texts_of_the_portal_are_packed_for_who_takes_it(portal):
    packed, plain = visit(
        portal,
        ("GET", "/assets/app-1a2b.js", {"accept-encoding": "gzip"}, {}),
        ("GET", "/assets/app-1a2b.js", {"accept-encoding": "identity"}, {}),
    )
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text == "export {}"
    assert packed.headers["etag"] != plain.headers["etag"]


def test_the_map_answers_ranges(portal):
    path, whole = "/map/world.pmtiles", bytes(range(256)) * 1000
    asked = (
        "bytes=0-99",
        "bytes=255900-",
        "bytes=-10",
        "bytes=100-50",
        "bytes=999999-",
        "bytes=0-1,5-6",
        "lines=1-2",
        None,
    )
    answers = visit(portal, *(("GET", path, {"range": one} if one else {}, {}) for one in asked))
    assert [answer.status_code for answer in answers] == [206, 206, 206, 200, 416, 200, 200, 200]
    assert [answer.content for answer in answers[:3]] == [whole[:100], whole[255900:], whole[-10:]]
    assert answers[0].headers["content-range"] == "bytes 0-99/256000"
    assert answers[4].headers["content-range"] == "bytes */256000"
    assert all(answer.content == whole for answer in answers[5:])
    assert answers[7].headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("header", ["bytes=", "bytes=-", "bytes=a-b", "bytes=--1", "bytes=1-2-3", "bytes=١-٢", "x", ""])
def test_a_range_that_is_none_is_passed_over(header):
    assert span_of(header, 100) is None


def test_the_server_says_whether_it_may_be_sent_work(portal):
    live, ready = visit(portal, ("GET", "/health/live", {}, {}), ("GET", "/health/ready", {}, {}))
    assert (live.json(), ready.json()) == ({"status": "live"}, {"status": "ready"})


def test_the_documentation_loads_nothing_from_outside_and_runs_nothing(portal):
    page, style, document = visit(
        portal, *(("GET", f"/v1/{name}", {}, {}) for name in ("docs", "docs.css", "openapi.json"))
    )
    assert re.findall(r'(?:src|href)="(?!#)([^"]+)"', page.text) == ["docs.css", "openapi.json"]
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert "url(" not in style.text
    for path in document.json()["paths"]:
        assert path in page.text


def test_every_route_of_the_table_is_described_and_every_route_stands_in_the_table(portal):
    (answer,) = visit(portal, ("GET", "/v1/openapi.json", {}, {}))
    described = {f"{method.upper()} {path}" for path, routes in answer.json()["paths"].items() for method in routes}
    assert described <= set(permissions.TABLE)
    assert json.dumps(answer.json()).count("Problem") > len(described)


def test_nothing_of_a_request_stands_in_the_log(portal, caplog):
    caplog.set_level("DEBUG")
    visit(portal, ("GET", f"/v1/units/{road.device_id(0)}/track?from=1&to=2&purpose=security", BEARER, {}))
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "asyncio"))]
    said = " ".join(f"{record.getMessage()} {record.__dict__}" for record in ours)
    assert road.device_id(0) not in said
    assert "purpose" not in said
