"""The ledger: durable lines, entries that prove themselves, and a check that names what was done to it."""

import os
import sqlite3
from contextlib import closing

import pytest

from waykeep import seal
from waykeep.errors import StartError
from waykeep.policy import merkle, witness
from waykeep.policy.witness import Detail
from waykeep.settings import Settings
from waykeep.store import audit
from waykeep.store.engine import new_id
from waykeep.store.erasures import Erasures
from waykeep.store.heads import Heads
from waykeep.store.ledger import Ledger
from waykeep.store.vault import Vault

NOON_MS = 1_750_000_000_000
LOOK = Detail(viewer="pviewer", purpose="provide_service", from_ms=1, to_ms=2, route="track", count=1)


class Home:
    """A vault, a ledger and its heads in a folder of their own, with a clock that goes by hand."""

    def __init__(self, folder):
        self.now_ms = NOON_MS
        self.folder = folder
        self.settings = Settings(home=str(folder))
        (folder / "root.key").write_bytes(os.urandom(32))
        self.vault = Vault(self.settings, os.urandom, self.clock)
        self.tenant = new_id("t", os.urandom)
        self.vault.new_tenant(self.tenant)
        self.heads = Heads(self.settings.path("heads_dir"))
        self.path = self.settings.path("data_dir") / "ledger.db"
        self.ledger = self.open()

    def clock(self):
        self.now_ms += 1
        return self.now_ms

    def open(self, **more):
        return Ledger(self.path, self.vault, self.heads, os.urandom, self.clock, **more)

    def person(self, letter="p"):
        subject = new_id(letter, os.urandom)
        self.vault.new_subject(self.tenant, subject)
        return subject

    def forget(self, subject):
        Erasures(self.vault.keys, self.settings.path("heads_dir"), self.clock).forget(subject)

    def look(self, *subjects, detail=LOOK):
        return self.ledger.record("read", self.tenant, detail, subjects).result(10)

    def change(self, statement, *values):
        """Do to the file what no code of ours does."""
        self.ledger.close()
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement, values)

    def flip(self, table, column, where, at=0):
        """Flip one bit of a blob in the file's raw bytes, wherever it lies."""
        self.ledger.close()
        with closing(sqlite3.connect(self.path)) as connection:
            blob = connection.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()[0]
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        raw = bytearray(self.path.read_bytes())
        place = raw.find(blob[:64])
        assert place > 0
        raw[place + at] ^= 1
        self.path.write_bytes(raw)

    def check(self):
        return audit.verify(
            self.path, self.heads, seal.public_key(self.vault.signing_seed("ledger")), self.vault.open_field
        )

    def close(self):
        self.ledger.close()
        self.vault.close()


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path)
    yield made
    made.close()


def filled(home, lines=12):
    people = [home.person() for _ in range(3)]
    for n in range(lines):
        home.look(people[n % 3], people[(n + 1) % 3])
    home.ledger.heartbeat().result(10)
    return people


def test_a_sound_ledger_passes_its_check_with_the_keys_and_without(home):
    filled(home)
    head = home.ledger.put_head()
    report = home.check()
    assert report.faults == []
    assert (report.lines, report.root, report.heads) == (13, head.root, 2)
    assert audit.verify(home.path, home.heads).faults == []


@pytest.mark.parametrize("column", ["commitment", "hash"])
def test_a_flipped_byte_of_a_leaf_is_named(home, column):
    filled(home)
    home.flip("leaf", column, "number = 5")
    assert any("leaf 5: a byte was changed" in fault for fault in home.check().faults)


def test_a_flipped_byte_of_an_entry_is_named(home):
    filled(home)
    home.flip("entry", "value", "line = 7", at=31)
    assert home.check().faults == ["leaf 7: its entries do not match its commitment"]


def test_a_flipped_byte_of_what_is_sealed_is_named_without_any_key(home):
    filled(home)
    home.flip("entry", "detail", "line = 3", at=40)
    found = audit.verify(home.path, home.heads).faults
    assert set(found) == {"entry of 3: a byte of what is sealed was changed"}


def test_a_value_of_another_type_is_a_fault_and_no_crash(home):
    filled(home)
    home.change("UPDATE entry SET value = 'text' || value WHERE line = 7")
    home.change("UPDATE leaf SET commitment = 'text', kind = 5 WHERE number = 2")
    home.change("UPDATE entry SET detail = NULL WHERE 0")
    found = home.check().faults
    assert any("leaf 7" in fault for fault in found)
    assert any("leaf 2" in fault for fault in found)


