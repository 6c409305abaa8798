"""A manager without any group sees every unit; so no group may fall away beneath a manager who was given it."""

import asyncio

import pytest

from house_open import opened
from office import Office, secret_of
from waykeep.errors import AskError
from waykeep.flows.links import Answers
from waykeep.model.access import Role, Viewer
from waykeep.store.sessions import Source


def test_the_last_group_of_a_manager_stays(tmp_path):
    async def go():
        async with opened(tmp_path) as house, house.browser(Role.ADMINISTRATOR) as head:
            north, south, east = [
                (await head.post("/v1/groups", json={"name": name})).json()["id"] for name in ("North", "South", "East")
            ]
            await house.enrol(head, "350000000000011", group=north)
            await house.enrol(head, "350000000000029", group=south)
            manager = house.people[Role.MANAGER].id
            await head.patch(f"/v1/people/{manager}", json={"groups": [north]})
            async with house.browser(Role.MANAGER) as confined:
                own = await confined.delete(f"/v1/groups/{north}")
                foreign = await confined.delete(f"/v1/groups/{south}")
                renamed = await confined.patch(f"/v1/groups/{south}", json={"name": "Mine"})
                seen = [unit["name"] for unit in (await confined.get("/v1/units")).json()]
            by_head = await head.delete(f"/v1/groups/{north}")
            free = await head.delete(f"/v1/groups/{east}")
        return own, foreign, renamed, by_head, free, seen

    own, foreign, renamed, by_head, free, seen = asyncio.run(asyncio.wait_for(go(), 120))
    assert (own.status_code, own.json()["slug"]) == (409, "group-held")
    assert (foreign.status_code, renamed.status_code) == (404, 404)
    assert (by_head.status_code, free.status_code) == (409, 204)
    assert seen == ["Van 11"]


def test_an_invitation_never_loses_its_group_in_silence(tmp_path):
    office = Office(tmp_path)
    try:
        tenant = office.organisation().id
        head = office.person(tenant, "Head Alone")
        viewer = Viewer(person=head.id, tenant=tenant, role=Role.ADMINISTRATOR)

        async def invite(*groups):
            return await office.one_time.invite(viewer, Role.MANAGER, email=None, name="Nora", groups=groups)

        async def go():
            group = await office.units.new_group(viewer, "North")
            with pytest.raises(AskError, match="no such group"):
                await invite(group.id, "gnotthere")
            given = await invite(group.id)
            await office.units.drop_group(viewer, group.id)
            answers = Answers(password="eleven paper boats")
            with pytest.raises(AskError, match="link"):
                await office.one_time.accept(secret_of(given.link), answers, Source("192.0.2.1", ""))

        asyncio.run(go())
    finally:
        office.close()
