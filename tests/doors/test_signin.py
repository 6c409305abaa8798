"""Signing in over HTTP: passwords, one-time codes, lock-out, sessions, tokens, cookies; the same answers for nobody."""

import pyotp
import pytest

from office import PASSWORD, Office, secret_of
from waykeep.flows.signin import LONGEST_MS, UNSEEN_MS
from waykeep.model.access import Role
from web_door import browser, served, sign_in

WRONG = "a quiet harbour at noon"
MINUTE_MS = 60_000


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    yield made
    made.close()


@pytest.fixture
def tenant(office):
    return office.organisation().id


@pytest.fixture
def address(office):
    with served(office) as found:
        yield found


def tried(client, login, password=PASSWORD, code=None):
    answer = client.post("/v1/session", json={"login": login, "password": password, "code": code})
    return answer.status_code, answer.json().get("slug")


def test_one_signs_in_by_address_or_by_name_whatever_the_case(office, tenant, address):
    office.person(tenant, "Mina Rad", email="Mina@Example.test")
    for login in ("mina@example.test", " MINA@EXAMPLE.TEST ", "mina  rad", "Mina Rad"):
        assert sign_in(address, login).get("/v1/session").json()["person"]["name"] == "Mina Rad"


def test_an_unknown_a_wrong_and_a_switched_off_account_get_the_same_answer(office, tenant, address):
    office.person(tenant, "Mina Rad")
    off = office.person(tenant, "Was Here", Role.VIEWER)
    head = sign_in(address, "Mina Rad")
    assert head.patch(f"/v1/people/{off.id}", json={"active": False}).status_code == 200
    answers = [
        browser(address).post("/v1/session", json={"login": login, "password": password})
        for login, password in (("Nobody", PASSWORD), ("Mina Rad", WRONG), ("Was Here", PASSWORD), ("", ""))
    ]
    assert {(one.status_code, one.text) for one in answers} == {(401, answers[0].text)}
    assert not any("set-cookie" in one.headers for one in answers)


def test_a_lock_falls_for_an_account_and_for_nobody_alike(office, tenant, address):
    office.person(tenant, "Mina Rad")
    client = browser(address)
    for login in ("Mina Rad", "Nobody At All"):
        answers = [tried(client, login, WRONG) for _ in range(7)]
        assert answers == [(401, "sign-in-failed")] * 5 + [(429, "locked")] * 2
        assert tried(client, login) == (429, "locked")
    office.clock.now_ms += 31_000
    assert tried(client, "Mina Rad") == (200, None)
    assert tried(client, "Mina Rad", WRONG) == (401, "sign-in-failed")


def test_a_source_that_tries_many_accounts_is_locked_for_all_of_them(office, tenant, address):
    office.person(tenant, "Mina Rad")
    client = browser(address)
    answers = [tried(client, f"Guess {number}", WRONG) for number in range(35)]
    assert answers.count((401, "sign-in-failed")) == 30
    assert tried(client, "Mina Rad") == (429, "locked")


def test_right_passwords_never_lock_the_office_out(office, tenant, address):
    office.person(tenant, "Mina Rad")
    client = browser(address)
    assert {tried(client, "Mina Rad") for _ in range(40)} == {(200, None)}


def test_every_try_stands_in_the_list_of_sign_ins(office, tenant, address):
    office.person(tenant, "Mina Rad")
    tried(browser(address), "Mina Rad", WRONG)
    client = sign_in(address, "Mina Rad")
    shown = client.get("/v1/me/signins").json()
    assert sorted(one["result"] for one in shown) == ["refused", "signed-in"]
    assert {one["source"] for one in shown} == {"127.0.0.1"}


