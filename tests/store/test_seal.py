"""Sealing, wrapping and signing."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waykeep import seal
from waykeep.errors import StoreError

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
NONCE = bytes(12)


@given(plain=st.binary(max_size=2000), associated=st.binary(max_size=40), nonce=st.binary(min_size=12, max_size=12))
def test_what_is_sealed_opens_again(plain, associated, nonce):
    assert seal.unseal(KEY, seal.seal(KEY, plain, associated, nonce), associated) == plain


def test_sizes_on_disk_come_in_steps_of_256():
    sizes = {len(seal.seal(KEY, bytes(n), b"", NONCE)) for n in range(600)}

    assert len(sizes) == 3
    assert {size - 29 for size in sizes} == {256, 512, 768}


def test_a_step_may_be_chosen():
    assert len(seal.seal(KEY, b"abc", b"", NONCE, pad=16)) == 29 + 16


def test_another_key_does_not_open():
    with pytest.raises(StoreError, match="do not open"):
        seal.unseal(OTHER, seal.seal(KEY, b"51.5", b"here", NONCE), b"here")


def test_sealed_bytes_moved_to_another_place_do_not_open():
    with pytest.raises(StoreError, match="do not open"):
        seal.unseal(KEY, seal.seal(KEY, b"51.5", b"row 1", NONCE), b"row 2")


def test_no_flipped_bit_goes_unnoticed():
    blob = seal.seal(KEY, b"51.5", b"here", NONCE, pad=16)

    for at in range(len(blob)):
        with pytest.raises(StoreError):
            seal.unseal(KEY, blob[:at] + bytes((blob[at] ^ 1,)) + blob[at + 1 :], b"here")


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x02" + bytes(40), b"\x01" + bytes(27)])
def test_bytes_of_no_known_form_are_refused(blob):
    with pytest.raises(StoreError):
        seal.unseal(KEY, blob, b"")


def test_a_wrapped_key_opens_under_its_own_key_only():
    wrapped = seal.wrap(KEY, OTHER)

    assert seal.unwrap(KEY, wrapped) == OTHER
    with pytest.raises(StoreError):
        seal.unwrap(OTHER, wrapped)


def test_wrapping_is_the_published_one():
    # RFC 3394, section 4.6: 256 bits of key data with a 256-bit key.
    secret = bytes.fromhex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F")
    wrapped = "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21"

    assert seal.wrap(bytes(range(32)), secret).hex().upper() == wrapped


def test_sub_keys_differ_by_label_and_by_key():
    keys = {seal.subkey(key, label) for key in (KEY, OTHER) for label in (b"header", b"body")}

    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)


def test_a_keyed_hash_needs_its_key():
    assert seal.keyed_hash(KEY, b"x") == seal.keyed_hash(KEY, b"x") != seal.keyed_hash(OTHER, b"x")
    assert len(seal.keyed_hash(KEY, b"x", 8)) == 8


def test_a_signature_is_the_key_holders_over_these_bytes():
    seed = os.urandom(32)
    signature = seal.sign(seed, b"said")

    assert seal.verify(seal.public_key(seed), signature, b"said")
    assert not seal.verify(seal.public_key(seed), signature, b"sad")
    assert not seal.verify(seal.public_key(KEY), signature, b"said")
    assert not seal.verify(b"short", signature, b"said")
