"""Teltonika: what only this protocol does."""

import protocol_seeds as seeds
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waykeep.errors import AskError, ProtocolError
from waykeep.model.position import Cell, Position
from waykeep.protocols.base import Order
from waykeep.protocols.checks import crc_ibm
from waykeep.protocols.teltonika import PROTOCOL, Teltonika, cut
from waykeep.protocols.teltonika_device import CODEC_8, CODEC_8E, CODEC_16, TeltonikaEncoder
from waykeep.protocols.teltonika_layout import SHAPES, attributes_of, compiled, spelled, walk
from waykeep.protocols.teltonika_text import text_frame

ONE = TeltonikaEncoder(seeds.UNIQUE_ID).report(seeds.drive(1))


def known(model: str = "FMB130", **more) -> Teltonika:
    decoder = Teltonika("tcp")
    decoder.identify(seeds.UNIQUE_ID, {"model": model, **more})
    return decoder


def framed(body: bytes) -> bytes:
    return bytes(4) + len(body).to_bytes(4, "big") + body + crc_ibm(body).to_bytes(4, "big")


def test_the_introduction_names_the_device_and_is_answered_either_way():
    (message,) = Teltonika("tcp").feed(b"\x00\x0f356307042441013")

    assert message.device_ids == ("356307042441013",)
    assert message.replies == (b"\x01",)
    assert message.refusal == b"\x00"


@pytest.mark.parametrize("name", [b"../etc/passwd..", b"12345678901234\x00", b"\xff" * 15])
def test_an_introduction_that_is_no_id_is_refused(name):
    with pytest.raises(ProtocolError, match="no id"):
        Teltonika("tcp").feed(len(name).to_bytes(2, "big") + name)


def test_records_before_the_introduction_are_refused():
    with pytest.raises(ProtocolError, match="before the introduction"):
        Teltonika("tcp").feed(ONE)


def test_every_changed_byte_of_a_frame_is_noticed():
    for at in range(8, len(ONE)):
        changed = bytearray(ONE)
        changed[at] ^= 0x10
        with pytest.raises(ProtocolError):
            known().feed(bytes(changed))


def test_two_counts_that_differ_are_refused():
    body = bytearray(ONE[8:-4])
    body[-1] = 2
    with pytest.raises(ProtocolError, match="counts differ"):
        known().feed(framed(bytes(body)))


def test_records_that_do_not_fill_the_frame_are_refused():
    body = ONE[8:-5] + b"\x00" + ONE[-5:-4]
    with pytest.raises(ProtocolError, match="do not fill"):
        known().feed(framed(body))


def test_a_length_beyond_the_longest_frame_is_refused_at_once():
    with pytest.raises(ProtocolError, match="more than"):
        known().feed(bytes(4) + b"\x7f\xff\xff\xff")


def test_a_frame_without_a_length_is_cut_by_its_records_and_needs_a_zero_sum():
    body = ONE[8:-4]
    first_firmware = bytes(8) + body + bytes(4)

    assert cut(first_firmware + b"\xff") == (first_firmware, len(first_firmware))
    assert [cut(first_firmware[:n]) for n in range(len(first_firmware))] == [None] * len(first_firmware)
    assert len(known().feed(first_firmware)[0].positions) == 1
    with pytest.raises(ProtocolError, match="sum is wrong"):
        known().feed(bytes(8) + body + ONE[-4:])


def test_pings_are_swallowed_before_and_between_frames():
    assert len(known().feed(b"\xff\xff" + ONE + b"\xff\xff" + ONE + b"\xff")) == 2


@pytest.mark.parametrize("codec", [CODEC_8, CODEC_8E, CODEC_16])
def test_a_frame_holds_255_records_and_all_are_counted_in_the_answer(codec):
    sent = seeds.drive(255)
    (message,) = known().feed(TeltonikaEncoder(seeds.UNIQUE_ID, codec=codec).report(sent))

    assert message.replies == (b"\x00\x00\x00\xff",)
    assert [p.fix_ms for p in message.positions] == [p.fix_ms for p in sent]
    with pytest.raises(ProtocolError, match="255"):
        TeltonikaEncoder(seeds.UNIQUE_ID).report(seeds.drive(256))


@pytest.mark.parametrize("codec", [CODEC_8, CODEC_8E, CODEC_16])
def test_every_sensor_comes_back_as_it_was_sent(codec):
    sent = seeds.drive(5)
    (message,) = known().feed(TeltonikaEncoder(seeds.UNIQUE_ID, codec=codec).report(sent))

    for got, was in zip(message.positions, sent, strict=True):
        assert {name: got.attributes.get(name) for name in was.attributes} == was.attributes


