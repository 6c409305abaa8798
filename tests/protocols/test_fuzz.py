"""The fuzzer finds what it looks for: sabotaged decoders, each with one of the faults."""

import time

import fuzz
import msgspec
import pytest

from waykeep import protocols
from waykeep.errors import ProtocolError
from waykeep.protocols.base import LONGEST_BUFFER
from waykeep.protocols.teltonika import PROTOCOL, Teltonika

FOREVER = float("inf")


def sabotaged(feed):
    """The real decoder with another feed."""
    decoder = type("Sabotaged", (Teltonika,), {"feed": feed})
    return msgspec.structs.replace(PROTOCOL, decoder=decoder)


def test_another_error_than_protocol_error_is_found():
    def feed(self, data):
        if data[-3:-2] > b"\xf0":
            raise KeyError(data[-1])
        return Teltonika.feed(self, data)

    report = fuzz.fuzz(sabotaged(feed), 500, FOREVER, seed=1)
    assert any("KeyError" in fault for fault in report.faults)


def test_a_conversation_that_keeps_too_much_is_found():
    def feed(self, data):
        self.hoard = [data, bytes(LONGEST_BUFFER)]
        return Teltonika.feed(self, data)

    report = fuzz.fuzz(sabotaged(feed), 2000, FOREVER, seed=1)
    assert any("keeps" in fault for fault in report.faults)


def test_a_slow_input_is_found():
    def feed(self, data):
        if len(data) > 100 and data[-1] == 7:
            time.sleep(0.03)
        return Teltonika.feed(self, data)

    report = fuzz.fuzz(sabotaged(feed), 4000, FOREVER, seed=1)
    assert report.slowest > fuzz.SLOWEST
    assert any("times the median" in fault for fault in report.faults)


@pytest.mark.parametrize("protocol", protocols.ALL, ids=lambda p: p.name)
def test_the_same_seed_makes_the_same_inputs_and_they_vary(protocol):
    one, other = fuzz.Mutator(protocol, 7), fuzz.Mutator(protocol, 7)
    cases = [one.case() for _ in range(300)]

    assert cases == [other.case() for _ in range(300)]
    assert len(set(cases)) > 200
    assert fuzz.Mutator(protocol, 8).case() not in cases[:1]


@pytest.mark.parametrize("protocol", protocols.ALL, ids=lambda p: p.name)
def test_many_changed_inputs_get_past_the_check_sum(protocol):
    report = fuzz.fuzz(protocol, 1000, FOREVER, seed=2)
    assert report.faults == []
    assert report.accepted > 200


def test_a_span_of_time_ends_the_run():
    assert fuzz.fuzz(PROTOCOL, 0, time.monotonic() - 1, seed=1).inputs == 0
    assert (fuzz.seconds("90"), fuzz.seconds("15m"), fuzz.seconds("1h")) == (90, 900, 3600)


def test_the_command_says_what_it_did_and_fails_for_a_protocol_that_is_not_there(capsys):
    assert fuzz.main(["--count", "50", "--protocol", "h02"]) == 0
    assert '"inputs": 50' in capsys.readouterr().out
    assert fuzz.main(["--count", "50", "--protocol", "morse"]) == 1


def test_a_refusal_is_not_a_fault():
    def feed(_self, _data):
        raise ProtocolError("no")

    assert fuzz.fuzz(sabotaged(feed), 300, FOREVER, seed=1).faults == []
