"""Who may call each route: the whole table. A route that does not stand here refuses the start."""

from enum import StrEnum

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.handlers.base import BaseRouteHandler
from litestar.routes import HTTPRoute, WebSocketRoute

from waykeep.api.doors import Connection, Doors, caller_of
from waykeep.errors import AskError, StartError
from waykeep.policy.roles import Permission


class Anyone(StrEnum):
    """Needs that are no permission: nothing at all, or only to be signed in."""

    PUBLIC = "public"
    SIGNED_IN = "signed-in"


Need = Permission | Anyone
PUBLIC, SIGNED_IN = Anyone.PUBLIC, Anyone.SIGNED_IN

# Method and path, as the documentation writes them; WS is a WebSocket.
TABLE: dict[str, Need] = {
    # signing in
    "POST /v1/session": PUBLIC,
    "GET /v1/session": PUBLIC,
    "DELETE /v1/session": SIGNED_IN,
    "POST /v1/session/link": PUBLIC,
    "POST /v1/session/link/accept": PUBLIC,
    "POST /v1/session/forgotten": PUBLIC,
    "POST /v1/session/passkey/options": PUBLIC,
    "POST /v1/session/passkey": PUBLIC,
    # my own account
    "GET /v1/me": SIGNED_IN,
    "PATCH /v1/me": SIGNED_IN,
    "GET /v1/me/contact": SIGNED_IN,
    "PUT /v1/me/contact": SIGNED_IN,
    "POST /v1/me/close": SIGNED_IN,
    "GET /v1/me/acceptance": SIGNED_IN,
    "POST /v1/me/acceptance": SIGNED_IN,
    "POST /v1/me/password": SIGNED_IN,
    "POST /v1/me/totp": SIGNED_IN,
    "POST /v1/me/totp/confirm": SIGNED_IN,
    "DELETE /v1/me/totp": SIGNED_IN,
    "GET /v1/me/passkeys": SIGNED_IN,
    "POST /v1/me/passkeys": SIGNED_IN,
    "POST /v1/me/passkeys/options": SIGNED_IN,
    "DELETE /v1/me/passkeys/{passkey}": SIGNED_IN,
    "GET /v1/me/tokens": SIGNED_IN,
    "POST /v1/me/tokens": SIGNED_IN,
    "DELETE /v1/me/tokens/{token}": SIGNED_IN,
    "GET /v1/me/sessions": SIGNED_IN,
    "DELETE /v1/me/sessions/{session}": SIGNED_IN,
    "GET /v1/me/signins": SIGNED_IN,
    # my rights
    "GET /v1/me/notices": SIGNED_IN,
    "POST /v1/me/notices/{number}/seen": SIGNED_IN,
    "GET /v1/me/private": Permission.RIGHTS_OWN,
    "POST /v1/me/private": Permission.RIGHTS_OWN,
    "GET /v1/me/hours": Permission.RIGHTS_OWN,
    "PUT /v1/me/hours": Permission.RIGHTS_OWN,
    "GET /v1/me/consents": Permission.RIGHTS_OWN,
    "POST /v1/me/consents": Permission.RIGHTS_OWN,
    "GET /v1/me/receipts": Permission.RIGHTS_OWN,
    "GET /v1/me/seen-by": Permission.RIGHTS_OWN,
    "GET /v1/me/looked": Permission.RIGHTS_OWN,
    "GET /v1/me/looked/{index}/proof": Permission.RIGHTS_OWN,
    "GET /v1/me/requests": Permission.RIGHTS_OWN,
    "POST /v1/me/requests": Permission.RIGHTS_OWN,
    "POST /v1/me/requests/{case}/prove": Permission.RIGHTS_OWN,
    "GET /v1/me/requests/{case}/package": Permission.RIGHTS_OWN,
    # the rights desk
    "POST /v1/privacy/requests": PUBLIC,
    "GET /v1/requests": Permission.RIGHTS_DESK,
    "GET /v1/requests/report": Permission.RIGHTS_DESK,
    "POST /v1/requests": Permission.RIGHTS_DESK,
    "POST /v1/requests/{case}/link": Permission.RIGHTS_DESK,
    "POST /v1/requests/{case}/ask-proof": Permission.RIGHTS_DESK,
    "POST /v1/requests/{case}/prove": Permission.RIGHTS_DESK,
    "POST /v1/requests/{case}/decide": Permission.RIGHTS_DESK,
    "GET /v1/requests/{case}/package": Permission.RIGHTS_DESK,
    # the disclosure desk
    "GET /v1/disclosures": Permission.RIGHTS_DESK,
    "POST /v1/disclosures": Permission.RIGHTS_DESK,
    "POST /v1/disclosures/{disclosure}/decide": Permission.RIGHTS_DESK,
    "POST /v1/disclosures/{disclosure}/review": Permission.RIGHTS_DESK,
    "GET /v1/disclosures/{disclosure}/file": Permission.RIGHTS_DESK,
    "GET /v1/policy/disclosures": PUBLIC,
    # the incident desk
    "GET /v1/incidents": Permission.ORGANISATIONS_WRITE,
    "POST /v1/incidents": Permission.ORGANISATIONS_WRITE,
    "PUT /v1/incidents/{incident}/parts": Permission.ORGANISATIONS_WRITE,
    "POST /v1/incidents/{incident}/tell": Permission.ORGANISATIONS_WRITE,
    "POST /v1/incidents/{incident}/publish": Permission.ORGANISATIONS_WRITE,
    "POST /v1/incidents/{incident}/filed": Permission.ORGANISATIONS_WRITE,
    "GET /v1/incidents/{incident}/report": Permission.ORGANISATIONS_WRITE,
    "GET /v1/me/incidents": Permission.RIGHTS_OWN,
    "POST /v1/me/incidents/{incident}/seen": Permission.RIGHTS_OWN,
    "GET /v1/policy/incidents": PUBLIC,
    # people
    "GET /v1/people": Permission.PEOPLE_READ,
    "GET /v1/people/{person}": Permission.PEOPLE_READ,
    "PATCH /v1/people/{person}": Permission.PEOPLE_WRITE,
    "DELETE /v1/people/{person}": Permission.PEOPLE_WRITE,
    "POST /v1/people/{person}/reset": Permission.PEOPLE_WRITE,
    "POST /v1/people": Permission.PEOPLE_WRITE,
    "POST /v1/drivers": Permission.PEOPLE_WRITE,
    "GET /v1/invitations": Permission.PEOPLE_WRITE,
    "POST /v1/invitations": Permission.PEOPLE_WRITE,
    "DELETE /v1/invitations/{link}": Permission.PEOPLE_WRITE,
    "GET /v1/organisation": SIGNED_IN,
    "PATCH /v1/organisation": Permission.PEOPLE_WRITE,
    "GET /v1/organisations": Permission.ORGANISATIONS_WRITE,
    "POST /v1/organisations": Permission.ORGANISATIONS_WRITE,
    # fleet
    "GET /v1/units": Permission.UNITS_READ,
    "POST /v1/units": Permission.UNITS_WRITE,
    "GET /v1/units/{unit}": Permission.UNITS_READ,
    "PATCH /v1/units/{unit}": Permission.UNITS_WRITE,
    "DELETE /v1/units/{unit}": Permission.UNITS_FORGET,
    "GET /v1/units/{unit}/assignments": Permission.PEOPLE_READ,
    "POST /v1/units/{unit}/assign": Permission.UNITS_WRITE,
    "GET /v1/groups": Permission.UNITS_READ,
    "POST /v1/groups": Permission.UNITS_WRITE,
    "PATCH /v1/groups/{group}": Permission.UNITS_WRITE,
    "DELETE /v1/groups/{group}": Permission.UNITS_WRITE,
    "GET /v1/waiting": Permission.WAITING_READ,
    "GET /v1/protocols": Permission.UNITS_READ,
    "GET /v1/protocols/{protocol}/setup": Permission.UNITS_READ,
    # positions
    "GET /v1/positions/latest": Permission.POSITIONS_READ,
    "GET /v1/units/{unit}/track": Permission.POSITIONS_READ,
    "GET /v1/units/{unit}/trips": Permission.POSITIONS_READ,
    "GET /v1/units/{unit}/days": Permission.POSITIONS_READ,
    "GET /v1/units/{unit}/export": Permission.POSITIONS_READ,
    "WS /v1/stream": Permission.POSITIONS_READ,
    # trust
    "GET /v1/duties": Permission.ORGANISATIONS_WRITE,
    "POST /v1/duties/{clause}": Permission.ORGANISATIONS_WRITE,
    "GET /v1/policy": PUBLIC,
    "GET /v1/policy/clauses": PUBLIC,
    "GET /v1/policy/text": PUBLIC,
    "GET /v1/policy/notice": PUBLIC,
    "GET /v1/policy/notices": Permission.ORGANISATIONS_WRITE,
    "GET /v1/policy/recipients": Permission.ORGANISATIONS_WRITE,
    "GET /v1/proof": PUBLIC,
    "GET /privacy": PUBLIC,
    "GET /privacy/versions/{number}": PUBLIC,
    "GET /privacy/versions/{number}/changes": PUBLIC,
    "GET /privacy/request": PUBLIC,
    "POST /privacy/request": PUBLIC,
    "GET /privacy/page.css": PUBLIC,
    "GET /proof": PUBLIC,
    "GET /v1/policy/versions": PUBLIC,
    "GET /v1/policy/versions/{number}": PUBLIC,
    "GET /v1/ledger/head": PUBLIC,
    # the description
    "GET /v1/openapi.json": PUBLIC,
    "GET /v1/docs": PUBLIC,
    "GET /v1/docs.css": PUBLIC,
    # the server itself
    "GET /health/live": PUBLIC,
    "GET /health/ready": PUBLIC,
}
# What someone reaches before they said yes to the policy, beside their rights: whose account it is, and the way out.
OPEN_BEFORE_YES = frozenset({
    "DELETE /v1/session", "GET /v1/me", "POST /v1/me/close", "GET /v1/me/acceptance", "POST /v1/me/acceptance",
    "GET /v1/me/notices", "POST /v1/me/notices/{number}/seen", "POST /v1/me/password",
})  # fmt: skip
# Outside /v1 stand only the portal's own files, the map and the documentation: the same bytes for everyone.
OURS = "/v1"


