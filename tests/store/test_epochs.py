"""The end of an epoch: survivors open, every older copy of the vault is dead, even beside the new one."""

import os
import shutil

import pytest

from vaults import DAY_MS, Clock, home, raw, vault
from waykeep.errors import StartError, StoreError
from waykeep.store import epochs
from waykeep.store.vault import Vault

MONTH = 2026 * 12


def no_rows(_, adopt):
    adopt()


@pytest.fixture
def v(tmp_path):
    made = vault(tmp_path)
    yield made
    made.close()


def test_survivors_open_after_the_turn_and_after_a_restart(v, tmp_path):
    key, day = v.data_key("ta", "da", "pa", MONTH, create=True), v.day_key("da", 20_000, create=True)
    blob, seed, seen = v.seal_field("pa", "t", "c", "r", b"x"), v.signing_seed("heads"), v.seen("da")
    assert epochs.turn(v, no_rows) == ()

    for opened in (v, None):
        one = opened or Vault(home(tmp_path), os.urandom, Clock(), {})
        assert one.keys.epoch.number == 2
        assert one.open_data_key(key.id) == key.secret
        assert one.day_key("da", 20_000, create=False) == day
        assert one.open_field("pa", "t", "c", "r", blob) == b"x"
        assert (one.signing_seed("heads"), one.seen("da")) == (seed, seen)
        one.close()


def test_an_older_copy_of_the_vault_opens_until_the_epoch_ends_and_not_after(v, tmp_path):
    """With an old vault and the root key a forgotten person opens only while the old epoch key exists."""
    blob = v.seal_field("pa", "t", "c", "r", b"x")
    (tmp_path / "old/keys").mkdir(parents=True)
    v.db.copy_to(tmp_path / "old/keys/vault.db")
    v.erasures.sweep(v.erasures.forget("pa"))

    def opened_from_the_copy():
        shutil.rmtree(tmp_path / "thief", ignore_errors=True)
        shutil.copytree(tmp_path / "old", tmp_path / "thief")
        shutil.copytree(tmp_path / "epoch", tmp_path / "thief/epoch")
        shutil.copy(tmp_path / "root.key", tmp_path / "thief/root.key")
        thief = Vault(home(tmp_path / "thief"), os.urandom, Clock(), {})
        try:
            return thief.open_field("pa", "t", "c", "r", blob)
        finally:
            thief.close()

    assert opened_from_the_copy() == b"x"
    assert epochs.turn(v, no_rows) == ()
    with pytest.raises(StartError, match="no holder"):
        opened_from_the_copy()


def test_keys_of_the_new_vault_do_not_help_an_older_copy(v):
    """A month erased under a person who stays: his key of today must not open the month's key in an old copy."""
    old_key = v.data_key("ta", "da", "pa", MONTH, create=True)
    (row,) = v.keys.select("id = ?", (old_key.id,))
    before = v.keys.wrapping(row.parent)
    v.erasures.destroy([old_key.id])
    epochs.turn(v, no_rows)

    assert v.keys.wrapping(row.parent) != before
    assert v.has_subject("pa")


def test_the_old_epoch_key_is_in_no_file_of_any_holder(tmp_path):
    v = vault(tmp_path, epoch_dirs=("epoch", "far/epoch"))
    lines = [(tmp_path / folder / "epoch.key").read_bytes() for folder in ("epoch", "far/epoch")]
    assert lines[0] == lines[1]
    inode = (tmp_path / "epoch/epoch.key").stat().st_ino

    assert epochs.turn(v, no_rows) == ()

    secret = lines[0].split()[-1]
    assert secret not in raw(tmp_path)
    assert (tmp_path / "epoch/epoch.key").stat().st_ino == inode, "overwritten in place, not replaced"
    assert sorted(path.name for path in (tmp_path / "far/epoch").iterdir()) == ["epoch.key"]
    v.close()


def test_a_holder_out_of_reach_keeps_the_old_epoch_open_until_it_is_back(tmp_path):
    v = vault(tmp_path, epoch_dirs=("epoch", "far"))
    (tmp_path / "far").rename(tmp_path / "away")
    (tmp_path / "far").write_bytes(b"the mount is gone")

    assert epochs.turn(v, no_rows) == (tmp_path / "far",)
    assert epochs.settle(v) == (tmp_path / "far",)

    (tmp_path / "far").unlink()
    (tmp_path / "away").rename(tmp_path / "far")
    assert epochs.settle(v) == ()
    assert (tmp_path / "far/epoch.key").read_bytes() == (tmp_path / "epoch/epoch.key").read_bytes()
    v.close()


