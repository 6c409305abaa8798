"""The policy documents that come with the package, and the operator's own beside them."""

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec

from waykeep.errors import StartError
from waykeep.policy import document, overlay, register
from waykeep.policy.control import Proofs
from waykeep.policy.document import Policy
from waykeep.policy.wording import Words
from waykeep.store import versions
from waykeep.store.versions import Layers, Version

DAY_MS = 86_400_000
LANGUAGES = {"en": False, "fa": True, "ar": True, "zh-CN": False}  # and whether its script runs from right to left
PROFILES = ("base", "pars", "smartpar", "ivms", "trak", "safetrack")


def text(name: str) -> str:
    """A file of the package's profiles folder."""
    return resources.files("waykeep").joinpath("profiles", name).read_text(encoding="utf-8")


def shipped() -> dict[str, str]:
    """The shipped documents; one that is not as it was shipped refuses the start."""
    known = msgspec.json.decode(text("shipped.json"), type=dict[str, str])
    found = {name: text(f"{name}.yaml") for name in PROFILES}
    for name, content in found.items():
        if known.get(name) != hashlib.sha256(content.encode()).hexdigest():
            raise StartError(f"{name}.yaml:1: this shipped document was changed; lay an own one over it instead")
    return found


def policy(profile: str, file: Path | None = None, *, fill: bool = False) -> Policy:
    """What a document says: the operator's where there is one, else the shipped profile."""
    return document.load(layers(profile, file), fill)


def layers(profile: str, file: Path | None = None) -> Layers:
    """The texts of a document, lowest first."""
    known = shipped()
    if file is not None:
        try:
            content = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StartError(f"{file}:1: the policy document cannot be read: {error}") from error
        return tuple(document.chain(str(file), content, known))
    if profile not in known:
        raise StartError(f"profile: there is no {profile!r}; known are {', '.join(PROFILES)}")
    return tuple(document.chain(f"{profile}.yaml", known[profile], known))


def in_force(profile: str, file: Path | None, known: tuple[Version, ...], now_ms: int, *, fill: bool = False) -> Policy:
    """The policy of a server: what was published and whose day has come; at the first start what the settings name.

    A document that was changed without being published, or an older one, refuses the start. A new text of a shipped
    profile, which the package's hashes vouch for, takes the place of the former one.
    """
    found = layers(profile, file)
    now = versions.in_force(known, now_ms)
    if now is None:
        return document.load(found, fill)
    hash_ = document.hash_of(found)
    if file is not None and hash_ not in {one.hash for one in known if one.number >= now.number}:
        raise StartError(
            f"{file}:1: is not the document that was published here last: publish it with "
            f"`waykeep policy publish {file}`, or put the published text back"
        )
    if file is None and now.weight == versions.SHIPPED and hash_ != now.hash:
        if any(one.hash == hash_ for one in known):
            raise StartError(f"profile: the text of {profile} is older than the one in force: {now.version}")
        return document.load(found, fill)
    return document.load(now.layers, fill)


def clauses(of: Policy) -> tuple[register.Clause, ...]:
    """The clauses of a policy's profile."""
    return register.clauses(text("clauses.json"), of.parts.register)


def controls() -> dict[str, register.Named]:
    """The controls that clauses name."""
    return register.controls(text("controls.json"))


def clause_ids() -> frozenset[str]:
    """The ids of every profile's clauses."""
    every = msgspec.json.decode(text("clauses.json"), type=tuple[register.Clause, ...])
    return frozenset(one.id for one in every)


@cache
def words(language: str) -> Words:
    """The words of the public text in one language; KeyError for a language that has none."""
    if language not in LANGUAGES:
        raise KeyError(language)
    name = f"text/{language}.yaml"
    return Words(
        language=language,
        right_to_left=LANGUAGES[language],
        by_key=dict(_flat(overlay.parse(name, text(name)).value)),
    )


def _flat(tree: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", str(value)


def proofs() -> Proofs:
    """Which probes cover which clause."""
    return msgspec.convert(overlay.parse("proofs.yaml", text("proofs.yaml")).value, Proofs)
