"""OsmAnd: what only this protocol does."""

import fuzz
import protocol_seeds as seeds
import pytest
from msgspec import json

from waykeep.errors import ProtocolError
from waykeep.model.position import Cell, Position, Wifi
from waykeep.protocols.base import Message, Request
from waykeep.protocols.osmand import NOT_TAKEN, PROTOCOL, TAKEN, Osmand
from waykeep.protocols.osmand_device import OsmandEncoder


def ask(query: str = "", body: bytes = b"", content_type: str = "") -> Message:
    head = f"POST /?{query} HTTP/1.1\r\nContent-Type: {content_type}\r\n\r\n".encode()
    (message,) = Osmand("http").ask(fuzz.request(head + body))
    return message


def one(query: str) -> Position:
    (position,) = ask(query).positions
    return position


def app(location, device_id="phone-7") -> Message:
    return ask("", json.encode({"device_id": device_id, "location": location}), "application/json; charset=utf-8")


def test_a_query_a_form_and_a_post_with_a_query_mean_the_same():
    pairs = "id=phone-7&lat=35.5&lon=51.25&timestamp=1767225600&speed=10&bearing=90&altitude=1190&accuracy=4"
    by_query, by_form = ask(pairs), ask("", pairs.encode())

    assert by_query == by_form
    assert by_query.device_ids == ("phone-7",)
    assert by_query.positions[0] == Position(
        fix_ms=1_767_225_600_000,
        latitude_deg=35.5,
        longitude_deg=51.25,
        altitude_m=1190,
        speed_mps=pytest.approx(5.14444, abs=1e-4),
        course_deg=90,
        accuracy_m=4,
    )


@pytest.mark.parametrize(
    ("stamp", "fix_ms"),
    [
        ("1767225600", 1_767_225_600_000),
        ("1767225600123", 1_767_225_600_123),
        ("2026-01-01T00:00:00Z", 1_767_225_600_000),
        ("2026-01-01T03:30:00.250%2B03:30", 1_767_225_600_250),
        ("2026-01-01+00:00:00", 1_767_225_600_000),
        ("99999999999999", None),
        ("-5", None),
        ("-1e308", None),
        ("1e999", None),
    ],
)
def test_a_time_may_be_written_in_many_ways(stamp, fix_ms):
    assert one(f"id=1&lat=1&lon=2&timestamp={stamp}").fix_ms == fix_ms


def test_a_position_without_a_time_is_never_taken_for_a_repeat():
    assert ask("id=1&lat=1&lon=2").records == (b"",)
    assert ask("id=1&lat=1&lon=2&timestamp=5").records == (b"id=1&lat=1&lon=2&timestamp=5",)


def test_cells_and_wifi_are_heard_without_a_place():
    position = one("id=1&cell=432,11,2011,40213&cell=432,11,2011,40214,-71&wifi=02-00-5E-10-00-01,-60")

    assert position.latitude_deg is None
    assert position.cells == (
        Cell(mcc=432, mnc=11, lac=2011, cid=40213),
        Cell(mcc=432, mnc=11, lac=2011, cid=40214, signal_dbm=-71),
    )
    assert position.wifi == (Wifi(mac="02:00:5e:10:00:01", signal_dbm=-60),)


def test_other_pairs_are_carried_as_numbers_truths_or_texts():
    attributes = one("id=1&batt=55.5&charge=true&fuel=41&motion=false&note=hello&big=1e999&odd=nan").attributes

    assert attributes == {
        "batteryLevel": 55.5,
        "charge": True,
        "fuel": 41.0,
        "motion": False,
        "note": "hello",
        "big": "1e999",
        "odd": "nan",
    }


@pytest.mark.parametrize(
    "query",
    [
        "lat=1&lon=2",
        "id=&lat=1&lon=2",
        "id=" + "9" * 500,
        "id=1&lat=91&lon=0",
        "id=1&lat=nan&lon=0",
        "id=1&lat=1_0&lon=0",
        "id=1&lat=1e400&lon=0",
        "id=1&location=5",
        "id=1&timestamp=yesterday",
        "id=1&cell=1,2,3",
        "id=1&cell=1,2,3,1e99",
        "id=1&speed=fast",
        "id=1&altitude=1e308",
        "id=1&" + "&".join(f"a{n}=1" for n in range(400)),
    ],
)
def test_what_cannot_be_understood_is_answered_400_and_names_no_device(query):
    assert ask(query) == Message(replies=(NOT_TAKEN,))


def test_an_unknown_device_is_answered_400():
    assert ask("id=1&lat=1&lon=2").refusal == NOT_TAKEN


def test_an_app_sends_one_location_or_all_that_it_saved():
    coords = {"latitude": 35.5, "longitude": 51.25, "accuracy": 5, "speed": 3.5, "heading": -1, "altitude": 1190}
    first = {"timestamp": "2026-01-01T00:00:00.500Z", "coords": coords, "is_moving": True, "odometer": 1200.5}
    second = {"timestamp": "2026-01-01T00:00:10Z", "coords": coords, "battery": {"level": 0.5, "is_charging": True}}
    alone, both = app(first), app([first, second])

    assert alone.positions == both.positions[:1]
    assert both.device_ids == ("phone-7",)
    assert both.replies == (TAKEN,)
    assert len(set(both.records)) == 2
    assert alone.records == both.records[:1]
    position = alone.positions[0]
    assert (position.fix_ms, position.speed_mps, position.course_deg) == (1_767_225_600_500, 3.5, None)
    assert position.attributes == {"motion": True, "odometer": 1200.5, "accuracy": 5.0}
    assert both.positions[1].attributes["batteryLevel"] == 50
    odd = app({"timestamp": 1e300, "battery": {"level": 1e308}}).positions[0]
    assert (odd.fix_ms, odd.attributes) == (None, {})
    assert both.positions[1].attributes["charge"] is True


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b'{"device_id":"","location":{"timestamp":1}}', b"[" * 100_000, b'{"device_id":1,"location":7}',
     b'{"device_id":"x","location":{"timestamp":1,"coords":{"latitude":95,"longitude":0}}}',
     b'{"device_id":"x","location":[' + b",".join([b'{"timestamp":1}'] * 1001) + b"]}", b"\xff\xfe"],
)  # fmt: skip
def test_a_body_that_is_no_location_is_answered_400(body):
    assert ask("", body, "application/json") == Message(replies=(NOT_TAKEN,))


def test_bare_bytes_are_refused():
    with pytest.raises(ProtocolError):
        PROTOCOL.decoder("http").feed(b"id=1")


def test_what_an_app_hears_comes_back_as_it_was_sent():
    sent = seeds.heard(seeds.drive(1)[0])
    (message,) = Osmand("http").ask(fuzz.request(OsmandEncoder("phone-7").report([sent])))

    assert message.positions == (sent,)


def test_answers_are_counted_however_they_arrive():
    phone = OsmandEncoder("phone-7")
    stream = TAKEN + NOT_TAKEN + TAKEN

    assert sum(phone.acknowledged(stream[at : at + 1]) for at in range(len(stream))) == 2
    with pytest.raises(ProtocolError):
        phone.acknowledged(b"x" * 20_000)


def test_a_request_object_is_enough():
    request = Request(method="GET", path="/", query=(("id", "1"), ("lat", "1"), ("lon", "2")), headers={}, body=b"")
    assert Osmand().ask(request)[0].positions[0].latitude_deg == 1.0
