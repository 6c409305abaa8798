"""What differs between two policy documents, whether it matters to a person, and what must precede it; pure."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from waykeep.policy.document import closest
from waykeep.policy.lengths import length_ms
from waykeep.policy.parts import Document
from waykeep.policy.parts_outside import Recipient

WORDING = "wording"
ENDLESS_MS = 1 << 62


class Change(msgspec.Struct, frozen=True):
    """One difference: its kind (a word of `versions.material_if`, or `wording`), the key, and what it was and is."""

    kind: str
    key: str
    before: str
    after: str


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the document asks of a change.

    `material` are the kinds that matter by its `versions.material_if`; `lead_ms` is how long ahead people must know, by
    which `channels`; `reduces` says that rights shrink, so that whoever has not said yes stays with the text they know.
    """

    material: tuple[str, ...]
    lead_ms: int
    channels: tuple[str, ...]
    reduces: bool


ON_POSTING = "on_posting"

# Keys whose every change is of one kind. What stands in none (the product's name, words, principles, the fields of
# forms) is wording; categories, purposes, contacts, recipients, retention and regions are told one by one.
KINDS: dict[str, tuple[str, ...]] = {
    "controller_changed": ("controller", "org"),
    "manner_changed": (
        "location_mode", "consents", "precision", "sharing_privacy", "storage_on_client", "transfers", "security",
        "compat", "payments", "holds",
    ),
    "right_changed": (
        "rights", "clocks", "erasure", "withdrawal", "acceptance", "private_mode", "age", "accounts", "gpc", "breach",
        "disclosure", "versions", "notices",
    ),
    "third_party_sharing_enabled": ("share",),
    "retention_lengthened": ("backups",),
}  # fmt: skip

# Kinds that leave a person with less: longer storage, wider use, fewer rights.
REDUCING = frozenset({
    "purpose_added", "category_added", "retention_lengthened", "main_recipient_changed", "third_party_sharing_enabled",
    "right_changed", "region_added",
})  # fmt: skip


def diff(old: Document, new: Document) -> tuple[Change, ...]:
    """Every difference that has a meaning, and one of kind `wording` where only other keys or words differ."""
    found = tuple(_differences(old, new))
    if found or _without_names(old) == _without_names(new):
        return found
    return (Change(WORDING, "document", old.version, new.version),)


def decide(changes: Iterable[Change], old: Document, new: Document) -> Decision:
    """What must precede these changes: by the old document and by the new one, whichever asks for more.

    Else a new document could first drop the rule that it would have broken.
    """
    watched = {*old.versions.material_if, *new.versions.material_if}
    material = tuple(kind for kind in dict.fromkeys(one.kind for one in changes) if kind in watched)
    channels = (*old.notices.material_change.channels, *new.notices.material_change.channels)
    return Decision(
        material=material,
        lead_ms=max(_lead_ms(old), _lead_ms(new)) if material else 0,
        channels=tuple(dict.fromkeys(channels)) if material else (),
        reduces=any(kind in REDUCING for kind in material),
    )


def _lead_ms(document: Document) -> int:
    return 0 if document.versions.effective == ON_POSTING else length_ms(document.notices.material_change.lead) or 0


def _differences(old: Document, new: Document) -> Iterator[Change]:
    yield from _added("category_added", "categories", old.categories, new.categories)
    yield from _added("purpose_added", "purposes", old.purposes, new.purposes)
    yield from _other("manner_changed", "purposes", old.purposes, new.purposes)
    yield from _other("manner_changed", "categories", _unworded(old), _unworded(new))
    for name in sorted(old.contacts.keys() | new.contacts.keys()):
        before, after = old.contacts.get(name), new.contacts.get(name)
        if before != after:
            yield Change("contact_changed", f"contacts.{name}", _words(before), _words(after))
    for kind, keys in KINDS.items():
        for key in keys:
            if getattr(old, key) != getattr(new, key):
                yield Change(kind, key, _words(getattr(old, key)), _words(getattr(new, key)))
    yield from _recipients(old.recipients, new.recipients)
    yield from _retention(old, new)
    for region in sorted(_regions(new) - _regions(old)):
        yield Change("region_added", "residency", ", ".join(sorted(_regions(old))), region)


def _other(kind: str, section: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield Change(kind, f"{section}.{name}", _words(old[name]), _words(new[name]))


def _unworded(document: Document) -> dict[str, object]:
    """What categories are, whatever words say it."""
    return {name: msgspec.structs.replace(one, says="") for name, one in document.categories.items()}


def _added(kind: str, section: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    for name in sorted(new.keys() - old.keys()):
        yield Change(kind, f"{section}.{name}", "", _words(new[name]))


def _recipients(old: tuple[Recipient, ...], new: tuple[Recipient, ...]) -> Iterator[Change]:
    known = {one.id: one for one in old if one.enabled}
    for one in new:
        before = known.get(one.id)
        if one.enabled and before != one:
            yield Change("main_recipient_changed", f"recipients.{one.id}", _words(before), _words(one))
        if one.enabled and one.sale and not (before and before.sale):
            yield Change("third_party_sharing_enabled", f"recipients.{one.id}", _words(before), _words(one))


def _retention(old: Document, new: Document) -> Iterator[Change]:
    for name in sorted(old.categories.keys() & new.categories.keys()):
        before, after = closest(old.retention, name), closest(new.retention, name)
        if before is None or after is None or before == after:
            continue
        shorter = _longest_ms(after.length) < _longest_ms(before.length)
        if not (shorter and msgspec.structs.replace(before, length=after.length) == after):
            yield Change("retention_lengthened", f"retention of {name}", _words(before), _words(after))


def _longest_ms(length: str) -> int:
    found = length_ms(length)
    return ENDLESS_MS if found is None else found


def _regions(document: Document) -> set[str]:
    return {site.region for site in document.residency.sites} | set(document.residency.allowed)


def _without_names(document: Document) -> bytes:
    plain = msgspec.structs.replace(document, version="", id="", extends=None, demo={})
    return msgspec.json.encode(plain, order="deterministic")


def _words(value: object) -> str:
    return "" if value is None else msgspec.json.encode(value, order="deterministic").decode()
