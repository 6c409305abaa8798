"""Forgetting: the time to the certificate of a device with two years of history against one with a day."""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import msgspec
from report import Row

from houses import DAY_MS, NOON_MS, House
from road import frame, rules
from waykeep import seal
from waykeep.flows import certificate
from waykeep.policy import gate
from waykeep.simulate.routes import routes
from waykeep.simulate.vehicle import Vehicle
from waykeep.store import segments
from waykeep.store.parts import Segment, header, month_of
from waykeep.store.places import VERSION, associated
from waykeep.store.track import Track, encode, gather

ROUNDS = 7
EVERY_S = 60
TWO_YEARS, ONE_DAY = 730, 1
TODAY = NOON_MS // DAY_MS
TAIL = tuple(NOON_MS - 60_000 * minute for minute in range(60))


def measured() -> list[Row]:
    """Forget seven devices of each kind in turn, on one house, with every step that a real erasure takes."""
    with tempfile.TemporaryDirectory(prefix="waykeep-bench-") as folder:
        house = House(Path(folder))
        try:
            tenant, day = house.tenant(), _day()
            _round(house, tenant, day, ONE_DAY, 0)  # the first of all pays for imports and new files
            took = [
                (_round(house, tenant, day, TWO_YEARS, 2 * n + 1), _round(house, tenant, day, ONE_DAY, 2 * n + 2))
                for n in range(ROUNDS)
            ]
        finally:
            house.close()
    long_ms, short_ms = (median(one[which] for one in took) for which in (0, 1))
    count = len(day) * TWO_YEARS
    return [
        Row(
            "time to the certificate, two years of history ÷ a day of it",
            long_ms / short_ms,
            "<=",
            1.5,
            f"{long_ms:.0f} ms with {count:,} positions, {short_ms:.0f} ms with {len(day):,}; medians of {ROUNDS}",
        )
    ]


def _round(house: House, tenant: str, day: Track, days: int, number: int) -> float:
    """Make a device with so many days behind it and an open tail, forget it; milliseconds to the certificate."""
    device = house.device(tenant, str(352_000_000_000_000 + number))
    rows = _sealed(house, tenant, device, day, days)
    house.track.write(lambda connection: segments.replace(connection, (), rows)).result()
    house.report(device, *TAIL)
    assert _known(house, device) == days * len(day) + len(TAIL)
    took_ms = asyncio.run(_forgotten(house, device))
    assert _known(house, device) == 0
    return took_ms


def _known(house: House, device: str) -> int:
    """How many positions the house can read of a device: sealed days by their count, the tail by opening it."""
    read = segments.Segments(house.track, house.vault)
    return sum(read.days(device, 0, TODAY).values()) + len(house.read(device, TODAY * DAY_MS))


async def _forgotten(house: House, device: str) -> float:
    begun = time.perf_counter()
    signed = await house.rights.forget(device)
    took_ms = (time.perf_counter() - begun) * 1000
    await house.rights.swept()  # the rows behind the destroyed keys go afterwards
    assert certificate.read(signed.text()).kind == "device"
    return took_ms


def _sealed(house: House, tenant: str, device: str, day: Track, days: int) -> list[Segment]:
    """The same packed day as sealed rows of so many days before today, each month under its own key.

    Packing one anew for each row, only with other times, would take minutes and change nothing of what is timed.
    """
    plain = {"header": msgspec.msgpack.encode(header(day)), "body": encode(day)}
    found = []
    for at in range(TODAY - days, TODAY):
        key = house.vault.data_key(tenant, device, device, month_of(at), create=True)
        assert key is not None
        columns = []
        for column, packed in plain.items():
            tied = associated("segment", column, tenant, device, device, at, 0, key.id)
            secret = seal.subkey(key.secret, column.encode())
            columns.append(seal.seal(secret, packed, tied, os.urandom(seal.NONCE_BYTES)))
        found.append(Segment(tenant, device, at, device, 0, len(day), key.id, VERSION, *columns))
    return found


def _day() -> Track:
    """A vehicle's simulated day, today's by its times, as the gate lets it through."""
    vehicle = Vehicle(routes()[0], Random(7))
    found = []
    for step in range(DAY_MS // 1000 // EVERY_S):
        vehicle.drive(float(EVERY_S))
        found.append(vehicle.position(TODAY * DAY_MS + step * EVERY_S * 1000))
    cleared = gate.admit(frame(found, (TODAY + 1) * DAY_MS), rules(), (TODAY + 1) * DAY_MS).cleared
    assert cleared is not None
    return gather([cleared.columns])
