"""The data map refuses what no one has thought about."""

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, insert, select
from sqlalchemy.dialects import sqlite

from waykeep.errors import StartError
from waykeep.store import datamap
from waykeep.store.engine import Database
from waykeep.store.sealed import Sealed


def table(*columns):
    metadata = MetaData()
    Table("thing", metadata, Column("id", Integer, primary_key=True, info={"category": "store.figure"}), *columns)
    return metadata


def test_a_column_without_a_category_refuses_the_start(tmp_path):
    with pytest.raises(StartError, match=r"thing\.colour has no category"):
        Database(tmp_path / "x.db", table(Column("colour", Text)))
    assert not (tmp_path / "x.db").exists()


@pytest.mark.parametrize(
    "category", ["identity.name", "identity.contact", "location.precise", "driver.behaviour", "new.word"]
)
def test_an_identifying_category_in_a_clear_column_refuses_the_start(tmp_path, category):
    with pytest.raises(StartError, match=r"thing\.secret .* must be Sealed"):
        Database(tmp_path / "x.db", table(Column("secret", LargeBinary, info={"category": category})))


def test_the_same_category_sealed_is_accepted(tmp_path):
    Database(tmp_path / "x.db", table(Column("secret", Sealed("identity.name")))).close()


def test_the_map_lists_every_column_with_its_category():
    listed = list(datamap.entries(table(Column("secret", Sealed("identity.name")))))

    assert [(one.column, one.category, one.sealed) for one in listed] == [
        ("id", "store.figure", False),
        ("secret", "identity.name", True),
    ]


def test_a_sealed_column_takes_no_text():
    column = Sealed("identity.name")

    assert column.process_bind_param(b"\x01", sqlite.dialect()) == b"\x01"
    assert column.process_result_value(None, sqlite.dialect()) is None
    with pytest.raises(TypeError, match="sealed bytes only"):
        column.process_bind_param("Ann", sqlite.dialect())


def test_a_sealed_column_works_in_statements_of_the_schema():
    metadata = table(Column("secret", Sealed("identity.name")))
    thing = metadata.tables["thing"]

    assert "INSERT INTO thing" in str(insert(thing).values(id=1, secret=b"\x01"))
    assert "thing.secret" in str(select(thing.c.secret))
