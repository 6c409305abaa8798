"""What must never come in: cards by issuer, length and check digit; places in each way of writing them."""

import pytest

from waykeep.policy import unwanted
from waykeep.store import documents


@pytest.mark.parametrize(
    "number",
    ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "5555555555554444", "2223003122003222",
     "378282246310005", "30569309025904", "6011111111111117", "3530111333300000", "6200000000000005",
     "paid with 4111 1111 1111 1111, thanks", "4111 1111 1111 1111 123", "4111 1111 1111 1111 12/26",
     "card 05 4111111111111111", "4111111111111111.", "٤١١١١١١١١١١١١١١١", "4111111111111111 4111111111111112"],
)  # fmt: skip
def test_a_card_is_known_by_issuer_length_and_check_digit(number):
    assert unwanted.card(number)


@pytest.mark.parametrize(
    "number",
    ["4111111111111112", "356307042441013", "860112044321239", "862462030142276", "1750000000000", "4102444800000",
     "0123456789012345", "+98 21 5550 1234", "94111111111111111119", "4111.1111.1111.1111",
     "", "4" * 100_000],
)  # fmt: skip
def test_an_imei_a_time_or_a_wrong_check_digit_is_no_card(number):
    assert not unwanted.card(number)


@pytest.mark.parametrize(
    "text",
    ["41.23456, 44.76543", "-41.2345 / -44.7654", "at 41.2345 44.7654 now", "41.23456N 44.76543E", "41° 14' 4\" N",
     "41°14.07′N", "$GPRMC,123519,A,4807.038,N,01131.000,E", "4807.038,N,01131.000,E", "geo:41.23456,44.76543",
     "https://map.example/?mlat=41.23456&mlon=44.7", "lat=41.2345", '"latitude": 41.23456', "8HGC6QM7+2X", "6QM7+2XG",
     "۴۱٫۲۳ ۴۱.۲۳۴۵۶, ۴۴.۷۶۵۴۳", "۴۱٫۲۳۴۵، ۴۴٫۷۶۵۴", "35.6892، 51.3890"],
)  # fmt: skip
def test_a_place_is_known_however_it_is_written(text):
    assert unwanted.place(text)


@pytest.mark.parametrize(
    "text",
    ["", "Van 12", "version 1.2.3", "costs 12.50, 13.75", "10.0.0.1", "192.168.1.10", "p4k2x7 lost", "2026-11-27 10:00",
     "+98 21 5550 1234", "3.14159", "§ 7, 1.234", "lathe: 12", "C++ and D+"],
)  # fmt: skip
def test_what_people_write_otherwise_is_no_place(text):
    assert not unwanted.place(text)


def test_a_geohash_counts_in_a_text_of_people_alone():
    judge = unwanted.judge(documents.policy("safetrack", fill=True).parts)
    assert judge("text", "see u4pruydqqvj") == unwanted.PLACE
    assert judge("person", "u4pruydqqvj") is None
    assert judge("text", "the harbour, twelve persons") is None


def test_secrets_are_not_read_and_other_profiles_take_places():
    strict, free = (unwanted.judge(documents.policy(name, fill=True).parts) for name in ("safetrack", "pars"))
    assert strict("password", "41.23456, 44.76543") is None
    assert strict("text", "41.23456, 44.76543") == unwanted.PLACE
    assert free("text", "41.23456, 44.76543") is None
    assert free("text", "4111111111111111") == strict("text", "4111111111111111") == unwanted.CARD


def test_numbers_of_json_are_read_with_their_names():
    judge = unwanted.judge(documents.policy("safetrack", fill=True).parts)

    def found(value):
        return [slug for key, text in unwanted.texts(value) if (slug := judge(key, text))]

    assert found({"lat": 41.23456, "lon": 44.76543}) == [unwanted.PLACE]
    assert found({"where": [41.23456, 44.76543]}) == [unwanted.PLACE]
    assert found({"a": [{"b": {"text": "4111111111111111"}}, 4111111111111111]}) == [unwanted.CARD] * 2
    assert found({"days": 30, "on": True, "ratio": 0.12345, "nothing": None}) == []


@pytest.mark.parametrize(
    "text", ["lat" * 300_000, "1.234 " + " " * 900_000, "1" * 900_000, "a1" * 450_000, "1.111," * 9]
)
def test_a_long_text_costs_no_more_than_its_length(text):
    unwanted.place(text[:-1] + "!")
    unwanted.card(text)
    unwanted.geohash(text)


def test_a_name_of_json_is_read_as_well_and_what_no_form_is_ends_early():
    judge = unwanted.judge(documents.policy("pars", fill=True).parts)
    assert any(judge(key, text) for key, text in unwanted.texts({"said": {"4111111111111111": "x"}}))
    deep = []
    for _ in range(200):
        deep = [deep]
    for value in (deep, [1] * 100_000, {str(at): at for at in range(100_000)}):
        with pytest.raises(ValueError, match="any form"):
            unwanted.texts(value)
