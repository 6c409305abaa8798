"""The tables of the public text: what comes by each way, purposes, recipients, how long, what a browser keeps; pure."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

import msgspec

from waykeep.policy import transfers
from waykeep.policy.document import Policy, channel_categories
from waykeep.policy.parts_outside import Recipient
from waykeep.policy.wording import Words

Lines = tuple[str, ...]


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """A table: its title, the names of its columns, rows of cells of one or more lines, the controls that hold it."""

    id: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Lines, ...], ...]
    controls: tuple[str, ...]


def channels(policy: Policy, words: Words) -> Grid:
    """By each way: what, why, where, how long."""
    rows = []
    for channel in policy.parts.channels:
        kinds = channel_categories(policy.parts, channel)
        rows.append((
            words.name("channel", channel), _kinds(policy, words, kinds), _why(policy, words, kinds),
            tuple(dict.fromkeys(words.name("region", one.region) for one in policy.parts.residency.sites)),
            tuple(_kept(policy, words, kind) for kind in kinds),
        ))  # fmt: skip
    return _grid(words, "channels", ("way", "what", "why", "where", "how_long"), rows, ("MAP",))


def purposes(policy: Policy, words: Words) -> Grid:
    """Each reason, what law it stands on, and what it may read."""
    rows = [
        (
            words.name("purpose", name),
            words.name("basis", one.basis),
            _kinds(policy, words, _matching(policy, one.reads)),
        )
        for name, one in policy.parts.purposes.items()
    ]
    return _grid(words, "purposes", ("why", "basis", "what"), rows, ("PUR",))


def consents(policy: Policy, words: Words) -> Grid:
    """What a person is asked, and when."""
    rows = [
        (words.name("consent", name, one.says), words.say("yes" if one.required or one.separate else "no"))
        for name, one in policy.parts.consents.items()
    ]
    return _grid(words, "consents", ("asked", "before"), rows, ("CON",))


def recipients(policy: Policy, words: Words) -> Grid:
    """Who else gets what, and whether that is switched on."""
    rows = [
        (
            _who(one, words), words.name("recipient_type", one.type), words.name("purpose", one.purpose),
            _sent(policy, one, words),
            words.name("region", one.region), words.say("on" if one.enabled else "off"),
        )
        for one in policy.parts.recipients
    ]  # fmt: skip
    return _grid(words, "recipients", ("recipient", "kind", "why", "what", "where", "state"), rows, ("SUB",))


def abroad(policy: Policy, words: Words) -> Grid:
    """Each flow over a border: to whom, where, by what and until when."""
    rows = [
        (
            words.name("recipient", one.recipient, one.recipient), words.name("region", one.region, one.region),
            words.name("mechanism", one.mechanism) if one.mechanism else words.say("nothing"), one.until or "",
        )
        for one in transfers.crossings(policy.parts)
    ]  # fmt: skip
    return _grid(words, "abroad", ("recipient", "where", "by", "until"), rows, ("TRF",))


def retention(policy: Policy, words: Words) -> Grid:
    """How long each kind of data is kept, from when, and what happens then."""
    rows = []
    for kind in _known(policy):
        rule = policy.retention(kind)
        if rule is not None:
            start = words.name("start", rule.start)
            rows.append(
                (_kind(policy, words, kind), words.length(rule.length), start, words.name("action", rule.action))
            )
    return _grid(words, "retention", ("what", "how_long", "since", "then"), rows, ("RET",))


def stored(policy: Policy, words: Words) -> Grid:
    """What a browser keeps of ours."""
    rows = [
        (
            words.foreign(one.name), words.name("stored", one.kind), words.name("class", one.kept_for),
            words.name("stored_purpose", one.purpose), words.length(one.life),
            words.say(f"needs.{one.needs}" if one.needs else "needs.nothing"),
        )
        for one in policy.parts.storage_on_client
    ]  # fmt: skip
    return _grid(words, "stored", ("name", "kind", "class", "why", "how_long", "before"), rows, ("CK",))


def safeguards(policy: Policy, words: Words) -> Grid:
    """What guards the data, and against what; all of it is proven or none."""
    found = policy.parts.security.safeguards
    rows = [
        (words.name("safeguard", name), words.name("guard", one.kind), words.each("threat", one.against))
        for name, one in found.items()
    ]
    controls = tuple(dict.fromkeys(control for one in found.values() for control in one.controls))
    return _grid(words, "safeguards", ("what", "kind", "against"), rows, controls)


TABLES: dict[str, tuple[Callable[[Policy, Words], Grid], ...]] = {
    "collect": (channels,),
    "use": (purposes, consents),
    "share": (recipients,),
    "keep": (retention,),
    "where": (abroad,),
    "cookies": (stored,),
    "protect": (safeguards,),
}


def _grid(
    words: Words, name: str, head: tuple[str, ...], rows: Iterable[tuple[str | Lines, ...]], controls: tuple[str, ...]
) -> Grid:
    return Grid(
        id=name,
        title=words.say(f"table.{name}"),
        head=tuple(words.say(f"column.{one}") for one in head),
        rows=tuple(dict.fromkeys(tuple((cell,) if isinstance(cell, str) else cell for cell in row) for row in rows)),
        controls=controls,
    )


def _known(policy: Policy) -> tuple[str, ...]:
    """The kinds that people know; how the program keeps its own books is no news to them."""
    return tuple(name for name in policy.parts.categories if not name.startswith("store."))


def _matching(policy: Policy, patterns: Iterable[str]) -> tuple[str, ...]:
    wanted = tuple(patterns)
    return tuple(name for name in _known(policy) if any(fnmatchcase(name, pattern) for pattern in wanted))


def _kind(policy: Policy, words: Words, kind: str) -> str:
    return words.name("category", kind, policy.parts.categories[kind].says)


def _kinds(policy: Policy, words: Words, kinds: Iterable[str]) -> Lines:
    found = tuple(kinds)
    if found and set(found) == set(_known(policy)):
        return (words.say("everything"),)
    return tuple(_kind(policy, words, kind) for kind in found)


def _who(one: Recipient, words: Words) -> Lines:
    """The recipient's own name where the document gives one, and the address of its own policy."""
    name = words.foreign(one.name) if one.name else words.name("recipient", one.id)
    return (name, one.policy_url) if one.policy_url else (name,)


def _sent(policy: Policy, one: Recipient, words: Words) -> Lines:
    """What we send there, and what a part of an app takes by itself."""
    found = _kinds(policy, words, _matching(policy, one.sends))
    if one.collects:
        taken = words.listed(words.name("collected", word, word.replace("_", " ")) for word in one.collects)
        found = (*found, words.say("collects", {"what": taken}))
    return found or (words.say("nothing"),)


def _why(policy: Policy, words: Words, kinds: Lines) -> Lines:
    """The purposes that read any of these kinds; the ones that read all data alike are told beside the table."""
    found = [
        name
        for name, one in policy.parts.purposes.items()
        if "*" not in one.reads and any(fnmatchcase(kind, pattern) for kind in kinds for pattern in one.reads)
    ]
    return words.each("purpose", found)


def _kept(policy: Policy, words: Words, kind: str) -> str:
    rule = policy.retention(kind)
    return (
        ""
        if rule is None
        else words.say(
            "kept",
            {
                "what": _kind(policy, words, kind),
                "length": words.length(rule.length),
                "since": words.name("start", rule.start),
            },
        )
    )
