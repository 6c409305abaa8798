"""The first hour: folders, keys, and a link for the first administrator."""

import os

import pytest

from houses import House
from vaults import Clock
from waykeep import cli
from waykeep.errors import StartError
from waykeep.flows import founding
from waykeep.settings import load
from waykeep.store.engine import HomeLock


def found(path, **settings):
    return founding.found(load(path, {}, **settings), os.urandom, Clock(), {}, "Green Cabs")


def test_everything_is_made_for_its_owner_only(tmp_path):
    founded = found(tmp_path / "home")

    assert founded.root_key_made
    assert "#" in founded.link
    made = list((tmp_path / "home").rglob("*"))
    assert {"data", "keys", "epoch", "heads", "backups", "root.key", "waykeep.toml"} <= {path.name for path in made}
    assert [str(path) for path in made if path.stat().st_mode & 0o077] == []


def test_the_house_opens_with_what_was_made(tmp_path):
    found(tmp_path)
    house = House(tmp_path)

    assert [one.name for one in house.rows.people.organisations()] == ["Green Cabs"]
    assert [line.kind for line in house.ledger.lines_of("t0")] == ["founded"]
    house.close()


def test_a_second_time_gives_a_new_link_and_keeps_every_key(tmp_path):
    first = found(tmp_path)
    kept = {name: (tmp_path / name).read_bytes() for name in ("root.key", "epoch/epoch.key", "waykeep.toml")}

    second = found(tmp_path)

    assert second.link != first.link
    assert not second.root_key_made
    assert kept == {name: (tmp_path / name).read_bytes() for name in kept}


def test_the_secret_of_the_link_is_in_no_file(tmp_path):
    secret = found(tmp_path).link.rpartition("=")[2]

    assert len(secret) >= 16
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


def test_a_running_server_is_left_alone(tmp_path):
    found(tmp_path)
    with HomeLock(tmp_path / "data/lock"), pytest.raises(StartError, match="another process"):
        found(tmp_path)


def test_keys_beside_the_data_are_said_to_be_so(tmp_path):
    assert found(tmp_path / "one").together
    apart = {
        "data_dir": str(tmp_path / "a/data"),
        "keys_dir": str(tmp_path / "b/keys"),
        "root_key": str(tmp_path / "c/root"),
        "epoch_dirs": (str(tmp_path / "d"),),
    }
    assert not found(tmp_path / "two", **apart).together
    assert founding.keys_beside_data(load(tmp_path / "two", {}, **apart | {"epoch_dirs": (str(tmp_path / "a/e"),)}))
    outside = apart | {"root_key": "credential:root"}
    assert not founding.keys_beside_data(load(tmp_path / "two", {}, **outside))


def test_init_is_a_command(tmp_path, capsys):
    assert cli.main(["--home", str(tmp_path), "init", "--profile", "pars"]) == 0

    said = capsys.readouterr().out
    assert "First administrator" in said
    assert "Keys and data share one folder" in said
    assert 'profile = "pars"' in (tmp_path / "waykeep.toml").read_text()
