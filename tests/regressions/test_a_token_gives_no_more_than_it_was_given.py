"""A program's token with one scope once made administrators, reset its owner's password and read where they sign in."""

import asyncio

import httpx

from house_open import opened
from waykeep.model.access import Role
from waykeep.policy.roles import MAY


async def _tries(folder):
    async with opened(folder) as house, house.browser(Role.SERVER) as head:
        own, driver = house.people[Role.SERVER].id, house.people[Role.DRIVER].id
        session = (await head.get("/v1/me/sessions")).json()[0]["id"]
        found = {}
        for name, scopes in {
            "some": ["people:write", "people:read", "organisations:write"],
            "all": [one.value for one in MAY[Role.SERVER]],
        }.items():
            made = await head.post("/v1/me/tokens", json={"name": name, "scopes": scopes})
            bearer = {"authorization": f"Bearer {made.json()['secret']}"}
            async with httpx.AsyncClient(base_url=house.web, headers=bearer, timeout=30) as program:
                asks = {
                    "read": program.get("/v1/people"),
                    "invite": program.post("/v1/invitations", json={"role": "administrator"}),
                    "add": program.post("/v1/people", json={"role": "driver"}),
                    "raise": program.patch(f"/v1/people/{driver}", json={"role": "administrator"}),
                    "reset": program.post(f"/v1/people/{own}/reset", json={}),
                    "organisation": program.post("/v1/organisations", json={"name": "Another"}),
                    "rename": program.patch("/v1/me", json={"name": "Taken Over"}),
                    "sessions": program.get("/v1/me/sessions"),
                    "sign-ins": program.get("/v1/me/signins"),
                    "end": program.delete(f"/v1/me/sessions/{session}"),
                    "language": program.patch("/v1/me", json={"language": "fa"}),
                }
                found[name] = {what: (await ask).status_code for what, ask in asks.items()}
        return found


def test_a_token_gives_no_more_than_it_was_given(tmp_path):
    found = asyncio.run(asyncio.wait_for(_tries(tmp_path), 120))
    of_people = {"rename": 403, "sessions": 403, "sign-ins": 403, "end": 403}
    always = of_people | {"read": 200, "language": 200}
    low = dict.fromkeys(("invite", "add", "raise", "reset", "organisation"), 403)
    full = {"invite": 201, "add": 201, "raise": 200, "reset": 200, "organisation": 201}
    assert found == {"some": always | low, "all": always | full}
