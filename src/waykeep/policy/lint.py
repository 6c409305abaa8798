"""What a valid policy document leaves out, contradicts, or promises without the means; pure."""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from waykeep.policy.document import Policy, laid
from waykeep.policy.lengths import length_ms
from waykeep.policy.overlay import Path
from waykeep.policy.parts import Document
from waykeep.policy.text import write
from waykeep.policy.wording import Words, longest_sentence

STEPS = frozenset(
    {"export_offer", "deactivate"}
)  # what a person who disagrees can do here: take a copy, close the account


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something to mend: its rule, the file and line and key where it stands, and what to do."""

    rule: str
    file: str
    line: int
    key: str
    text: str


def lint(policy: Policy, spoken: Iterable[Words] = ()) -> tuple[Finding, ...]:
    """Everything that is wrong with a valid document, in the order of the rules; `spoken` are its text's languages."""
    tree = laid(policy.layers)
    found = [*_findings(policy.parts), *_open(policy), *_sentences(policy, spoken)]
    made = []
    for rule, path, text in found:
        place = tree.place(path)
        made.append(Finding(rule=rule, file=place.file, line=place.line, key=".".join(path), text=text))
    return tuple(made)


def _findings(document: Document) -> Iterator[tuple[str, Path, str]]:
    yield from _transfers(document)
    yield from _acceptance(document)
    yield from _retention(document)
    yield from _stored(document)
    yield from _sharing(document)
    yield from _dates(document)


def _transfers(document: Document) -> Iterator[tuple[str, Path, str]]:
    for claimed in (document.transfers.mechanism_claimed, *document.transfers.mechanisms):
        since = document.transfers.void.get(claimed or "")
        if since is not None:
            key = "mechanism_claimed" if claimed == document.transfers.mechanism_claimed else "mechanisms"
            yield "void-mechanism", ("transfers", key), f"{claimed} has not counted since {since}: name another way"


def _acceptance(document: Document) -> Iterator[tuple[str, Path, str]]:
    one = document.acceptance
    if one.gate and one.implied_by_use_after_effective:
        text = "a yes is demanded before use, and use is taken for a yes: choose one"
        yield "consent-demanded-and-implied", ("acceptance", "implied_by_use_after_effective"), text
    if one.implied_by_use_after_effective and document.versions.pin_until_consent == "rights_reduced":
        text = "use is taken for a yes, yet a cut of rights waits for one: the cut must not be implied by use"
        yield "consent-demanded-and-implied", ("versions", "pin_until_consent"), text
    for step in one.decline:
        if step not in STEPS:
            text = f"refers to {step!r}, which nobody can carry out here"
            yield "step-missing", ("acceptance", "decline"), text


def _retention(document: Document) -> Iterator[tuple[str, Path, str]]:
    for pattern, rule in document.retention.items():
        kept_ms = length_ms(rule.length)
        after = rule.start == "account_deleted" and (kept_ms is None or kept_ms > 0)
        if after and "account" in document.erasure.self_service:
            text = "is kept after the account is closed, while closing it promises erasure: say which holds"
            yield "kept-after-leaving", ("retention", pattern), text
        if rule.length == "none" and any(
            one.identifying for name, one in document.categories.items() if name == pattern
        ):
            yield "no-end", ("retention", pattern), "tells of people and is kept without an end"


def _stored(document: Document) -> Iterator[tuple[str, Path, str]]:
    for one in document.storage_on_client:
        if one.needs is not None and not any(name.startswith("cookies") for name in document.consents):
            text = "waits for a yes that nobody is asked for: add a consent `cookies…`, or leave it out"
            yield "yes-not-asked", ("storage_on_client", one.name), text


def _sharing(document: Document) -> Iterator[tuple[str, Path, str]]:
    for one in document.recipients:
        if one.enabled and one.region == "ZZ":
            yield "region-unnamed", ("recipients", one.id), "gets data in a country that is not named"


def _dates(document: Document) -> Iterator[tuple[str, Path, str]]:
    try:
        date.fromisoformat(document.version)
    except ValueError:
        yield "no-date", ("version",), "is no date: readers cannot tell since when the text holds"


def _open(policy: Policy) -> Iterator[tuple[str, Path, str]]:
    for one in policy.open:
        if not one.filled:
            yield "left-open", tuple(one.path.split(".")), f"is left open ({one.word}): the operator has to say it"


def _sentences(policy: Policy, spoken: Iterable[Words]) -> Iterator[tuple[str, Path, str]]:
    most = policy.parts.text.words_a_sentence
    for words in spoken:
        for section in write(policy, words, ()).sections:
            for one in section.sentences:
                longest = max(longest_sentence(part) for part in (one.text, *one.items))
                if longest > most:
                    text = f"{one.id} has a sentence of {longest} words in {words.language}; {most} are allowed"
                    yield "hard-to-read", (one.keys or ("text",))[0:1], text
