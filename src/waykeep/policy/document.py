"""The policy document as the program reads it: base and overlays laid together, typed, and held against itself."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from fnmatch import fnmatchcase

import msgspec

from waykeep.errors import StartError
from waykeep.model.access import Purpose
from waykeep.policy import recipients, transfers
from waykeep.policy.access import Reading
from waykeep.policy.lengths import is_open, length_ms
from waykeep.policy.overlay import Node, Path, Tree, label, lay, parse
from waykeep.policy.parts import THREATS, Document, Retention
from waykeep.policy.typed import convert

LONGEST_CHAIN = 8  # base, profile, operator, organisation, region, site: more is a circle


class Open(msgspec.Struct, frozen=True):
    """A value that a document leaves to the operator."""

    path: str
    file: str
    line: int
    word: str
    filled: str | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """A whole, valid policy: its parts, its texts (file name and text, lowest first) with their hash, what is open."""

    parts: Document
    hash: str
    layers: tuple[tuple[str, str], ...]
    open: tuple[Open, ...] = ()

    @property
    def id(self) -> str:
        """The document's id."""
        return self.parts.id

    @property
    def keeps_location(self) -> bool:
        """Whether this server has device doors and tables for positions at all."""
        return self.parts.location_mode == "server_full"

    @property
    def categories(self) -> frozenset[str]:
        """The data categories that are on."""
        return frozenset(self.parts.categories)

    @property
    def cookies(self) -> tuple[str, ...]:
        """The names of the cookies that may be set."""
        return tuple(entry.name for entry in self.parts.storage_on_client if entry.kind == "cookie")

    @property
    def fix_retention_ms(self) -> int | None:
        """How long a fix is kept from its fix time; None where its end does not hang on that time."""
        rule = self.retention("location.precise")
        return length_ms(rule.length) if rule and rule.start == "collected" else None

    @property
    def reading(self) -> Reading:
        """What the document says of reading positions: for which purposes, and how far back."""
        purposes = self.parts.purposes.items()
        return Reading(
            purposes=frozenset(
                Purpose(name)
                for name, rule in purposes
                if any(fnmatchcase("location.precise", pattern) for pattern in rule.reads)
            ),
            requires={Purpose(name): rule.requires for name, rule in purposes if rule.requires is not None},
            retention_ms=self.fix_retention_ms,
            keeps_location=self.keeps_location,
        )

    def retention(self, category: str) -> Retention | None:
        """The rule for a category: the one that names it most closely."""
        return closest(self.parts.retention, category)

    def retention_ms(self, category: str) -> int | None:
        """How long a category is kept from its start event; None = no limit."""
        rule = self.retention(category)
        return length_ms(rule.length) if rule else None

    def category_of(self, field: str) -> str | None:
        """The category that the document gives to a field such as users.email."""
        keys = [key for key in self.parts.fields if fnmatchcase(field, key)]
        return self.parts.fields[max(keys, key=len)] if keys else None

    def gone(self, columns: Iterable[tuple[str, str]]) -> frozenset[str]:
        """Of pairs (table, category), the tables with a column whose category this document has not."""
        return frozenset(table for table, category in columns if category not in self.parts.categories)


def load(chain: Sequence[tuple[str, str]], fill: bool = False) -> Policy:  # noqa: FBT001, FBT002  demo or not
    """Lay documents (file name, text) over one another, the first one lowest, and check the whole.

    `fill` puts the documents' own demo values where they leave a value open. Raises StartError naming file, line, key.
    """
    tree = laid(chain)
    tree = Tree(deepcopy(tree.value), tree.places, tree.file)
    opened = _open(tree, fill=fill)
    document = convert(tree, Document)
    _check(document, tree)
    return Policy(parts=document, hash=hash_of(chain), layers=tuple(chain), open=opened)


def laid(chain: Sequence[tuple[str, str]]) -> Tree:
    """Documents laid over one another, with the place of each key; whoever changes the tree copies it first."""
    tree = parse(*chain[0])
    for file, text in chain[1:]:
        tree = _without_lost(tree, parse(file, text))
    return tree