def test_a_session_ends_with_sign_off_unseen_days_and_its_longest_length(office, tenant, address):
    office.person(tenant, "Mina Rad")
    gone, idle, long = (sign_in(address, "Mina Rad") for _ in range(3))
    cookie = gone.cookies["sid"]
    assert gone.delete("/v1/session").status_code == 204
    gone.cookies.set("sid", cookie)
    assert gone.get("/v1/session").status_code == 204
    begun_ms = office.clock.now_ms
    while office.clock.now_ms < begun_ms + LONGEST_MS - UNSEEN_MS:
        office.clock.now_ms += UNSEEN_MS - 1
        assert long.get("/v1/session").status_code == 200
        office.database.write(lambda _: None).result()  # that it was seen is written behind the answer
    assert idle.get("/v1/session").status_code == 204
    office.clock.now_ms = begun_ms + LONGEST_MS
    assert long.get("/v1/session").status_code == 204
    assert long.get("/v1/me").status_code == 401


def test_nobody_is_signed_in_is_an_answer_and_no_error(address):
    for shown in ({}, {"cookie": "sid=made-up"}, {"authorization": "Bearer wk_made-up"}):
        answer = browser(address).get("/v1/session", headers=shown)
        assert (answer.status_code, answer.content) == (204, b"")
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


def test_a_session_can_be_ended_from_another_place_but_not_by_another_person(office, tenant, address):
    office.person(tenant, "Mina Rad")
    office.person(tenant, "Omid Fard", Role.VIEWER)
    here, there, other = (sign_in(address, login) for login in ("Mina Rad", "Mina Rad", "Omid Fard"))
    sessions = here.get("/v1/me/sessions").json()
    away = next(one["id"] for one in sessions if not one["current"])
    assert len(sessions) == 2
    assert other.delete(f"/v1/me/sessions/{away}").status_code == 404
    assert here.delete(f"/v1/me/sessions/{away}").status_code == 204
    assert (there.get("/v1/me").status_code, here.get("/v1/me").status_code) == (401, 200)


def test_only_two_cookies_are_ever_set_and_the_template_stays_after_sign_off(office, tenant, address):
    office.person(tenant, "Mina Rad")
    client = browser(address)
    answer = client.post("/v1/session", json={"login": "Mina Rad", "password": PASSWORD})
    cookies = {one.partition("=")[0]: one for one in answer.headers.get_list("set-cookie")}
    assert set(cookies) == {"sid", "tpl"}
    assert "HttpOnly" in cookies["sid"]
    assert all("SameSite=strict" in one for one in cookies.values())
    assert "Max-Age" not in cookies["sid"]
    client.patch("/v1/me", json={"template": "harbour", "dark": "dark", "language": "ar"})
    client.delete("/v1/session")
    assert dict(client.cookies) == {"tpl": "harbour.dark.ar"}


