"""The tree hash and its proofs, against the known vectors of RFC 6962 and against each other."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waykeep.policy import merkle

# The eight inputs, roots and proofs that implementations of RFC 6962 are customarily held against.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [merkle.leaf_hash(data) for data in INPUTS]


def by_definition(hashes: list[bytes]) -> bytes:
    """The tree hash written as the RFC defines it, as a second opinion."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return hashlib.sha256(b"\x01" + by_definition(hashes[:k]) + by_definition(hashes[k:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_of_each_size_is_the_known_one(size):
    assert merkle.root(HASHES[:size]).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_audit_path_of_the_first_of_eight_is_the_known_one():
    assert [step.hex() for step in merkle.inclusion(0, 8, merkle.over(HASHES))] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


def test_the_consistency_of_six_with_eight_is_the_known_one():
    assert [step.hex() for step in merkle.consistency(6, 8, merkle.over(HASHES))] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 100])
def test_every_leaf_of_every_size_proves_itself_and_nothing_else(size):
    hashes = [merkle.leaf_hash(bytes([n])) for n in range(size)]
    head = by_definition(hashes)
    assert merkle.root(hashes) == head
    for index in range(size):
        path = merkle.inclusion(index, size, merkle.over(hashes))
        assert merkle.includes(hashes[index], index, size, path, head)
        assert not merkle.includes(merkle.leaf_hash(b"other"), index, size, path, head)
        assert not merkle.includes(hashes[index], (index + 1) % size, size, path, head) or size == 1
        assert not merkle.includes(hashes[index], index, size, [*path, head], head)


@pytest.mark.parametrize("new", [*range(1, 20), 33, 64])
def test_a_tree_proves_that_it_only_grew(new):
    hashes = [merkle.leaf_hash(bytes([n])) for n in range(new)]
    for old in range(1, new + 1):
        path = merkle.consistency(old, new, merkle.over(hashes))
        before, after = merkle.root(hashes[:old]), merkle.root(hashes)
        assert merkle.grew(old, before, new, after, path)
        rewritten = merkle.root([merkle.leaf_hash(b"other"), *hashes[1:old]])
        assert not merkle.grew(old, rewritten, new, after, path)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 40),
    st.integers(0, 40),
    st.lists(st.binary(min_size=32, max_size=32), max_size=8),
    st.binary(max_size=40),
)
def test_a_made_up_proof_is_refused_and_never_an_error(index, size, path, head):
    leaf = merkle.leaf_hash(b"never inside")
    assert not merkle.includes(leaf, index, size, path, head)
    assert not merkle.grew(index, leaf, size, head, path) or (index == size and leaf == head)


def test_a_proof_for_a_leaf_that_is_not_there_cannot_be_asked_for():
    with pytest.raises(ValueError, match="8"):
        merkle.inclusion(8, 8, merkle.over(HASHES))
    with pytest.raises(ValueError, match="9"):
        merkle.consistency(9, 8, merkle.over(HASHES))
