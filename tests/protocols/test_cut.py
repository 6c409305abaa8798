"""Framing helpers and check sums."""

import pytest

from waykeep.errors import ProtocolError
from waykeep.protocols import checks
from waykeep.protocols.cut import Buffer, Reader, until


def test_frames_come_out_whole_and_the_rest_waits():
    buffer = Buffer(until(b"#", 100))

    assert buffer.feed(b"one#tw") == [b"one"]
    assert len(buffer) == 2
    assert buffer.feed(b"o##thr") == [b"two", b""]
    assert buffer.feed(b"ee#") == [b"three"]
    assert len(buffer) == 0


def test_an_end_that_does_not_come_is_refused():
    with pytest.raises(ProtocolError, match="within 10 bytes"):
        Buffer(until(b"#", 10)).feed(b"x" * 11)


def test_a_buffer_holds_no_more_than_its_limit():
    buffer = Buffer(lambda _: None, limit=16)
    buffer.feed(b"x" * 16)

    with pytest.raises(ProtocolError, match="within 16 bytes"):
        buffer.feed(b"x")


def test_a_reader_walks_fields_and_refuses_to_read_past_the_end():
    reader = Reader(b"\x01\x02\xff\xfe")

    assert reader.number(2) == 0x0102
    assert reader.number(1, signed=True) == -1
    assert reader.left == 1
    with pytest.raises(ProtocolError, match="cut off"):
        reader.take(2)


def test_check_sums_have_the_published_check_values():
    text = b"123456789"

    assert checks.crc_ibm(text) == 0xBB3D
    assert checks.crc_itu(text) == 0x906E
    assert checks.xor(text) == 0x31
    assert checks.total(text) == 0xDD