def test_another_pages_request_is_refused_even_with_the_right_password(office, tenant, address):
    office.person(tenant, "Mina Rad")
    body = {"login": "Mina Rad", "password": PASSWORD}
    answer = browser(address).post("/v1/session", json=body, headers={"origin": "https://elsewhere.example"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


class TestOneTimeCodes:
    """A second factor: asked for, right once, never again."""

    @pytest.fixture
    def secret(self, office, tenant, address):
        office.person(tenant, "Mina Rad")
        client = sign_in(address, "Mina Rad")
        offer = client.post("/v1/me/totp", json={}).json()
        assert offer["uri"].startswith("otpauth://totp/Waykeep:")
        assert offer["qr_svg"].startswith("<svg")
        assert client.post("/v1/me/totp/confirm", json={"code": "000000"}).status_code == 422
        assert tried(browser(address), "Mina Rad") == (200, None)  # not confirmed yet: it asks for nothing
        code = pyotp.TOTP(offer["secret"]).at(office.clock() // 1000)
        assert client.post("/v1/me/totp/confirm", json={"code": code}).status_code == 204
        assert client.post("/v1/me/totp", json={}).status_code == 409
        office.clock.now_ms += MINUTE_MS
        return offer["secret"]

    def test_a_password_alone_is_not_enough_and_a_code_works_once(self, office, address, secret):
        client = browser(address)
        code = pyotp.TOTP(secret).at(office.clock() // 1000)
        assert tried(client, "Mina Rad") == (401, "second-factor")
        assert tried(client, "Mina Rad", code=code) == (200, None)
        assert tried(client, "Mina Rad", code=code) == (401, "second-factor")

    def test_an_older_code_is_refused_once_a_newer_one_was_used(self, office, address, secret):
        client = browser(address)
        now_s = office.clock() // 1000
        older, newer = (pyotp.TOTP(secret).at(now_s + shift) for shift in (-30, 0))
        assert tried(client, "Mina Rad", code=newer) == (200, None)
        assert tried(client, "Mina Rad", code=older) == (401, "second-factor")

    def test_guessing_codes_locks_the_account_too(self, address, secret):
        assert secret
        client = browser(address)
        answers = [tried(client, "Mina Rad", code=f"{number:06d}") for number in range(7)]
        assert answers[-1] == (429, "locked")

    def test_asking_for_the_code_never_locks_anyone(self, address, secret):
        assert secret
        client = browser(address)
        assert {tried(client, "Mina Rad") for _ in range(20)} == {(401, "second-factor")}

    def test_switching_codes_off_needs_the_password(self, office, address, secret):
        client = browser(address)
        assert tried(client, "Mina Rad", code=pyotp.TOTP(secret).at(office.clock() // 1000)) == (200, None)
        assert client.request("DELETE", "/v1/me/totp", json={"password": WRONG}).status_code == 403
        assert client.request("DELETE", "/v1/me/totp", json={"password": PASSWORD}).status_code == 204
        assert tried(browser(address), "Mina Rad") == (200, None)


class TestPasswords:
    """Changing one's own."""

    def test_a_new_password_needs_the_present_one_and_ends_other_sessions(self, office, tenant, address):
        office.person(tenant, "Mina Rad")
        here, there = sign_in(address, "Mina Rad"), sign_in(address, "Mina Rad")
        change = {"present": WRONG, "password": "eleven paper boats"}
        assert here.post("/v1/me/password", json=change).json()["slug"] == "password-wrong"
        assert here.post("/v1/me/password", json=change | {"present": PASSWORD}).status_code == 204
        assert (here.get("/v1/me").status_code, there.get("/v1/me").status_code) == (200, 401)
        assert tried(browser(address), "Mina Rad") == (401, "sign-in-failed")
        assert tried(browser(address), "Mina Rad", "eleven paper boats") == (200, None)

    def test_a_weak_new_password_is_refused(self, office, tenant, address):
        office.person(tenant, "Mina Rad")
        change = {"present": PASSWORD, "password": "mina the great"}
        answer = sign_in(address, "Mina Rad").post("/v1/me/password", json=change)
        assert (answer.status_code, answer.json()["slug"]) == (422, "password-name")


class TestTokens:
    """What a program may do."""

    def made(self, client, **wanted):
        body = {"name": "export", "scopes": ["units:read"], "expires_ms": None} | wanted
        return client.post("/v1/me/tokens", json=body)

    def test_a_token_may_do_what_its_scopes_say_and_no_more(self, office, tenant, address):
        office.person(tenant, "Mina Rad")
        client = sign_in(address, "Mina Rad")
        made = self.made(client).json()
        program = browser(address)
        program.headers["authorization"] = f"Bearer {made['secret']}"
        assert program.get("/v1/units").status_code == 200
        assert program.get("/v1/people").status_code == 403
        assert program.post("/v1/units", json={}).status_code == 403
        assert program.get("/v1/session").json()["permissions"] == ["units:read"]
        assert client.delete(f"/v1/me/tokens/{made['id']}").status_code == 204
        assert program.get("/v1/units").status_code == 401

    def test_a_token_ends_at_its_time_and_is_never_shown_again(self, office, tenant, address):
        office.person(tenant, "Mina Rad")
        client = sign_in(address, "Mina Rad")
        made = self.made(client, expires_ms=office.clock() + MINUTE_MS).json()
        program = browser(address)
        program.headers["authorization"] = f"Bearer {made['secret']}"
        assert program.get("/v1/units").status_code == 200
        assert made["secret"] not in client.get("/v1/me/tokens").text
        office.clock.now_ms += MINUTE_MS
        assert program.get("/v1/units").status_code == 401

    def test_nobody_gives_a_program_more_than_they_have(self, office, tenant, address):
        office.person(tenant, "Omid Fard", Role.VIEWER)
        client = sign_in(address, "Omid Fard")
        assert self.made(client, scopes=["people:write"]).status_code == 422
        assert self.made(client, scopes=[]).status_code == 422
        assert self.made(client, expires_ms=office.clock()).status_code == 422

    def test_a_token_shrinks_with_its_owners_role(self, office, tenant, address):
        office.person(tenant, "Mina Rad")
        other = office.person(tenant, "Omid Fard", Role.MANAGER)
        client = sign_in(address, "Omid Fard")
        program = browser(address)
        program.headers["authorization"] = f"Bearer {self.made(client, scopes=['people:read']).json()['secret']}"
        assert program.get("/v1/people").status_code == 200
        sign_in(address, "Mina Rad").patch(f"/v1/people/{other.id}", json={"role": "viewer"})
        assert program.get("/v1/people").status_code == 403

    @pytest.mark.parametrize(
        "asked",
        [
            ("POST", "/v1/me/password", {"present": PASSWORD, "password": "eleven paper boats"}),
            ("POST", "/v1/me/tokens", {"name": "more", "scopes": ["units:read"]}),
            ("POST", "/v1/me/totp", {}),
            ("DELETE", "/v1/me/totp", {"password": PASSWORD}),
            ("POST", "/v1/me/passkeys/options", {}),
            ("PATCH", "/v1/me", {"email": "other@example.test"}),
        ],
    )
    def test_a_program_cannot_change_how_its_owner_signs_in(self, office, tenant, address, asked):
        office.person(tenant, "Mina Rad")
        program = browser(address)
        secret = self.made(sign_in(address, "Mina Rad")).json()["secret"]
        program.headers["authorization"] = f"Bearer {secret}"
        method, path, body = asked
        answer = program.request(method, path, json=body)
        assert (answer.status_code, answer.json()["slug"]) == (403, "person-only")


def test_the_first_link_makes_an_administrator_over_http(office, address):
    client = browser(address)
    secret = secret_of(office.first_link())
    told = client.post("/v1/session/link", json={"secret": secret}).json()
    assert told == {"kind": "first-administrator", "needs": ["name", "email", "password"], "least_age": None}
    answers = {"secret": secret, "name": "Mina Rad", "password": PASSWORD, "zone": "Asia/Tehran", "language": "fa"}
    session = client.post("/v1/session/link/accept", json=answers).json()
    assert (session["role"], session["person"]["zone"]) == ("server", "Asia/Tehran")
    assert client.get("/v1/waiting").status_code == 200
    assert client.post("/v1/session/link/accept", json=answers).status_code == 410


def test_guessing_links_is_slowed_down(address):
    client = browser(address)
    codes = [client.post("/v1/session/link", json={"secret": f"guess {n}"}).status_code for n in range(35)]
    assert (codes[0], codes[-1]) == (410, 429)


@pytest.mark.parametrize(
    "noise",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff",
        b'{"login":"\xed\xa0\x80","password":"x"}',
        b'{"login":"\\ud800"}',
        b"[" * 50_000,
    ],
)
def test_noise_instead_of_a_sign_in_is_refused_politely(address, noise):
    answer = browser(address).post("/v1/session", content=noise, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["slug"]) == (400, "wrong-field")
