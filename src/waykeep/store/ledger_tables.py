"""Tables of ledger.db: leaves, the entries of each line, and sets of many subjects that are written once."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from waykeep.store.sealed import Sealed

METADATA = MetaData()

LEAF = {"category": "audit.entry"}
ID = {"category": "store.pseudonym"}
TIME = {"category": "store.time"}
FIGURE = {"category": "store.figure"}
STATE = {"category": "store.state"}
HASH = {"category": "store.hash"}

Table(
    "leaf",
    METADATA,
    Column("number", Integer, primary_key=True, autoincrement=False, info=FIGURE),
    Column("time_ms", BigInteger, nullable=False, info=TIME),
    Column("kind", Text, nullable=False, info=STATE),
    Column("commitment", LargeBinary, nullable=False, info=LEAF),
    Column("hash", LargeBinary, nullable=False, info=LEAF),
)

# `seal_sum` is a hash of the sealed bytes and their place: it lets a check name a damaged blob without holding any key.
ENTRY = Table(
    "entry",
    METADATA,
    Column("line", Integer, primary_key=True, autoincrement=False, info=FIGURE),
    Column("subject", Text, primary_key=True, info=ID),
    Column("subject_set", Text, info=ID),
    Column("value", LargeBinary, nullable=False, info=LEAF),
    Column("detail", Sealed("audit.entry"), nullable=False),
    Column("seal_sum", LargeBinary, nullable=False, info=HASH),
)
Index("entry_by_subject", ENTRY.c.subject, ENTRY.c.line)
Index("entry_by_set", ENTRY.c.subject_set, ENTRY.c.line)

Table(
    "subject_set",
    METADATA,
    Column("id", Text, primary_key=True, info=ID),
    Column("root", LargeBinary, nullable=False, info=LEAF),
)

MEMBER = Table(
    "member",
    METADATA,
    Column("subject_set", Text, primary_key=True, info=ID),
    Column("subject", Text, primary_key=True, info=ID),
    Column("value", LargeBinary, nullable=False, info=LEAF),
    Column("salt", Sealed("audit.entry"), nullable=False),
    Column("seal_sum", LargeBinary, nullable=False, info=HASH),
)
Index("member_by_subject", MEMBER.c.subject)
