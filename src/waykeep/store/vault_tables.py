"""Tables of keys/vault.db: wrapped keys, the erasure list, certificates."""

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

METADATA = MetaData()

ID = {"category": "store.pseudonym"}
KEY = {"category": "store.key"}
TIME = {"category": "store.time"}
FIGURE = {"category": "store.figure"}
STATE = {"category": "store.state"}

KEYS = Table(
    "wrapped_key",
    METADATA,
    Column("id", Text, primary_key=True, info=KEY),
    Column("kind", Text, nullable=False, info=STATE),
    Column("parent", Text, info=KEY),
    Column("tenant", Text, nullable=False, info=ID),
    Column("subject", Text, nullable=False, info=ID),
    Column("device", Text, info=ID),
    Column("slot", Integer, nullable=False, info=FIGURE),
    Column("state", Text, nullable=False, info=STATE),
    Column("wrapped", LargeBinary, nullable=False, info=KEY),
)
Index("wrapped_key_subject", KEYS.c.subject, KEYS.c.kind)
Index("wrapped_key_device", KEYS.c.device, KEYS.c.kind, KEYS.c.slot)

EPOCH = Table(
    "epoch",
    METADATA,
    Column("number", Integer, primary_key=True, info=FIGURE),
    Column("begun_ms", Integer, nullable=False, info=TIME),
)

ERASURES = Table(
    "erasure",
    METADATA,
    Column("number", Integer, primary_key=True, info=FIGURE),
    Column("erased_ms", Integer, nullable=False, info=TIME),
    Column("kind", Text, nullable=False, info=STATE),
    Column("keys", Text, nullable=False, info=KEY),
)

CERTIFICATES = Table(
    "certificate",
    METADATA,
    Column("erasure", Integer, primary_key=True, info=FIGURE),
    Column("epoch", Integer, nullable=False, info=FIGURE),
    Column("first", LargeBinary, nullable=False, info=KEY),
    Column("second", LargeBinary, info=KEY),
)
