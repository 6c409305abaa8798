"""What the records about people take away by the clock: ended sessions, old sign-ins, used links, ids that gave up."""

import asyncio
from collections.abc import Callable

from waykeep.flows.rounds import HOUR_MS, Round
from waykeep.flows.signin import LONGEST_MS, UNSEEN_MS
from waykeep.store.records import Records

DAY_MS = 24 * HOUR_MS
YEAR_MS = 365 * DAY_MS
# A device that was bought but not enrolled within a month is not about to be.
WAITING_MS = 30 * DAY_MS


def round_of(rows: Records, clock: Callable[[], int], sign_ins_ms: int = YEAR_MS) -> Round:
    """The round that tidies; `sign_ins_ms` is how long the policy keeps what a browser tells of itself."""

    async def tidy() -> None:
        now_ms = clock()
        await asyncio.gather(
            asyncio.wrap_future(rows.sessions.close_old(now_ms - UNSEEN_MS, now_ms - LONGEST_MS)),
            asyncio.wrap_future(rows.sessions.drop_attempts(now_ms - sign_ins_ms)),
            asyncio.wrap_future(rows.links.drop_old(now_ms)),
            asyncio.wrap_future(rows.waiting.drop_old(now_ms - WAITING_MS)),
        )

    return Round(name="tidying", every_ms=HOUR_MS, run=tidy)
