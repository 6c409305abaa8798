"""Probes of what guards the data: named, against each threat, shown by controls; and what an operator left open."""

from typing import Any

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.scene import Scene, demand, expect
from waykeep.policy.parts import THREATS


def named(scene: Scene) -> str:
    """Everyone reads what guards against what; a document that leaves a threat open, or shows nothing, is refused."""
    guards = scene.policy.parts.security.safeguards
    demand(len(guards) >= len(("a", "few", "layers")), f"only {len(guards)} safeguards are named")
    guarded = {threat for one in guards.values() for threat in one.against}
    demand(guarded == set(THREATS), f"no safeguard is against {sorted(set(THREATS) - guarded)}")
    text = expect(Browser(scene.server.url).get("/v1/policy/text"), 200, "the public text")
    table = next(grid for grid in _tables(text) if grid["id"] == "safeguards")
    demand(len(table["rows"]) == len(guards), "the public text does not name each safeguard")
    wanted = {control for one in guards.values() for control in one.controls}
    demand(set(table["controls"]) == wanted, f"the text rests on {table['controls']}")
    only = next(name for name, one in guards.items() if "change" in one.against)
    wrong = {
        f"security: {{safeguards-: [{only}]}}": "security.safeguards: has nothing that guards against change",
        "security: {safeguards: {luck: {kind: technical, against: [loss], controls: []}}}": "names no control",
        "security: {safeguards: {luck: {kind: technical, against: [rain], controls: [KEY]}}}": "luck.against",
        "security-: [baseline]": "'baseline' is missing",
    }
    for at, (said, refused) in enumerate(wrong.items()):
        file = scene.stand.folder / f"guards-{at}.yaml"
        file.write_text(f"extends: {scene.policy.id}\nid: mine\n{said}\n")
        told = scene.stand.command("policy", "check", str(file))
        demand(told.code == 1, f"a document with {said} is valid")
        demand(refused in told.output, f"it is refused without saying so: {told.output[-300:]}")
    baseline = scene.policy.parts.security.baseline
    return (
        f"{len(guards)} safeguards of {baseline} against {len(THREATS)} threats; one left open, or unshown, is refused"
    )


def looked_after(scene: Scene) -> str:
    """`waykeep doctor` finds what an operator left open: a file that others may read, a portal in clear."""
    with scene.stand.another() as other:
        well = other.command("doctor")
        demand(well.code == 0, f"the doctor finds fault where there is none: {well.output[-300:]}")
        file = other.data / "waykeep.db"
        file.chmod(0o644)
        told = other.command("doctor")
        demand(told.code == 1 and str(file) in told.output, f"an open file is not named: {told.output[-300:]}")
        file.chmod(0o600)
        other.settings["web_bind"] = "0.0.0.0"  # noqa: S104  what the doctor must find; nothing is started on it
        told = other.command("doctor")
        demand(told.code == 1 and "in clear" in told.output, f"a portal in clear is not named: {told.output[-300:]}")
    return (
        "an open database file and a portal in clear to the network are each named, with what to do; else all is well"
    )


def _tables(text: dict[str, Any]) -> list[dict[str, Any]]:
    return [table for section in text["sections"] for table in section["tables"]]
