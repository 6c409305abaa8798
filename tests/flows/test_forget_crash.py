"""A process killed while it forgets: each subject is either whole or gone for good, and the list knows which."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from houses import NOON_MS, House
from waykeep.flows import certificate

FORGETTING = """
import asyncio, sys
from pathlib import Path
from houses import House

house = House(Path(sys.argv[1]))

async def run():
    print("ready", flush=True)
    for subject in sorted(house.rows.fleet.ids()):
        await house.rights.forget(subject)
        print("done", subject, flush=True)

asyncio.run(run())
"""
DEVICES, KILLS = 12, 3


def test_each_device_is_either_whole_or_forgotten_after_a_kill(tmp_path):
    house = House(tmp_path)
    tenant = house.tenant()
    keys = {}
    for number in range(DEVICES):
        device = house.device(tenant, f"35200000000{number:04d}")
        house.report(device, NOON_MS + number)
        keys[device] = [row.id for row in house.vault.keys.select("subject = ?1 OR device = ?1", (device,))]
    house.close()
    chance = random.Random(5)
    answered = set()
    for _ in range(KILLS):
        answered |= killed_while_forgetting(tmp_path, chance.uniform(0.0, 0.15))
        house = House(tmp_path)
        check(house, keys, answered)
        house.close()

    assert answered, "some were forgotten before a kill"


def killed_while_forgetting(home, seconds):
    """Forget one after the other in a process of its own, kill it, and give whom it answered for."""
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", FORGETTING, str(home)], stdout=subprocess.PIPE, env=environ, cwd=Path(__file__).parent
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        first = process.stdout.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        lines = (first + process.stdout.read()).decode().splitlines()
    return {line.split()[1] for line in lines if line.startswith("done")}


def check(house, keys, answered):
    """Nothing is half-way once the house has been mended."""
    asyncio.run(house.rights.mend(house.parting.subjects()))
    listed = {key for line in house.vault.erasures.lines() for key in line.keys}
    assert house.vault.erasures.lines() == house.vault.erasures.written()
    for device, its in keys.items():
        whole = house.vault.has_subject(device)
        assert house.rows.fleet.exists(device) == whole
        assert {key in listed for key in its} == {not whole}
        assert len(house.read(device)) == int(whole)
        assert not (whole and device in answered)
    for line in house.vault.erasures.lines():
        assert certificate.read(house.vault.erasures.certificate(line.number)).verifies()
