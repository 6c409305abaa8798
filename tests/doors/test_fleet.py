"""Units, groups and assignments over HTTP, and the directory that devices are found in."""

import pytest

from office import Office
from waykeep.flows.demands import Caller
from waykeep.model.access import Role
from web_door import served, sign_in

UNIQUE_ID = "358000000000017"
HOUR_MS = 3_600_000


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


def enrolled(client, unique_id=UNIQUE_ID, **more):
    body = {"name": "Van 1", "unique_id": unique_id, "protocol": "osmand"} | more
    return client.post("/v1/units", json=body)


def found(office, unique_id=UNIQUE_ID, source="192.0.2.7", **more):
    return office.directory.resolve((unique_id,), "osmand", Caller(source, **more))


def test_an_enrolled_device_is_found_before_the_answer_and_shows_only_its_tail(office, tenant, head):
    answer = enrolled(head, plate="TEST 17", model="Phone")
    unit = answer.json()
    assert (unit["unique_id_tail"], unit["plate"]) == ("0017", "TEST 17")
    assert UNIQUE_ID not in answer.text + head.get("/v1/units").text
    known = found(office)
    assert (known.device, known.tenant, known.rules.since_ms) == (unit["id"], tenant, office.clock())
    assert office.directory.resolve((UNIQUE_ID,), "gt06", Caller("192.0.2.7")) is None
    assert office.directory.resolve(("nobody", UNIQUE_ID), "osmand", Caller("192.0.2.7")) == known


def test_a_unique_id_held_elsewhere_is_answered_like_a_wrong_one(office, head, address):
    far = office.organisation("South Harbour").id
    office.person(far, "Far Head")
    assert enrolled(sign_in(address, "Far Head")).status_code == 201
    answers = {(one.status_code, one.text) for one in (enrolled(head), enrolled(head, "no id"), enrolled(head, ""))}
    assert len(answers) == 1
    assert head.get("/v1/units").json() == []


def test_a_forgotten_unit_is_not_found_and_its_id_is_free_again(office, head):
    first = enrolled(head).json()["id"]
    gone = []
    office.directory.on_gone(gone.append)
    assert head.delete(f"/v1/units/{first}").json()["certificate"]["kind"] == "device"
    assert (found(office), gone) == (None, [first])
    assert office.directory.rules(first).withdrawn
    assert head.get(f"/v1/units/{first}").status_code == 404
    second = enrolled(head).json()["id"]
    assert found(office).device == second != first


def test_what_is_absent_from_a_change_stays(office, head):
    group = head.post("/v1/groups", json={"name": "Night shift"}).json()["id"]
    unit = enrolled(head, plate="TEST 17", group=group).json()
    path = f"/v1/units/{unit['id']}"
    assert head.patch(path, json={"name": "Van 2"}).json() == unit | {"name": "Van 2"}
    assert head.patch(path, json={"group": None, "plate": ""}).json() == unit | {
        "name": "Van 2", "group": None, "plate": None,
    }  # fmt: skip
    assert head.patch(path, json={"since_ms": 5}).json()["since_ms"] == 5
    assert head.patch(path, json={"since_ms": 50}).json()["since_ms"] == 5  # it moves back only
    assert found(office).rules.since_ms == 5


def test_a_device_may_demand_its_network_and_a_password(office, head):
    demands = {"source_network": "192.0.2.0/24, 2001:db8::/32", "door_password": "secret 1"}
    unit = enrolled(head, settings=demands).json()
    assert found(office) is None
    assert found(office, password="secret 2") is None
    assert found(office, password="secret 1").device == unit["id"]
    assert found(office, source="2001:db8::1", password="secret 1").device == unit["id"]
    assert found(office, source="::ffff:192.0.2.9", password="secret 1").device == unit["id"]
    assert found(office, source="198.51.100.1", password="secret 1") is None
    assert found(office, source="", password="secret 1") is None
    assert head.patch(f"/v1/units/{unit['id']}", json={"settings": {"source_network": "all"}}).status_code == 422


