"""What left the server, for its administrator: /v1/policy/recipients."""

from litestar import Router, get

from waykeep.api.doors import NOT_KEPT
from waykeep.flows.outside import Flows, Outside


@get("/policy/recipients", sync_to_thread=False)
def recipients(outside: Outside) -> Flows:
    """Each recipient of the policy with how often something left for it, and what was blocked, since the start."""
    return outside.listed()


ROUTER = Router("/v1", route_handlers=[recipients], tags=["Promises"], response_headers=NOT_KEPT)
