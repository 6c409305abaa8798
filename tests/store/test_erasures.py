"""Forgetting in the vault: which keys go, which stay, and that their bytes are in no file."""

import os

import pytest

from vaults import Clock, home, raw, vault, wrapped
from waykeep.errors import StartError
from waykeep.store.vault import KeyGone, Vault

MONTH = 2026 * 12


@pytest.fixture
def v(tmp_path):
    made = vault(tmp_path)
    yield made
    made.close()


def data(v, device, subject, month=MONTH):
    return v.data_key("ta", device, subject, month, create=True)


def test_forgetting_a_person_takes_his_keys_and_no_other(v):
    his = [data(v, "da", "pa"), data(v, "db", "pa")]
    others = [data(v, "da", "pb"), data(v, "da", "da")]
    name, device = v.seal_field("pa", "t", "c", "r", b"x"), v.seal_field("da", "t", "c", "r", b"y")

    gone = v.erasures.forget("pa")

    assert {key.id for key in his} < set(gone.erasure.keys)
    assert all(v.open_data_key(key.id) is None for key in his)
    assert [v.open_data_key(key.id) for key in others] == [key.secret for key in others]
    with pytest.raises(KeyGone):
        v.open_field("pa", "t", "c", "r", name)
    assert v.open_field("da", "t", "c", "r", device) == b"y"


def test_forgetting_a_device_takes_each_data_key_of_it_whoever_the_subject_was(v):
    its = [data(v, "da", "da"), data(v, "da", "pa"), data(v, "da", "pb"), v.day_key("da", 20_000, create=True)]
    its += v.seen("da")
    others = [data(v, "db", "pa"), data(v, "db", "db"), v.day_key("db", 20_000, create=True)]
    name = v.seal_field("pa", "t", "c", "r", b"x")

    gone = v.erasures.forget("da")

    assert {key.id for key in its} < set(gone.erasure.keys)
    assert all(v.open_data_key(key.id) is None for key in its)
    assert all(v.open_data_key(key.id) == key.secret for key in others)
    assert v.open_field("pa", "t", "c", "r", name) == b"x"


def test_the_destroyed_keys_are_in_none_of_the_vaults_files(v, tmp_path):
    for month in range(24):
        data(v, "da", "pa", MONTH + month)
        data(v, "db", "pb", MONTH + month)
    old = wrapped(v, "subject = ?", "pa")
    assert len(old) == 25
    assert all(one in raw(tmp_path / "keys") for one in old)

    gone = v.erasures.forget("pa")
    v.erasures.sweep(gone)

    assert set(gone.wrapped) == set(old)
    assert not [one for one in old if one in raw(tmp_path / "keys")]
    assert all(one in raw(tmp_path / "keys") for one in wrapped(v))


def test_a_copy_of_a_key_left_in_unused_space_is_found_and_written_over(v):
    gone = v.erasures.forget("pa")
    v.erasures.sweep(gone)
    lost = gone.wrapped[0]
    # A page that is on the free list, as SQLite leaves one behind when secure_delete is off.
    v.db.alone(
        lambda c: c.executescript(
            f"CREATE TABLE stray (x); INSERT INTO stray VALUES (x'{lost.hex()}');"
            "PRAGMA secure_delete=OFF; DROP TABLE stray; PRAGMA secure_delete=ON;"
        )
    ).result()
    v.db.checkpoint()
    assert v.erasures.lingering(gone.wrapped)

    v.erasures.sweep(gone)

    assert not v.erasures.lingering(gone.wrapped)


def test_the_work_of_forgetting_does_not_grow_with_the_history(v):
    """The same statements run whether a device has a day or two years behind it."""
    said = {}
    for device, months in (("da", 1), ("db", 24)):
        for month in range(months):
            data(v, device, device, MONTH + month)
        lines = []
        v.db.alone(lambda c, lines=lines: c.set_trace_callback(lines.append)).result()
        v.erasures.sweep(v.erasures.forget(device))
        v.db.alone(lambda c: c.set_trace_callback(None)).result()
        said[device] = [line.split("'")[0].split("(")[0] for line in lines]

    assert said["da"] == said["db"]


def test_the_list_has_one_line_an_erasure_and_names_no_one(v, tmp_path):
    gone = v.erasures.forget("pa", "person")
    again = v.erasures.forget("db", "device")
    text = (tmp_path / "heads/erasures.jsonl").read_text()

    assert v.erasures.lines() == v.erasures.written() == (gone.erasure, again.erasure)
    assert [line.number for line in v.erasures.lines()] == [1, 2]
    assert '"pa"' not in text
    assert '"db"' not in text


def test_an_older_vault_learns_what_was_erased_since(v, tmp_path):
    key = data(v, "da", "pa")
    v.db.copy_to(tmp_path / "old.db")
    gone = v.erasures.forget("pa")
    v.close()
    (tmp_path / "old.db").replace(tmp_path / "keys/vault.db")

    again = Vault(home(tmp_path), os.urandom, Clock(), {})

    assert not again.has_subject("pa")
    assert again.open_data_key(key.id) is None
    assert again.erasures.lines() == (gone.erasure,)
    assert not again.erasures.lingering(gone.wrapped)
    assert again.erasures.forget("pb").erasure.number == 2
    again.close()


def test_a_torn_or_missing_line_of_the_list_is_written_again(v, tmp_path):
    v.erasures.forget("pa")
    v.erasures.forget("pb")
    file = tmp_path / "heads/erasures.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])

    assert v.erasures.mend()
    assert file.read_bytes() == whole


def test_a_damaged_list_refuses_the_start(v, tmp_path):
    v.erasures.forget("pa")
    v.close()
    (tmp_path / "heads/erasures.jsonl").write_bytes(b"{}\n")

    with pytest.raises(StartError, match=r"erasures\.jsonl"):
        Vault(home(tmp_path), os.urandom, Clock(), {})


def test_forgetting_works_while_the_second_place_is_out_of_reach(v, tmp_path):
    (tmp_path / "heads").write_bytes(b"a file where the folder was")

    gone = v.erasures.forget("pa")

    assert not v.has_subject("pa")
    assert not v.erasures.mend()
    (tmp_path / "heads").unlink()
    assert v.erasures.mend()
    assert v.erasures.written() == (gone.erasure,)


def test_a_crash_before_the_certificate_leaves_it_owed(v):
    gone = v.erasures.forget("pa", "person")
    v.erasures.forget("pb")
    v.erasures.destroy([], "retention")

    assert v.erasures.uncertified() == ((gone.erasure, "person"),)
    v.erasures.keep_certificate(gone.erasure.number, 1, b"{}")
    assert v.erasures.uncertified() == ()
    assert v.erasures.certificate(1) == b"{}"
    assert v.erasures.certificate(2) is None
