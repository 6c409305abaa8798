"""The flows of people and fleet over a real vault and database in a folder."""

import asyncio
import os
import re

from argon2 import PasswordHasher

from vaults import Clock, home
from waykeep.flows.certificate import Certificate
from waykeep.flows.directory import Directory
from waykeep.flows.fleet import Units
from waykeep.flows.links import OneTime, first_administrator
from waykeep.flows.me import Me
from waykeep.flows.parting import Parting
from waykeep.flows.passkeys import Passkeys
from waykeep.flows.passwords import Passwords
from waykeep.flows.people import Staff
from waykeep.flows.seeing import Seeing
from waykeep.flows.signin import SignIn
from waykeep.model.access import Role
from waykeep.store.engine import Database
from waykeep.store.people import Person
from waykeep.store.records import records
from waykeep.store.schema import FILES
from waykeep.store.vault import Vault

WEB_URL = "http://localhost:8082"
PASSWORD = "a quiet harbour at night"
CHEAP = {"time_cost": 1, "memory_cost": 64, "parallelism": 1}


class Office:
    """Everything behind the doors to people; `mail` is a notify.mail.Mail or None, `vault` an open one."""

    def __init__(self, folder, mail=None, vault=None):
        self.clock = Clock()
        self.vault = vault or Vault(home(folder), os.urandom, self.clock, {})
        self.database = Database(folder / "data" / "waykeep.db", FILES["waykeep.db"])
        self.rows = records(self.database, self.vault, os.urandom)
        self.directory = Directory(self.rows.fleet, self.rows.waiting)
        self.parting = Parting(self.rows, self.directory, self.vault.has_subject)
        self.passwords = Passwords(PasswordHasher(**CHEAP))
        self.signin = SignIn(self.rows, self.passwords, self.directory, os.urandom, self.clock)
        self.one_time = OneTime(
            self.rows, self.signin, self.passwords, self.directory, mail=mail, web_url=WEB_URL, random=os.urandom,
            clock=self.clock,
        )  # fmt: skip
        self.passkeys = Passkeys(self.rows, self.signin, WEB_URL, os.urandom, self.clock)
        self.me = Me(self.rows, self.signin, self.passwords, os.urandom, self.clock)
        self.seeing = Seeing(self.rows, self.directory, self.clock)
        self.staff = Staff(self.rows, self.directory, self.one_time, self.forget, self.clock)
        self.units = Units(self.rows, self.directory, frozenset({"osmand", "gt06"}), self.clock, forget=self.forget)

    async def forget(self, subject, _):
        """The keys first, then the rows, then memory: the order of the erasure flow, without history and ledger."""
        kind = self.parting.kind_of(subject)
        destroyed = await asyncio.to_thread(self.vault.erasures.forget, subject, kind)
        await asyncio.to_thread(self.parting.part, subject)
        self.parting.drop(frozenset({subject}))
        return Certificate(
            erasure=destroyed.erasure.number, kind=kind, keys=len(destroyed.erasure.keys), epoch=1,
            erased_ms=self.clock(),
        )  # fmt: skip

    def organisation(self, name="North Harbour"):
        return self.rows.people.add_organisation(name, self.clock()).result()

    def person(self, tenant, name, role=Role.ADMINISTRATOR, *, email=None, password=PASSWORD, groups=()):
        hashed = PasswordHasher(**CHEAP).hash(password)
        wanted = Person(
            id="", tenant=tenant, role=role, name=name, email=email, created_ms=self.clock(), groups=tuple(groups)
        )
        made = self.rows.people.add(wanted, hashed).result()
        self.directory.regroup()
        return made

    def first_link(self):
        return first_administrator(self.database, self.vault, os.urandom, self.clock(), web_url=WEB_URL)

    def close(self):
        self.passwords.close()
        self.database.close()
        self.vault.close()


def secret_of(link):
    """What stands in a link's fragment."""
    return re.search(r"#link=([\w-]+)", link)[1]
