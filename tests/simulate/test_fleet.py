"""The demo fleet: who is in it."""

from collections import Counter
from random import Random

from waykeep import protocols
from waykeep.simulate.fleet import SPOKEN, fleet, vehicles


def test_forty_four_units_speak_all_four_protocols_in_at_least_three_countries():
    units = fleet(44)
    assert Counter(unit.protocol for unit in units) == dict.fromkeys(SPOKEN, 11)
    assert len({unit.group for unit in units}) >= 6


def test_no_two_units_share_an_id_or_a_name():
    units = fleet(200)
    assert len({unit.unique_id for unit in units}) == len({unit.name for unit in units}) == 200


def test_every_id_is_one_that_its_protocol_takes():
    for unit in fleet(8):
        assert protocols.named(unit.protocol).encoder(unit.unique_id)


def test_an_imei_has_its_check_digit():
    for unit in fleet(4):
        if len(unit.unique_id) == 15:
            doubled = [int(d) * (1 + i % 2) for i, d in enumerate(unit.unique_id)]
            assert sum(n // 10 + n % 10 for n in doubled) % 10 == 0


def test_units_of_one_place_begin_apart_from_each_other():
    units = fleet(44)
    places = {vehicle.place for vehicle in vehicles(units, Random(1))}
    assert len(places) == 44
