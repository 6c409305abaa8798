"""Consents, private time and hours were answered without a word about caches."""

from waykeep.api.app import ROUTERS

OPEN = {"/health", "/v1"}


def test_answers_about_oneself_stay_in_no_cache():
    kept = []
    for router in ROUTERS:
        for route in router.routes:
            for handler in getattr(route, "route_handlers", ()):
                headers = {one.name.lower(): one.value for one in handler.resolve_response_headers()}
                if headers.get("cache-control") != "no-store":
                    kept.append(route.path_format)
    assert {path for path in kept if path.startswith("/v1")} <= {"/v1/units/{unit}/export"}
