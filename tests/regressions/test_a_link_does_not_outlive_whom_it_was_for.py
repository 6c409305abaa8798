"""Names and addresses in links were sealed under the tenant's key: a backup still opened those of who was forgotten."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from houses import House
from waykeep.errors import StoreError
from waykeep.model.access import Role
from waykeep.store.links import Link


def kept(file):
    with closing(sqlite3.connect(file)) as copy:
        return copy.execute("SELECT id, name, email FROM link").fetchall()


def test_a_link_for_a_new_password_goes_with_its_person(tmp_path):
    house = House(tmp_path)
    tenant = house.tenant()
    ann, until_ms = house.person(tenant), house.clock() + 1000
    reset = Link(
        id="", kind="reset", tenant=tenant, person=ann, email="ann@example.org", created_ms=house.clock(),
        expires_ms=until_ms,
    )  # fmt: skip
    house.rows.links.add(reset, "secret").result()
    assert house.rows.links.find("secret").email == "ann@example.org"
    entry = house.back_up()

    asyncio.run(house.rights.forget(ann))

    ((row, _, email),) = kept(house.settings.path("backup_dir") / entry.name / "waykeep.db")
    for owner in (ann, tenant):
        with pytest.raises(StoreError):
            house.vault.open_field(owner, "link", "email", row, email)
    house.close()


def test_an_invitation_that_was_used_names_no_one(tmp_path):
    house = House(tmp_path)
    tenant = house.tenant()
    invitation = Link(
        id="", kind="invitation", tenant=tenant, role=Role.DRIVER, name="Ann", email="ann@example.org",
        created_ms=house.clock(), expires_ms=house.clock() + 1000,
    )  # fmt: skip
    house.rows.links.add(invitation, "secret").result()

    assert house.rows.links.use_now("secret", house.clock()).result().name == "Ann"

    house.close()
    assert [row[1:] for row in kept(house.settings.path("data_dir") / "waykeep.db")] == [(None, None)]
