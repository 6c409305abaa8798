"""One writer with group commit, short readers, and a file that keeps no deleted byte."""

import sqlite3
import threading

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

from waykeep.errors import StartError, StoreError
from waykeep.store.engine import Database, HomeLock, new_id

METADATA = MetaData()
Table(
    "note",
    METADATA,
    Column("id", Integer, primary_key=True, info={"category": "store.figure"}),
    Column("word", Text, nullable=False, info={"category": "store.state"}),
    Column("blob", LargeBinary, info={"category": "store.key"}),
)
CANARY = b"canary-of-the-write-ahead-log-" * 8


@pytest.fixture
def db(tmp_path):
    made = Database(tmp_path / "data" / "note.db", METADATA)
    yield made
    made.close()


def add(word, blob=None):
    return lambda connection: connection.execute("INSERT INTO note (word, blob) VALUES (?, ?)", (word, blob)).lastrowid


def words(db):
    with db.read() as connection:
        return [row[0] for row in connection.execute("SELECT word FROM note ORDER BY id").fetchall()]


def count_commits(db, jobs):
    """How many commits jobs took that were all waiting when the writer came to them."""
    commits = []
    db.alone(lambda connection: connection.set_trace_callback(commits.append)).result()
    inside, go = threading.Event(), threading.Event()
    db.alone(lambda _: (inside.set(), go.wait()))
    inside.wait()  # the writer is busy with a tick of its own: all that follow wait for the next one
    futures = [db.write(job) for job in jobs]
    go.set()
    for future in futures:
        future.exception()
    db.alone(lambda connection: connection.set_trace_callback(None)).result()
    return commits.count("COMMIT")


def test_what_was_written_is_read(db):
    assert db.write(add("one")).result() == 1
    assert words(db) == ["one"]


def test_jobs_that_wait_together_share_one_commit(db):
    assert count_commits(db, [add(str(n)) for n in range(50)]) == 1
    assert words(db) == [str(n) for n in range(50)]


def test_a_failing_job_undoes_itself_and_no_other(db):
    def half_done(connection):
        connection.execute("INSERT INTO note (word) VALUES ('half')")
        raise ValueError("on purpose")

    before, failed, after = db.write(add("before")), db.write(half_done), db.write(add("after"))

    assert isinstance(failed.exception(), ValueError)
    assert (before.exception(), after.exception()) == (None, None)
    assert words(db) == ["before", "after"]


def test_a_broken_rule_of_the_schema_is_a_store_error(db):
    with pytest.raises(StoreError, match=r"note\.db"):
        db.write(add(None)).result()


def test_a_reader_cannot_write(db):
    with pytest.raises(StoreError, match="readonly"), db.read() as connection:
        connection.execute("INSERT INTO note (word) VALUES ('x')")


def test_a_reader_sees_only_what_was_committed(db):
    seen = []
    db.write(lambda c: (add("one")(c), seen.append(words(db)))).result()

    assert seen == [[]]
    assert words(db) == ["one"]


def test_a_deleted_byte_is_in_no_file_after_a_checkpoint(db):
    db.write(add("gone", CANARY)).result()
    files = [db.path, db.path.with_name("note.db-wal")]
    assert any(CANARY in file.read_bytes() for file in files)

    db.write(lambda connection: connection.execute("DELETE FROM note")).result()
    db.checkpoint()

    assert not any(CANARY in file.read_bytes() for file in files)


def test_a_checkpoint_waits_for_readers_and_says_when_one_stays(db, monkeypatch):
    monkeypatch.setattr("waykeep.store.engine.CHECKPOINT_TRIES", 2)
    db.write(add("one")).result()
    reader = sqlite3.connect(db.path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM note").fetchall()
    db.write(add("two")).result()
    with pytest.raises(StoreError, match="a reader holds it"):
        db.checkpoint()

    reader.close()
    db.checkpoint()

    assert db.path.with_name("note.db-wal").stat().st_size == 0


def test_writing_goes_on_while_a_checkpoint_waits_for_a_reader(db):
    db.write(add("one")).result()
    reader = sqlite3.connect(db.path, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM note").fetchall()
    waiting = threading.Thread(target=db.checkpoint)
    waiting.start()

    for n in range(20):
        db.write(add(str(n))).result()
    assert waiting.is_alive()
    reader.close()
    waiting.join()

    assert len(words(db)) == 21


def test_a_home_whose_restore_was_cut_off_opens_for_the_next_restore_only(tmp_path):
    (tmp_path / "restoring").touch()

    with pytest.raises(StartError, match="cut off half-way"):
        HomeLock(tmp_path / "lock")
    HomeLock(tmp_path / "lock", restoring=True).close()


def test_a_copy_holds_everything_and_is_one_file(db, tmp_path):
    db.write(add("one")).result()
    db.copy_to(tmp_path / "copy.db")

    copy = sqlite3.connect(tmp_path / "copy.db")
    assert copy.execute("SELECT word FROM note").fetchall() == [("one",)]
    copy.close()
    assert [path.name for path in tmp_path.glob("copy*")] == ["copy.db"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_what_waits_is_finished_before_the_file_closes(tmp_path):
    db = Database(tmp_path / "note.db", METADATA)
    futures = [db.write(add(str(n))) for n in range(200)]
    db.close()

    assert all(future.exception() is None for future in futures)
    with pytest.raises(StoreError, match="closed"):
        db.write(add("late"))
    again = Database(tmp_path / "note.db", METADATA)
    assert len(words(again)) == 200
    again.close()


def test_many_threads_write_and_read_at_once(db):
    def both(name):
        for n in range(25):
            db.write(add(f"{name}{n}")).result()
            words(db)

    threads = [threading.Thread(target=both, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(words(db)) == 100


def test_a_file_with_an_unknown_column_refuses_the_start(tmp_path):
    Database(tmp_path / "note.db", METADATA).close()
    other = sqlite3.connect(tmp_path / "note.db")
    other.execute("ALTER TABLE note ADD COLUMN latitude REAL")
    other.close()

    with pytest.raises(StartError, match=r"note\.latitude"):
        Database(tmp_path / "note.db", METADATA)


def test_one_process_holds_the_home_folder(tmp_path):
    with HomeLock(tmp_path / "lock"), pytest.raises(StartError, match="another process"):
        HomeLock(tmp_path / "lock")
    HomeLock(tmp_path / "lock").close()


def test_ids_are_a_letter_and_sixteen_characters():
    assert new_id("d", lambda size: bytes(range(size))) == "daaaqeayeaudaocaj"
    assert len(new_id("p", bytes)) == 17
