"""The public pages through the doors of the whole server: the text, its versions, the proof, the form."""

import html
import subprocess
import sys

import httpx
import msgspec
import pytest
from whole import Server

from waykeep.flows import control
from waykeep.policy.control import Judged, Result
from waykeep.store import documents
from waykeep.store.proof import ProofReport


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("home"))
    yield made
    made.close()


@pytest.fixture
def stranger(server):
    with httpx.Client(base_url=server.address, timeout=30) as client:
        yield client


def told(server, what, **values):
    """A command of the operator to the running server."""
    return control.do(server.settings.path("data_dir"), None, what, **values)


def proof(policy, **more):
    judged = Judged(id="extra-10", result=Result.PASS, controls=("ING",), evidence=("working-hours: held <b>",))
    plain = {
        "profile": "base", "product": "Waykeep", "policy_version": policy.parts.version, "policy_hash": policy.hash,
        "made_ms": 1_800_000_000_000, "program": "0", "server": "a throw-away server",
        "counts": {"pass": 1, "fail": 0, "attested": 0, "statement": 0, "not_yet": 17},
        "controls": {"KEY": True, "CON": False}, "clauses": (judged,),
    }  # fmt: skip
    return ProofReport(**plain | more)


@pytest.mark.parametrize("language", documents.LANGUAGES)
@pytest.mark.parametrize("path", ["/privacy", "/privacy/request", "/proof"])
def test_a_stranger_reads_each_page_without_cookie_or_script(stranger, path, language):
    answer = stranger.get(path, params={"lang": language})
    assert answer.status_code == 200
    assert answer.headers["content-language"] == language
    assert "set-cookie" not in answer.headers
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert ('dir="rtl"' in answer.text[:200]) == documents.LANGUAGES[language]


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("fa-IR,en;q=0.8", "fa"), ("zh", "zh-CN"), ("zh-TW;q=0.9, ar", "zh-CN"), ("tlh, ar;q=0.5", "ar"), ("", "en"),
        ("tlh", "en"), (";;;,,", "en"), ("*", "en"),
    ],
)  # fmt: skip
def test_the_browser_s_first_known_language_is_spoken(stranger, asked, language):
    assert stranger.get("/privacy", headers={"accept-language": asked}).headers["content-language"] == language


@pytest.mark.parametrize("lang", ["xx", "../en", "en'", "<b>", "%00"])
def test_an_unknown_language_is_answered_in_english(stranger, lang):
    answer = stranger.get("/privacy", params={"lang": lang})
    assert (answer.status_code, answer.headers["content-language"]) == (200, "en")
    assert "<b>" not in answer.text.partition("<main>")[0]


def test_the_text_as_data_names_keys_controls_and_clauses(stranger):
    text = stranger.get("/v1/policy/text").json()
    assert text["hash"] == stranger.get("/v1/policy").json()["hash"]
    sentences = [one for section in text["sections"] for one in section["sentences"]]
    assert all(one["keys"] and one["controls"] for one in sentences)
    assert {one["standing"] for one in sentences} == {"no_proof"}


def test_versions_that_are_not_there_are_told_so(stranger):
    for path in ("/privacy/versions/9", "/privacy/versions/9/changes", "/privacy/versions/1/changes"):
        answer = stranger.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")
    for path in ("/privacy/versions/0", "/privacy/versions/x", "/privacy/versions/99999999999999999999/changes"):
        assert stranger.get(path).status_code in {400, 404}
    assert stranger.get("/privacy/versions/1").status_code == 200


def test_a_new_version_is_shown_with_what_it_changed(server, stranger):
    content = "extends: base\nid: mine\nversion: 2099-01-01\ncontacts: {privacy: {phone: '+1 555 0100'}}\n"
    done = told(server, "publish", name="mine.yaml", content=content)
    number = int(done["number"])
    page = stranger.get("/privacy").text
    assert f'href="/privacy/versions/{number}/changes?lang=en"' in page
    assert "+1 555 0100" not in page  # it holds from its day on only
    assert "+1 555 0100" in stranger.get(f"/privacy/versions/{number}").text
    changed = stranger.get(f"/privacy/versions/{number}/changes").text
    assert "another contact" in changed
    assert "contacts.privacy" in changed


