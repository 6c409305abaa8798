"""Probes of who never signs in: a driver without a login asks for a copy, and to be forgotten, by the public form."""

import io
import os
import zipfile

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.marks import found_place, found_word
from waykeep.flows.prove.scene import Scene, Unit, demand, expect, soon


def copied(scene: Scene) -> str:
    """A driver without a login asks by the form, is made known, and is handed a copy with their own trips."""
    person, name, unit = _driver(scene)
    request = _asked(scene, person, name, "access")
    demand(scene.admin.get(f"{request}/package").status == 409, "a copy was handed out before anyone was known")
    expect(scene.admin.send("POST", f"{request}/prove", {"level": "document"}), 200, "proving")
    answer = scene.admin.get(f"{request}/package")
    demand(answer.status == 200, f"the copy was answered {answer.status}")
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        whole = b"".join(archive.read(one) for one in archive.namelist())
    demand(f"{unit.latitude:.7f}".encode() in whole, "the trips of a driver without a login are not in the copy")
    demand(name.encode() in whole, "the driver's name is not in the copy")
    return "a driver who never signs in got a copy with their trips, once their paper was seen"


def forgotten(scene: Scene) -> str:
    """A driver without a login is forgotten by the form, not before a proof; an old copy of the data opens nothing."""
    person, name, unit = _driver(scene)
    contact = f"{os.urandom(6).hex()}@canary.test"
    request = _asked(scene, person, name, "erase", contact)
    demand(scene.admin.send("POST", f"{request}/decide", {"outcome": "done"}).status == 409, "it went without a proof")
    demand(scene.fixes(unit), "an unproven request took something away")
    scene.stand.stop()
    copy = scene.stand.copy("before")
    scene.stand.start()
    expect(scene.admin.send("POST", f"{request}/prove", {"level": "document"}), 200, "proving")
    done = expect(scene.admin.send("POST", f"{request}/decide", {"outcome": "done"}), 200, "deciding")
    demand(done["outcome"] == "done" and done["erasure"], "the erasure has no number")
    demand(scene.admin.get(f"/v1/people/{person}").status == 404, "the driver is still there")
    demand(not scene.fixes(unit), "the driver's trips are still there")
    readable = found_place(scene.stand.folder, unit.latitude, unit.longitude)
    for word in (name, contact):
        readable += found_word(scene.stand.folder, word)
    demand(not readable, f"readable in raw bytes: {', '.join(readable[:5])}")
    scene.stand.stop()
    scene.stand.keep_ledger(copy)
    try:
        with scene.stand.serving_copy(copy) as url:
            browser = Browser(url)
            browser.cookies = dict(scene.admin.cookies)
            demand(browser.get(f"/v1/people/{person}").status == 404, "an old copy of the data brings the driver back")
            kept = [at for at in scene.track(unit, browser)["latitude"] if at is not None]
            demand(not kept, "an old copy of the data brings the driver's trips back")
    finally:
        scene.stand.start()
    return "gone from the people, the history, every file and an old copy of the data, and not before a proof"


def _driver(scene: Scene) -> tuple[str, str, Unit]:
    name = f"Canary {os.urandom(6).hex()}"
    made = expect(scene.admin.send("POST", "/v1/drivers", {"name": name}), 201, "a driver without a login")
    status = Browser(scene.server.url).send("POST", "/v1/session", {"login": name, "password": ""}).status
    demand(status in (400, 401, 422), f"a driver without a login signs in: {status}")
    unit = scene.unit(made["id"])
    scene.report(unit)
    soon(lambda: scene.fixes(unit), "the planted fix is not in the history")
    return made["id"], name, unit


def _asked(scene: Scene, person: str, name: str, right: str, contact: str = "someone@canary.test") -> str:
    said = {"right": right, "name": name, "contact": contact}
    made = expect(Browser(scene.server.url).send("POST", "/v1/privacy/requests", said), 202, "the form")
    path = f"/v1/requests/{made['id']}"
    expect(scene.admin.send("POST", f"{path}/link", {"person": person}), 200, "linking")
    return path
