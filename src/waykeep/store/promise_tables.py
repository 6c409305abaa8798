"""The tables of waykeep.db about promises: consents, private time, hours, versions, notices, attestations, refusals."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Table, Text

from waykeep.store.sealed import Sealed

METADATA = MetaData()

PSEUDONYM, TIME, FIGURE, STATE = ({"category": f"store.{kind}"} for kind in ("pseudonym", "time", "figure", "state"))
DOCUMENT = {"category": "policy.document"}

# A record is JSON, sealed under its person's key: that someone took private time, and when, is theirs alone.
for _name in ("consent", "private_span", "working_hours"):
    Table(
        _name,
        METADATA,
        Column("id", Text, primary_key=True, info=PSEUDONYM),
        Column("number", Integer, nullable=False, info=FIGURE),
        Column("person", Text, nullable=False, index=True, info=PSEUDONYM),
        Column("record", Sealed("legal.record"), nullable=False),
    )

Table(
    "policy_version",
    METADATA,
    Column("number", Integer, primary_key=True, info=FIGURE),
    Column("document", Text, nullable=False, info=DOCUMENT),
    Column("version", Text, nullable=False, info=DOCUMENT),
    Column("hash", Text, nullable=False, info=DOCUMENT),
    Column("chain", Text, nullable=False, info=DOCUMENT),
    Column("published_ms", BigInteger, nullable=False, info=TIME),
    Column("effective_ms", BigInteger, nullable=False, info=TIME),
    Column("weight", Text, nullable=False, info=STATE),
    Column("signature", LargeBinary, nullable=False, info=DOCUMENT),
)

Table(
    "notice",
    METADATA,
    Column("version", Integer, primary_key=True, info=FIGURE),
    Column("person", Text, primary_key=True, info=PSEUDONYM),
    Column("channel", Text, primary_key=True, info=STATE),
    Column("state", Text, nullable=False, info=STATE),
    Column("at_ms", BigInteger, nullable=False, info=TIME),
)

Table(
    "attestation",
    METADATA,
    Column("id", Text, primary_key=True, info=PSEUDONYM),
    Column("record", Sealed("legal.record"), nullable=False),
)

Table(
    "refusal",
    METADATA,
    Column("day", Integer, primary_key=True, info={"category": "store.day"}),
    Column("reason", Text, primary_key=True, info=STATE),
    Column("count", BigInteger, nullable=False, info=FIGURE),
)