def name_of(method: str, path: str) -> str:
    """How the table writes a route."""
    return f"{method} {path}"


def check(app: Litestar) -> None:
    """Refuse the start while any route has no line in the table."""
    for name in routes(app):
        if name not in TABLE:
            raise StartError(f"permissions: {name} says nowhere who may call it")


def routes(app: Litestar) -> list[str]:
    """Every route below /v1, in the table's words."""
    found = []
    for route in app.routes:
        if not route.path.startswith(OURS):
            continue
        if isinstance(route, HTTPRoute):
            found += [name_of(method, route.path_format) for method in route.methods if method != "OPTIONS"]
        elif isinstance(route, WebSocketRoute):
            found.append(name_of("WS", route.path_format))
    return sorted(found)


async def guard(connection: Connection, _: BaseRouteHandler) -> None:
    """Let a request through to its route, or not. The application has this guard on every route."""
    path = connection.scope.get("path_template", "")
    if not path.startswith(OURS):
        return
    method = "WS" if connection.scope["type"] == ScopeType.WEBSOCKET else _method(connection)
    if method == "OPTIONS":
        return
    need = TABLE.get(name_of(method, path))
    if need is None:
        raise AskError("not-allowed", "Your role or token may not do this.", 403)
    if need is PUBLIC:
        return
    caller = caller_of(connection)
    doors: Doors = connection.app.state.doors
    if doors.passes is not None and need is not Permission.RIGHTS_OWN and name_of(method, path) not in OPEN_BEFORE_YES:
        await doors.passes(caller.viewer)
    if need is not SIGNED_IN and need not in caller.permissions:
        raise AskError("not-allowed", "Your role or token may not do this.", 403)


def _method(connection: Connection) -> str:
    return str(connection.scope.get("method", ""))
