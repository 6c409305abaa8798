"""The policy documents that come with the package, and the operator's own beside them."""

import hashlib
from importlib import resources
from pathlib import Path

import msgspec

from waykeep.errors import StartError
from waykeep.policy import document, overlay, register
from waykeep.policy.control import Proofs
from waykeep.policy.document import Policy

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
    """The policy of a server: the operator's document where there is one, else the shipped profile."""
    known = shipped()
    if file is not None:
        try:
            content = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise StartError(f"{file}:1: the policy document cannot be read: {error}") from error
        return document.load(document.chain(str(file), content, known), fill)
    if profile not in known:
        raise StartError(f"profile: there is no {profile!r}; known are {', '.join(PROFILES)}")
    return document.load(document.chain(f"{profile}.yaml", known[profile], known), fill)


def source(profile: str, file: Path | None = None) -> str:
    """The text of the document in force, lowest layer first, for the archive of versions."""
    known = shipped()
    name, content = (f"{profile}.yaml", known[profile]) if file is None else (file.name, file.read_text("utf-8"))
    return "\n---\n".join(text for _, text in document.chain(name, content, known))


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


def proofs() -> Proofs:
    """Which probes cover which clause."""
    return msgspec.convert(overlay.parse("proofs.yaml", text("proofs.yaml")).value, Proofs)
