"""What leaves the server: only to recipients of the policy, only what it names, each counted."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import msgspec

from waykeep.egress import Egress
from waykeep.policy import recipients
from waykeep.policy.parts_outside import Recipient


class Outflow(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient of the policy, whether it may get anything now, and how often it did since the start."""

    id: str
    name: str | None
    type: str
    enabled: bool
    stands: bool
    left: int


class Flows(msgspec.Struct, frozen=True, kw_only=True):
    """Every recipient, and what was blocked since the start, by host."""

    recipients: tuple[Outflow, ...]
    blocked: dict[str, int]


class Outside:
    """The gate outwards, and what went through it."""

    def __init__(self, known: tuple[Recipient, ...], clock: Callable[[], int]) -> None:
        self._known, self._clock = known, clock
        self.egress = Egress(self._leave)

    def listed(self) -> Flows:
        """What left and what was blocked."""
        left, today = self.egress.left, self._today()
        return Flows(
            recipients=tuple(
                Outflow(
                    id=one.id,
                    name=one.name,
                    type=one.type,
                    enabled=one.enabled,
                    stands=recipients.stands(one, today),
                    left=sum(left[host] for host in one.hosts),
                )
                for one in self._known
            ),
            blocked=dict(self.egress.blocked),
        )

    def _leave(self, host: str, categories: frozenset[str]) -> frozenset[str] | None:
        found = recipients.leave(self._known, host, categories, self._today())
        return None if found is None else found.categories

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock() / 1000, UTC).date()
