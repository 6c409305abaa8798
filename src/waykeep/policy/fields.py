"""Which of a position's fields and attributes may be kept, by the data categories that are on."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from waykeep.model.attributes import COARSE, PRECISE, SIGNAL, STATUS, category
from waykeep.model.position import Value

COURSE = STATUS
QUALITY = SIGNAL
LOCATING = frozenset({PRECISE, COARSE})

# Attributes that tell how far someone went although their category is the vehicle's
TELLING = frozenset(
    {"odometer", "tripOdometer", "serviceOdometer", "distance", "totalDistance", "obdOdometer", "milDistance"}
    | {"dtcsClearedDistance"}
)

_MOST_NAMES = 4096  # names remembered for one set of categories; an attacker can make up any number


class Allowed:
    """The attribute names that one set of categories lets through; remembers what it has judged."""

    def __init__(self, categories: frozenset[str]) -> None:
        self.categories = categories
        self.everything = {PRECISE, COURSE, QUALITY} <= categories
        self._names: set[str] = set()
        self._known = self._names.issuperset

    def all_of_each(self, many: Sequence[Mapping[str, Value]]) -> bool:
        """Whether every attribute of all of them may be kept."""
        return all(map(self._known, many)) or all(map(self.all_of, many))

    def all_of(self, attributes: Mapping[str, Value]) -> bool:
        """Whether every attribute may be kept."""
        return self._known(attributes) or all(map(self.one, attributes))

    def of(self, attributes: dict[str, Value]) -> dict[str, Value]:
        """Only those that may be kept."""
        if self.all_of(attributes):
            return attributes
        return {name: value for name, value in attributes.items() if self.one(name)}

    def one(self, name: str) -> bool:
        """Whether this attribute may be kept."""
        if name in self._names:
            return True
        kind = category(name)
        if kind is None or kind not in self.categories:
            return False
        if name in TELLING and not self.categories & LOCATING:
            return False
        if len(self._names) < _MOST_NAMES:
            self._names.add(name)
        return True


@lru_cache(maxsize=64)
def allowed(categories: frozenset[str]) -> Allowed:
    """Give the judge of names for a set of categories, made once."""
    return Allowed(categories)
