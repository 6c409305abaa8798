"""The tables of track.db: the journal's tail, the hashes of what was received, the segments, the latest."""

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

from waykeep.store.sealed import Sealed

METADATA = MetaData()

WHO = {"category": "store.pseudonym"}
FIGURE = {"category": "store.figure"}
DAY = {"category": "store.day"}
KEY = {"category": "store.key"}
HASH = {"category": "store.hash"}

# One accepted frame, sealed under the device's key of the UTC day of receipt.
TAIL = Table(
    "tail",
    METADATA,
    Column("id", Integer, primary_key=True, info=FIGURE),
    Column("tenant", Text, nullable=False, info=WHO),
    Column("device", Text, nullable=False, info=WHO),
    Column("day", Integer, nullable=False, info={"category": "store.time"}),
    Column("count", Integer, nullable=False, info=FIGURE),
    Column("key", Text, nullable=False, info=KEY),
    Column("frame", Sealed("location.precise"), nullable=False),
)
Index("tail_device", TAIL.c.device, TAIL.c.day)

# The keyed hashes of one frame's records. `bucket` is a keyed hash of a stretch of fix time: it keeps what a resend
# will ask for side by side, and says nothing without the key.
SEEN = Table(
    "seen",
    METADATA,
    Column("device", Text, primary_key=True, info=WHO),
    Column("key", Text, primary_key=True, info=KEY),
    Column("bucket", LargeBinary, primary_key=True, info=HASH),
    Column("frame", Integer, primary_key=True, info=FIGURE),
    Column("hashes", LargeBinary, nullable=False, info=HASH),
    sqlite_with_rowid=False,
)

# The hashes of the commits whose turn to be sorted into `seen` has not come (store/folding.py): one row a commit.
UNFOLDED = Table(
    "unfolded",
    METADATA,
    Column("id", Integer, primary_key=True, info=FIGURE),
    Column("hashes", LargeBinary, nullable=False, info=HASH),
)

# The history: one row = one device, one UTC day of fixes, one subject, one stretch of it.
SEGMENT = Table(
    "segment",
    METADATA,
    Column("device", Text, primary_key=True, info=WHO),
    Column("day", Integer, primary_key=True, info=DAY),
    Column("subject", Text, primary_key=True, info=WHO),
    Column("part", Integer, primary_key=True, info=FIGURE),
    Column("tenant", Text, nullable=False, info=WHO),
    Column("count", Integer, nullable=False, info=FIGURE),
    Column("key", Text, nullable=False, info=KEY),
    Column("version", Integer, nullable=False, info=FIGURE),
    Column("header", Sealed("location.precise"), nullable=False),
    Column("body", Sealed("location.precise"), nullable=False),
)

# The newest position of each device as compaction last saw it; in memory it is newer.
LATEST = Table(
    "latest",
    METADATA,
    Column("device", Text, primary_key=True, info=WHO),
    Column("tenant", Text, nullable=False, info=WHO),
    Column("subject", Text, nullable=False, info=WHO),
    Column("key", Text, nullable=False, info=KEY),
    Column("place", Sealed("location.precise"), nullable=False),
)