def test_an_element_that_the_model_does_not_name_is_carried_raw():
    sent = [Position(fix_ms=0, latitude_deg=1.0, longitude_deg=2.0, attributes={"fuel": 41.5, "io77": 300})]
    frame = TeltonikaEncoder(seeds.UNIQUE_ID).report(sent)

    assert known().feed(frame)[0].positions[0].attributes["fuel"] == 41.5
    raw = known("").feed(frame)[0].positions[0].attributes
    assert (raw["io84"], raw["io77"]) == (415, 300)


def test_an_alarm_that_is_over_is_not_an_alarm():
    sent = [Position(fix_ms=0, latitude_deg=1.0, longitude_deg=2.0, attributes={"alarm": "hardBraking,tow"})]
    frame = TeltonikaEncoder(seeds.UNIQUE_ID).report(sent)
    assert known().feed(frame)[0].positions[0].attributes["alarm"] == "hardBraking,tow"

    over = frame[8:-4].replace(b"\xfd\x02\xf6\x01", b"\xfd\x00\xf6\x00")
    assert "alarm" not in known().feed(framed(over))[0].positions[0].attributes


def test_no_satellites_means_no_current_fix():
    sent = [Position(fix_ms=0, latitude_deg=1.0, longitude_deg=2.0, valid=False)]
    (message,) = known().feed(TeltonikaEncoder(seeds.UNIQUE_ID).report(sent))

    assert message.positions[0].valid is False
    assert message.positions[0].latitude_deg == 1.0


def test_a_place_that_is_not_on_earth_and_a_clock_that_is_broken_count_as_not_stated():
    body = bytearray(ONE[8:-4])
    body[2:10] = b"\xff" * 8
    body[15:19] = (910_000_000).to_bytes(4, "big")
    (message,) = known().feed(framed(bytes(body)))

    position = message.positions[0]
    assert (position.fix_ms, position.latitude_deg, position.longitude_deg) == (None, None, None)
    assert position.valid is False


def test_cells_of_a_model_that_names_them_leave_the_attributes():
    sent = [
        Position(
            fix_ms=0, latitude_deg=1.0, longitude_deg=2.0, attributes={"cid2g": 513, "lac": 2011, "operator": 43235}
        )
    ]
    (message,) = known().feed(TeltonikaEncoder(seeds.UNIQUE_ID).report(sent))

    assert message.positions[0].cells == (Cell(mcc=432, mnc=35, lac=2011, cid=513),)
    assert not {"cid2g", "lac"} & message.positions[0].attributes.keys()


def test_a_tracker_without_satellites_gives_up_to_four_cells():
    numbers = {"io1200": 11, "io287": 2011, "io288": 513, "io289": 71, "io1201": 35, "io290": 7}
    sent = [Position(fix_ms=0, latitude_deg=1.0, longitude_deg=2.0, attributes=numbers)]
    (message,) = known("TAT100").feed(TeltonikaEncoder(seeds.UNIQUE_ID, codec=CODEC_8E).report(sent))

    assert message.positions[0].cells == (Cell(mnc=11, lac=2011, cid=513, signal_dbm=-71),)
    assert message.positions[0].attributes["io1201"] == 35


def test_sixteen_byte_elements_are_read_where_the_device_is_set_to_send_them():
    body = ONE[8:-5] + b"\x01\x07" + bytes(range(16)) + ONE[-5:-4]
    (message,) = known(extended=True).feed(framed(body))

    assert message.positions[0].attributes["io7"] == bytes(range(16)).hex()
    with pytest.raises(ProtocolError):
        known().feed(framed(body))


def variable(number: int, field: bytes) -> dict:
    body = TeltonikaEncoder(seeds.UNIQUE_ID, codec=CODEC_8E).report(seeds.drive(1))[8:-4]
    element = number.to_bytes(2, "big") + len(field).to_bytes(2, "big") + field
    return known().feed(framed(body[:-3] + b"\x00\x01" + element + body[-1:]))[0].positions[0].attributes


def test_elements_of_variable_length_become_texts_beacons_and_tags():
    assert variable(256, b"WVWZZZ1KZAW000001")["vin"] == "WVWZZZ1KZAW000001"
    assert variable(281, b"P0300,P0171")["dtcs"] == "P0300 P0171"
    assert variable(9000, b"\xca\xfe")["io9000"] == "cafe"
    beacon = variable(385, b"\x01\x21" + bytes(16) + b"\x00\x05\x00\x06\xc4")
    assert (beacon["beacon1Major"], beacon["beacon1Minor"], beacon["beacon1Rssi"]) == (5, 6, -60)
    eddystone = variable(385, b"\x01\x07" + bytes(10) + b"\x01" * 6 + b"\xc4\x01\x2c\x00\x15")
    assert (eddystone["beacon1Instance"], eddystone["beacon1Battery"], eddystone["beacon1Temp"]) == ("01" * 6, 3.0, 21)
    tag = variable(10829, b"\x01\x0c\x00\x01\xc4\x07\x01\x30\x63\x01\x00\x0d\x01\x01\x04\x02\x02\xc0\x64")
    assert (tag["tag1Rssi"], tag["tag1Humidity"], tag["tag1LowBattery"]) == (-60, 48, True)
    assert (tag["tag2Voltage"], tag["tag2LowBattery"]) == (3000, True)


