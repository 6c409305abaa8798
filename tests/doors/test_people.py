"""People of an organisation over HTTP: invitations, roles, resets, forgetting; and organisations of a server."""

import pytest

from office import PASSWORD, Office, secret_of
from waykeep.flows.seeing import Seeing, SeenBy
from waykeep.model.access import Role, Viewer
from web_door import browser, served, sign_in


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    yield made
    made.close()


@pytest.fixture
def tenant(office):
    return office.organisation().id


@pytest.fixture
def address(office, tenant):
    office.person(tenant, "Mina Rad", Role.ADMINISTRATOR)
    with served(office) as found:
        yield found


@pytest.fixture
def head(address):
    return sign_in(address, "Mina Rad")


def accepted(address, link, **answers):
    client = browser(address)
    body = {"secret": secret_of(link), "password": PASSWORD} | answers
    return client, client.post("/v1/session/link/accept", json=body)


def test_an_invited_person_chooses_name_and_password_and_has_the_role_given(head, address):
    group = head.post("/v1/groups", json={"name": "Night shift"}).json()["id"]
    assert head.post("/v1/invitations", json={"role": "viewer", "groups": [group, "gnone"]}).status_code == 404
    told = head.post("/v1/invitations", json={"role": "viewer", "groups": [group]}).json()
    assert told["mailed"] is False
    assert [one["role"] for one in head.get("/v1/invitations").json()] == ["viewer"]
    client, answer = accepted(address, told["link"], name="Omid Fard", email="omid@example.test")
    assert answer.json()["role"] == "viewer"
    assert head.get("/v1/invitations").json() == []
    shown = {one["name"]: one for one in head.get("/v1/people").json()}
    assert shown["Omid Fard"]["groups"] == [group]
    assert shown["Omid Fard"]["email"] == "omid@example.test"
    assert client.get("/v1/people").status_code == 403


def test_an_invitation_that_was_taken_back_opens_nothing(head, address):
    link = head.post("/v1/invitations", json={"role": "driver"}).json()["link"]
    id_ = head.get("/v1/invitations").json()[0]["id"]
    assert head.delete(f"/v1/invitations/{id_}").status_code == 204
    assert accepted(address, link, name="Omid Fard")[1].json()["slug"] == "link-gone"


def test_nobody_gives_or_takes_more_than_they_have(office, tenant, head, address):
    server = office.person(tenant, "Server Root", Role.SERVER)
    manager = office.person(tenant, "Sara Nik", Role.MANAGER)
    assert head.post("/v1/invitations", json={"role": "server"}).json()["slug"] == "role-too-high"
    assert head.patch(f"/v1/people/{manager.id}", json={"role": "server"}).status_code == 403
    for method, path in (("PATCH", ""), ("POST", "/reset"), ("DELETE", "")):
        answer = head.request(method, f"/v1/people/{server.id}{path}", json={})
        assert (answer.status_code, answer.json()["slug"]) == (403, "role-too-high")
    under = sign_in(address, "Sara Nik")
    assert under.get("/v1/people").status_code == 200
    assert under.post("/v1/invitations", json={"role": "driver"}).status_code == 403


def test_the_last_administrator_stays_one(office, tenant, head):
    me = head.get("/v1/me").json()["id"]
    for change in ({"role": "viewer"}, {"active": False}):
        assert head.patch(f"/v1/people/{me}", json=change).json()["slug"] == "last-administrator"
    assert head.delete(f"/v1/people/{me}").json()["slug"] == "last-administrator"
    office.person(tenant, "Sara Nik", Role.ADMINISTRATOR)
    assert head.patch(f"/v1/people/{me}", json={"role": "viewer"}).status_code == 200
    assert head.get("/v1/me").status_code == 401  # a change of role ends the sessions made for the old one


def test_a_server_keeps_one_administrator_of_its_own(office, tenant, address):
    server = office.person(tenant, "Server Root", Role.SERVER)
    client = sign_in(address, "Server Root")
    answer = client.patch(f"/v1/people/{server.id}", json={"role": "administrator"})
    assert (answer.status_code, answer.json()["slug"]) == (409, "last-administrator")


