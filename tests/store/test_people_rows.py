"""Rows about people and fleet: nothing that identifies is readable in the files, and a new look-up key finds all."""

import pytest

from office import PASSWORD, Office
from vaults import raw
from waykeep.errors import AskError
from waykeep.flows.demands import Caller
from waykeep.model.access import Role
from waykeep.store import datamap, epochs, rehash
from waykeep.store.fleet import Device
from waykeep.store.links import Link
from waykeep.store.sessions import Source
from waykeep.store.tables import EMPTIED_WITH_LOOKUP_KEY, LOOKUPS, METADATA

CANARIES = {
    "name": "Quillfeather Odalys",
    "email": "odalys.quillfeather@example.test",
    "unit": "Quillfeather Van",
    "plate": "QF 8812 ZZ",
    "unique_id": "358000000099917",
    "source": "203.0.113.199",
    "agent": "Quillbrowser 7",
    "group": "Quillnight shift",
    "organisation": "Quillharbour",
    "token": "Quilltoken",
    "guest": "Quillguest",
    "waiting": "358000000099925",
    "setting": "Quillsecret",
}


@pytest.fixture
def office(tmp_path):
    made = Office(tmp_path)
    yield made
    made.close()


def filled(office):
    """One of everything, each with a canary in it."""
    rows, now_ms = office.rows, office.clock()
    tenant = office.organisation(CANARIES["organisation"]).id
    person = office.person(tenant, CANARIES["name"], Role.MANAGER, email=CANARIES["email"])
    group = rows.fleet.add_group(tenant, CANARIES["group"]).result()
    device = Device(
        tenant=tenant,
        unique_id=CANARIES["unique_id"],
        name=CANARIES["unit"],
        protocol="osmand",
        plate=CANARIES["plate"],
        model="Phone",
        group=group.id,
        settings={"door_password": CANARIES["setting"]},
        since_ms=now_ms,
        created_ms=now_ms,
    )
    made = rows.fleet.add(device).result()
    rows.fleet.assign(made.id, "driver", person.id, now_ms).result()
    source = Source(CANARIES["source"], CANARIES["agent"])
    rows.sessions.open(person.id, "a session's secret", "password", source, now_ms).result()
    rows.sessions.note(person.id, "signed-in", "password", source, now_ms).result()
    rows.sessions.note(None, "refused", "password", source, now_ms).result()
    rows.sessions.add_token(
        person.id, CANARIES["token"], ("units:read",), "a token's secret", now_ms=now_ms, expires_ms=None
    ).result()
    link = Link(
        id="", kind="invitation", tenant=tenant, role=Role.DRIVER, name=CANARIES["guest"], email=CANARIES["email"],
        created_ms=now_ms, expires_ms=now_ms + 1000,
    )  # fmt: skip
    rows.links.add(link, "a link's secret").result()
    rows.waiting.knock(CANARIES["waiting"], "osmand", now_ms).result()
    rows.factors.propose_totp(person.id, "JBSWY3DPEHPK3PXP").result()
    return person, made


def test_no_name_address_number_or_secret_is_readable_in_the_files(office, tmp_path):
    filled(office)
    found = raw(tmp_path / "data")
    secrets = {"a session's secret", "a token's secret", "a link's secret", "JBSWY3DPEHPK3PXP", PASSWORD, "argon2id"}
    readable = {text for text in {*CANARIES.values(), *secrets} if text.encode() in found}
    assert readable == set()


def test_everything_reads_back_as_it_was_written(office):
    person, device = filled(office)
    rows = office.rows
    assert rows.people.find(person.id) == person
    assert rows.fleet.devices()[0][0] == device
    assert [one.name for one in rows.fleet.groups(person.tenant)] == [CANARIES["group"]]
    assert rows.sessions.of(person.id)[0].agent == CANARIES["agent"]
    assert rows.sessions.attempts(None)[0].source == CANARIES["source"]
    assert rows.sessions.tokens(person.id)[0].name == CANARIES["token"]
    assert rows.links.find("a link's secret").email == CANARIES["email"]
    assert rows.waiting.all()[0].unique_id == CANARIES["waiting"]


def test_a_new_look_up_key_finds_everyone_and_the_old_hashes_find_nobody(office):
    person, device = filled(office)
    office.directory.load()
    old = office.rows.fleet.hash_of(CANARIES["unique_id"])
    office.rows.locks.change(office.rows.locks.who("login", "someone"), lambda *_: (9, 1, 2)).result()
    epochs.turn(office.vault, rehash.of(office.database, office.vault))
    assert office.rows.fleet.hash_of(CANARIES["unique_id"]) != old
    office.directory.rehash()
    assert office.rows.people.by_login(CANARIES["email"].upper()).person == person.id
    assert office.rows.people.by_login(CANARIES["name"]).person == person.id
    caller = Caller("", CANARIES["setting"])
    assert office.directory.resolve((CANARIES["unique_id"],), "osmand", caller).device == device.id
    assert office.rows.locks.read(office.rows.locks.who("login", "someone")) == (0, 0, 0)


def test_every_look_up_column_names_columns_that_exist():
    tables = METADATA.tables
    for one in LOOKUPS:
        assert {one.column, one.sealed, "id"} <= set(tables[one.table].columns.keys())
        assert one.subject == "t0" or one.subject in tables[one.table].columns
    hashes = {
        (table.name, column.name)
        for table in tables.values()
        for column in table.columns
        if datamap.category_of(column) == "store.hash" and table.name not in EMPTIED_WITH_LOOKUP_KEY
    }
    assert hashes == {(one.table, one.column) for one in LOOKUPS}


def test_rows_of_the_forgotten_that_a_backup_brought_back_are_shown_to_nobody(office):
    person, device = filled(office)
    office.vault.erasures.forget(person.id, "person")
    office.vault.erasures.forget(device.id, "device")
    assert office.rows.people.find(person.id) is None
    assert office.rows.people.by_login(CANARIES["email"]) is None
    assert office.rows.fleet.devices() == []
    assert {person.id, device.id} <= set(office.parting.subjects())


def test_parting_takes_every_row_of_a_person_with_it(office):
    person, _ = filled(office)
    office.parting.part(person.id)
    with office.database.read() as connection:
        for table in METADATA.sorted_tables:
            for column in table.columns:
                if column.name in {"person", "id"}:
                    query = f"SELECT count(*) FROM {table.name} WHERE {column.name} = ?"
                    assert connection.execute(query, (person.id,)).fetchone() == (0,), table.name


def test_two_cannot_hold_one_address_even_when_they_come_at_once(office):
    tenant = office.organisation().id
    wanted = office.person(tenant, "First One", email="one@example.test")
    with pytest.raises(AskError):
        office.person(tenant, "Second One", email="ONE@example.test")
    assert [one.id for one in office.rows.people.all_of(tenant)] == [wanted.id]


def test_waiting_ids_and_refused_sign_ins_do_not_grow_without_end(office):
    rows = office.rows
    for number in range(1010):
        rows.waiting.knock(f"id {number}", "osmand", number)
    rows.waiting.knock("last", "osmand", 5000).result()
    assert len(rows.waiting.all()) == 1000
    person = office.person(office.organisation().id, "First One")
    for number in range(210):
        rows.sessions.note(person.id, "refused", "password", Source("192.0.2.1"), number)
    rows.sessions.note(person.id, "signed-in", "password", Source("192.0.2.1"), 5000).result()
    assert len(rows.sessions.attempts(person.id)) == 200
