"""What holds for every protocol of the registry."""

from functools import cache

import fuzz
import protocol_seeds as seeds
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared_input import SHARED, needs_shared
from waykeep import protocols
from waykeep.errors import ProtocolError
from waykeep.model import attributes
from waykeep.protocols.base import LONGEST_BUFFER, Message, Order, Protocol

every = pytest.mark.parametrize("protocol", protocols.ALL, ids=lambda p: p.name)
every_stream = pytest.mark.parametrize(
    "protocol", [p for p in protocols.ALL if "tcp" in p.transports], ids=lambda p: p.name
)
hard = settings(
    max_examples=1000, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


def converse(protocol: Protocol, data: bytes, size: int) -> list[Message]:
    """Feed a stream in pieces to a conversation whose device is known."""
    decoder = protocol.decoder("tcp")
    decoder.identify(seeds.UNIQUE_ID, fuzz.SETTINGS)
    return [m for at in range(0, len(data), size) for m in decoder.feed(data[at : at + size])]


def take(protocol: Protocol, frame: bytes, transport: str = "") -> list[Message]:
    """Take one whole frame, datagram or request."""
    transport = transport or protocol.transports[0]
    if transport == "http":
        return protocol.decoder("http").ask(fuzz.request(frame))
    decoder = protocol.decoder(transport)
    decoder.identify(seeds.UNIQUE_ID, fuzz.SETTINGS)
    return decoder.feed(frame)


@cache
def valid_input(name: str, transport: str) -> list[bytes]:
    """Whole frames of a protocol, made once."""
    protocol = protocols.named(name)
    return seeds.datagrams(protocol) if transport == "udp" else seeds.frames(protocol)


def test_names_and_ports_are_unique():
    assert len({p.name for p in protocols.ALL}) == len({p.port for p in protocols.ALL}) == len(protocols.ALL)


def test_a_protocol_is_found_by_its_name():
    assert [protocols.named(p.name) for p in protocols.ALL] == list(protocols.ALL)
    assert protocols.named("morse") is None


@needs_shared
@every
def test_the_port_is_the_customary_one(protocol):
    lines = (SHARED / "corpus" / "protocols.tsv").read_text().splitlines()
    customary = {name: (port, transports) for name, port, transports, *_ in (line.split("\t") for line in lines)}
    assert customary[protocol.name] == (str(protocol.port), "+".join(protocol.transports))


@every_stream
@pytest.mark.parametrize("size", [1, 7, 65536])
def test_a_stream_means_the_same_in_pieces_of_any_size(protocol, size):
    encoder = protocol.encoder(seeds.UNIQUE_ID)
    data = b"".join([encoder.hello(), *(encoder.report(seeds.drive(n)) for n in (1, 2, 5))])
    whole = converse(protocol, data, len(data))

    assert converse(protocol, data, size) == whole
    assert sum(len(m.positions) for m in whole) == 8


@every
def test_what_the_encoder_sends_comes_back_from_the_decoder(protocol):
    sent = seeds.drive(6)
    encoder = protocol.encoder(seeds.UNIQUE_ID)
    got = [p for m in take(protocol, encoder.report(sent)) for p in m.positions]

    assert [p.fix_ms for p in got] == [p.fix_ms for p in sent]
    for one, other in zip(got, sent, strict=True):
        assert one.valid
        assert one.latitude_deg == pytest.approx(other.latitude_deg, abs=2e-6)
        assert one.longitude_deg == pytest.approx(other.longitude_deg, abs=2e-6)
        assert one.speed_mps == pytest.approx(other.speed_mps, abs=0.15)
        assert one.course_deg == pytest.approx(other.course_deg, abs=0.6)


@every
def test_each_position_has_its_own_bytes_as_sent(protocol):
    messages = take(protocol, protocol.encoder(seeds.UNIQUE_ID).report(seeds.drive(6)))
    records = [record for m in messages for record in m.records]

    assert len(set(records)) == 6
    assert all(len(m.records) == len(m.positions) for m in messages)


@every
def test_the_device_understands_what_it_is_answered(protocol):
    encoder = protocol.encoder(seeds.UNIQUE_ID)
    for hello in filter(None, [encoder.hello()]):
        answers = b"".join(r for m in take(protocol, hello) for r in m.replies)
        assert encoder.acknowledged(answers) == 0
    answers = b"".join(r for m in take(protocol, encoder.report(seeds.drive(1))) for r in m.replies)

    assert encoder.acknowledged(answers) == int(protocol.acknowledges)


@every
def test_every_attribute_that_comes_out_has_a_category(protocol):
    for frame in seeds.frames(protocol):
        try:
            messages = take(protocol, frame)
        except ProtocolError:
            continue  # an order, which only servers send
        names = {name for m in messages for p in m.positions for name in p.attributes}
        assert [name for name in names if attributes.category(name) is None] == []


@every
def test_own_vectors_mean_what_they_meant(protocol):
    vectors = seeds.own_vectors(protocol.name)
    assert vectors
    for vector in vectors:
        decoder = protocol.decoder(vector.transport)
        decoder.identify(seeds.UNIQUE_ID, vector.settings)
        data = bytes.fromhex(vector.bytes)
        messages = decoder.ask(fuzz.request(data)) if vector.transport == "http" else decoder.feed(data)
        assert tuple(p for m in messages for p in m.positions) == vector.positions, vector.why
        assert tuple(r.hex() for m in messages for r in m.replies) == vector.replies, vector.why


@every
def test_orders_are_encoded_and_others_refused(protocol):
    if protocol.order is None:
        assert protocol.orders == ()
        return
    for kind in protocol.orders:
        order = Order(kind=kind, values={"data": "status", "frequency": 60})
        assert protocol.order(order, seeds.UNIQUE_ID, {}, 0)
    with pytest.raises(Exception, match="makeCoffee"):
        protocol.order(Order(kind="makeCoffee"), seeds.UNIQUE_ID, {}, 0)


@every
def test_setup_texts_name_the_server(protocol):
    texts = protocol.setup("track.example.org", 15027, seeds.UNIQUE_ID)
    assert texts
    assert all("track.example.org" in text and "15027" in text for text in texts.values())


@every_stream
@pytest.mark.parametrize("filler", [b"\x00", b"A", b",", b"\x78", b"\xff", b"1"])
def test_a_frame_without_an_end_keeps_no_more_than_the_bound(protocol, filler):
    for frame in seeds.frames(protocol):
        decoder = protocol.decoder("tcp")
        decoder.identify(seeds.UNIQUE_ID, {})
        try:
            decoder.feed(frame[: len(frame) // 2])
            for _ in range(4 * LONGEST_BUFFER // 16384):
                decoder.feed(filler * 16384)
                assert fuzz.kept_bytes(decoder) <= LONGEST_BUFFER
        except ProtocolError:
            continue


@every
@hard
@given(noise=st.binary(max_size=600), identified=st.booleans())
def test_noise_is_refused_politely(protocol, noise, identified):
    for transport in protocol.transports:
        case = (transport, identified, (noise,))
        fuzz.run(fuzz.decoder_of(protocol, case), fuzz.ready(case))


@every
@hard
@given(script=st.binary(min_size=2, max_size=14))
def test_changed_frames_are_refused_politely(protocol, script):
    """The script names the transport and the frame, then a place and a value for each change."""
    transport = protocol.transports[script[0] % len(protocol.transports)]
    frames = valid_input(protocol.name, transport)
    frame = bytearray(frames[script[1] % len(frames)])
    for at in range(2, len(script) - 2, 3):
        frame[int.from_bytes(script[at : at + 2], "big") % len(frame)] = script[at + 2]
    mend = seeds.MEND.get(protocol.name)
    case = (transport, True, (mend(bytes(frame)) if mend else bytes(frame),))
    fuzz.run(fuzz.decoder_of(protocol, case), fuzz.ready(case))
