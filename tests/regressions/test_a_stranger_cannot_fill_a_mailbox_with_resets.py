"""Whoever named an address could have thirty letters an hour sent to it from each of their own addresses."""

import asyncio

from office import Office
from waykeep.flows.lockout import ACCOUNT
from waykeep.store.sessions import Source

ADDRESS = "ada@north.example"


class Box:
    """Takes letters."""

    def __init__(self):
        self.letters = []

    async def send(self, *letter):
        self.letters.append(letter)


def test_a_stranger_cannot_fill_a_mailbox_with_resets(tmp_path):
    box = Box()
    office = Office(tmp_path, mail=box)

    async def go():
        for n in range(40):
            await office.one_time.forgotten(ADDRESS, Source(f"192.0.2.{n}", "a script"))
            await asyncio.gather(*office.one_time._posting)

    try:
        office.person(office.organisation().id, "Ada North", email=ADDRESS)
        asyncio.run(go())
    finally:
        office.close()
    assert 1 <= len(box.letters) <= ACCOUNT.free
