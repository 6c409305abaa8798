"""Which tables each file of the embedded store holds, gathered from the files that own them."""

from sqlalchemy import MetaData

from waykeep.store import (
    case_tables,
    disclosure_tables,
    forgotten,
    incident_tables,
    ledger_tables,
    promise_tables,
    tables,
    track_tables,
    vault_tables,
)


def _gathered(*parts: MetaData) -> MetaData:
    whole = MetaData()
    for part in parts:
        for table in part.sorted_tables:
            table.to_metadata(whole)
    return whole


WAYKEEP = _gathered(
    tables.METADATA,
    promise_tables.METADATA,
    case_tables.METADATA,
    disclosure_tables.METADATA,
    incident_tables.METADATA,
    forgotten.METADATA,
)

FILES: dict[str, MetaData] = {
    "waykeep.db": WAYKEEP,
    "track.db": track_tables.METADATA,
    "ledger.db": ledger_tables.METADATA,
    "vault.db": vault_tables.METADATA,
}
"""Every table of the installation, by file: the whole data map."""
