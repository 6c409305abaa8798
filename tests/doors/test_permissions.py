"""The table of who may call what: complete, sorted out by role, and a route outside it refuses the start."""

import itertools

import pytest
from litestar import Litestar, get

from waykeep.api import permissions
from waykeep.errors import StartError
from waykeep.model.access import Role
from waykeep.policy.roles import MAY, Permission, may_give


@get("/v1/new-thing")
async def new_thing() -> str:
    return "open to whom?"


def test_a_route_that_the_table_does_not_name_refuses_the_start():
    with pytest.raises(StartError, match="GET /v1/new-thing"):
        permissions.check(Litestar([new_thing], openapi_config=None))


def test_each_role_may_all_that_the_one_below_may():
    order = [Role.DRIVER, Role.VIEWER, Role.MANAGER, Role.ADMINISTRATOR, Role.SERVER]
    for below, above in itertools.pairwise(order):
        assert MAY[below] < MAY[above]
    assert MAY[Role.SERVER] == set(Permission)


def test_only_those_who_look_after_people_give_roles_and_never_a_higher_one():
    given = {(giver, role) for giver in Role for role in Role if may_give(giver, role)}
    assert given == {
        *((Role.SERVER, role) for role in Role),
        *((Role.ADMINISTRATOR, role) for role in Role if role is not Role.SERVER),
    }


def test_nobody_but_the_signed_in_reaches_anything_but_sign_in_and_public_promises():
    public = {name for name, need in permissions.TABLE.items() if need is permissions.PUBLIC}
    assert {name for name in public if not name.startswith("POST /v1/session")} == {
        "GET /v1/session",  # says who is signed in: nobody
        "GET /v1/policy",
        "GET /v1/policy/clauses",
        "GET /v1/policy/disclosures",
        "GET /v1/policy/incidents",
        "GET /v1/policy/versions",
        "GET /v1/policy/versions/{number}",
        "GET /v1/policy/text",
        "GET /v1/policy/notice",
        "GET /v1/proof",
        "GET /privacy",
        "GET /privacy/versions/{number}",
        "GET /privacy/versions/{number}/changes",
        "GET /privacy/request",
        "POST /privacy/request",
        "GET /privacy/page.css",
        "GET /proof",
        "GET /v1/ledger/head",
        "POST /v1/privacy/requests",  # the form of who has no account
        "GET /v1/openapi.json",
        "GET /v1/docs",
        "GET /v1/docs.css",
        "GET /health/live",
        "GET /health/ready",
    }
