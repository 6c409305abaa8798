"""Probes of what is used or leaves without a yes: a code with its facts, two people, a scope, an end, and a count."""

import io
import zipfile
from typing import Any

import msgspec

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.scene import DAY_MS, Scene, Someone, Unit, demand, expect, now_ms, soon

USES = ("use", "share", "hand_over", "publish")
NEEDED = "the canary court orders exactly this"
PLACES, NAMES = "location.*", "identity.name"


def by_code(scene: Scene) -> str:
    """Each code of the document opens its scope and nothing else, once its facts are said and a second one agrees."""
    second = scene.person("administrator").browser
    person, unit, times = _planted(scene)
    codes = scene.policy.parts.disclosure.codes
    before = _counted(scene)
    for at, (code, facts) in enumerate(codes.items()):
        wanted = _wanted(scene, person, code) | {"use": USES[at % len(USES)]}
        for missing in facts:
            said = {name: value for name, value in wanted["said"].items() if name != missing}
            _refused(scene.admin, wanted | {"said": said}, f"{code} without {missing}")
        _refused(scene.admin, wanted | {"necessity": ""}, f"{code} without necessity")
        made = expect(scene.admin.send("POST", "/v1/disclosures", wanted), 201, f"asking on {code}")
        demand(_file(scene.admin, made["id"]).status == 403, f"{code}: data left before anyone approved")
        own = scene.admin.send("POST", f"/v1/disclosures/{made['id']}/decide", {"approve": True, "why": "canary"})
        demand(own.status == 409, f"{code}: who asked approved it alone")
        expect(_approve(second, made["id"]), 200, f"approving on {code}")
        _holds_only(_file(scene.admin, made["id"]).body, person, unit, times, code)
        looked = expect(person.browser.get("/v1/me/looked?limit=50"), 200, "who looked")
        demand(any(code in one["because"] for one in looked), f"{code}: the person does not see it")
    counted = _counted(scene)
    for code in codes:
        demand(counted.get(code, 0) == before.get(code, 0) + 1, f"{code} is not counted")
    return f"{len(codes)} codes ({', '.join(codes)}) each opened their scope alone, by two people, and are counted"


def uncoded(scene: Scene) -> str:
    """No use, share, hand-over or publication without a code that the document knows, nor with all as its scope."""
    person, _, _ = _planted(scene)
    code = next(iter(scene.policy.parts.disclosure.codes))
    second = scene.person("administrator").browser
    wanted = _wanted(scene, person, code)
    for use in USES:
        for word in ("", "curiosity", "*"):
            _refused(scene.admin, wanted | {"use": use, "code": word}, f"{use} on the code {word!r}")
    _refused(scene.admin, wanted | {"use": "sell"}, "a sale")
    for categories in ([], ["*"], ["**"], ["*.*"], ["body.shoes"]):
        _refused(scene.admin, wanted | {"categories": categories}, f"the scope {categories}")
    _refused(scene.admin, wanted | {"days": 400}, "no end")
    made = expect(scene.admin.send("POST", "/v1/disclosures", wanted), 201, "asking")
    other = scene.organisation()
    for one in (_approve(other, made["id"]), _file(other, made["id"]), _file(person.browser, made["id"])):
        demand(one.status in (403, 404), "another organisation, or a driver, reached a disclosure")
    made_for_it = scene.person("administrator").browser
    demand(_approve(made_for_it, made["id"]).status == 409, "an account that was made afterwards approved it")
    no = second.send("POST", f"/v1/disclosures/{made['id']}/decide", {"approve": False, "why": "not needed"})
    expect(no, 200, "refusing")
    demand(_file(scene.admin, made["id"]).status == 403, "what was refused left all the same")
    return "no way out without a known code, its facts, a scope, an end and a second person; a refusal holds"


def ends(scene: Scene) -> str:
    """After its end a disclosure opens nothing, and what could not wait for the person is due for a second look."""
    codes = scene.policy.parts.disclosure.codes
    urgent = next(code for code, facts in codes.items() if "why_not_asked" in facts)
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        second = there.person("administrator")
        person, unit, times = _planted(there)
        made = expect(there.admin.send("POST", "/v1/disclosures", _wanted(there, person, urgent)), 201, "asking")["id"]
        expect(_approve(second.browser, made), 200, "approving")
        _holds_only(_file(there.admin, made).body, person, unit, times, urgent)
        other.leap(2 * DAY_MS)
        admin = there.sign_in(there.admin_name)
        demand(_file(admin, made).status == 403, "a disclosure opened data after its end")
        stands = _stands(admin, made)
        demand(stands["state"] == "ended" and stands["review_due"], f"it stands as {stands['state']}, no look due")
        other.leap(3 * DAY_MS)
        again = there.sign_in(second.email)
        demand(_stands(again, made)["overdue"], "a second look that is late is not shown as overdue")
        seen = {"verdict": "it was right"}
        expect(again.send("POST", f"/v1/disclosures/{made}/review", seen), 200, "the second look")
        demand(not _stands(again, made)["overdue"], "the second look did not settle it")
    return f"a disclosure on {urgent} opened nothing after its day; its second look was due, then overdue, then done"


