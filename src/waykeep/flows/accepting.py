"""Accepting the policy: the gate before it, a yes that use alone gives, and staying with the text that one knows."""

from collections.abc import Callable

import msgspec

from waykeep.errors import AskError, StartError
from waykeep.flows.promises import Promises
from waykeep.flows.publishing import compare
from waykeep.model.access import Purpose, Viewer
from waykeep.policy import acceptance, document
from waykeep.policy.acceptance import NAME, Edition, Stance
from waykeep.policy.document import Policy
from waykeep.store.versions import Version, Versions

SAID, USED = "portal", "use"


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """One's own standing: whether a yes is due, the edition one stays with, and the number of the one in force.

    `decline` are the ways that the document opens to who says no.
    """

    due: bool
    pinned: Edition | None
    number: int
    version: str
    decline: tuple[str, ...]


class Accepting:
    """Reads the editions once for each new version; what people said is kept in memory by the promises."""

    def __init__(
        self, promises: Promises, versions: Versions, policy: Policy, clock: Callable[[], int], *, fill: bool
    ) -> None:
        self._promises, self._versions, self._policy, self._clock, self._fill = promises, versions, policy, clock, fill
        self._editions: tuple[Edition, ...] = ()
        self._older: dict[str, Policy] = {}
        self._read()

    @property
    def pins(self) -> bool:
        """Whether any edition took something away, so that someone may have stayed with an older one."""
        return any(one.reduces for one in self._editions)

    def stance(self, person: str) -> Stance:
        """How someone stands now."""
        said = self._promises.said_by(person).consents
        accepted = {one.text_hash for one in said if one.consent == NAME and one.granted}
        return acceptance.stance(accepted, self._editions, self._policy.parts)

    def own(self, viewer: Viewer) -> Acceptance:
        """One's own standing."""
        stance, now = self.stance(viewer.person), self._editions[-1]
        return Acceptance(
            due=stance.due,
            pinned=stance.pinned,
            number=now.number,
            version=now.version,
            decline=self._policy.parts.acceptance.decline,
        )

    async def passes(self, viewer: Viewer) -> None:
        """Let someone go on; AskError 403 where they have to say yes first. What use alone accepts is written down."""
        stance = self.stance(viewer.person)
        if stance.due:
            text = "First read the privacy policy and say yes to it, or close your account."
            raise AskError("policy-not-accepted", text, 403)
        if stance.implied is not None:
            await self._promises.accept(viewer, stance.implied.version, stance.implied.hash, USED)

    def check(self, said: str | None) -> None:
        """Refuse whoever joins without the hash of the text in force, which stands with that text."""
        if self._policy.parts.acceptance.gate and said != self._editions[-1].hash:
            text = "Read the privacy policy first: the yes must name the text that is in force now."
            raise AskError("policy-not-accepted", text, 403)

    async def accept(self, viewer: Viewer, said: str, channel: str = SAID) -> Acceptance:
        """Say yes to the text in force, by its hash."""
        now = self._editions[-1]
        if said != now.hash:
            raise AskError("other-policy", "This is not the text in force; open it and say yes to that one.", 409)
        await self._promises.accept(viewer, now.version, now.hash, channel)
        return self.own(viewer)

    def older(self, person: str) -> Policy | None:
        """The policy that still holds for someone who stayed with an older edition."""
        pinned = self.stance(person).pinned if self.pins else None
        return None if pinned is None else self._older.get(pinned.hash)

    def excludes(self, person: str, purpose: Purpose) -> bool:
        """Whether someone stayed with an edition in which this purpose reads no places."""
        older = self.older(person)
        return older is not None and purpose not in older.reading.purposes

    def retention_ms(self, person: str) -> int | None:
        """How long a fix of someone may be kept by the edition that they stayed with; None where nothing else holds."""
        older = self.older(person)
        return None if older is None else older.fix_retention_ms

    def _read(self) -> None:
        """The editions up to the one in force, each judged against the one before."""
        before: Policy | None = None
        found: list[Edition] = []
        now = self._versions.in_force(self._clock())
        for one in self._versions.all():
            if now is not None and one.number > now.number:
                break
            policy = self._loaded(one)
            reduces = before is not None and policy is not None and compare(before, policy).decision.reduces
            found.append(Edition(number=one.number, hash=one.hash, version=one.version, reduces=reduces))
            if policy is not None:
                before = self._older[one.hash] = policy
        self._editions = tuple(found)

    def _loaded(self, one: Version) -> Policy | None:
        try:
            return document.load(one.layers, self._fill)
        except StartError:  # of a form that this program no longer knows
            return None
