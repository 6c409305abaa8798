"""`waykeep check ledger`: what an operator sees, with the keys at hand and without."""

import json
import os
import sqlite3
from contextlib import closing

import pytest

from vaults import Clock, home
from waykeep import cli
from waykeep.policy.witness import Detail
from waykeep.store.engine import HomeLock
from waykeep.store.heads import Heads
from waykeep.store.ledger import Ledger, sum_of
from waykeep.store.vault import Vault


@pytest.fixture
def folder(tmp_path):
    settings, clock = home(tmp_path), Clock()
    vault = Vault(settings, os.urandom, clock, {})
    vault.new_tenant("ta")
    vault.new_subject("ta", "pa")
    ledger = Ledger(tmp_path / "data" / "ledger.db", vault, Heads(tmp_path / "heads"), os.urandom, clock)
    for _ in range(5):
        ledger.record("read", "ta", Detail(viewer="pa", purpose="provide_service"), ["pa"]).result(10)
    ledger.heartbeat().result(10)
    ledger.close()
    vault.close()
    return tmp_path


def check(folder, capsys, *more):
    code = cli.main(["--home", str(folder), "check", "ledger", *more])
    return code, capsys.readouterr().out


def change(folder, statement):
    with closing(sqlite3.connect(folder / "data" / "ledger.db")) as connection, connection:
        connection.execute(statement)


def test_a_whole_ledger_is_said_to_be_whole(folder, capsys):
    code, said = check(folder, capsys)
    assert code == 0
    assert "6 lines, 1 signed heads" in said
    assert "the ledger is whole" in said


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE leaf SET time_ms = time_ms + 1 WHERE number = 2", "leaf 2: a byte was changed"),
        ("DELETE FROM leaf WHERE number = 3", "leaf 3 is missing"),
        (
            "DELETE FROM leaf WHERE number > 3",
            "the tail was cut: a signed head counts 6 lines, the ledger ends",
        ),
        ("DELETE FROM entry WHERE line = 1", "leaf 1: its entries do not match"),
    ],
)
def test_what_was_done_is_named_with_and_without_the_root_key(folder, capsys, statement, fault):
    change(folder, statement)
    code, said = check(folder, capsys)
    assert code == 1
    assert fault in said
    (folder / "root.key").unlink()
    code, said = check(folder, capsys, "--json")
    assert code == 1
    assert any(fault in one for one in json.loads(said)["faults"])


def test_a_blob_that_another_blob_replaced_does_not_open_even_with_a_fitting_hash(folder, capsys):
    with closing(sqlite3.connect(folder / "data" / "ledger.db")) as connection, connection:
        (blob,) = connection.execute("SELECT detail FROM entry WHERE line = 4").fetchone()
        values = (blob, sum_of(blob, "2", "pa", ""))
        connection.execute("UPDATE entry SET detail = ?, seal_sum = ? WHERE line = 2", values)
    code, said = check(folder, capsys)
    assert code == 1
    assert "entry of 2: what is sealed does not open with its subject's key" in said


def test_a_folder_that_is_no_home_is_said_to_be_none_and_stays_as_it_was(tmp_path, capsys):
    code, said = check(tmp_path, capsys)
    assert code == 1
    assert "ledger.db is not there" in said
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_is_checked_while_its_server_writes_to_it(folder, capsys):
    with HomeLock(folder / "data" / "lock"):
        code, said = check(folder, capsys)
    assert code == 0
    assert "the ledger is whole" in said


def test_an_entry_that_was_given_to_another_subject_is_named(folder, capsys):
    change(folder, "UPDATE entry SET subject = 'pb' WHERE line = 2")
    code, said = check(folder, capsys)
    assert code == 1
    assert "entry of 2" in said
