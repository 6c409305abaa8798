"""The tables of waykeep.db about incidents: what happened, sealed, with its clock in clear, and who was told how."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, Table, Text

from waykeep.store.sealed import Sealed

METADATA = MetaData()

PSEUDONYM, TIME, FIGURE, STATE = ({"category": f"store.{kind}"} for kind in ("pseudonym", "time", "figure", "state"))

# Sealed under the installation's own key: an incident is the server's, and no one of those it touches owns it.
Table(
    "incident",
    METADATA,
    Column("id", Text, primary_key=True, info=PSEUDONYM),
    Column("kind", Text, nullable=False, info=STATE),
    Column("severity", Integer, nullable=False, info=FIGURE),
    Column("aware_ms", BigInteger, nullable=False, info=TIME),
    Column("told_ms", BigInteger, nullable=True, info=TIME),
    Column("filed_ms", BigInteger, nullable=True, info=TIME),
    Column("published_ms", BigInteger, nullable=True, info=TIME),
    Column("record", Sealed("legal.record"), nullable=False),
)

Table(
    "incident_notice",
    METADATA,
    Column("incident", Text, ForeignKey("incident.id", ondelete="CASCADE"), primary_key=True, info=PSEUDONYM),
    Column("person", Text, primary_key=True, info=PSEUDONYM),
    Column("channel", Text, primary_key=True, info=STATE),
    Column("state", Text, nullable=False, info=STATE),
    Column("at_ms", BigInteger, nullable=False, info=TIME),
)