def test_a_reset_lets_someone_choose_a_new_password_and_ends_their_sessions(office, tenant, head, address):
    other = office.person(tenant, "Omid Fard", Role.VIEWER)
    lost = sign_in(address, "Omid Fard")
    link = head.post(f"/v1/people/{other.id}/reset", json={}).json()["link"]
    told = browser(address).post("/v1/session/link", json={"secret": secret_of(link)}).json()
    assert told == {"kind": "reset", "needs": ["password"], "least_age": None}
    again, answer = accepted(address, link, password="eleven paper boats")
    assert answer.status_code == 200
    assert (lost.get("/v1/me").status_code, again.get("/v1/me").status_code) == (401, 200)
    old = browser(address).post("/v1/session", json={"login": "Omid Fard", "password": PASSWORD})
    assert old.status_code == 401


def test_a_reset_link_of_someone_with_codes_still_asks_for_one_unless_they_were_lost(office, tenant, head, address):
    other = office.person(tenant, "Omid Fard", Role.VIEWER)
    office.rows.factors.propose_totp(other.id, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").result()
    office.rows.factors.use_step(other.id, 1).result()
    link = head.post(f"/v1/people/{other.id}/reset", json={}).json()["link"]
    guesses = [
        accepted(address, link, password="eleven paper boats", code=f"{number:06d}")[1].json()["slug"]
        for number in range(6)
    ]
    assert guesses == ["second-factor"] * 5 + ["locked"]
    lost = head.post(f"/v1/people/{other.id}/reset", json={"second_factor": True}).json()["link"]
    assert accepted(address, lost, password="eleven paper boats")[1].status_code == 200


def test_an_address_held_elsewhere_is_answered_like_a_misspelt_one(office, head, address):
    far = office.organisation("South Harbour").id
    office.person(far, "Far Away", email="held@example.test")
    answers = []
    for number, email in enumerate(("held@example.test", "HELD@example.test", "no address")):
        link = head.post("/v1/invitations", json={"role": "driver"}).json()["link"]
        answer = accepted(address, link, name=f"Guest {number}", email=email)[1]
        answers.append((answer.status_code, answer.text))
    assert len(set(answers)) == 1
    assert answers[0][0] == 422


def test_people_of_the_same_name_sign_in_by_their_addresses(office, tenant, address):
    far = office.organisation("South Harbour").id
    office.person(tenant, "Ali Karim", email="ali@north.example")
    office.person(far, "Ali Karim", email="ali@south.example")
    session = sign_in(address, "ali@south.example").get("/v1/session").json()
    assert session["organisation"]["name"] == "South Harbour"
    assert sign_in(address, "Ali Karim").get("/v1/session").json()["organisation"]["name"] == "North Harbour"


def test_a_forgotten_person_is_gone_at_once(office, tenant, head, address):
    other = office.person(tenant, "Omid Fard", Role.DRIVER, email="omid@example.test")
    client = sign_in(address, "Omid Fard")
    gone = head.delete(f"/v1/people/{other.id}").json()
    assert (gone["id"], gone["certificate"]["kind"]) == (other.id, "person")
    assert client.get("/v1/me").status_code == 401
    assert head.get(f"/v1/people/{other.id}").status_code == 404
    again = browser(address).post("/v1/session", json={"login": "omid@example.test", "password": PASSWORD})
    assert again.status_code == 401
    assert "Omid" not in head.get("/v1/people").text


def test_a_server_makes_an_organisation_whose_administrator_sees_nothing_else(office, tenant, address):
    office.person(tenant, "Server Root", Role.SERVER)
    root = sign_in(address, "Server Root")
    made = root.post("/v1/organisations", json={"name": "South Harbour"}).json()
    client, answer = accepted(address, made["invitation"]["link"], name="Far Head")
    assert answer.json()["organisation"] == made["organisation"]
    assert [one["name"] for one in client.get("/v1/people").json()] == ["Far Head"]
    assert client.get("/v1/organisations").status_code == 403
    assert {one["name"] for one in root.get("/v1/organisations").json()} == {"North Harbour", "South Harbour"}
    assert client.patch("/v1/organisation", json={"name": "Blue Harbour"}).json()["name"] == "Blue Harbour"


@pytest.mark.parametrize(
    "wrong",
    [{"zone": "Mars/Base"}, {"zone": "../../etc/passwd"}, {"template": "neon"}, {"name": "a@b"}, {"name": " "}],
)
def test_a_profile_takes_known_values_only(head, wrong):
    before = head.get("/v1/me").json()
    assert head.patch("/v1/me", json=wrong).status_code == 422
    assert head.get("/v1/me").json() == before


def test_a_profile_is_changed_and_kept(head):
    change = {"zone": "Asia/Shanghai", "language": "zh", "calendar": "persian", "email": "mina@example.test"}
    head.patch("/v1/me", json=change)
    assert change.items() <= head.get("/v1/session").json()["person"].items()


def test_a_person_sees_who_may_see_their_units_now_by_name_and_role_alone(office, tenant, head, address):
    ours, other = (head.post("/v1/groups", json={"name": name}).json()["id"] for name in ("Ours", "Other"))
    driver = office.person(tenant, "Dara Driver", Role.DRIVER)
    office.person(tenant, "Open Manager", Role.MANAGER)
    office.person(tenant, "Our Viewer", Role.VIEWER, groups=[ours])
    office.person(tenant, "Other Manager", Role.MANAGER, groups=[other])
    office.person(tenant, "Other Viewer", Role.VIEWER, groups=[other])
    office.person(tenant, "Other Driver", Role.DRIVER, groups=[ours])
    off = office.person(tenant, "Was Here", Role.ADMINISTRATOR)
    head.patch(f"/v1/people/{off.id}", json={"active": False})
    office.person(office.organisation("South Harbour").id, "Far Head")
    unit = {"name": "Van", "unique_id": "358000000000017", "protocol": "osmand", "group": ours}
    client, program = sign_in(address, "Dara Driver"), browser(address)
    assert client.get("/v1/me/seen-by").json() == {"units": 0, "people": []}
    made = head.post("/v1/units", json=unit | {"person": driver.id}).json()["id"]
    leading = {"Mina Rad": "administrator", "Open Manager": "manager"}
    assert seers(client) == leading | {"Our Viewer": "viewer"}
    head.patch(f"/v1/units/{made}", json={"group": other})
    assert seers(client) == leading | {"Other Manager": "manager", "Other Viewer": "viewer"}
    token = client.post("/v1/me/tokens", json={"name": "map", "scopes": ["units:read"]}).json()["secret"]
    assert program.get("/v1/me/seen-by", headers={"authorization": f"Bearer {token}"}).status_code == 403
    head.post(f"/v1/units/{made}/assign", json={"person": None})
    office.clock.now_ms += 1
    assert client.get("/v1/me/seen-by").json() == {"units": 0, "people": []}


def seers(client):
    """Names and roles of those who may see this person now: and that nothing else is said of them."""
    told = client.get("/v1/me/seen-by").json()
    assert told["units"] == 1
    assert all(set(one) == {"name", "role"} for one in told["people"])
    return {one["name"]: one["role"] for one in told["people"]}


def test_where_no_location_is_kept_nobody_sees_anybody(office, tenant, head):
    person = head.get("/v1/me").json()["id"]
    office.person(tenant, "Sara Nik", Role.ADMINISTRATOR)
    unit = {"name": "Van", "unique_id": "358000000000017", "protocol": "osmand", "person": person}
    assert head.post("/v1/units", json=unit).status_code == 201
    viewer = Viewer(person=person, tenant=tenant, role=Role.ADMINISTRATOR)
    assert [one.name for one in office.seeing.seen_by(viewer).people] == ["Sara Nik"]
    blind = Seeing(office.rows, office.directory, office.clock, keeps_location=False)
    assert blind.seen_by(viewer) == SeenBy(1, ())
