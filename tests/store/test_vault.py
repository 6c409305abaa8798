"""Keys along their chain, on real files, with the bytes of those files looked at."""

import os
import shutil
import sqlite3

import pytest

from vaults import DAY_MS, Clock, home, raw, vault
from waykeep.errors import StartError, StoreError
from waykeep.store.vault import KeyGone, Vault

MONTH = 2026 * 12


@pytest.fixture
def v(tmp_path):
    made = vault(tmp_path)
    yield made
    made.close()


def reopened(one, path, **changes):
    one.close()
    return Vault(home(path, **changes), os.urandom, Clock(), {})


def test_a_field_opens_in_its_place_and_nowhere_else(v):
    blob = v.seal_field("pa", "person", "name", "r1", b"Ann")

    assert v.open_field("pa", "person", "name", "r1", blob) == b"Ann"
    for place in (("pb", "person", "name", "r1"), ("pa", "device", "name", "r1"), ("pa", "person", "name", "r2")):
        with pytest.raises(StoreError, match=f"{place[1]}.name of row {place[3]}"):
            v.open_field(*place, blob)


def test_a_flipped_byte_is_named_with_its_place(v):
    blob = bytearray(v.seal_field("pa", "person", "name", "r1", b"Ann"))
    blob[-1] ^= 1

    with pytest.raises(StoreError, match=r"person\.name of row r1"):
        v.open_field("pa", "person", "name", "r1", bytes(blob))


def test_two_seals_of_one_value_differ(v):
    assert v.seal_field("pa", "t", "c", "r", b"x") != v.seal_field("pa", "t", "c", "r", b"x")


def test_a_tenant_and_the_installation_seal_too(v):
    for subject in ("ta", "t0"):
        assert v.open_field(subject, "t", "c", "r", v.seal_field(subject, "t", "c", "r", b"x")) == b"x"


def test_one_month_of_a_device_and_subject_has_one_key(v):
    key = v.data_key("ta", "da", "pa", MONTH, create=True)

    assert v.data_key("ta", "da", "pa", MONTH, create=False) == key
    others = [("da", "pa", MONTH + 1), ("da", "pb", MONTH), ("db", "pa", MONTH)]
    assert all(v.data_key("ta", *other, create=False) is None for other in others)
    assert len({v.data_key("ta", *other, create=True).secret for other in others} | {key.secret}) == 4


def test_keys_open_again_after_a_restart(v, tmp_path):
    key, day = v.data_key("ta", "da", "pa", MONTH, create=True), v.day_key("da", 20_000, create=True)
    seen, hashed, seed = v.seen("da"), v.lookup("e-mail", "a@b.example"), v.signing_seed("heads")
    blob = v.seal_field("pa", "t", "c", "r", b"x")

    again = reopened(v, tmp_path)

    assert again.open_data_key(key.id) == key.secret
    assert again.data_key("ta", "da", "pa", MONTH, create=False) == key
    assert again.day_key("da", 20_000, create=False) == day
    assert (again.seen("da"), again.lookup("e-mail", "a@b.example"), again.signing_seed("heads")) == (
        seen,
        hashed,
        seed,
    )
    assert again.open_field("pa", "t", "c", "r", blob) == b"x"
    again.close()


def test_a_renewed_month_writes_under_the_new_key_and_still_reads_the_old(v):
    old = v.data_key("ta", "da", "pa", MONTH, create=True)
    new, replaced = v.renew_data_key("ta", "da", "pa", MONTH)

    assert replaced == (old.id,)
    assert v.data_key("ta", "da", "pa", MONTH, create=True) == new != old
    assert v.open_data_key(old.id) == old.secret
    v.erasures.destroy(replaced)
    assert v.open_data_key(old.id) is None
    assert v.open_data_key(new.id) == new.secret


def test_day_keys_are_made_ahead_in_one_go_and_destroyed_one_by_one(v):
    assert v.prepare_days(["da", "db", "nobody"], 20_001) == 2
    assert v.prepare_days(["da", "db"], 20_001) == 0
    v.destroy_day_key("da", 20_001)

    assert v.day_key("da", 20_001, create=False) is None
    assert v.day_key("db", 20_001, create=False) is not None


def test_a_seen_key_stays_one_turn_longer(tmp_path):
    clock = Clock()
    v = vault(tmp_path, clock)
    (first,) = v.seen("da")
    clock.now_ms += 7 * DAY_MS
    assert v.rotate_seen("da") == ()
    second, last = v.seen("da")
    clock.now_ms += 7 * DAY_MS

    assert last == first
    assert v.rotate_seen("da") == (first.id,)
    assert [key.id for key in v.seen("da")][1:] == [second.id]
    assert len(v.seen_keys("da")) == 2
    v.close()


