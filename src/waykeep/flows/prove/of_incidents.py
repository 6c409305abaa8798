"""Probes of incidents: exactly who was touched is told, in time, with every part; and a late clock shows."""

from functools import partial
from typing import Any

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.postbox import BOUNCE, Postbox, read, serving_with_mail
from waykeep.flows.prove.scene import DAY_MS, Scene, Someone, demand, expect, now_ms, soon
from waykeep.flows.prove.stand import Stand
from waykeep.policy.lengths import length_ms

PARTS = {
    "facts": "A canary account was used by a stranger.", "impact": "The stranger saw where you were.",
    "measures": "The account is shut.", "self_protection": "Change your password.", "remedies": "Write to us.",
}  # fmt: skip
HOUR_MS = 3_600_000


def leaked(scene: Scene) -> str:
    """A planted leak of N people gives those N, each told in the portal and by mail with every part, and no other."""
    with Postbox() as box, scene.stand.another() as other:
        there = serving_with_mail(scene, other, box)
        touched = [
            there.person("driver"),
            there.person("driver"),
            there.person("driver", email=f"{BOUNCE}@canary.test"),
        ]
        spared = [there.person("driver"), there.person("manager")]
        scope = _leak(there, touched, spared)
        made = _opened(there, scope, "leak", severity=3)
        demand(made["severity"] == 1 and made["team"], f"a leak is of severity {made['severity']}, without a team")
        everyone = bool(scope.get("everyone"))
        wanted = {one.id for one in touched}
        found = set(made["affected"])
        demand(wanted <= found if everyone else found == wanted, f"{len(found)} are touched, not {len(wanted)}")
        path = f"/v1/incidents/{made['id']}"
        needed = there.policy.parts.breach.notice_must_have
        for name in needed:
            for step in ("tell", "publish"):
                refused = there.admin.send("POST", f"{path}/{step}").status
                demand(refused == 409, f"{step} without the part {name} was answered {refused}")
            expect(there.admin.send("PUT", f"{path}/parts", {name: PARTS[name]}), 200, f"writing {name}")
        told = expect(there.admin.send("POST", f"{path}/tell"), 200, "telling")
        again = expect(there.admin.send("POST", f"{path}/tell"), 200, "telling again")
        demand(again["told_ms"] == told["told_ms"], "telling twice moved the moment of the first")
        for one in touched[:2]:
            mine = expect(one.browser.get("/v1/me/incidents"), 200, "one's incidents")
            demand([now["parts"] for now in mine] == [PARTS], "a touched one is not told every part in the portal")
            soon(partial(box.to, one.email), "a touched one got no letter")
            demand(len(box.to(one.email)) == 1, "a touched one got the letter twice")
            letter = read(box.to(one.email)[0])
            demand(all(PARTS[name] in letter for name in needed), "the letter lacks a part")
        bounced = expect(touched[2].browser.get("/v1/me/incidents"), 200, "one's incidents")
        demand(len(bounced) == 1 and told["heard"]["email"]["failed"] >= 1, "whose letter bounced is told by no way")
        if not everyone:
            for one in spared:
                nothing = expect(one.browser.get("/v1/me/incidents"), 200, "one's incidents")
                demand(not nothing and not box.to(one.email), "someone whom it does not touch was told")
        seen = f"/v1/me/incidents/{made['id']}/seen"
        expect(touched[2].browser.send("POST", seen), 204, "reading it")
        now = _of(there, made["id"])
        demand(now["unreached"] == told["unreached"] - 1, "who read it still counts as unreached")
        expect(there.admin.send("POST", f"{path}/filed", {"reference": "canary 7"}), 200, "filing")
        _demand_fixed(there, made)
        demand(not _of(there, made["id"])["overdue"], "it is overdue though all were told at once")
    return (
        f"{len(found)} touched of {len(wanted) + len(spared) + 1}, told with all {len(needed)} parts; a bounce is known"
    )


def announced(scene: Scene) -> str:
    """What cannot reach each person is announced to everyone, with every part, and not before they are written."""
    made = _opened(scene, {"everyone": True}, "loss")
    stranger = Browser(scene.server.url)
    path = f"/v1/incidents/{made['id']}"
    before = expect(stranger.get("/v1/policy/incidents"), 200, "what was announced")
    demand(made["id"] not in {one["id"] for one in before}, "it is announced before anyone decided so")
    demand(scene.admin.send("POST", f"{path}/publish").status == 409, "it is announced without its parts")
    expect(scene.admin.send("PUT", f"{path}/parts", PARTS), 200, "writing the parts")
    strange = scene.admin.send("PUT", f"{path}/parts", {"excuse": "none"}).status
    demand(strange == 422, f"a part that no notice has was answered {strange}")
    expect(scene.admin.send("POST", f"{path}/publish"), 200, "announcing")
    told = expect(stranger.get("/v1/policy/incidents"), 200, "what was announced")
    mine = next((one for one in told if one["id"] == made["id"]), None)
    demand(mine is not None and mine["parts"] == PARTS, "everyone is not told every part")
    report = expect(scene.admin.get(f"{path}/report"), 200, "the report")
    people = expect(scene.admin.get("/v1/people"), 200, "the people")
    demand(report["affected"] >= len(people), "the report counts fewer than there are")
    places = [one for one in report["categories"] if one.startswith("location.")]
    demand(bool(places) == scene.policy.keeps_location, f"the report tells of places: {places}")
    demand(report["controller"] == scene.policy.parts.controller.name, "the report names another controller")
    driver = scene.person("driver").browser
    for one in ("/v1/incidents", f"{path}/report"):
        demand(driver.get(one).status == 403, f"a driver reads {one}")
    return f"announced with every part and not before; the report names {len(report['categories'])} kinds of data"