@pytest.mark.parametrize("torn", [b"", b"waykeep epoch 0000"])
def test_a_turn_cut_off_before_its_commit_leaves_the_old_epoch(v, tmp_path, torn):
    (tmp_path / "epoch/epoch.next").write_bytes(torn)
    blob = v.seal_field("pa", "t", "c", "r", b"x")
    v.close()

    again = Vault(home(tmp_path), os.urandom, Clock(), {})

    assert again.keys.epoch.number == 1
    assert again.open_field("pa", "t", "c", "r", blob) == b"x"
    assert epochs.turn(again, no_rows) == ()
    again.close()


def test_a_key_file_torn_while_it_was_overwritten_is_read_from_the_next_one(v, tmp_path):
    blob = v.seal_field("pa", "t", "c", "r", b"x")
    v.close()
    (tmp_path / "epoch/epoch.key").rename(tmp_path / "epoch/epoch.next")
    (tmp_path / "epoch/epoch.key").write_bytes(b"waykeep epoch 00000")

    again = Vault(home(tmp_path), os.urandom, Clock(), {})

    assert again.open_field("pa", "t", "c", "r", blob) == b"x"
    assert epochs.settle(again) == ()
    assert [path.name for path in (tmp_path / "epoch").iterdir()] == ["epoch.key"]
    again.close()


def test_a_turn_cut_off_after_its_commit_is_finished_at_the_next_start(v, tmp_path, monkeypatch):
    blob = v.seal_field("pa", "t", "c", "r", b"x")
    old = (tmp_path / "epoch/epoch.key").read_bytes()

    def cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(epochs, "renew_lookup", cut)
        with pytest.raises(KeyboardInterrupt):
            epochs.turn(v, no_rows)
    v.close()
    assert (tmp_path / "epoch/epoch.key").read_bytes() == old

    again = Vault(home(tmp_path), os.urandom, Clock(), {})
    assert again.keys.epoch.number == 2
    assert again.open_field("pa", "t", "c", "r", blob) == b"x"
    assert epochs.settle(again) == ()
    assert old.split()[-1] not in raw(tmp_path / "epoch")
    again.close()


def test_a_new_look_up_key_is_adopted_only_once_its_hashes_are_written(v):
    old = v.lookup("name", "ann")
    during = []

    def rehash(hashed, adopt):
        during.append((hashed("name", "ann"), v.lookup("name", "ann")))
        adopt()
        during.append((hashed("name", "ann"), v.lookup("name", "ann")))

    epochs.turn(v, rehash)

    assert during[0][1] == old != during[0][0]
    assert during[1] == (during[0][0], during[0][0])
    assert v.lookup("name", "ann") == during[0][0]
    assert len(v.keys.select("kind = 'lookup'", ())) == 1


def test_hashes_that_could_not_be_written_leave_the_old_look_up_key(v):
    old = v.lookup("name", "ann")

    def failing(_, adopt):
        adopt()
        raise StoreError("disk full")

    with pytest.raises(StoreError):
        epochs.turn(v, failing)

    assert v.lookup("name", "ann") == old
    assert epochs.unfinished_lookup(v)
    epochs.renew_lookup(v, no_rows)
    assert v.lookup("name", "ann") != old
    assert not epochs.unfinished_lookup(v)


def test_copies_of_the_vault_are_kept_seven_days(tmp_path):
    clock = Clock()
    v = vault(tmp_path, clock)
    first = epochs.copy(v)
    clock.now_ms += 7 * DAY_MS
    second = epochs.copy(v)
    assert first.exists()
    clock.now_ms += 1
    third = epochs.copy(v)

    assert [path.exists() for path in (first, second, third)] == [False, True, True]
    v.close()


def test_a_turn_works_while_others_use_the_vault(v):
    keys = {}

    def rehash(_, adopt):
        keys["during"] = v.data_key("ta", "db", "pb", MONTH, create=True)
        adopt()

    keys["before"] = v.data_key("ta", "da", "pb", MONTH, create=True)
    epochs.turn(v, rehash)
    v.keys.drop_all()

    assert all(v.open_data_key(key.id) == key.secret for key in keys.values())