def test_a_sensor_field_that_is_cut_off_keeps_what_was_whole():
    assert variable(548, b"\x01\x05\x00\x01\xc4\x01\x09")["tag1Rssi"] == -60


def test_a_datagram_is_answered_with_its_own_numbers():
    sent = seeds.drive(3)
    encoder = TeltonikaEncoder(seeds.UNIQUE_ID, transport="udp")
    data = encoder.report(sent)
    (message,) = Teltonika("udp").feed(data)

    assert message.device_ids == (seeds.UNIQUE_ID,)
    assert message.replies == (b"\x00\x05\xca\xfe\x01\x01\x03",)
    assert encoder.acknowledged(message.replies[0]) == 1
    with pytest.raises(ProtocolError, match="length is wrong"):
        Teltonika("udp").feed(data + b"\x00")


def test_a_text_answers_an_order_and_is_not_acknowledged():
    (message,) = known().feed(text_frame(b"DI1:1 DI2:0\r\n", 6))

    assert message.result == "DI1:1 DI2:0"
    assert message.replies == ()
    assert message.positions[0].latitude_deg is None


def test_a_text_longer_than_its_frame_is_refused():
    body = bytes((0x0C, 1, 6)) + (99).to_bytes(4, "big") + b"abc\x01"
    with pytest.raises(ProtocolError, match="longer than its frame"):
        known().feed(framed(body))


def test_a_picture_is_asked_for_part_by_part_until_an_empty_one_comes():
    decoder, picture = known(), b"\x00\x00\x00\x07"
    offered = decoder.feed(text_frame(b"\x01" + picture, 0x0D))
    part = decoder.feed(text_frame(b"\x02" + picture + (2048).to_bytes(4, "big") + b"\x00\x03abc", 0x0D))
    end = decoder.feed(text_frame(b"\x02" + picture + (2051).to_bytes(4, "big") + b"\x00\x00", 0x0D))

    assert offered[0].replies == (text_frame(b"\x02" + picture + bytes(4) + b"\x08\x00", 0x0D),)
    assert part[0].replies == (text_frame(b"\x02" + picture + (2051).to_bytes(4, "big") + b"\x08\x00", 0x0D),)
    assert end[0].replies == ()


def test_orders_are_text_or_bytes():
    text = PROTOCOL.order(Order(kind="custom", values={"data": "getinfo"}), seeds.UNIQUE_ID, {}, 0)
    hexed = PROTOCOL.order(Order(kind="custom", values={"data": "CAFE"}), seeds.UNIQUE_ID, {}, 0)

    assert text[15:-5] == b"getinfo\r\n"
    assert hexed[15:-5] == b"\xca\xfe"
    with pytest.raises(AskError):
        PROTOCOL.order(Order(kind="rebootDevice"), seeds.UNIQUE_ID, {}, 0)


ids = st.lists(st.integers(0, 255), max_size=6)


@settings(max_examples=100, deadline=None, database=None)
@given(
    groups=st.tuples(ids, ids, ids, ids, ids),
    noise=st.randoms(use_true_random=False),
    model=st.sampled_from(["", "FMB130"]),
)
def test_a_compiled_layout_reads_what_the_long_way_reads(groups, noise, model):
    for key, shape in SHAPES.items():
        block = b""
        for size, numbers in zip(shape.sizes, groups, strict=False):
            block += len(numbers).to_bytes(shape.count_size, "big")
            block += b"".join(n.to_bytes(shape.id_size, "big") + noise.randbytes(size) for n in numbers)
        record = noise.randbytes(shape.head.size) + block
        signature, end = walk(record, shape.head.size, shape)
        layout = compiled(key, model, signature)
        fields = layout.unpack(record, 0)
        long_way = spelled(record, shape.head.size, shape, signature, model)
        long_way |= {"priority": fields[1], "sat": fields[6], "event": fields[8]}

        assert end == len(record) == shape.head.size + layout.length
        assert int.from_bytes(block, "big") & layout.mask == layout.pattern
        assert attributes_of(layout, fields) == long_way
