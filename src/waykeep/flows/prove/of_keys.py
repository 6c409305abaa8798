"""Probes of keys and erasure: what lies on disk tells nothing, and what was forgotten stays so."""

from functools import partial

import msgspec

from waykeep.flows import certificate
from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.marks import found_place, found_word
from waykeep.flows.prove.scene import Scene, Unit, demand, expect, now_ms, soon


def raw_bytes(scene: Scene) -> str:
    """No planted place, name, address, plate or unique id is readable in any file of the data folder."""
    driver = scene.person("driver")
    unit = scene.unit(driver.id)
    for ahead in range(20):  # before the driver's yes nothing is kept where the profile asks for one
        scene.report(unit, now_ms() + ahead * 1000)
    soon(lambda: len(scene.fixes(unit)) == 20, "the planted fixes are not in the history")
    _demand_unreadable(scene, unit, (driver.name, driver.email))
    return "20 planted fixes, name, e-mail, plate and unique id: readable through the API, in no file of data or log"


def other_key(scene: Scene) -> str:
    """Where someone's key is gone a copy of the data from before opens nothing of theirs, and all of the others'."""
    gone, stays = scene.unit(), scene.unit()
    for unit in (gone, stays):
        scene.report(unit)
        soon(partial(scene.fixes, unit), "the planted fix is not in the history")
    scene.stand.stop()
    copy = scene.stand.copy("before")
    scene.stand.start()
    expect(scene.admin.send("DELETE", f"/v1/units/{gone.id}"), 200, "forgetting")
    scene.stand.stop()
    scene.stand.keep_ledger(copy)  # the ledger never goes back
    try:
        with scene.stand.serving_copy(copy) as url:
            browser = Browser(url)
            browser.cookies = dict(scene.admin.cookies)
            demand(browser.get(f"/v1/units/{gone.id}").status == 404, "an old copy of the data opens a forgotten unit")
            demand(scene.track(stays, browser)["fix_ms"], "an old copy of the data lost someone else's history")
    finally:
        scene.stand.start()
    return "a copy of the data from before opens nothing of the forgotten unit under the living keys, and the other's"


def forgotten(scene: Scene) -> str:
    """Forgetting a unit: reads are refused, the certificate verifies, no byte is readable, others are untouched."""
    gone, stays = scene.unit(), scene.unit()
    for unit in (gone, stays):
        scene.report(unit)
        soon(partial(scene.fixes, unit), "the planted fix is not in the history")
    before = scene.track(stays)
    answer = expect(scene.admin.send("DELETE", f"/v1/units/{gone.id}"), 200, "forgetting")
    for path in (f"/v1/units/{gone.id}", f"/v1/units/{gone.id}/track?from=0&to={now_ms()}"):
        demand(scene.admin.get(path).status == 404, "a forgotten unit can still be read")
    demand(scene.latest(gone) is None, "a forgotten unit is still on the map")
    demand(scene.report(gone) >= 400, "a forgotten unit is still let in")
    demand(scene.track(stays) == before, "another unit's history changed")
    _demand_verifies(answer["certificate"])
    _demand_unreadable(scene, gone, ())
    return "reads, map and device door refuse it at once, its certificate verifies, no byte is left readable"


def person_forgotten(scene: Scene) -> str:
    """Forgetting a person takes their history and what they said, and nobody else's."""
    driver, other = scene.person("driver"), scene.person("driver")
    mine, theirs = scene.unit(driver.id), scene.unit(other.id)
    for unit in (mine, theirs):
        scene.report(unit)
        soon(partial(scene.fixes, unit), "the planted fix is not in the history")
    answer = expect(scene.admin.send("DELETE", f"/v1/people/{driver.id}"), 200, "forgetting")
    demand(driver.browser.get("/v1/me").status == 401, "a forgotten person is still signed in")
    demand(not scene.fixes(mine), "the history of a forgotten person is still read")
    demand(scene.fixes(theirs), "someone else's history went too")
    _demand_verifies(answer["certificate"])
    _demand_unreadable(scene, mine, (driver.name, driver.email))
    return "a forgotten person's fixes, session and name are gone, another's are not, the certificate verifies"


def _demand_verifies(told: object) -> None:
    signed = certificate.read(msgspec.json.encode(told))
    demand(signed.verifies(), "the certificate does not verify")
    forged = msgspec.structs.replace(signed, erased_ms=signed.erased_ms - 1)
    demand(not forged.verifies(), "a changed certificate verifies")


def _demand_unreadable(scene: Scene, unit: Unit, words: tuple[str, ...]) -> None:
    readable = found_place(scene.stand.folder, unit.latitude, unit.longitude)
    for word in (unit.name, unit.plate, unit.unique_id, *words):
        readable += found_word(scene.stand.folder, word)
    demand(not readable, f"readable in raw bytes: {', '.join(readable[:5])}")
