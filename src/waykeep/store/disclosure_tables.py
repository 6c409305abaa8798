"""The table of waykeep.db about disclosures: what was asked, sealed under its person's key; the rest counts."""

from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from waykeep.store.sealed import Sealed

METADATA = MetaData()

PSEUDONYM, TIME, STATE = ({"category": f"store.{kind}"} for kind in ("pseudonym", "time", "state"))

Table(
    "disclosure",
    METADATA,
    Column("id", Text, primary_key=True, info=PSEUDONYM),
    Column("tenant", Text, nullable=False, index=True, info=PSEUDONYM),
    Column("person", Text, nullable=False, index=True, info=PSEUDONYM),
    Column("code", Text, nullable=False, info=STATE),
    Column("use", Text, nullable=False, info=STATE),
    Column("state", Text, nullable=False, info=STATE),
    Column("asked_ms", BigInteger, nullable=False, info=TIME),
    Column("ends_ms", BigInteger, nullable=False, info=TIME),
    Column("record", Sealed("legal.record"), nullable=False),
)
