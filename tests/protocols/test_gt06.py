"""GT06: framing, checksums, what messages mean, answers, orders, and the device's own side."""

from datetime import UTC, datetime

import pytest

from waykeep.errors import ProtocolError
from waykeep.model.position import Position
from waykeep.protocols import gt06
from waykeep.protocols.base import Order
from waykeep.protocols.gt06_device import Gt06Device
from waykeep.protocols.gt06_wire import cut, frame

IMEI = "001010420000017"
AT_MS = int(datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC).timestamp() * 1000)
FIX = bytes.fromhex("1a030e091a35c905a1b2c30162c5d03c5c5a")  # 14 March 2026 09:26:53, 52.5 N 12.9 E


def conversation(model="", **settings):
    decoder = gt06.Gt06()
    decoder.identify(IMEI, {"model": model, **settings})
    return decoder


def only(messages):
    (message,) = messages
    (position,) = message.positions
    return message, position


def test_a_login_names_the_device_and_is_answered_with_its_serial_number():
    (message,) = gt06.Gt06().feed(frame(0x01, bytes.fromhex("0" + IMEI), 7))
    assert message.device_ids == (IMEI,)
    assert message.replies == (frame(0x01, b"", 7),)


def test_a_login_that_is_no_number_is_hung_up_on():
    with pytest.raises(ProtocolError):
        gt06.Gt06().feed(frame(0x01, b"\xff" * 8, 1))


def test_a_fix_gives_place_time_speed_course_and_engine():
    _, position = only(conversation().feed(frame(0x10, FIX, 1)))
    assert position.fix_ms == AT_MS
    assert position.latitude_deg == pytest.approx(0x05A1B2C3 / 1_800_000)
    assert position.longitude_deg == pytest.approx(-0x0162C5D0 / 1_800_000)
    assert position.speed_mps == pytest.approx(60 / 3.6)
    assert position.course_deg == 0x5A
    assert position.valid
    assert position.attributes == {"sat": 9, "ignition": False, "type": 0x10}


def test_a_clock_that_is_not_utc_is_set_right_by_the_zone_of_the_login():
    decoder = gt06.Gt06()
    decoder.feed(frame(0x01, bytes.fromhex("0" + IMEI) + b"\x10\x0f" + bytes.fromhex("1520"), 1))  # +3:38 is 338 << 4
    _, position = only(decoder.feed(frame(0x10, FIX, 2)))
    assert position.fix_ms == AT_MS - (3 * 60 + 38) * 60_000


def test_a_clock_that_is_not_utc_is_set_right_by_the_setting():
    _, position = only(conversation(utc_offset_s=3600).feed(frame(0x10, FIX, 2)))
    assert position.fix_ms == AT_MS - 3_600_000


def test_a_date_that_does_not_exist_is_no_time():
    _, position = only(conversation().feed(frame(0x10, b"\x1a\x0d\x20\x09\x1a\x35" + FIX[6:], 1)))
    assert position.fix_ms is None


def test_a_place_that_does_not_exist_is_no_place():
    _, position = only(conversation().feed(frame(0x10, FIX[:7] + b"\xff" * 8 + FIX[15:], 1)))
    assert position.latitude_deg is None
    assert not position.valid


def test_a_wrong_checksum_is_hung_up_on_once_the_device_has_shown_a_right_one():
    decoder = conversation()
    decoder.feed(frame(0x13, b"\x02\x06\x04\x00\x02", 1))
    broken = bytearray(frame(0x10, FIX, 2))
    broken[12] ^= 0x10
    with pytest.raises(ProtocolError, match="checksum"):
        decoder.feed(bytes(broken))


def test_a_device_that_never_computes_a_checksum_is_still_understood():
    decoder = conversation()
    for serial in range(1, 4):
        sent = frame(0x10, FIX, serial)
        _, position = only(decoder.feed(sent[:-4] + b"\x00\x00" + sent[-2:]))
        assert position.fix_ms == AT_MS


def test_a_frame_that_ends_nowhere_near_its_length_is_hung_up_on():
    with pytest.raises(ProtocolError, match="end of frame"):
        gt06.Gt06().feed(b"\x78\x78\x05\x13" + b"\x00" * 200)


def test_bytes_that_begin_no_frame_are_hung_up_on():
    with pytest.raises(ProtocolError):
        gt06.Gt06().feed(b"GET / HTTP/1.1\r\n")


def test_a_line_end_inside_a_frame_does_not_end_it():
    content = b"\x06" + bytes(4) + b"\r\n"
    sent = frame(0x15, content, 1)
    decoder = conversation()
    (message,) = [m for at in range(len(sent)) for m in decoder.feed(sent[at : at + 1])]
    assert message.replies == (frame(0x15, b"", 1),)


def test_two_frames_in_one_piece_are_two_messages():
    messages = conversation().feed(frame(0x13, b"\x02\x06\x04\x00\x02", 1) + frame(0x10, FIX, 2))
    assert [len(m.positions) for m in messages] == [1, 1]


def test_a_resend_with_a_new_serial_number_is_the_same_record():
    first, _ = only(conversation().feed(frame(0x10, FIX, 1)))
    again, _ = only(conversation().feed(frame(0x10, FIX, 99)))
    assert first.records == again.records


