"""The canary scan finds a planted value in every form it knows, and nothing in random bytes."""

import base64
import random
import struct

import pytest

from waykeep.policy.canary import NEAR, SHORT, Canary, forms, geohash, scan

PLACE = Canary(name="place", place=(35.681374, 51.338192))
SOUTH = Canary(name="south", place=(-33.856783, -151.215291))
TEXTS = (
    Canary(name="name", text="Zahra Ghotbizadeh"),
    Canary(name="mail", text="z.ghotbi@example.net"),
    Canary(name="phone", text="+989123400817"),
    Canary(name="plate", text="12B345-67"),
    Canary(name="unique id", text="352093086403655"),
)
ALL = (PLACE, SOUTH, *TEXTS)


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


@pytest.mark.parametrize("canary", ALL, ids=lambda canary: canary.name)
def test_every_form_is_found_in_the_middle_of_random_bytes(canary):
    for one in forms(canary):
        data = noise(3001) + one.needle + noise(NEAR - 1, 2) + one.other + noise(3000, 3)
        assert [(found.canary, found.form) for found in scan(data, [one])] == [(canary.name, one.form)]


def test_random_bytes_hold_no_canary():
    wanted = [one for canary in ALL for one in forms(canary)]

    assert scan(noise(4_000_000), wanted) == []


def test_a_short_form_counts_only_beside_its_other_half():
    latitude, longitude = (struct.pack("<i", round(one * 1e7)) for one in PLACE.place)
    wanted = forms(PLACE)

    assert scan(noise(999) + latitude + noise(NEAR + 1, 2) + longitude, wanted) == []
    assert [found.form for found in scan(noise(999) + longitude + noise(9, 2) + latitude, wanted)] != []
    assert all(one.other for one in wanted if len(one.needle) < SHORT)


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("decimal 6", b"lat=35.681374"),
        ("decimal 5 cut", b"51.33819"),
        ("decimal 6, URL-coded", b"35%2E681374"),
        ("double, big", struct.pack(">d", 51.338192)),
        ("integer e7, little", struct.pack("<ii", 513_381_920, 356_813_740)),
        ("integer gt06, big", struct.pack(">II", round(35.681374 * 1_800_000), round(51.338192 * 1_800_000))),
        ("BCD minutes", bytes.fromhex("35408824") + b"\x00" + bytes.fromhex("51202915")),
        ("digits e6", b'{"lat": 35681374}'),
        ("double, little, base64 at 1", base64.b64encode(b"x" + struct.pack("<dd", 35.681374, 51.338192))),
        ("float, big, hex", b" ".join(struct.pack(">f", one).hex().encode() for one in (35.681374, 51.338192))),
        ("geohash", geohash(35.681374, 51.338192).encode()),
    ],
)  # fmt: skip
def test_a_place_is_known_however_it_was_written(form, written):
    assert form in {found.form for found in scan(noise(500) + written + noise(500, 2), forms(PLACE))}


def test_a_geohash_is_the_one_that_others_compute():
    assert geohash(57.64911, 10.40744, 11) == "u4pruydqqvj"


def test_negative_places_are_found_as_signed_numbers_and_as_bare_digits():
    data = noise(99) + struct.pack(">ii", round(-33.856783 * 1e6), round(-151.215291 * 1e6)) + b"S33.856783"

    assert {"integer e6, big", "decimal 6"} <= {found.form for found in scan(data, forms(SOUTH))}


def test_a_unique_id_is_found_as_packed_digits_in_either_order():
    (canary,) = (one for one in TEXTS if one.name == "unique id")
    plain = bytes.fromhex("0" + canary.text)

    assert "BCD, shifted" in {found.form for found in scan(noise(99) + plain, forms(canary))}
