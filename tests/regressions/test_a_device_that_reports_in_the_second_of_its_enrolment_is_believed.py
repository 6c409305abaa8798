"""A device's clock tells whole seconds: its first fix may claim a moment just before the enrolment."""

import asyncio

from office import Office
from waykeep.flows.fleet import New
from waykeep.model.access import Role, Viewer

SECOND_MS = 1000


def test_a_unit_is_believed_from_the_minute_of_its_enrolment(tmp_path):
    office = Office(tmp_path)
    try:
        tenant = office.organisation().id
        viewer = Viewer(person="p", tenant=tenant, role=Role.ADMINISTRATOR)
        office.clock.now_ms += 30 * SECOND_MS + 999
        unit = asyncio.run(office.units.enrol(viewer, New(name="Van", unique_id="van-000001", protocol="osmand")))
        assert unit.since_ms <= office.clock.now_ms // SECOND_MS * SECOND_MS
        assert unit.since_ms > office.clock.now_ms - 60 * SECOND_MS
    finally:
        office.close()
