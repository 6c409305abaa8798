"""The archive of policy documents: nothing in it can be changed, dropped or slipped in."""

import pytest

from waykeep import seal
from waykeep.errors import StartError
from waykeep.store import tamper
from waykeep.store.engine import Database
from waykeep.store.promise_tables import METADATA
from waykeep.store.versions import Version, Versions, in_force, on_disk

SEED = b"s" * 32


@pytest.fixture
def database(tmp_path):
    made = Database(tmp_path / "waykeep.db", METADATA)
    yield made
    made.close()


def version(name, effective_ms):
    return Version(
        number=0, document="mine", version=name, hash=f"hash of {name}", published_ms=5,
        layers=(("base.yaml", "a"), ("mine.yaml", name)), effective_ms=effective_ms, weight="minor",
    )  # fmt: skip


@pytest.fixture
def versions(database):
    made = Versions(database, SEED)
    for name, effective_ms in (("one", 10), ("two", 20), ("three", 30)):
        made.add(version(name, effective_ms)).result()
    return made


def test_each_holds_from_its_moment_on_until_the_next_one(versions):
    held = {now_ms: versions.in_force(now_ms).version for now_ms in (9, 10, 19, 20, 29, 30)}
    assert held == {9: "one", 10: "one", 19: "one", 20: "two", 29: "two", 30: "three"}
    assert {now_ms: versions.hash_in_force(now_ms).split()[-1] for now_ms in held} == held
    assert in_force((), 5) is None
    assert versions.all()[1].layers == (("base.yaml", "a"), ("mine.yaml", "two"))


def test_what_lies_on_disk_is_read_without_keys(versions, database, tmp_path):
    assert on_disk(tmp_path / "waykeep.db") == versions.all()
    assert on_disk(tmp_path / "nothing.db") == ()
    assert database


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE policy_version SET chain = replace(chain, 'two', 'too') WHERE number = 2", "version 2 .two. is not"),
        ("UPDATE policy_version SET effective_ms = 0 WHERE number = 3", "version 3 .three. is not"),
        ("UPDATE policy_version SET weight = 'material' WHERE number = 1", "version 1 .one. is not"),
        ("DELETE FROM policy_version WHERE number = 2", "version 2 is missing"),
        ("UPDATE policy_version SET signature = (SELECT signature FROM policy_version WHERE number = 1)", "version 2"),
    ],
)
def test_a_row_that_was_changed_or_dropped_is_named(versions, database, tmp_path, statement, told):
    versions.verify()
    database.close()
    tamper.alter(tmp_path / "waykeep.db", statement)
    again = Database(tmp_path / "waykeep.db", METADATA)
    with pytest.raises(StartError, match=told):
        Versions(again, SEED).verify()
    again.close()


def test_another_key_signs_nothing_here(versions, database):
    versions.verify()
    with pytest.raises(StartError, match="version 1"):
        Versions(database, b"t" * 32).verify()
    assert len(versions.all()[0].signature) == len(seal.sign(SEED, b""))