def test_a_device_may_demand_a_client_certificate_by_its_fingerprint(office, head):
    shown = ":".join(["AB", *["0C"] * 31])
    enrolled(head, settings={"client_certificate": shown})
    assert found(office) is None
    assert found(office, certificate="ab" + "0d" * 31) is None
    assert found(office, certificate="ab" + "0c" * 31) is not None
    wrong = enrolled(head, "358000000000025", settings={"client_certificate": shown[:-1]})
    assert (wrong.status_code, "64 hexadecimal" in wrong.text) == (422, True)


def test_a_password_is_refused_where_the_protocol_could_not_carry_it(office, head):
    unit = enrolled(head, settings={"door_password": "secret 1"}).json()
    path = f"/v1/units/{unit['id']}"
    assert "carries no password" in head.patch(path, json={"protocol": "gt06"}).text
    assert head.patch(path, json={"protocol": "gt06", "settings": {"password": "123456"}}).status_code == 200
    assert head.patch(path, json={"settings": {"door_password": "secret 1"}}).status_code == 422
    assert office.directory.resolve((UNIQUE_ID,), "gt06", Caller("192.0.2.7")).device == unit["id"]


def test_a_driver_sees_what_they_drive_now_and_nothing_else(office, tenant, head, address):
    driver = office.person(tenant, "Omid Fard", Role.DRIVER)
    van = enrolled(head).json()["id"]
    enrolled(head, "358000000000025", name="Van 2")
    client = sign_in(address, "Omid Fard")
    assert client.get("/v1/units").json() == []
    told = head.post(f"/v1/units/{van}/assign", json={"person": driver.id, "kind": "driver"}).json()
    assert told["driver"] == driver.id
    assert [one["id"] for one in client.get("/v1/units").json()] == [van]
    office.clock.now_ms += HOUR_MS
    head.post(f"/v1/units/{van}/assign", json={"person": None, "kind": "driver"})
    assert client.get("/v1/units").json() == []
    assert client.get(f"/v1/units/{van}").status_code == 404


def test_a_fix_belongs_to_its_driver_then_its_holder_then_the_device(office, tenant, head):
    now_ms = office.clock()
    holder, driver = (office.person(tenant, name, Role.DRIVER).id for name in ("Holder One", "Driver One"))
    van = enrolled(head, since_ms=now_ms - 40 * HOUR_MS).json()["id"]
    path = f"/v1/units/{van}/assign"
    head.post(path, json={"person": holder, "from_ms": now_ms - 30 * HOUR_MS})
    head.post(path, json={"person": driver, "kind": "driver", "from_ms": now_ms - 20 * HOUR_MS})
    head.post(path, json={"person": None, "kind": "driver", "from_ms": now_ms - 10 * HOUR_MS})
    subject = office.directory.attribution(van).subject_at
    assert [subject(now_ms - hours * HOUR_MS) for hours in (35, 30, 20, 10, 0)] == [van, holder, driver, holder, holder]
    shown = head.get(f"/v1/units/{van}/assignments").json()
    assert [(one["person"], one["kind"]) for one in shown] == [(holder, "assigned"), (driver, "driver")]


def test_a_later_word_about_an_earlier_time_replaces_what_was_planned_after_it(office, tenant, head):
    now_ms = office.clock()
    one, two = (office.person(tenant, name, Role.DRIVER).id for name in ("Driver One", "Driver Two"))
    van = enrolled(head).json()["id"]
    path = f"/v1/units/{van}/assign"
    head.post(path, json={"person": one, "kind": "driver", "from_ms": now_ms})
    head.post(path, json={"person": two, "kind": "driver", "from_ms": now_ms - HOUR_MS})
    spans = [(span.from_ms, span.to_ms, who) for span, who in office.directory.attribution(van).drivers]
    assert spans == [(now_ms - HOUR_MS, None, two)]


def test_a_time_whose_history_is_sealed_is_not_given_to_someone_else(office, tenant, head):
    driver = office.person(tenant, "Driver One", Role.DRIVER).id
    van = enrolled(head).json()["id"]
    early = {"person": driver, "kind": "driver", "from_ms": office.clock() - 49 * HOUR_MS}
    assert head.post(f"/v1/units/{van}/assign", json=early).json()["slug"] == "assignment-too-old"
    assert office.directory.attribution(van).drivers == ()


