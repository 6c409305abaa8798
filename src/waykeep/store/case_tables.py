"""The tables of waykeep.db about requests: what is asked and what became of it, sealed; its clock and end, in clear."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Table, Text

from waykeep.store.sealed import Sealed

METADATA = MetaData()

PSEUDONYM, TIME, FIGURE, STATE = ({"category": f"store.{kind}"} for kind in ("pseudonym", "time", "figure", "state"))

# `subject` names whose key seals the record: the person's, or the request's own where nobody of an account asks.
Table(
    "rights_case",
    METADATA,
    Column("id", Text, primary_key=True, info=PSEUDONYM),
    Column("tenant", Text, nullable=False, index=True, info=PSEUDONYM),
    Column("subject", Text, nullable=False, index=True, info=PSEUDONYM),
    Column("kind", Text, nullable=False, info=STATE),
    Column("intake", Text, nullable=False, info=STATE),
    Column("opened_ms", BigInteger, nullable=False, info=TIME),
    Column("closed_ms", BigInteger, nullable=True, info=TIME),
    Column("outcome", Text, nullable=True, info=STATE),
    Column("ground", Text, nullable=True, info=STATE),
    Column("erasure", Integer, nullable=True, info=FIGURE),
    Column("record", Sealed("legal.record"), nullable=False),
)

Table(
    "case_step",
    METADATA,
    Column("id", Text, primary_key=True, info=PSEUDONYM),
    Column("number", Integer, nullable=False, info=FIGURE),
    Column(
        "rights_case", Text, ForeignKey("rights_case.id", ondelete="CASCADE"), nullable=False, index=True,
        info=PSEUDONYM,
    ),
    Column("record", Sealed("legal.record"), nullable=False),
)  # fmt: skip