def test_the_form_makes_a_request_that_the_desk_sees(server, stranger):
    said = {"right": "erase", "name": "Nora <b>", "contact": "nora@outside.example", "text": "Van 7"}
    answer = stranger.post("/privacy/request", data=said)
    assert answer.status_code == 200, answer.text
    listed = server.ask("GET", "/v1/requests").json()
    made = next(one for one in listed if one["contact"] == "nora@outside.example")
    assert (made["right"], made["intake"], made["name"]) == ("erase", "form", "Nora <b>")
    assert made["id"] in answer.text


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"right": "erase"}, "reached"),
        ({"right": "erase", "contact": "   "}, "reached"),
        ({"right": "fly", "contact": "x@outside.example"}, "not sent"),
        ({"right": "erase", "contact": "c" * 300}, "254"),
        ({"right": "erase", "contact": "x@outside.example", "name": "n" * 200}, "120"),
        ({"right": "erase", "contact": "x@outside.example", "text": "t" * 20_000}, "not sent"),
    ],
)
def test_a_form_that_is_not_right_says_why_and_keeps_what_was_typed(stranger, said, says):
    answer = stranger.post("/privacy/request", data={"text": "my <i>words</i>"} | said)
    assert answer.status_code in {400, 422}
    assert says in html.unescape(answer.text)
    if "text" not in said:
        assert "my &lt;i&gt;words&lt;/i&gt;" in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "null", "sec-fetch-site": "same-origin"}, 200),
        ({"origin": "null", "sec-fetch-site": "cross-site"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "https://elsewhere.example", "sec-fetch-site": "same-origin"}, 403),
    ],
)
def test_only_a_page_of_ours_may_send_the_form(stranger, headers, status):
    said = {"right": "access", "contact": "y@outside.example"}
    assert stranger.post("/privacy/request", data=said, headers=headers).status_code == status


def test_bodies_that_are_no_form_break_nothing(stranger):
    for kind in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/json",
    ):
        for body in (b"", b"\xff\xfe", b"a=%ZZ", b"--x\r\n\r\n", b"{"):
            answer = stranger.post("/privacy/request", content=body, headers={"content-type": kind})
            assert answer.status_code < 500, (kind, body, answer.text[:200])


def test_a_published_proof_marks_the_text_and_is_checked_by_anyone(server, stranger, tmp_path):
    assert stranger.get("/v1/proof").status_code == 404
    policy = documents.policy("base", fill=True)
    done = told(server, "keep-proof", proof=_plain(proof(policy)))
    signed = stranger.get("/v1/proof").json()
    assert signed["key"] == done["key"]
    page = stranger.get("/proof").text
    assert done["key"] in page
    assert "working-hours: held &lt;b&gt;" in page
    sentences = {
        one["id"]: one["standing"]
        for section in stranger.get("/v1/policy/text").json()["sections"]
        for one in section["sentences"]
    }
    assert (sentences["protect.sealed"], sentences["collect.no"]) == ("proven", "unproven")
    file = tmp_path / "proof.json"
    file.write_bytes(stranger.get("/v1/proof").content)
    assert check(file, "--key", done["key"]) == 0
    assert check(file, "--key", "00" * 32) == 1
    file.write_text(file.read_text().replace('"pass":1', '"pass":9'))
    assert check(file) == 1
    file.write_bytes(b"\xff{}")
    assert check(file) == 1
    assert check(tmp_path / "absent.json") != 0


def test_a_proof_of_another_text_marks_nothing_and_a_changed_file_counts_for_nothing(server, stranger):
    policy = documents.policy("base", fill=True)
    told(server, "keep-proof", proof=_plain(proof(policy, policy_hash="0" * 64)))
    text = stranger.get("/v1/policy/text").json()
    assert {one["standing"] for section in text["sections"] for one in section["sentences"]} == {"no_proof"}
    assert "another version of the text" in stranger.get("/proof").text
    file = server.settings.path("data_dir") / "proof.json"
    file.write_text(file.read_text().replace('"pass":1', '"pass":8'))
    assert stranger.get("/v1/proof").status_code == 404
    file.unlink()


def check(file, *words):
    command = [sys.executable, "-m", "waykeep", "check", "proof", str(file), *words]
    return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode


def _plain(value):
    return msgspec.to_builtins(value)


def test_nobody_joins_without_saying_that_they_are_old_enough(server, stranger):
    link = server.ask("POST", "/v1/invitations", json={"role": "driver"}).json()["link"]
    secret = link.partition("#link=")[2]
    told = stranger.post("/v1/session/link", json={"secret": secret}).json()
    assert ("age" in told["needs"], told["least_age"]) == (True, 13)
    answers = {"secret": secret, "name": "Young One", "password": "eleven paper boats"}
    for more in ({}, {"of_age": False}):
        refused = stranger.post("/v1/session/link/accept", json=answers | more)
        assert (refused.status_code, refused.json()["slug"]) == (403, "too-young")
    assert "Young One" not in [one["name"] for one in server.ask("GET", "/v1/people").json()]
    assert stranger.post("/v1/session/link/accept", json=answers | {"of_age": "yes"}).status_code == 400
    assert stranger.post("/v1/session/link/accept", json=answers | {"of_age": True}).status_code == 200