def test_a_forgotten_driver_leaves_the_van_to_itself(office, tenant, head):
    driver = office.person(tenant, "Driver One", Role.DRIVER).id
    van = enrolled(head, person=driver).json()["id"]
    assert office.parting.held(driver, office.clock())[0][0] == van
    head.delete(f"/v1/people/{driver}")
    office.directory.swap(van)
    assert office.directory.attribution(van).subject_at(office.clock()) == van
    assert head.get(f"/v1/units/{van}").json()["person"] is None


def test_a_viewer_sees_the_units_and_groups_given_to_them(office, tenant, head, address):
    day, night = (head.post("/v1/groups", json={"name": name}).json()["id"] for name in ("Day", "Night"))
    van = enrolled(head, group=day).json()["id"]
    other = enrolled(head, "358000000000025", group=night, name="Van 2").json()["id"]
    office.person(tenant, "Omid Fard", Role.VIEWER, groups=(day,))
    client = sign_in(address, "Omid Fard")
    assert [one["id"] for one in client.get("/v1/units").json()] == [van]
    assert [one["id"] for one in client.get("/v1/groups").json()] == [day]
    assert client.get(f"/v1/units/{other}").status_code == 404
    head.patch(f"/v1/units/{van}", json={"group": night})
    assert client.get("/v1/units").json() == []


def test_a_group_goes_and_its_units_stay(office, head):
    group = head.post("/v1/groups", json={"name": "Day"}).json()["id"]
    enrolled(head, group=group)
    assert head.patch(f"/v1/groups/{group}", json={"name": "Days"}).json() == {"id": group, "name": "Days"}
    assert head.delete(f"/v1/groups/{group}").status_code == 204
    assert [one["group"] for one in head.get("/v1/units").json()] == [None]
    assert office.rows.fleet.devices()[0][0].group is None
    assert head.delete(f"/v1/groups/{group}").status_code == 404


def test_unknown_devices_are_shown_to_the_servers_administrator_only_until_enrolled(office, tenant, head, address):
    office.person(tenant, "Server Root", Role.SERVER)
    root = sign_in(address, "Server Root")
    for wait_ms in (0, 1000, 61_000):
        office.clock.now_ms += wait_ms
        office.directory.waiting(UNIQUE_ID, "osmand", office.clock())
    for noise in ("", "x" * 65, "line\nbreak"):
        office.directory.waiting(noise, "osmand", office.clock())
    office.database.write(lambda _: None).result()
    shown = root.get("/v1/waiting").json()
    assert [(one["unique_id"], one["protocol"], one["last_ms"] - one["first_ms"]) for one in shown] == [
        (UNIQUE_ID, "osmand", 62_000)
    ]
    assert head.get("/v1/waiting").status_code == 403
    enrolled(head)
    assert root.get("/v1/waiting").json() == []


def test_the_directory_reads_itself_back_after_a_restart(office, tenant, head):
    driver = office.person(tenant, "Driver One", Role.DRIVER).id
    van = enrolled(head, person=driver, settings={"interval": 10}).json()["id"]
    before = found(office)
    office.directory.load()
    assert found(office) == before
    assert office.directory.attribution(van).subject_at(office.clock()) == driver


def test_the_wizard_gets_exact_settings(head):
    assert head.get("/v1/protocols").json() == [
        {"name": "osmand", "port": 5055, "transports": ["http"], "models": ["Phone"], "protection": "plain"}
    ]
    told = head.get("/v1/protocols/osmand/setup", params={"host": "track.example", "unique_id": "17"}).json()
    assert told == {"Phone": "track.example:5055 17"}
    assert head.get("/v1/protocols/none/setup").status_code == 404
    assert head.get("/v1/protocols/osmand/setup", params={"host": "<b>"}).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 81}, {"protocol": "none"}, {"group": "g1"}, {"person": "p1"}, {"plate": "x" * 99}],
)
def test_a_wrong_field_enrols_nothing(office, head, wrong):
    assert enrolled(head, **wrong).status_code in {404, 422}
    assert office.directory.devices() == []