def test_two_states_without_a_time_are_two_records():
    state = b"\x02\x06\x04\x00\x02"
    first, _ = only(conversation().feed(frame(0x13, state, 1)))
    second, _ = only(conversation().feed(frame(0x13, state, 2)))
    assert first.records != second.records


@pytest.mark.parametrize(("model", "alarm"), [("", "lowBattery"), ("LW4G-4B", "hardAcceleration")])
def test_alarm_codes_differ_between_makers(model, alarm):
    cell = bytes.fromhex("0901060100110000a1")
    _, position = only(conversation(model).feed(frame(0x16, FIX + cell + b"\x42\x05\x04\x19\x02", 1)))
    assert position.attributes["alarm"] == alarm
    assert position.attributes["batteryLevel"] == 83
    assert [(c.mcc, c.mnc, c.lac, c.cid) for c in position.cells] == [(262, 1, 17, 161)]


def test_a_long_network_code_moves_nothing_that_follows():
    cell = bytes.fromhex("0a8136010400110000a1")
    _, position = only(conversation().feed(frame(0x26, FIX + cell + b"\x06\x04\x03\x01\x02", 1)))
    assert position.attributes["status"] == 6
    assert position.attributes["alarm"] == "sos"
    assert [(c.mcc, c.mnc) for c in position.cells] == [(310, 260)]


@pytest.mark.parametrize("cut_at", [3, 9, 17])
def test_a_message_that_ends_inside_a_field_is_hung_up_on(cut_at):
    with pytest.raises(ProtocolError):
        conversation().feed(frame(0x10, FIX[:cut_at], 1))


def test_the_answer_to_an_order_comes_back_as_text():
    said = b"DYD=Success!"
    (message,) = conversation().feed(frame(0x21, bytes(4) + b"\x01" + said, 1, long=True))
    assert message.result == "DYD=Success!"
    assert message.replies == ()


@pytest.mark.parametrize(
    ("order", "settings", "words"),
    [
        ("engineStop", {}, b"Relay,1#"),
        ("engineResume", {}, b"Relay,0#"),
        ("engineStop", {"alternative": True, "password": "000000"}, b"DYD,000000#"),
        ("engineResume", {"alternative": True}, b"HFYD,123456#"),
    ],
)
def test_orders_are_the_words_that_the_device_knows(order, settings, words):
    sent = gt06.order(Order(kind=order), IMEI, settings, 0)
    assert sent == frame(0x80, bytes([len(words) + 4]) + bytes(4) + words, 0)


def test_an_own_order_is_sent_as_it_is_and_bounded():
    assert b"STATUS#" in gt06.order(Order(kind="custom", values={"data": "STATUS#"}), IMEI, {}, 0)
    with pytest.raises(ProtocolError):
        gt06.order(Order(kind="custom", values={"data": "x" * 300}), IMEI, {}, 0)
    with pytest.raises(ProtocolError):
        gt06.order(Order(kind="videoStart"), IMEI, {}, 0)


def reported(count=1, **attributes):
    return [
        Position(
            fix_ms=AT_MS + i * 1000,
            latitude_deg=-33.45,
            longitude_deg=-70.66,
            speed_mps=20.0,
            course_deg=271.0,
            attributes={"ignition": True, "odometer": 123_456, **attributes},
        )
        for i in range(count)
    ]


def test_what_the_device_writes_is_what_the_decoder_reads():
    device = Gt06Device(IMEI)
    decoder = gt06.Gt06()
    (hello,) = decoder.feed(device.hello())
    assert hello.device_ids == (IMEI,)
    decoder.identify(IMEI, {})
    _, position = only(decoder.feed(device.report(reported())))
    assert position.fix_ms == AT_MS
    assert position.latitude_deg == pytest.approx(-33.45, abs=1e-6)
    assert position.longitude_deg == pytest.approx(-70.66, abs=1e-6)
    assert position.speed_mps == pytest.approx(20.0)
    assert position.course_deg == 271
    assert position.attributes["ignition"] is True
    assert position.attributes["odometer"] == 123_456


def test_a_report_is_acknowledged_when_each_of_its_frames_is():
    device, decoder = Gt06Device(IMEI), conversation()
    decoder.feed(device.hello())
    answers = [reply for m in decoder.feed(device.report(reported(3))) for reply in m.replies]
    assert len(answers) == 3
    assert device.acknowledged(answers[0] + answers[1]) == 0
    assert device.acknowledged(answers[2]) == 1


def test_a_state_is_acknowledged_like_a_report():
    device, decoder = Gt06Device(IMEI), conversation()
    message, position = only(decoder.feed(device.heartbeat(reported(batteryLevel=64)[0])))
    assert position.attributes["batteryLevel"] == 64
    assert device.acknowledged(b"".join(message.replies)) == 1


def test_the_framing_waits_for_the_rest():
    whole = frame(0x10, FIX, 1)
    assert cut(whole[:-2]) is None
    assert cut(whole + b"rest") == (whole, len(whole))


def test_the_wizard_gets_the_texts_with_the_server_in_them():
    texts = gt06.PROTOCOL.setup("gps.example.org", 5023, IMEI)
    assert all("gps.example.org,5023" in text for text in texts.values())


def test_a_device_that_asks_for_the_time_is_told_the_servers():
    (message,) = conversation().feed(frame(0x8A, b"", 9))
    assert message.replies == ()
    assert message.clock_reply(AT_MS) == frame(0x8A, bytes.fromhex("1a030e091a35"), 0)
