"""Publishing a policy document: compared with the one before, judged by its own rules, signed, kept for good."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from waykeep.errors import AskError
from waykeep.policy import changes, document
from waykeep.policy.changes import Change, Decision
from waykeep.policy.document import Policy
from waykeep.store import documents
from waykeep.store.versions import Layers, Version, Versions

MATERIAL, MINOR = "material", "minor"


class Compared(msgspec.Struct, frozen=True):
    """Two documents, their differences and what the new one asks of them."""

    changes: tuple[Change, ...]
    decision: Decision


def compare(old: Policy, new: Policy) -> Compared:
    """What differs, and what must precede it."""
    found = changes.diff(old.parts, new.parts)
    return Compared(found, changes.decide(found, old.parts, new.parts))


class Publishing:
    """Adds versions. `fill` puts demo values where a document leaves some open; `file` is the one the settings name."""

    def __init__(
        self,
        versions: Versions,
        clock: Callable[[], int],
        noted: Callable[..., Any],
        *,
        fill: bool = False,
        file: Path | None = None,
    ) -> None:
        self._versions, self._clock, self._noted, self._fill, self._file = versions, clock, noted, fill, file
        self._turn = asyncio.Lock()

    async def publish(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Publish `content`, called `name`, at `effective_ms` or as soon as it may be; AskError says why not.

        `minor` is the operator's word that the change matters to nobody; a document that sees it otherwise refuses.
        """
        layers = tuple(document.chain(str(values["name"]), str(values["content"]), documents.shipped()))
        policy = document.load(layers, self._fill)
        document.complete(policy)
        if self._file is not None and document.hash_of(documents.layers("", self._file)) != policy.hash:
            text = f"The settings name {self._file}: put the new text there, then publish that file."
            raise AskError("policy-file-differs", text, 409)
        async with self._turn:
            known = await asyncio.to_thread(self._versions.all)
            compared = compare(document.load(known[-1].layers, self._fill), policy)
            _refuse_known(policy, known)
            if values.get("minor") and compared.decision.material:
                kinds = ", ".join(compared.decision.material)
                raise AskError(
                    "change-is-material", f"This change matters to people ({kinds}): publish it as one.", 409
                )
            now_ms = self._clock()
            effective_ms = _effective_ms(values.get("effective_ms"), now_ms, compared.decision, policy)
            weight = MATERIAL if compared.decision.material else MINOR
            wanted = _version(policy, layers, (now_ms, effective_ms), weight)
            made = await asyncio.wrap_future(self._versions.add(wanted))
        told = {"number": str(made.number), "hash": made.hash, "weight": weight, "effective_ms": str(effective_ms)}
        await asyncio.wrap_future(self._noted("policy-published", told))
        return told | {
            "changes": msgspec.to_builtins(compared.changes), "decision": msgspec.to_builtins(compared.decision),
        }  # fmt: skip


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A version as the archive lists it. `open`: whether its text may be read here."""

    number: int
    version: str
    hash: str
    published_ms: int
    effective_ms: int
    weight: str
    in_force: bool
    open: bool


class Archive:
    """What everyone may see of the versions: those in force and to come, and by the document's word the older ones."""

    def __init__(self, versions: Versions, policy: Policy, clock: Callable[[], int]) -> None:
        self._versions, self._policy, self._clock = versions, policy, clock

    def listed(self) -> tuple[Listed, ...]:
        """The versions, newest first; where the document keeps no archive, none that is past."""
        found, now = self._all()
        return tuple(
            Listed(
                number=one.number,
                version=one.version,
                hash=one.hash,
                published_ms=one.published_ms,
                effective_ms=one.effective_ms,
                weight=one.weight,
                in_force=one.number == now,
                open=self._open(one, now),
            )
            for one in reversed(found)
            if one.number >= now or self._policy.parts.versions.archive != "none"
        )

    def text(self, number: int) -> Layers:
        """The texts of one version; AskError for one that is not handed out here."""
        found, now = self._all()
        one = next((one for one in found if one.number == number), None)
        if one is None or not self._open(one, now):
            on_request = one is not None and self._policy.parts.versions.archive == "on_request"
            told = "Ask the operator for this version." if on_request else "There is no such version here."
            raise AskError("version-not-open", told, 404)
        return one.layers

    def before(self, number: int) -> Layers:
        """The texts before an open version, to say what it changed; AskError for the first, or one that is not open.

        What changed is told also where the older text is not handed out: people were told that it would.
        """
        self.text(number)
        found = next((one for one in self._versions.all() if one.number == number - 1), None)
        if found is None:
            raise AskError("version-not-open", "Nothing stands before the first version.", 404)
        return found.layers

    def _all(self) -> tuple[tuple[Version, ...], int]:
        found, now = self._versions.all(), self._versions.in_force(self._clock())
        return found, 0 if now is None else now.number

    def _open(self, one: Version, now: int) -> bool:
        return one.number >= now or self._policy.parts.versions.archive == "public"


def begin(versions: Versions, policy: Policy, weight: str, now_ms: int) -> Version:
    """Hold every version against its signature, and note the document in force where it is another than before."""
    versions.verify()
    known = versions.in_force(now_ms)
    if known is not None and known.hash == policy.hash:
        return known
    return versions.add(_version(policy, policy.layers, (now_ms, now_ms), weight)).result()


def _version(policy: Policy, layers: Layers, moments_ms: tuple[int, int], weight: str) -> Version:
    return Version(
        number=0,
        document=policy.id,
        version=policy.parts.version,
        hash=policy.hash,
        layers=layers,
        published_ms=moments_ms[0],
        effective_ms=moments_ms[1],
        weight=weight,
    )


def _refuse_known(policy: Policy, known: tuple[Version, ...]) -> None:
    if policy.hash == known[-1].hash:
        raise AskError("policy-unchanged", "This is the document that was published last.", 409)
    if policy.parts.version <= known[-1].version:
        text = f"Version {policy.parts.version} is not after {known[-1].version}: give it the day of its change."
        raise AskError("version-not-newer", text, 409)


def _effective_ms(asked: object, now_ms: int, decision: Decision, policy: Policy) -> int:
    earliest_ms = now_ms + decision.lead_ms
    if asked is None:
        return earliest_ms
    wanted_ms = int(str(asked))
    if policy.parts.versions.effective == "on_posting" and wanted_ms > now_ms:
        raise AskError("effective-on-posting", "By this document a text holds from its posting on.", 409)
    if wanted_ms < earliest_ms:
        days = decision.lead_ms // documents.DAY_MS
        raise AskError("lead-too-short", f"People must know of this change {days} days before it holds.", 409)
    return wanted_ms