def closest(rules: Mapping[str, Retention], category: str) -> Retention | None:
    """The rule whose pattern names a category most closely."""
    patterns = [pattern for pattern in rules if fnmatchcase(category, pattern)]
    return rules[max(patterns, key=len)] if patterns else None


def hash_of(chain: Iterable[tuple[str, str]]) -> str:
    """The SHA-256 of a document's texts, whatever their files are called."""
    return hashlib.sha256(b"\0".join(text.encode() for _, text in chain)).hexdigest()


def chain(name: str, text: str, shipped: Mapping[str, str]) -> list[tuple[str, str]]:
    """A document below which stand the shipped ones that it extends, lowest first."""
    found = [(name, text)]
    while len(found) <= LONGEST_CHAIN:
        tree = parse(*found[0])
        under = tree.value.get("extends")
        if under is None:
            return found
        if under not in shipped:
            raise tree.wrong(("extends",), f"there is no document {under!r}; known are {', '.join(sorted(shipped))}")
        found.insert(0, (f"{under}.yaml", shipped[under]))
    raise StartError(f"{name}:1: extends: the documents extend one another in a circle")


def complete(policy: Policy) -> None:
    """Refuse a policy that leaves values open, naming each one and its line."""
    missing = [f"{one.file}:{one.line}: {one.path} is left open ({one.word})" for one in policy.open if not one.filled]
    if missing:
        raise StartError("the policy document needs its operator's values:\n  " + "\n  ".join(missing))


def _without_lost(under: Tree, over: Tree) -> Tree:
    """Lay one over another; a category that goes takes its rules and its places in lists with it."""
    tree = lay(under, over)
    before, after = _names(under, "categories"), _names(tree, "categories")
    lost = before - after
    if not lost:
        return tree
    value = deepcopy(tree.value)
    value["fields"] = {k: v for k, v in value.get("fields", {}).items() if v not in lost}
    value["retention"] = {
        pattern: rule for pattern, rule in value.get("retention", {}).items() if not _only(pattern, lost, after)
    }
    for section, key in (("purposes", "reads"), ("consents", "covers"), ("recipients", "sends")):
        entries = value.get(section, {})
        for entry in entries.values() if isinstance(entries, dict) else entries:
            if isinstance(entry, dict) and isinstance(entry.get(key), list):
                entry[key] = [pattern for pattern in entry[key] if not _only(pattern, lost, after)]
    return Tree(value, tree.places, tree.file)


def _names(tree: Tree, section: str) -> set[str]:
    found = tree.value.get(section)
    return set(found) if isinstance(found, dict) else set()


def _only(pattern: str, lost: Iterable[str], left: Iterable[str]) -> bool:
    """Whether a pattern matches what is lost and nothing that is left."""
    return any(fnmatchcase(one, pattern) for one in lost) and not any(fnmatchcase(one, pattern) for one in left)


def _open(tree: Tree, *, fill: bool) -> tuple[Open, ...]:
    """Find what is left open, and fill it with the documents' own demo values when asked."""
    demo = tree.value.get("demo", {})
    found: list[Open] = []

    def visit(node: Node, demo: Node, path: Path) -> None:
        whole = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in list(whole):
            name = key if isinstance(node, dict) else label(value, key)
            given = demo.get(name) if isinstance(demo, dict) else None
            if isinstance(value, dict | list):
                visit(value, given, (*path, name))
            elif is_open(value):
                place = tree.place((*path, name))
                filled = given if fill else None
                found.append(Open(".".join((*path, name)), place.file, place.line, value, filled))
                if filled is not None:
                    node[key] = filled

    visit({key: value for key, value in tree.value.items() if key != "demo"}, demo, ())
    return tuple(found)