def test_a_file_that_is_no_database_is_a_fault_and_no_crash(home):
    filled(home)
    home.ledger.close()
    home.path.write_bytes(b"no database " * 1000)
    assert any("cannot be read as a database" in fault for fault in home.check().faults)
    home.path.unlink()
    assert home.check().faults == ["ledger.db is not there"]


def test_a_dropped_leaf_is_named(home):
    filled(home)
    home.change("DELETE FROM leaf WHERE number = 4")
    assert home.check().faults == ["leaf 4 is missing"]


def test_a_cut_tail_is_named_by_the_signed_head_outside_the_data(home):
    filled(home)
    home.change("DELETE FROM leaf WHERE number >= 9")
    assert home.check().faults == ["the tail was cut: a signed head counts 13 lines, the ledger ends after 9"]


def test_a_ledger_that_was_rewritten_whole_disagrees_with_its_head(home):
    filled(home)
    home.ledger.close()
    with closing(sqlite3.connect(home.path)) as connection, connection:
        forged = witness.leaf(2, NOON_MS, "heartbeat", merkle.EMPTY)
        connection.execute("DELETE FROM entry WHERE line = 2")
        connection.execute(
            "UPDATE leaf SET time_ms = ?, kind = 'heartbeat', commitment = ?, hash = ? WHERE number = 2",
            (NOON_MS, merkle.EMPTY, forged),
        )
    assert home.check().faults == ["leaves 0 to 12: rewritten, the head signed over 13 disagrees"]


def test_a_head_that_another_key_signed_is_named(home):
    filled(home)
    other = Heads(home.folder / "elsewhere")
    other.append(home.heads.newest())
    text = other.path.read_text().replace('"size":13', '"size":3')
    home.heads.path.write_text(home.heads.path.read_text() + text)
    assert home.check().faults == ["head 2: its bytes were changed or another key signed it"]


def test_a_head_that_a_crash_left_unfinished_is_passed_over_and_mended(home):
    filled(home)
    with home.heads.path.open("a") as file:
        file.write('{"size":99,"ro')
    assert home.check().faults == []
    home.ledger.put_head()
    assert home.check().faults == []
    assert len(list(home.heads.lines())) == 2


def test_a_ledger_without_its_tail_refuses_to_open_until_the_loss_is_accepted(home):
    filled(home)
    home.change("DELETE FROM leaf WHERE number >= 9")
    home.change("DELETE FROM entry WHERE line >= 9")
    with pytest.raises(StartError, match="ends at line 9, but a signed head counts 13"):
        home.open()
    home.ledger = home.open(accept_loss=True)
    person = home.person()
    home.look(person)
    home.ledger.heartbeat().result(10)
    report = home.check()
    assert report.faults == []
    assert report.losses == ["lost from index 9: a restore could not bring back 4 lines"]
    home.ledger.close()
    home.ledger = home.open()
    home.ledger.close()
    home.ledger = home.open()
    assert home.ledger.size() == 12


def test_a_tail_that_is_cut_after_a_declared_loss_is_still_a_cut(home):
    filled(home)
    home.change("DELETE FROM leaf WHERE number >= 9")
    home.change("DELETE FROM entry WHERE line >= 9")
    home.ledger = home.open(accept_loss=True)
    home.ledger.heartbeat().result(10)
    home.change("DELETE FROM leaf WHERE number >= 10")
    home.change("DELETE FROM entry WHERE line >= 10")
    report = home.check()
    assert report.faults == ["the tail was cut: a signed head counts 11 lines, the ledger ends after 10"]


def test_each_person_reads_their_own_lines_and_no_other(home):
    one, other = home.person(), home.person()
    home.look(one, other)
    home.look(other)
    home.look(one, detail=Detail(viewer="pelse", purpose="security", route="latest", count=9))
    lines = home.ledger.lines_of(one)
    assert [(line.index, line.kind, line.detail.viewer, line.detail.purpose) for line in lines] == [
        (2, "read", "pelse", "security"),
        (0, "read", "pviewer", "provide_service"),
    ]
    assert home.ledger.lines_of(one, before=2)[0].index == 0
    assert home.ledger.proof(one, 1) is None


