"""The public text of a policy, made from its document: every sentence with its keys, controls and clauses; pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from waykeep.policy.control import Result
from waykeep.policy.document import Policy
from waykeep.policy.register import Clause
from waykeep.policy.text_lines import LINES, Line
from waykeep.policy.text_tables import TABLES, Grid
from waykeep.policy.wording import Words

# Each section and the topics of the register's clauses that belong to it, in the order of the text.
SECTIONS: dict[str, tuple[str, ...]] = {
    "who": ("scope", "governance", "notice", "support", "accounts"),
    "collect": ("collection", "tracking", "fleet", "positioning", "analytics", "offline",
                "app-permissions", "location-law"),
    "use": ("use", "consent/withdrawal", "acceptance", "marketing"),
    "share": ("sharing/processors", "third-party", "legal-disclosure", "payments", "push"),
    "keep": ("retention",),
    "where": ("storage/residency", "transfers"),
    "protect": ("security",),
    "rights": ("access/portability", "correction", "erasure", "complaints"),
    "cookies": ("cookies",),
    "children": ("children",),
    "breach": ("breach",),
    "changes": ("policy-versions", "discontinuation"),
}  # fmt: skip


class Standing(StrEnum):
    """What the last proof says of a sentence: its controls hold, do not (or were not probed), or nothing was proven."""

    PROVEN = "proven"
    UNPROVEN = "unproven"
    NO_PROOF = "no_proof"


class Proven(msgspec.Struct, frozen=True, kw_only=True):
    """What the last signed proof of this very text found: each control, and each clause."""

    controls: Mapping[str, bool]
    clauses: Mapping[str, Result]


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence, and the items that follow its colon.

    `keys` of the document it is made from, the `controls` that hold it, the `clauses` it speaks for.
    """

    id: str
    text: str
    items: tuple[str, ...]
    keys: tuple[str, ...]
    controls: tuple[str, ...]
    clauses: tuple[str, ...]
    standing: Standing


class Quoted(msgspec.Struct, frozen=True, kw_only=True):
    """A clause of the register as it stands there, in English, and what the last proof says of it."""

    id: str
    says: str
    controls: tuple[str, ...]
    result: Result | None


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the text. `withheld` counts the sentences that are kept back because nothing proves them."""

    id: str
    title: str
    sentences: tuple[Sentence, ...]
    tables: tuple[Grid, ...]
    quoted: tuple[Quoted, ...]
    withheld: int


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """The whole text in one language."""

    language: str
    right_to_left: bool
    title: str
    product: str
    policy: str
    version: str
    hash: str
    sections: tuple[Section, ...]


def write(policy: Policy, words: Words, clauses: Iterable[Clause], proven: Proven | None = None) -> Text:
    """The text of a policy in one language; without a proof no sentence counts as proven, and none is withheld."""
    every = tuple(clauses)
    return Text(
        language=words.language,
        right_to_left=words.right_to_left,
        title=words.say("title", {"product": words.foreign(policy.parts.product)}),
        product=policy.parts.product,
        policy=policy.id,
        version=policy.parts.version,
        hash=policy.hash,
        sections=tuple(_section(name, policy, words, every, proven) for name in SECTIONS),
    )


def _section(name: str, policy: Policy, words: Words, clauses: tuple[Clause, ...], proven: Proven | None) -> Section:
    own = tuple(one for one in clauses if one.topic in SECTIONS[name])
    written = [one for line in LINES[name] if (one := _sentence(name, line, policy, words, own, proven)) is not None]
    hides = policy.parts.text.unproved == "withhold"
    told = [one for one in written if not (hides and one.standing is Standing.UNPROVEN)]
    return Section(
        id=name,
        title=words.say(f"section.{name}"),
        sentences=tuple(told),
        tables=tuple(grid for make in TABLES.get(name, ()) if (grid := make(policy, words)).rows),
        quoted=tuple(
            Quoted(
                id=one.id, says=one.says, controls=one.controls, result=proven.clauses.get(one.id) if proven else None
            )
            for one in own
        ),
        withheld=len(written) - len(told),
    )


def _sentence(
    section: str, line: Line, policy: Policy, words: Words, own: tuple[Clause, ...], proven: Proven | None
) -> Sentence | None:
    values = line.values(policy.parts, words)
    if values is None:
        return None
    return Sentence(
        id=f"{section}.{line.id}",
        text=words.say(f"{section}.{line.id}", {key: one for key, one in values.items() if isinstance(one, str)}),
        items=tuple(values.get("items", ())),
        keys=line.keys,
        controls=line.controls,
        clauses=tuple(one.id for one in own if set(one.controls) & set(line.controls)),
        standing=_standing(line, proven),
    )


def _standing(line: Line, proven: Proven | None) -> Standing:
    if proven is None:
        return Standing.NO_PROOF
    holds = line.built and all(proven.controls.get(one, False) for one in line.controls)
    return Standing.PROVEN if holds else Standing.UNPROVEN
