"""The sentences of the public text: from which keys each is made, when it is said, and which controls hold it; pure."""

from collections.abc import Callable, Mapping

import msgspec

from waykeep.policy.document import closest
from waykeep.policy.lengths import length_ms
from waykeep.policy.parts import Contact, Document
from waykeep.policy.wording import Words

Values = Mapping[str, str | tuple[str, ...]] | None
DAY_MS = 86_400_000
PLACES = "location.precise"


class Line(msgspec.Struct, frozen=True):
    """A sentence. `values` fill its gaps, or are None where the document does not say it; `items` follow as a list.

    One that is not `built` yet is never proven, whatever its controls do otherwise.
    """

    id: str
    controls: tuple[str, ...]
    keys: tuple[str, ...]
    values: Callable[[Document, Words], Values] = lambda _, __: {}
    built: bool = True


def _only(holds: Callable[[Document], object]) -> Callable[[Document, Words], Values]:
    return lambda document, _: {} if holds(document) else None


def _located(document: Document) -> bool:
    return document.location_mode == "server_full"


def _controller(document: Document, words: Words) -> Values:
    one = document.controller
    told = [document.product, one.name, one.address]
    product, name, address = (words.foreign(part) for part in told)
    return {"product": product, "name": name, "address": address, "country": words.name("region", one.country)}


def _contact(document: Document, words: Words, of: str) -> str:
    one = document.contacts.get(of, Contact())
    ways = {"email": one.email, "form": one.form, "post": one.post, "phone": one.phone}
    return words.listed(
        words.say(f"way.{way}", {"where": words.foreign(where)}) for way, where in ways.items() if where is not None
    )


def _grid(document: Document, words: Words) -> Values:
    metres = document.precision.grid_m
    return None if metres is None else {"metres": words.number(metres)}


def _withdrawn(document: Document, words: Words) -> Values:
    if "tracking" not in document.consents:
        return None
    return {"within": words.length(document.withdrawal.effect_within)}


def _closed(document: Document, _: Words) -> Values:
    return {} if document.withdrawal.before == "closed" and "tracking" in document.consents else None


def _yes_first(document: Document, _: Words) -> Values:
    consent = document.consents.get("tracking")
    return {} if consent is not None and consent.required else None


def _private(document: Document, words: Words) -> Values:
    if not _located(document):
        return None
    kinds = {"private": document.private_mode.driver_button, "hours": document.private_mode.working_hours != "none"}
    found = [name for name, there in kinds.items() if there]
    return {"times": words.names("private", found)} if found else None


def _authorities(document: Document, words: Words) -> Values:
    reasons = words.each("reason", document.disclosure.codes)
    return {"items": reasons, "approver": words.name("approver", document.disclosure.approver)}


def _copies(document: Document, words: Words) -> Values:
    """The longest time that a place lies in a copy: its own and that of the last backup that still holds it."""
    rule = closest(document.retention, PLACES)
    kept, copied = length_ms(rule.length) if rule else None, length_ms(document.backups.keep)
    if copied is None:
        return None
    keep = words.length(document.backups.keep)
    if kept is None or rule is None or rule.start != "collected":
        return {"keep": keep, "longest": words.say("keep.copies_after", {"keep": keep})}
    days = words.length(f"P{-(-(kept + copied) // DAY_MS)}D")
    return {"keep": keep, "longest": words.say("keep.copies_in_all", {"days": days})}


def _holds(document: Document, words: Words) -> Values:
    grounds = words.names("ground", document.holds.grounds)
    return {"grounds": grounds, "review": words.length(document.holds.review)} if grounds else None


def _sites(document: Document, words: Words) -> Values:
    sites = document.residency.sites
    return {"items": tuple(f"{words.name('role', one.role)} {words.name('region', one.region)}" for one in sites)}


def _abroad(document: Document, words: Words) -> Values:
    return {"items": words.each("mechanism", document.transfers.mechanisms)}


def _void(document: Document, words: Words) -> Values:
    claimed = document.transfers.mechanism_claimed
    since = document.transfers.void.get(claimed or "")
    if claimed is None or since is None:
        return None
    return {"name": words.name("mechanism", claimed), "since": words.foreign(since)}


def _transit(document: Document, words: Words) -> Values:
    least = document.security.channels.get("web")
    return {"least": words.name("tls", least)} if isinstance(least, str) else None


def _no_plain_door(document: Document) -> bool:
    return _located(document) and "plain" not in document.security.channels["device_ingest"]


def _asked(document: Document, words: Words) -> Values:
    return {"items": words.each("right", document.rights.all)}


def _ways(document: Document, words: Words) -> Values:
    return {"items": words.each("intake", document.rights.intake), "ways": _contact(document, words, "privacy")}


def _answered(document: Document, words: Words) -> Values:
    return {"length": words.length(document.clocks["rights_response"].length)}


def _complaints(document: Document, words: Words) -> Values:
    ways, clock = _contact(document, words, "complaint"), document.clocks.get("complaint")
    return {"ways": ways, "length": words.length(clock.length)} if ways and clock else None


def _leak(document: Document, words: Words) -> Values:
    return {"length": words.length(document.clocks["breach_notify"].length)}


def _notice(document: Document, words: Words) -> Values:
    return {"items": words.each("part", document.breach.notice_must_have)}


def _pinned(document: Document, _: Words) -> Values:
    return {} if document.versions.pin_until_consent == "rights_reduced" else None


def _implied(document: Document, _: Words) -> Values:
    rule = document.acceptance
    return {} if rule.gate and rule.implied_by_use_after_effective else None


def _archive(kind: str) -> Callable[[Document, Words], Values]:
    return _only(lambda document: document.versions.archive == kind)