def on_time(scene: Scene) -> str:
    """While nobody is told each mark of the clock warns; past its end it is overdue for good; its start is fixed."""
    clock = scene.policy.parts.clocks["breach_notify"]
    length_hours = (length_ms(clock.length) or 0) // HOUR_MS
    marks = [(length_ms(one) or 0) // HOUR_MS for one in clock.warn]
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        made = _opened(there, {"everyone": True}, "leak")
        demand(made["due_ms"] == made["aware_ms"] + length_hours * HOUR_MS, "its end is not the policy's")
        passed = 0
        for number, mark in enumerate(marks, 1):
            other.leap((mark + 1 - passed) * HOUR_MS)
            passed = mark + 1
            there.admin = there.sign_in(there.admin_name)
            now = _of(there, made["id"])
            demand((now["warned"], now["overdue"]) == (number, False), f"after {mark} h it stands {now['warned']}")
            soon(partial(_escalated, other, number), f"the mark of {mark} h warned nobody")
        other.leap((length_hours + 1 - passed) * HOUR_MS)
        there.admin = there.sign_in(there.admin_name)
        demand(_of(there, made["id"])["overdue"], "it is not overdue after its time")
        path = f"/v1/incidents/{made['id']}"
        expect(there.admin.send("PUT", f"{path}/parts", PARTS), 200, "writing the parts")
        expect(there.admin.send("POST", f"{path}/tell"), 200, "telling late")
        late = _of(there, made["id"])
        demand(late["overdue"] and late["aware_ms"] == made["aware_ms"], "telling late made it timely")
        _demand_fixed(there, made)
    return f"warned after {', '.join(f'{one} h' for one in marks)}, overdue after {length_hours} h and for good"


def none_late(scene: Scene) -> str:
    """On this server no incident is past its time."""
    late = [one["id"] for one in expect(scene.admin.get("/v1/incidents"), 200, "the incidents") if one["overdue"]]
    demand(not late, f"{len(late)} incidents are past their time")
    return "no incident is past its time"


def _leak(there: Scene, touched: list[Someone], spared: list[Someone]) -> dict[str, Any]:
    """Someone's account looks at the touched ones' places and at nobody else's; without places, all data leaked."""
    if not there.policy.keeps_location:
        return {"everyone": True}
    units = {one.id: there.unit(one.id) for one in (*touched, spared[0])}
    for unit in units.values():
        there.report(unit)
        soon(partial(there.fixes, unit), "a planted fix is not in the history")
    thief = spared[1].browser
    begun = now_ms()
    for one in touched:
        span = f"from={now_ms() - DAY_MS}&to={now_ms() + DAY_MS}"
        expect(thief.get(f"/v1/units/{units[one.id].id}/track?{span}"), 200, "the thief's look")
    ended = now_ms() + 1
    expect(thief.get(f"/v1/units/{units[spared[0].id].id}/days?from=0&to=1"), 200, "a look of later")
    return {"account": spared[1].id, "from_ms": begun, "to_ms": ended}


def _opened(there: Scene, scope: dict[str, Any], kind: str, **more: Any) -> dict[str, Any]:
    asked = {"kind": kind, "aware_ms": now_ms(), "scope": scope} | more
    wrong: dict[str, Any]
    for wrong in ({"aware_ms": now_ms() + DAY_MS}, {"scope": {}}, {"kind": "rumour"}):
        status = there.admin.send("POST", "/v1/incidents", asked | wrong).status
        demand(status in (400, 422), f"a wrong incident was answered {status}")
    made: dict[str, Any] = expect(there.admin.send("POST", "/v1/incidents", asked), 201, "writing an incident down")
    return made


def _of(there: Scene, id_: str) -> dict[str, Any]:
    listed: list[dict[str, Any]] = expect(there.admin.get("/v1/incidents"), 200, "the incidents")
    return next(one for one in listed if one["id"] == id_)


def _demand_fixed(there: Scene, made: dict[str, Any]) -> None:
    """No way moves the moment at which it became known."""
    for method in ("PUT", "PATCH", "POST", "DELETE"):
        status = there.admin.send(method, f"/v1/incidents/{made['id']}", {"aware_ms": now_ms()}).status
        demand(status in (404, 405), f"{method} of an incident was answered {status}")
    demand(_of(there, made["id"])["aware_ms"] == made["aware_ms"], "the moment it became known was moved")


def _escalated(other: Stand, times: int) -> bool:
    return other.log.read_text(errors="replace").count("an incident waits to be told") >= times