def closed(scene: Scene) -> str:
    """After a withdrawal what was kept is closed to everyone but the person, except on an approved code and scope."""
    person, unit, times = _planted(scene)
    expect(person.browser.send("POST", "/v1/me/consents", {"consent": "tracking", "granted": False}), 200, "a no")
    demand(scene.fixes(unit) == [], "places of someone who took their yes back are still read")
    demand(scene.latest(unit) is None, "their last place is still on the map")
    span = f"from={now_ms() - DAY_MS}&to={now_ms() + DAY_MS}&purpose=legal&because=curious"
    track = expect(scene.admin.get(f"/v1/units/{unit.id}/track?{span}"), 200, "a track for a case")
    demand(track["fix_ms"] == [], "naming another purpose opened them")
    file = scene.admin.get(f"/v1/units/{unit.id}/export?from=0&to={now_ms() + DAY_MS}&format=csv").body
    demand(str(unit.latitude).encode()[:8] not in file, "an export still holds them")
    own = expect(person.browser.get(f"/v1/units/{unit.id}/track?{span}".split("&purpose")[0]), 200, "one's own track")
    demand(own["fix_ms"] == times, "the person no longer reads their own places")
    code = next(iter(scene.policy.parts.disclosure.codes))
    second = scene.person("administrator").browser
    made = expect(scene.admin.send("POST", "/v1/disclosures", _wanted(scene, person, code)), 201, "asking")["id"]
    expect(_approve(second, made), 200, "approving")
    _holds_only(_file(scene.admin, made).body, person, unit, times, code)
    demand(scene.fixes(unit) == [], "the code opened them to everyone")
    expect(person.browser.send("POST", "/v1/me/consents", {"consent": "tracking", "granted": True}), 200, "a yes")
    demand(scene.fixes(unit) == times, "after a new yes they stay closed")
    return "what was kept is closed at once to all but the person, and to an approved scope; a new yes opens it"


def _planted(scene: Scene) -> tuple[Someone, Unit, list[int]]:
    """A driver with one fix inside the scope; profiles that keep no places have the person alone."""
    person = scene.person("driver")
    if not scene.policy.keeps_location:
        return person, Unit(id="", unique_id="", name="", plate="", latitude=0, longitude=0), []
    unit = scene.unit(person.id)
    fix_ms = now_ms()
    scene.report(unit, fix_ms, speed=20, batt=15)
    soon(lambda: scene.fixes(unit) == [fix_ms], "the planted fix is not in the history")
    return person, unit, [fix_ms]


def _wanted(scene: Scene, person: Someone, code: str) -> dict[str, Any]:
    facts = scene.policy.parts.disclosure.codes[code]
    return {
        "code": code, "use": "hand_over", "person": person.id, "to": "The canary court", "necessity": NEEDED,
        "said": {one: f"canary {one}" for one in facts}, "from_ms": now_ms() - DAY_MS, "to_ms": now_ms() + DAY_MS,
        "categories": [PLACES] if scene.policy.keeps_location else [NAMES], "days": 1,
    }  # fmt: skip


def _holds_only(file: bytes, person: Someone, unit: Unit, times: list[int], code: str) -> None:
    """Insist that a file holds the scope's data and neither name nor mail nor states, which are outside it."""
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        names = archive.namelist()
        body = b"".join(archive.read(name) for name in names)
        terms = msgspec.json.decode(archive.read("manifest.json"))["terms"]
    demand(terms["code"] == code and terms["until"], f"{code}: the file does not say on what and until when it counts")
    demand(person.email.encode() not in body, f"{code}: a kind outside the scope left")
    if not times:
        demand(person.name.encode() in body, f"{code}: what was approved is not in the file")
        return
    lines = [line for line in body.splitlines() if b'"latitude"' in line]
    demand(len(lines) == len(times), f"{code}: {len(lines)} fixes are in the file, not {len(times)}")
    demand(person.name.encode() not in body and unit.plate.encode() not in body, f"{code}: a name left")
    demand(b"attributes" not in lines[0] and b"accuracy" not in lines[0], f"{code}: states left with the places")


def _approve(by: Browser, made: str) -> Any:
    return by.send("POST", f"/v1/disclosures/{made}/decide", {"approve": True, "why": "canary"})


def _file(by: Browser, made: str) -> Any:
    return by.get(f"/v1/disclosures/{made}/file")


def _refused(by: Browser, wanted: dict[str, Any], what: str) -> None:
    status = by.send("POST", "/v1/disclosures", wanted).status
    demand(status in (400, 422), f"{what} was answered {status}")


def _stands(by: Browser, made: str) -> dict[str, Any]:
    listed: list[dict[str, Any]] = expect(by.get("/v1/disclosures"), 200, "the disclosures")
    return next(one for one in listed if one["id"] == made)


def _counted(scene: Scene) -> dict[str, int]:
    told = expect(Browser(scene.server.url).get("/v1/policy/disclosures"), 200, "the public counts")
    found: dict[str, int] = {}
    for one in told["counts"]:
        if one["state"] == "approved":
            found[one["code"]] = found.get(one["code"], 0) + one["count"]
    return found