def _check(document: Document, tree: Tree) -> None:
    """Refuse what no single key can tell: parts that do not fit together."""
    _check_categories(document, tree)
    _check_patterns(document, tree)
    _check_purposes(document, tree)
    places = [name for name in document.categories if name.startswith("location.")]
    if document.location_mode != "server_full" and places:
        raise tree.wrong(("location_mode",), f"{document.location_mode} cannot stand beside the category {places[0]}")
    if document.location_mode == "server_blind_relay":
        raise tree.wrong(
            ("location_mode",),
            "this program has no relay; server_none promises that no place, sealed or not, comes here (safetrack-14)",
        )
    if document.location_mode == "server_full" and not places:
        raise tree.wrong(("location_mode",), "server_full needs a category of places")
    for recipient, text in recipients.faults(document):
        raise tree.wrong(("recipients", recipient), text)
    for section, name, text in transfers.faults(document):
        raise tree.wrong((*section.split("."), name), text)
    _check_channels(document, tree)
    _check_contact(document, tree)
    _check_safeguards(document, tree)
    names = [entry.name for entry in document.storage_on_client]
    for name in names:
        if names.count(name) > 1:
            raise tree.wrong(("storage_on_client", name), "is named twice")


def _check_categories(document: Document, tree: Tree) -> None:
    for field, category in document.fields.items():
        if category not in document.categories:
            raise tree.wrong(("fields", field), f"has no data category: {category!r} is not one of this document's")
    for name in document.categories:
        if not any(fnmatchcase(name, pattern) for pattern in document.retention):
            raise tree.wrong(("categories", name), "has no retention rule")


def _check_channels(document: Document, tree: Tree) -> None:
    """The public text tells of each way what comes by it: nothing may come by none, and by none nothing."""
    told = {word for words in document.channels.values() for word in words}
    for field in document.fields:
        if field.partition(".")[0] not in told:
            raise tree.wrong(("fields", field), "comes by none of the `channels`: the public text would not tell of it")
    for name in document.channels:
        if not channel_categories(document, name):
            raise tree.wrong(("channels", name), "brings no field of this document")


def _check_contact(document: Document, tree: Tree) -> None:
    """A promise of rights that nobody can ask for must not be published."""
    one = document.contacts.get("privacy")
    if document.rights.all and (one is None or not any((one.email, one.form, one.post, one.phone))):
        rights = ", ".join(document.rights.all)
        text = (
            f"gives no e-mail, form, post or phone: nobody could ask for what `rights` and `erasure` promise ({rights})"
        )
        raise tree.wrong(("contacts", "privacy"), text)


def _check_safeguards(document: Document, tree: Tree) -> None:
    """Whoever says that data is protected says by what, so that it can be seen: each threat by something shown."""
    for name, one in document.security.safeguards.items():
        if not one.controls:
            raise tree.wrong(("security", "safeguards", name, "controls"), "names no control that would show it")
    guarded = {threat for one in document.security.safeguards.values() for threat in one.against}
    for threat in THREATS:
        if threat not in guarded:
            raise tree.wrong(("security", "safeguards"), f"has nothing that guards against {threat}")


def channel_categories(document: Document, channel: str) -> tuple[str, ...]:
    """The kinds of data that come by a channel, as the map of fields has it."""
    words = document.channels[channel]
    found = (category for field, category in document.fields.items() if field.partition(".")[0] in words)
    return tuple(dict.fromkeys(found))


def _check_purposes(document: Document, tree: Tree) -> None:
    """Nothing is kept for no reason: a kind that no purpose names (`*` names none) has no place in the document."""
    named = {pattern for one in document.purposes.values() for pattern in one.reads if pattern != "*"}
    for name in document.categories:
        if name.startswith("store.") or any(fnmatchcase(name, pattern) for pattern in named):
            continue
        raise tree.wrong(
            ("categories", name), "is kept for no purpose: name it under the `reads` of one, or leave it out"
        )


def _check_patterns(document: Document, tree: Tree) -> None:
    for path, pattern in _patterns(document):
        if not any(fnmatchcase(name, pattern) for name in document.categories):
            raise tree.wrong((*path, pattern), "matches no data category of this document")


def _patterns(document: Document) -> Iterable[tuple[Path, str]]:
    for pattern in document.retention:
        yield ("retention",), pattern
    for name, purpose in document.purposes.items():
        yield from ((("purposes", name, "reads"), pattern) for pattern in purpose.reads)
    for name, consent in document.consents.items():
        yield from ((("consents", name, "covers"), pattern) for pattern in consent.covers)
    for recipient in document.recipients:
        yield from ((("recipients", recipient.id, "sends"), pattern) for pattern in recipient.sends)