def _told(document: Document, words: Words) -> Values:
    rule = document.notices.material_change
    if document.versions.effective == "on_posting":
        return None
    return {"lead": words.length(rule.lead), "items": words.each("channel", rule.channels)}


def _posted(document: Document, words: Words) -> Values:
    if document.versions.effective != "on_posting":
        return None
    return {"items": words.each("channel", document.notices.material_change.channels)}


LINES: dict[str, tuple[Line, ...]] = {
    "who": (
        Line("controller", ("POL",), ("controller", "product"), _controller),
        Line("scope", ("POL", "MAP"), ("channels",), lambda d, w: {"channels": w.names("channel", d.channels)}),
        Line("contact", ("POL",), ("contacts.privacy",), lambda d, w: {"ways": _contact(d, w, "privacy")}),
        Line("made", ("TXT", "VER"), ("text",)),
        Line("yes", ("CON", "VER"), ("acceptance.gate",), _only(lambda d: d.acceptance.gate)),
    ),
    "collect": (
        Line("only", ("MAP", "ING"), ("fields", "categories"), _only(_located)),
        Line("only_forms", ("MAP",), ("fields", "categories"), _only(lambda d: not _located(d))),
        Line("places", ("TRK",), ("location_mode",), _only(_located)),
        Line("no_places", ("ZKL",), ("location_mode",), _only(lambda d: d.location_mode == "server_none")),
        Line("grid", ("ING",), ("precision.grid_m",), _grid),
        Line("yes_first", ("CON",), ("consents.tracking.required",), _yes_first),
        Line("no", ("CON",), ("consents.tracking", "withdrawal"), _withdrawn),
        Line("no_before", ("PUR",), ("withdrawal.before",), _closed),
        Line("private", ("ING",), ("private_mode",), _private),
    ),
    "use": (
        Line("only", ("PUR",), ("purposes", "categories")),
        Line("places", ("PUR",), ("purposes",), _only(_located)),
        Line("looks", ("AUD",), ("categories.audit.entry",), _only(_located)),
    ),
    "share": (
        Line("sale", ("SUB",), ("share.sale",), _only(lambda d: not d.share.sale)),
        Line("third", ("SUB",), ("share.third_party",), _only(lambda d: not d.share.third_party)),
        Line("listed", ("SUB",), ("recipients",)),
        Line("tenants", ("RBAC",), ("accounts",), _only(_located)),
        Line("authorities", ("DIS",), ("disclosure",), _authorities),
    ),
    "keep": (
        Line("limit", ("RET",), ("retention",), _only(_located)),
        Line("copies", ("RET", "BAK"), ("backups", "retention"), _copies),
        Line("hold", ("HOLD",), ("holds",), _holds),
    ),
    "where": (
        Line("sites", ("RES",), ("residency.sites",), _sites),
        Line("abroad", ("TRF",), ("transfers",), _abroad),
        Line("void", ("TRF",), ("transfers.mechanism_claimed", "transfers.void"), _void),
    ),
    "protect": (
        Line("sealed", ("KEY",), ("security.at_rest",)),
        Line("transit", ("TLS",), ("security.channels",), _transit),
        Line("doors", ("TLS",), ("security.channels.device_ingest",), _only(_no_plain_door)),
        Line(
            "passwords", ("AUT",), ("security.passwords",),
            lambda d, w: {"least": w.number(d.security.passwords.least_length)},
        ),
        Line("roles", ("RBAC",), ("accounts",)),
    ),
    "rights": (
        Line("asked", ("RGT",), ("rights.all",), _asked),
        Line("ways", ("RGT",), ("rights.intake", "contacts.privacy"), _ways),
        Line("time", ("RGT", "CLK"), ("clocks.rights_response",), _answered),
        Line("copy", ("EXP",), ("rights.all",)),
        Line("correct", ("COR",), ("rights.all",)),
        Line("erase", ("ERA",), ("erasure",), lambda d, w: {"deadline": w.length(d.erasure.deadline)}),
        Line("refuse", ("RGT",), ("rights.refusal_grounds",)),
        Line("complain", ("CMP",), ("contacts.complaint", "clocks.complaint"), _complaints),
    ),
    "cookies": (
        Line("only", ("CK",), ("storage_on_client",)),
        Line("gpc", ("CK",), ("gpc",), _only(lambda d: d.gpc == "honour"), built=False),
    ),
    "children": (
        Line("age", ("AGE",), ("age.minimum",), lambda d, w: {"minimum": w.number(d.age.minimum)}),
        Line("birth", ("AGE",), ("age.keep_birthdate",), _only(lambda d: not d.age.keep_birthdate)),
    ),
    "breach": (
        Line("time", ("INC", "CLK", "NOT"), ("clocks.breach_notify",), _leak),
        Line("says", ("INC",), ("breach.notice_must_have",), _notice),
    ),
    "changes": (
        Line("kept", ("VER",), ("versions",)),
        Line("archive_public", ("VER",), ("versions.archive",), _archive("public")),
        Line("archive_on_request", ("VER",), ("versions.archive",), _archive("on_request")),
        Line("archive_none", ("VER",), ("versions.archive",), _archive("none")),
        Line("told", ("VER", "NOT"), ("notices.material_change",), _told),
        Line("posted", ("VER", "NOT"), ("notices.material_change", "versions.effective"), _posted),
        Line("reduced", ("VER", "CON"), ("versions.pin_until_consent",), _pinned, built=False),
        Line("implied", ("VER", "CON"), ("acceptance.implied_by_use_after_effective",), _implied),
    ),
}  # fmt: skip
