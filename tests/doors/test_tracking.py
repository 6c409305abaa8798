"""Reading positions over HTTP: what comes, who may, and the line that each read leaves."""

import httpx
import pytest
from portal import BEARER, Portal, minutes, run

import road
from waykeep.model.access import Role
from waykeep.model.rules import Attribution, Rules, Span
from waykeep.policy.access import Reading

HOUR_MS = 3_600_000
UNIT = road.device_id(0)
SPAN = {"from": str(road.NOON_MS - 2 * HOUR_MS), "to": str(road.NOON_MS)}


@pytest.fixture
def portal(tmp_path):
    made = Portal(tmp_path)
    yield made
    made.close()


def ask(portal, path, params=None, headers=BEARER, method="GET", **more):
    async def work():
        async with portal.open() as address, httpx.AsyncClient(base_url=f"http://{address}", headers=headers) as client:
            return await client.request(method, path, params=params, **more)

    return run(work())


def test_the_latest_positions_come_with_their_status(portal):
    portal.drive(minutes(3), device=UNIT)
    portal.drive([road.position(road.NOON_MS - 1000, attributes={"ignition": True})], device=road.device_id(1))
    answer = ask(portal, "/v1/positions/latest")
    assert answer.status_code == 200
    first, second = sorted(answer.json(), key=lambda one: one["unit"])
    assert (first["unit"], first["latitude"], first["longitude"], first["status"]) == (UNIT, 35.0002, 51.4, "offline")
    assert (second["status"], second["attributes"]) == ("idling", {"ignition": True})
    assert portal.kinds() == ["read"]


def test_a_track_comes_as_columns_of_equal_length(portal):
    portal.drive(minutes(10, attributes={"batteryLevel": 80}), device=UNIT)
    body = ask(portal, f"/v1/units/{UNIT}/track", SPAN).json()
    columns = [body[name] for name in body if name not in {"gaps", "count"}]
    assert [len(column) for column in columns] == [10] * len(columns)
    assert body["latitude"][:3] == [35.0, 35.0001, 35.0002]
    assert body["speed_mps"][0] == 10.0
    assert body["altitude_m"][0] is None
    assert body["count"] == 10
    assert body["gaps"] == []


def test_a_long_track_comes_with_fewer_points_and_both_sides_of_its_gap(portal):
    drive = minutes(600) + minutes(600, start_ms=road.NOON_MS - 30 * 60_000)
    portal.drive(drive, device=UNIT)
    body = ask(portal, f"/v1/units/{UNIT}/track", SPAN | {"points": "50"}).json()
    assert body["count"] == 1200
    assert 40 <= len(body["fix_ms"]) <= 60
    (gap,) = body["gaps"]
    assert (gap["kind"], gap["from_ms"], gap["to_ms"]) == ("gap", drive[599].fix_ms, drive[600].fix_ms)
    assert {drive[0].fix_ms, drive[599].fix_ms, drive[600].fix_ms, drive[-1].fix_ms} <= set(body["fix_ms"])


def test_private_time_is_a_labelled_gap_without_exact_ends(portal):
    begin, end = road.NOON_MS - 3_000_000, road.NOON_MS - 2_400_000
    portal.drive(minutes(3600), device=UNIT, private=(Span(begin, end),))
    body = ask(portal, f"/v1/units/{UNIT}/track", SPAN).json()
    assert not [at for at in body["fix_ms"] if begin <= at < end]
    assert [gap["kind"] for gap in body["gaps"]] == ["private"]
    (gap,) = body["gaps"]
    assert gap["from_ms"] % HOUR_MS == gap["to_ms"] % HOUR_MS == 0
    assert gap["from_ms"] <= begin
    assert gap["to_ms"] >= end


def test_iso_times_do_as_well_as_milliseconds(portal):
    portal.drive(minutes(5), device=UNIT)
    day = {"from": "2026-05-27T00:00:00Z", "to": "2026-05-28"}
    assert ask(portal, f"/v1/units/{UNIT}/days", day).json() == [{"day": "2026-05-27", "count": 5}]


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"from": "yesterday", "to": "1"}, "from"),
        ({"from": "1", "to": "never"}, "to"),
        ({"from": "5", "to": "1"}, "`to`"),
        ({"from": "1", "to": "2", "points": "many"}, "points"),
        ({"from": "1", "to": "2", "points": "0"}, "points"),
        ({"from": "1"}, "to"),
    ],
)
def test_a_wrong_field_is_named(portal, params, names):
    answer = ask(portal, f"/v1/units/{UNIT}/track", params)
    assert answer.status_code == 400
    assert answer.json()["slug"] in {"wrong-field", "wrong-span"}
    assert names in answer.json()["text"]


