"""Probes of purposes: a look needs one that may read places by the document, and the ledger tells which it was."""

from fnmatch import fnmatchcase
from urllib.parse import quote

from waykeep.flows.prove.scene import DAY_MS, Scene, demand, expect, now_ms, soon

PLACES = "location.precise"


def bound(scene: Scene) -> str:
    """Each purpose of the document reads places exactly where it may; one that needs a case reads none without it."""
    driver = scene.person("driver")
    unit = scene.unit(driver.id)
    soon(lambda: scene.report(unit) < 400 and scene.fixes(unit), "the planted fix is not in the history")
    span = f"from={now_ms() - DAY_MS}&to={now_ms() + DAY_MS}"
    allowed, refused = [], []
    for name, rule in scene.policy.parts.purposes.items():
        asked = f"/v1/units/{unit.id}/track?{span}&purpose={name}"
        paths = [asked, f"/v1/units/{unit.id}/days?{span}&purpose={name}", f"/v1/positions/latest?purpose={name}"]
        paths.append(f"/v1/units/{unit.id}/export?{span}&format=csv&purpose={name}")
        may = any(fnmatchcase(PLACES, pattern) for pattern in rule.reads)
        bare = [scene.admin.get(path).status for path in paths]
        if not may or rule.requires is not None:
            demand(set(bare) == {403}, f"{name} read places, which it may not: {bare}")
        if not may:
            refused.append(name)
            continue
        because = f"canary case {name}"
        full = expect(scene.admin.get(f"{asked}&because={quote(because)}"), 200, f"a track for {name}")
        demand(full["fix_ms"], f"{name} may read places and got none")
        lines = expect(driver.browser.get("/v1/me/looked?limit=20"), 200, "who looked")
        told = [one for one in lines if one["purpose"] == name and one["because"] == because]
        demand(told, f"the person does not see that someone looked for {name}, and why")
        allowed.append(name)
    demand(allowed, "no purpose may read places")
    demand(
        scene.admin.get(f"/v1/units/{unit.id}/track?{span}&purpose=curiosity").status >= 400, "any word is a purpose"
    )
    told_of = f"{', '.join(allowed)} read places, with a case where one is needed, and it is told"
    return f"{told_of}; {', '.join(refused)} do not"


def orphan(scene: Scene) -> str:
    """A kind of data that no purpose names refuses the document, by file, line and key."""
    file = scene.stand.folder / "mine.yaml"
    shoes = "categories:\n  body.shoes: {says: Shoe sizes, ext: body}\nretention:\n"
    file.write_text(
        f"extends: {scene.policy.id}\nid: mine\n{shoes}  body.*: {{start: collected, length: P1D, action: erase}}\n"
    )
    told = scene.stand.command("policy", "check", str(file))
    demand(told.code == 1, "a document that keeps data for no purpose is valid")
    demand(f"{file}:4: categories.body.shoes" in told.output, f"it is not named: {told.output[-300:]}")
    return "a kind of data that no purpose reads is refused with file, line 4 and key"
