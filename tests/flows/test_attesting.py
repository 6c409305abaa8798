"""Attestations: signed, dated, expiring, and only of what an operator does."""

import asyncio
import os

import pytest

from waykeep.errors import AskError, StoreError
from waykeep.flows.attesting import Attesting
from waykeep.model.access import Role, Viewer
from waykeep.policy.register import Clause
from waykeep.settings import Settings
from waykeep.store.attestations import Attestations
from waykeep.store.engine import Database
from waykeep.store.keychain import create_root_key
from waykeep.store.promise_tables import METADATA
from waykeep.store.vault import Vault

NOW_MS, DAY_MS = 1_800_000_000_000, 86_400_000
HEAD = Viewer(person="pa", tenant="ta", role=Role.SERVER)


def clause(id_, kind="operator-workflow"):
    words = dict.fromkeys(("system", "src", "topic", "implies", "control", "proof"), "")
    return Clause(id=id_, says=f"what {id_} says", kind=kind, controls=(), **words)


class Home:
    """An operator's duties over real files, with a clock and a ledger of the test's own."""

    def __init__(self, folder):
        create_root_key("root.key", folder, os.urandom)
        self.vault = Vault(Settings(home=str(folder)), os.urandom, lambda: NOW_MS, {})
        self.database = Database(folder / "waykeep.db", METADATA)
        self.rows = Attestations(self.database, self.vault, os.urandom)
        self.now_ms, self.noted = NOW_MS, []
        clauses = (clause("x-1"), clause("x-2"), clause("x-3", "enforced-control"))
        self.flow = Attesting(
            self.rows, clauses, "hash", lambda: self.now_ms, name_of={"pa": "Ada"}.get, noted=self.note
        )

    def note(self, kind, detail, **more):
        self.noted.append((kind, detail, more["viewer"]))
        return self.database.write(lambda _: 0)

    def attest(self, clause="x-1", statement="Locked each night", days=30):
        return asyncio.run(self.flow.attest(HEAD, clause, statement, days))

    def states(self):
        return {one.clause: one.state for one in self.flow.all().duties}


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path)
    yield made
    made.database.close()
    made.vault.close()


def test_it_counts_until_its_day_to_the_millisecond_and_tells_who_said_it(home):
    assert home.states() == {"x-1": "never", "x-2": "never"}
    made = home.attest()
    assert (made.state, made.by_name, made.until_ms) == ("valid", "Ada", NOW_MS + 30 * DAY_MS)
    for at_ms, state in ((NOW_MS + 30 * DAY_MS - 1, "valid"), (NOW_MS + 30 * DAY_MS, "expired")):
        home.now_ms = at_ms
        assert home.states() == {"x-1": state, "x-2": "never"}
    assert home.noted == [("attested", {"clause": "x-1", "until_ms": str(NOW_MS + 30 * DAY_MS)}, "pa")]


def test_the_newest_word_counts_and_the_old_one_stays(home):
    home.attest(days=1)
    home.now_ms += 2 * DAY_MS
    home.attest(statement="Locked twice")
    assert home.flow.all().duties[0].statement == "Locked twice"
    with home.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM attestation").fetchone() == (2,)


@pytest.mark.parametrize(
    ("said", "slug"),
    [
        ({"clause": "x-3"}, "not-a-duty"),
        ({"clause": "y"}, "not-a-duty"),
        ({"statement": "  "}, "statement-missing"),
        ({"statement": "a" * 1001}, "statement-missing"),
        ({"days": 0}, "days-wrong"),
        ({"days": 367}, "days-wrong"),
    ],
)
def test_what_is_no_duty_empty_or_endless_is_refused(home, said, slug):
    with pytest.raises(AskError) as told:
        home.attest(**said)
    assert told.value.slug == slug
    assert home.states() == {"x-1": "never", "x-2": "never"}


def test_no_statement_is_readable_on_disk_and_a_moved_record_opens_nowhere(home, tmp_path):
    home.attest(statement="Quillword")
    home.attest("x-2")
    home.database.checkpoint()
    assert b"Quillword" not in b"".join(file.read_bytes() for file in tmp_path.rglob("*.db"))
    swap = "UPDATE attestation SET record = (SELECT record FROM attestation ORDER BY rowid DESC LIMIT 1)"
    home.database.write(lambda connection: connection.execute(swap)).result()
    with pytest.raises(StoreError):
        home.flow.all()