def test_a_unit_that_i_may_not_see_is_answered_like_one_that_does_not_exist(portal):
    portal.caller("narrow", 1, devices=[road.device_id(1)])
    portal.caller("stranger", 2, Role.ADMINISTRATOR, tenant="t" + "z" * 16)
    answers = [
        ask(portal, f"/v1/units/{unit}/track", SPAN, {"authorization": f"Bearer {token}"})
        for token, unit in (("narrow", UNIT), ("stranger", UNIT), ("admin", "dnothing"))
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert portal.kinds() == []


def test_without_sign_in_there_is_nothing(portal):
    for path in ("/v1/positions/latest", f"/v1/units/{UNIT}/track", "/v1/me/looked"):
        answer = ask(portal, path, SPAN, {})
        assert (answer.status_code, answer.json()["slug"]) == (401, "sign-in-first")
    assert portal.kinds() == []


def test_a_purpose_that_the_policy_does_not_name_reads_nothing(portal):
    answer = ask(portal, f"/v1/units/{UNIT}/track", SPAN | {"purpose": "marketing"})
    assert (answer.status_code, answer.json()["slug"]) == (403, "purpose")
    assert portal.kinds() == []


def test_a_policy_without_location_answers_no_position(portal):
    portal.reading = Reading(keeps_location=False)
    answer = ask(portal, "/v1/positions/latest")
    assert (answer.status_code, answer.json()["slug"]) == (404, "no-location")


def test_nothing_older_than_its_retention_is_read_to_the_second(portal):
    portal.drive(minutes(3600), device=UNIT)
    portal.reading = Reading(retention_ms=1_800_000)
    body = ask(portal, f"/v1/units/{UNIT}/track", SPAN | {"points": "100000"}).json()
    assert min(body["fix_ms"]) == road.NOON_MS - 1_800_000
    assert body["count"] == 1800


def test_the_latest_position_is_past_its_retention_too(portal):
    portal.drive(minutes(3), device=UNIT)
    age_ms = road.NOON_MS - minutes(3)[-1].fix_ms
    for kept_ms, count in ((age_ms + 1, 1), (age_ms, 0)):
        portal.fleet.promises[UNIT] = Rules(tenant=road.TENANT, device=UNIT, retention_ms=kept_ms)
        assert len(ask(portal, "/v1/positions/latest").json()) == count


def test_the_driver_sees_who_looked_and_can_prove_it(portal):
    driver = road.person_id(3)
    portal.store.attributions[UNIT] = Attribution(device=UNIT, drivers=((Span(0), driver),))
    portal.caller("driver", 3, Role.DRIVER, devices=[UNIT])
    portal.drive(minutes(3), device=UNIT)
    ask(portal, f"/v1/units/{UNIT}/track", SPAN)
    mine = {"authorization": "Bearer driver"}
    (line,) = ask(portal, "/v1/me/looked", headers=mine).json()
    assert (line["viewer_name"], line["purpose"], line["route"], line["count"]) == (
        "Ada",
        "provide_service",
        "track",
        1,
    )
    assert (line["from_ms"], line["to_ms"]) == (int(SPAN["from"]), int(SPAN["to"]))
    proof = ask(portal, f"/v1/me/looked/{line['index']}/proof", headers=mine).json()
    assert driver in proof["entries"][0]["text"]
    other = ask(portal, f"/v1/me/looked/{line['index']}/proof")
    assert (other.status_code, other.json()["slug"]) == (404, "no-such-line")


def test_a_driver_reads_their_own_turns_and_not_the_last_driver_s(portal):
    mine, middle = road.person_id(3), road.NOON_MS - 3_000_000
    turns = ((Span(0, middle), road.person_id(2)), (Span(middle), mine))
    portal.store.attributions[UNIT] = Attribution(device=UNIT, drivers=turns)
    portal.caller("driver", 3, Role.DRIVER, devices=[UNIT])
    portal.drive(minutes(1200), device=UNIT)
    headers = {"authorization": "Bearer driver"}
    own = ask(portal, f"/v1/units/{UNIT}/track", SPAN, headers).json()
    assert own["count"] == 600
    assert min(own["fix_ms"]) == middle
    assert ask(portal, f"/v1/units/{UNIT}/days", SPAN, headers).json() == [{"day": "2026-05-27", "count": 600}]
    file = ask(portal, f"/v1/units/{UNIT}/export", SPAN | {"format": "csv"}, headers).text
    assert len(file.splitlines()) == 601
    assert ask(portal, f"/v1/units/{UNIT}/track", SPAN).json()["count"] == 1200
    assert len(portal.ledger.lines_of(mine)) == 4
    assert len(portal.ledger.lines_of(road.person_id(2))) == 1


def test_the_signed_head_is_public_and_tells_of_no_one(portal):
    ask(portal, "/v1/positions/latest")
    head = ask(portal, "/v1/ledger/head", headers={}).json()
    assert head["size"] == 1
    assert set(head) == {"size", "root", "time_ms", "lost", "key", "signature"}


def test_a_read_whose_line_cannot_be_written_answers_nothing(portal):
    portal.drive(minutes(3), device=UNIT)
    portal.ledger.close()
    answer = ask(portal, f"/v1/units/{UNIT}/track", SPAN)
    assert (answer.status_code, answer.json()["slug"]) == (503, "store")
    assert "35." not in answer.text
