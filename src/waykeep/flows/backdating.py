"""Believing a device from an earlier day on: what it recorded before it was enrolled may then be sent."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from waykeep.errors import AskError
from waykeep.flows.directory import Directory
from waykeep.store.records import Records


async def set_back(rows: Records, directory: Directory, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Set the `since` of the devices with these unique ids back to a moment; it is never set forward."""
    wanted, since_ms = {str(one) for one in values.get("unique_ids", ())}, int(values.get("since_ms", 0))
    changed = 0
    found = [device for device in directory.devices() if device.unique_id in wanted]
    if len(found) < len(wanted):
        raise AskError("not-found", f"{len(wanted) - len(found)} of {len(wanted)} units are not enrolled.", 404)
    for device in found:
        if since_ms < device.since_ms:
            earlier = msgspec.structs.replace(device, since_ms=since_ms)
            await asyncio.wrap_future(rows.fleet.save(earlier))
            directory.put(earlier)
            changed += 1
    return {"changed": changed}
