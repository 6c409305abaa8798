"""H02: texts, the packed form, confirmations, orders, and the device's own side."""

from datetime import UTC, datetime

import pytest

from waykeep.errors import ProtocolError
from waykeep.model.position import Position
from waykeep.protocols import h02
from waykeep.protocols.base import Order
from waykeep.protocols.h02_device import H02Device

ID = "9000000042"
AT_MS = int(datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC).timestamp() * 1000)
V1 = f"*HQ,{ID},V1,092653,A,3327.0000,S,07039.6000,W,012.50,271,140326,FFFFFBFF#".encode()


def only(data, transport="tcp"):
    (message,) = h02.H02(transport).feed(data)
    (position,) = message.positions
    return message, position


def test_a_fix_gives_device_place_time_speed_and_engine():
    message, position = only(V1)
    assert message.device_ids == (ID,)
    assert position.fix_ms == AT_MS
    assert position.latitude_deg == pytest.approx(-33.45)
    assert position.longitude_deg == pytest.approx(-70.66)
    assert position.speed_mps == pytest.approx(12.5 * 1852 / 3600)
    assert position.attributes == {"status": 0xFFFFFBFF, "ignition": False}


def test_a_fix_is_confirmed_with_the_time_that_it_stated():
    message, _ = only(V1)
    assert message.replies == (f"*HQ,{ID},V4,V1,20260314092653#".encode(),)


def test_a_text_comes_in_any_pieces_and_noise_between_is_passed_over():
    decoder, data = h02.H02(), V1 + b"\r\n" + V1
    messages = [m for at in range(0, len(data), 5) for m in decoder.feed(data[at : at + 5])]
    assert [m.positions[0].fix_ms for m in messages] == [AT_MS, AT_MS]


def test_a_datagram_is_one_message():
    _, position = only(V1, "udp")
    assert position.fix_ms == AT_MS


def test_a_text_without_an_end_is_hung_up_on():
    with pytest.raises(ProtocolError):
        h02.H02().feed(b"*HQ," + b"9" * 2000)


def test_bytes_without_a_beginning_are_hung_up_on():
    decoder = h02.H02()
    with pytest.raises(ProtocolError):
        decoder.feed(b"\x00" * 3000)


@pytest.mark.parametrize(
    ("bits", "alarm"),
    [
        ("FFFFFFFE", "vibration"),
        ("FFFFFFFD", "sos"),
        ("FFFBFFFF", "sos"),
        ("FFFFFFFB", "overspeed"),
        ("FFF7FFFF", "powerCut"),
    ],
)
def test_a_low_bit_of_the_status_is_an_alarm(bits, alarm):
    _, position = only(V1.replace(b"FFFFFBFF", bits.encode()))
    assert position.attributes["alarm"] == alarm


def test_a_time_that_does_not_exist_is_no_time():
    message, position = only(V1.replace(b"140326", b"310226"))
    assert position.fix_ms is None
    assert message.replies == (f"*HQ,{ID},V4,V1,00000000000000#".encode(),)


def test_a_place_that_does_not_exist_is_no_place():
    _, position = only(V1.replace(b"3327.0000,S", b"9927.0000,S"))
    assert position.latitude_deg is None
    assert not position.valid


def test_a_heartbeat_is_echoed():
    message, position = only(f"*HQ,{ID},HTBT,87#".encode())
    assert message.replies == (f"*HQ,{ID},HTBT#".encode(),)
    assert position.attributes == {"batteryLevel": 87}


def test_cells_around_are_kept_with_their_strength():
    message, position = only(f"*HQ,{ID},NBR,092653,262,2,0,2,431,17003,26,431,11101,13,140326,FFFFFBFF#".encode())
    assert position.latitude_deg is None
    assert position.device_ms == AT_MS
    assert [(c.lac, c.cid, c.signal_dbm) for c in position.cells] == [(431, 17003, -26), (431, 11101, -13)]
    assert message.replies == (f"*HQ,{ID},V4,NBR,20260314092653#".encode(),)


def test_an_answer_to_an_order_says_what_it_answers():
    message, position = only(V1.replace(b",V1,", b",V4,S20,DONE,130305,"))
    assert message.result == "S20,DONE,130305"
    assert position.fix_ms == AT_MS


def test_a_kind_that_is_not_known_is_nothing():
    (message,) = h02.H02().feed(f"*HQ,{ID},XT,1,100#".encode())
    assert message.positions == ()


@pytest.mark.parametrize(
    ("order", "values", "settings", "words"),
    [
        ("alarmArm", {}, {}, "SCF,092653,0,0"),
        ("alarmDisarm", {}, {}, "SCF,092653,1,1"),
        ("engineStop", {}, {}, "S20,092653,1,1"),
        ("engineResume", {}, {}, "S20,092653,1,0"),
        ("positionPeriodic", {"frequency": 30}, {}, "S71,092653,22,30"),
        ("positionPeriodic", {"frequency": 30}, {"alternative": True}, "D1,092653,30"),
    ],
)
def test_orders_carry_the_time_of_day(order, values, settings, words):
    assert h02.order(Order(kind=order, values=values), ID, settings, AT_MS) == f"*HQ,{ID},{words}#".encode()


def test_an_order_that_is_not_known_is_refused():
    with pytest.raises(ProtocolError):
        h02.order(Order(kind="videoStart"), ID, {}, AT_MS)


def moving(**changes):
    told = {"fix_ms": AT_MS, "latitude_deg": 30.5, "longitude_deg": 114.25, "speed_mps": 10.0, "course_deg": 33.0}
    return Position(attributes={"ignition": True, "batteryLevel": 55}, **(told | changes))


def test_what_the_device_writes_is_what_the_decoder_reads():
    device = H02Device(ID)
    message, position = only(device.report([moving()]))
    assert message.device_ids == (ID,)
    assert position.fix_ms == AT_MS
    assert position.latitude_deg == pytest.approx(30.5, abs=1e-6)
    assert position.longitude_deg == pytest.approx(114.25, abs=1e-6)
    assert position.speed_mps == pytest.approx(10.0, abs=0.01)
    assert position.attributes["ignition"] is True
    assert device.acknowledged(message.replies[0][:9]) == 0
    assert device.acknowledged(message.replies[0][9:]) == 1


def test_the_packed_form_is_what_the_decoder_reads_and_is_not_answered():
    message, position = only(H02Device(ID).packed(moving(latitude_deg=-30.5)))
    assert message.device_ids == (ID,)
    assert message.replies == ()
    assert position.fix_ms == AT_MS
    assert position.latitude_deg == pytest.approx(-30.5, abs=2e-6)
    assert position.longitude_deg == pytest.approx(114.25, abs=2e-6)
    assert position.attributes["batteryLevel"] == 55


def test_packed_messages_one_after_another_are_cut_apart():
    device = H02Device(ID)
    messages = h02.H02().feed(device.packed(moving()) + device.packed(moving(fix_ms=AT_MS + 1000)) + V1)
    assert [m.positions[0].fix_ms for m in messages] == [AT_MS, AT_MS + 1000, AT_MS]


def test_a_heartbeat_of_the_device_is_acknowledged_by_its_echo():
    device = H02Device(ID)
    (message,) = h02.H02().feed(device.heartbeat(moving()))
    assert device.acknowledged(b"".join(message.replies)) == 1


def test_the_wizard_gets_the_texts_with_the_server_in_them():
    texts = h02.PROTOCOL.setup("gps.example.org", 5013, ID)
    assert all("gps.example.org" in text and "5013" in text for text in texts.values())
