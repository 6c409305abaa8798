"""What differs between two policy documents, whether it matters to a person, and what must precede it; pure."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from waykeep.policy.document import closest
from waykeep.policy.lengths import length_ms
from waykeep.policy.parts import Document, Recipient

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


def decide(changes: Iterable[Change], new: Document) -> Decision:
    """What the new document asks before these changes may take effect."""
    kinds = tuple(dict.fromkeys(one.kind for one in changes))
    material = tuple(kind for kind in kinds if kind in new.versions.material_if)
    rule = new.notices.material_change
    at_once = new.versions.effective == "on_posting"
    return Decision(
        material=material,
        lead_ms=(length_ms(rule.lead) or 0) if material and not at_once else 0,
        channels=rule.channels if material else (),
        reduces=any(kind in REDUCING for kind in material),
    )


def _differences(old: Document, new: Document) -> Iterator[Change]:
    yield from _added("category_added", "categories", old.categories, new.categories)
    yield from _added("purpose_added", "purposes", old.purposes, new.purposes)
    yield from _manner(old, new)
    yield from _who(old, new)
    if (old.rights, old.clocks.get("rights_response")) != (new.rights, new.clocks.get("rights_response")):
        yield Change("right_changed", "rights", _words(old.rights), _words(new.rights))
    yield from _recipients(old.recipients, new.recipients)
    if (new.share.sale, new.share.third_party) != (old.share.sale, old.share.third_party):
        yield Change("third_party_sharing_enabled", "share", _words(old.share), _words(new.share))
    yield from _retention(old, new)
    for region in sorted(_regions(new) - _regions(old)):
        yield Change("region_added", "residency", ", ".join(sorted(_regions(old))), region)


def _manner(old: Document, new: Document) -> Iterator[Change]:
    for name in sorted(old.purposes.keys() & new.purposes.keys()):
        before, after = old.purposes[name], new.purposes[name]
        if (before.basis, before.reads, before.channels) != (after.basis, after.reads, after.channels):
            yield Change("manner_changed", f"purposes.{name}", _words(before), _words(after))
    if old.location_mode != new.location_mode:
        yield Change("manner_changed", "location_mode", old.location_mode, new.location_mode)


def _who(old: Document, new: Document) -> Iterator[Change]:
    for key in ("controller", "org"):
        if getattr(old, key) != getattr(new, key):
            yield Change("controller_changed", key, _words(getattr(old, key)), _words(getattr(new, key)))
    for name in sorted(old.contacts.keys() | new.contacts.keys()):
        if old.contacts.get(name) != new.contacts.get(name):
            yield Change(
                "contact_changed", f"contacts.{name}", _words(old.contacts.get(name)), _words(new.contacts.get(name))
            )


def _added(kind: str, section: str, old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    for name in sorted(new.keys() - old.keys()):
        yield Change(kind, f"{section}.{name}", "", _words(new[name]))


def _recipients(old: tuple[Recipient, ...], new: tuple[Recipient, ...]) -> Iterator[Change]:
    known = {one.id: one for one in old if one.enabled}
    for one in new:
        before = known.get(one.id)
        if one.enabled and (before is None or (before.sends, before.region) != (one.sends, one.region)):
            yield Change("main_recipient_changed", f"recipients.{one.id}", _words(before), _words(one))
        if one.enabled and one.sale and not (before and before.sale):
            yield Change("third_party_sharing_enabled", f"recipients.{one.id}", _words(before), _words(one))


def _retention(old: Document, new: Document) -> Iterator[Change]:
    for name in sorted(old.categories.keys() & new.categories.keys()):
        before, after = closest(old.retention, name), closest(new.retention, name)
        if before is None or after is None or before == after:
            continue
        if before.start != after.start or _longest_ms(after.length) > _longest_ms(before.length):
            yield Change("retention_lengthened", f"retention of {name}", before.length, after.length)


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