def test_my_own_entry_verifies_after_the_others_in_its_line_were_forgotten(home):
    mine, others = home.person(), [home.person() for _ in range(5)]
    home.look(*others[:2])
    index = home.look(mine, *others)
    for other in others:
        home.forget(other)
    home.ledger.heartbeat().result(10)
    proof = home.ledger.proof(mine, index)
    assert witness.holds(proof)
    head = witness.head_bytes(proof.size, bytes.fromhex(proof.root), proof.head_time_ms, None)
    assert seal.verify(bytes.fromhex(proof.public_key), bytes.fromhex(proof.signature), head)
    assert not any(other in step.text for other in others for step in proof.entries)
    assert home.check().faults == []


def test_a_line_about_someone_forgotten_meanwhile_is_written_for_the_others(home):
    gone, stays = home.person(), home.person()
    home.forget(gone)
    index = home.look(gone, stays)
    alone = home.look(gone)
    assert witness.holds(home.ledger.proof(stays, index))
    assert home.ledger.proof(gone, alone) is None
    home.ledger.put_head()
    assert home.check().faults == []


def test_a_proof_with_one_word_changed_does_not_hold(home):
    mine = home.person()
    index = home.look(mine)
    text = home.ledger.proof(mine, index)
    step = text.entries[0]
    lie = type(step)(
        **{f: getattr(step, f) for f in step.__struct_fields__} | {"text": step.text.replace("pviewer", "pnobody")}
    )
    forged = type(text)(**{f: getattr(text, f) for f in text.__struct_fields__} | {"entries": [lie]})
    assert witness.holds(text)
    assert not witness.holds(forged)


def test_more_than_a_hundred_subjects_are_written_once_and_each_still_proves_their_line(home):
    fleet = [home.person("d") for _ in range(130)]
    first = home.look(*fleet)
    second = home.look(*fleet)
    changed = home.look(*fleet[:120])
    with home.ledger._db.read() as connection:
        sets = connection.execute("SELECT count(*) FROM subject_set").fetchone()[0]
        members = connection.execute("SELECT count(*) FROM member").fetchone()[0]
    assert (sets, members) == (2, 250)
    for index in (first, second):
        proof = home.ledger.proof(fleet[125], index)
        assert witness.holds(proof)
        assert len(proof.entries) == 2
    assert home.ledger.proof(fleet[125], changed) is None
    assert [line.index for line in home.ledger.lines_of(fleet[125])] == [second, first]
    home.ledger.put_head()
    assert home.check().faults == []


def test_a_changed_member_of_a_set_is_named(home):
    home.look(*(home.person("d") for _ in range(101)))
    home.flip("member", "value", "true")
    assert any("its members do not match its root" in fault for fault in home.check().faults)


def test_a_control_action_is_signed_over_at_the_second_place_before_it_is_done(home):
    index = home.ledger.action("policy-publish", {"version": "2"}, tenant=home.tenant, viewer="padmin").result(10)
    newest = home.heads.newest()
    assert newest.size == index + 1
    assert newest.verifies()
    line = home.ledger.lines_of(home.tenant)[0]
    assert (line.kind, line.detail.more) == ("policy-publish", {"version": "2"})


def test_the_tree_only_grows_and_says_so(home):
    filled(home, lines=6)
    old = home.ledger.head()
    filled(home, lines=5)
    new = home.ledger.head()
    path = [bytes.fromhex(step) for step in home.ledger.grown(old.size, new.size)]
    assert merkle.grew(old.size, bytes.fromhex(old.root), new.size, bytes.fromhex(new.root), path)


def test_the_root_over_many_lines_is_the_root_over_their_hashes(home):
    waiting = [home.ledger.record("read", home.tenant, LOOK, []) for _ in range(700)]
    for one in waiting:
        one.result(10)
    with home.ledger._db.read() as connection:
        hashes = [row[0] for row in connection.execute("SELECT hash FROM leaf ORDER BY number").fetchall()]
    for size in (1, 255, 256, 257, 512, 513, 700):
        assert home.ledger.span(0, size) == merkle.root(hashes[:size])


def test_no_detail_of_a_line_stands_in_clear(home):
    home.look(home.person(), detail=Detail(viewer="pviewer", purpose="provide_service", route="a-telling-route"))
    home.ledger.close()
    found = b"".join(file.read_bytes() for file in home.path.parent.iterdir())
    assert b"a-telling-route" not in found
    assert b"pviewer" not in found
