"""The rows about people and fleet of one waykeep.db, each table's hands beside the others."""

from collections.abc import Callable

import msgspec

from waykeep.store.cases import Cases
from waykeep.store.contacts import Contacts
from waykeep.store.disclosures import Disclosures
from waykeep.store.engine import Database
from waykeep.store.factors import Factors
from waykeep.store.fleet import Fleet
from waykeep.store.incidents import Incidents
from waykeep.store.links import Links
from waykeep.store.locks import Locks
from waykeep.store.notices import Notices
from waykeep.store.people import People
from waykeep.store.sessions import Sessions
from waykeep.store.vault import Vault
from waykeep.store.waiting import Waiting


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the flows of people and fleet keep."""

    people: People
    sessions: Sessions
    locks: Locks
    factors: Factors
    links: Links
    fleet: Fleet
    waiting: Waiting
    cases: Cases
    notices: Notices
    disclosures: Disclosures
    contacts: Contacts
    incidents: Incidents


def records(database: Database, vault: Vault, random: Callable[[int], bytes]) -> Records:
    """Take hold of the tables of an open database."""
    return Records(
        people=People(database, vault, random),
        sessions=Sessions(database, vault, random),
        locks=Locks(database, vault),
        factors=Factors(database, vault, random),
        links=Links(database, vault, random),
        fleet=Fleet(database, vault, random),
        waiting=Waiting(database, vault, random),
        cases=Cases(database, vault, random),
        notices=Notices(database),
        disclosures=Disclosures(database, vault, random),
        contacts=Contacts(database, vault),
        incidents=Incidents(database, vault, random),
    )
