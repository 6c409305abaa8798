"""Which passwords are refused, and that checking one for nobody is still a check."""

import asyncio
from contextlib import suppress

import pytest
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st

from office import CHEAP, PASSWORD
from waykeep.errors import AskError
from waykeep.flows.passwords import Passwords, check


@pytest.fixture
def passwords():
    made = Passwords(PasswordHasher(**CHEAP))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("password", "slug"),
    [
        ("short", "password-length"),
        ("x" * 257, "password-length"),
        ("password123", "password-common"),
        ("  Password123 ", "password-common"),
        ("1234567890", "password-common"),
        ("zyxwvutsrqpo", "password-common"),
        ("abcabcabcabc", "password-common"),
        ("aaaaaaaaaaaaaaaa", "password-common"),
        ("river KARIMI sun", "password-name"),
        ("my harbourmaster", "password-name"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(password, slug):
    with pytest.raises(AskError) as refused:
        check(password, "Parisa Karimi", "harbourmaster@example.test")
    assert refused.value.slug == slug


def test_a_sentence_of_ordinary_words_is_welcome():
    check(PASSWORD, "Parisa Karimi", "p.karimi@example.test", None)


@given(st.text(max_size=300))
def test_no_text_breaks_the_check(password):
    with suppress(AskError):
        check(password, "Parisa Karimi")


def test_only_the_same_password_agrees_and_nobody_has_one(passwords):
    async def tried():
        stored = await passwords.hash(PASSWORD)
        assert stored.startswith("$argon2id$")
        assert PASSWORD not in stored
        return [
            await passwords.agrees(stored, PASSWORD),
            await passwords.agrees(stored, PASSWORD + " "),
            await passwords.agrees(None, "nobody has this password"),
            await passwords.agrees("not a hash", PASSWORD),
        ]

    assert asyncio.run(tried()) == [True, False, False, False]


def test_more_sign_ins_than_the_queue_holds_are_told_to_come_back(passwords):
    async def crowd():
        return await asyncio.gather(*(passwords.agrees(None, "x" * 12) for _ in range(200)), return_exceptions=True)

    answers = asyncio.run(crowd())
    turned_away = [one for one in answers if isinstance(one, AskError)]
    assert {one.slug for one in turned_away} == {"busy"}
    assert answers.count(False) + len(turned_away) == 200
    assert answers.count(False) >= 1