def test_look_ups_differ_by_kind_and_value(v):
    assert v.lookup("e-mail", "ann") == v.lookup("e-mail", "ann")
    assert len({v.lookup("e-mail", "ann"), v.lookup("name", "ann"), v.lookup("e-mail", "bea")}) == 3
    assert len(v.lookup("name", "ann")) == 16


def test_no_key_stands_open_in_any_file(v, tmp_path):
    key = v.data_key("ta", "da", "pa", MONTH, create=True)
    secrets = [key.secret, v.signing_seed("heads"), v.keys.epoch.key, *v.seen_keys("da")]
    root = (tmp_path / "root.key").read_bytes()
    v.close()
    (tmp_path / "root.key").unlink()

    bytes_on_disk = raw(tmp_path)

    assert not [
        secret for secret in (*secrets, root) if secret in bytes_on_disk or secret.hex().encode() in bytes_on_disk
    ]


@pytest.mark.usefixtures("v")
def test_key_files_are_for_their_owner_only(tmp_path):
    files = [tmp_path / "root.key", tmp_path / "epoch/epoch.key", tmp_path / "keys/vault.db"]

    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0


def test_another_root_key_refuses_the_start(v, tmp_path):
    v.close()
    (tmp_path / "root.key").write_bytes(os.urandom(32))

    with pytest.raises(StartError, match=r"epoch\.key"):
        Vault(home(tmp_path), os.urandom, Clock(), {})


def test_a_missing_epoch_key_refuses_the_start(v, tmp_path):
    v.close()
    shutil.rmtree(tmp_path / "epoch")

    with pytest.raises(StartError, match="no holder"):
        Vault(home(tmp_path), os.urandom, Clock(), {})


def test_a_second_holder_stands_in_for_the_first(tmp_path):
    v = vault(tmp_path, epoch_dirs=("epoch", "far/epoch"))
    blob = v.seal_field("pa", "t", "c", "r", b"x")
    shutil.rmtree(tmp_path / "epoch")

    again = reopened(v, tmp_path, epoch_dirs=("epoch", "far/epoch"))

    assert again.open_field("pa", "t", "c", "r", blob) == b"x"
    again.close()


@pytest.mark.parametrize("form", ["raw", "hex"])
def test_the_root_key_comes_from_a_systemd_credential(tmp_path, form):
    secret = os.urandom(32)
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "root").write_bytes(secret if form == "raw" else secret.hex().encode() + b"\n")
    settings = home(tmp_path, root_key="credential:root")

    v = Vault(settings, os.urandom, Clock(), {"CREDENTIALS_DIRECTORY": str(tmp_path / "given")})
    v.close()

    assert not (tmp_path / "root.key").exists()
    with pytest.raises(StartError, match="CREDENTIALS_DIRECTORY"):
        Vault(settings, os.urandom, Clock(), {})


def test_the_root_key_comes_from_a_command(tmp_path):
    Vault(home(tmp_path, root_key=f"command:echo {'ab' * 32}"), os.urandom, Clock(), {}).close()

    for command, why in (("false", "its command failed"), ("echo short", "does not hold 32 bytes")):
        with pytest.raises(StartError, match=why):
            Vault(home(tmp_path, root_key=f"command:{command}"), os.urandom, Clock(), {})


def test_a_row_of_wrapped_bytes_moved_to_another_subject_does_not_open(v, tmp_path):
    blob = v.seal_field("pa", "t", "c", "r", b"x")
    v.close()
    db = sqlite3.connect(tmp_path / "keys/vault.db")
    (taken,) = db.execute("SELECT wrapped FROM wrapped_key WHERE subject = 'pb'").fetchone()
    db.execute("UPDATE wrapped_key SET wrapped = ? WHERE subject = 'pa' AND kind = 'subject'", (taken,))
    db.commit()
    db.close()
    again = Vault(home(tmp_path), os.urandom, Clock(), {})

    with pytest.raises(StoreError):
        again.open_field("pa", "t", "c", "r", blob)
    again.close()


def test_no_key_is_made_under_one_that_is_gone(v):
    v.erasures.forget("da")

    assert not v.has_subject("da")
    for make in (
        lambda: v.data_key("ta", "da", "da", MONTH, create=True),
        lambda: v.day_key("da", 1, create=True),
        lambda: v.seen("da"),
        lambda: v.seal_field("da", "t", "c", "r", b"x"),
    ):
        with pytest.raises(KeyGone):
            make()
