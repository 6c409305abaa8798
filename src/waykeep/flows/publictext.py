"""The public text of the policy in force: written in each language, marked by the last signed proof; its changes."""

import asyncio
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from waykeep.errors import AskError, StartError
from waykeep.flows.publishing import Archive, compare
from waykeep.policy import document, text
from waykeep.policy.changes import Change
from waykeep.policy.document import Policy
from waykeep.policy.register import Clause
from waykeep.policy.text import Proven, Text
from waykeep.policy.wording import Words
from waykeep.store.proof import ProofReport, Proofs, SignedReport
from waykeep.store.versions import Layers

Spoken = Callable[[str], Words]
LARGEST_CACHE = 16  # texts: four languages of a few versions


class PublicText:
    """Writes texts. `spoken` gives the words of a language; `fill` puts demo values into older versions too."""

    def __init__(
        self,
        policy: Policy,
        clauses: tuple[Clause, ...],
        archive: Archive,
        proofs: Proofs,
        spoken: Spoken,
        *,
        fill: bool = False,
    ) -> None:
        self.policy, self.archive = policy, archive
        self._clauses, self._proofs, self._spoken, self._fill = clauses, proofs, spoken, fill
        self._written = lru_cache(LARGEST_CACHE)(self._write)
        self._loaded = lru_cache(LARGEST_CACHE)(lambda number: self._load(archive.text(number)))

    def words(self, language: str) -> Words:
        """The words of a language. Raises KeyError where there are none."""
        return self._spoken(language)

    def text(self, language: str, number: int | None = None) -> Text:
        """The text in force, or that of a version which is open; AskError for one that is not."""
        if number is not None:
            return text.write(self._loaded(number), self.words(language), self._clauses)
        proof = self.proof()
        return self._written(language, proof.signature if proof else "")

    def proof(self) -> SignedReport | None:
        """The last published proof, of whatever version of the text."""
        return self._proofs.last()

    def marks(self) -> SignedReport | None:
        """The proof whose marks the text carries: the last one, where it is of this very text."""
        found = self.proof()
        return found if found is not None and found.proof.policy_hash == self.policy.hash else None

    def changes(self, number: int) -> tuple[Change, ...]:
        """What a version changed; AskError where it is not open, or is the first."""
        return compare(self._load(self.archive.before(number)), self._loaded(number)).changes

    def _load(self, layers: Layers) -> Policy:
        try:
            return document.load(layers, self._fill)
        except StartError:
            told = "This version is of a time whose documents had another form; /v1/policy/versions gives it as it was."
            raise AskError("version-too-old", told, 404) from None

    def _write(self, language: str, _signature: str) -> Text:
        found = self.marks()
        proven = None
        if found is not None:
            results = {one.id: one.result for one in found.proof.clauses}
            proven = Proven(controls=found.proof.controls, clauses=results)
        return text.write(self.policy, self.words(language), self._clauses, proven)


def keeper(proofs: Proofs, noted: Callable[..., Any]) -> Callable[[Mapping[str, Any]], Any]:
    """The command that signs a proof and publishes it in the place of the last one."""

    async def keep(values: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            proof = msgspec.convert(values["proof"], ProofReport)
        except (KeyError, msgspec.ValidationError) as error:
            raise AskError("wrong-proof", f"This is no proof: {error}") from error
        made = proofs.keep(proof)
        line = noted("proof-published", {"policy": proof.policy_hash, "signature": made.signature[:32]})
        await asyncio.wrap_future(line)
        return {"key": made.key, "signature": made.signature}

    return keep
