"""Who may see me: the accounts of my organisation that are shown where my units are at this moment."""

import msgspec

from waykeep.flows.directory import Directory
from waykeep.flows.signin import Clock
from waykeep.model.access import Role, Viewer
from waykeep.store.records import Records


class Seer(msgspec.Struct, frozen=True):
    """Someone who may see me: what they are called and what they are, nothing else about them."""

    name: str
    role: Role


class SeenBy(msgspec.Struct, frozen=True):
    """How many units I drive or hold now, and who may see them."""

    units: int
    people: tuple[Seer, ...]


class Seeing:
    """Answers by the directory that also decides what each request sees, so that the two cannot differ."""

    def __init__(self, rows: Records, directory: Directory, clock: Clock, *, keeps_location: bool = True) -> None:
        self._rows, self._directory, self._clock = rows, directory, clock
        self._keeps_location = keeps_location

    def seen_by(self, viewer: Viewer) -> SeenBy:
        """Those who may see the units that the viewer drives or holds now, by role and groups.

        Drivers are never among them: each is shown their own fixes only (policy/access.py, `theirs`).
        """
        now_ms = self._clock()
        own = self._directory.seen_by(viewer.person, viewer.tenant, Role.DRIVER, now_ms) or frozenset()
        if not own or not self._keeps_location:
            return SeenBy(len(own), ())
        found = []
        for one in self._rows.people.all_of(viewer.tenant):
            if one.id == viewer.person or not one.active or one.role is Role.DRIVER:
                continue
            seen = self._directory.seen_by(one.id, viewer.tenant, one.role, now_ms)
            if seen is None or seen & own:
                found.append(Seer(one.name, one.role))
        return SeenBy(len(own), tuple(found))
