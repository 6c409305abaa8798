"""Closing one's own account for now: what one agreed to ends at once, then every door of it."""

from waykeep.flows.me import Me
from waykeep.flows.people import Staff
from waykeep.flows.promises import TRACKING, Promises
from waykeep.flows.signin import Caller

CHANNEL = "account-closed"


class Leaving:
    """The password shows that it is the person. An administrator can open the account again; a yes is the person's."""

    def __init__(self, me: Me, staff: Staff, promises: Promises) -> None:
        self._me, self._staff, self._promises = me, staff, promises

    async def close(self, caller: Caller, password: str) -> None:
        """Stop what is kept of the person, then end their sessions; AskError where nobody could let others in."""
        await self._me.shown_to_be(caller, password)
        self._staff.may_close_own(caller.viewer)
        if TRACKING in self._promises.policy.parts.consents:
            await self._promises.consent(caller.viewer, TRACKING, granted=False, channel=CHANNEL)
        await self._staff.close_own(caller.viewer)
