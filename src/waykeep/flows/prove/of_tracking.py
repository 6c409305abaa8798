"""Probes of what becomes of positions: shown, dropped, kept for so long and no longer."""

import time

from waykeep.flows.prove.scene import Scene, demand, expect, now_ms, soon

HOUR_MS, MINUTE_MS = 3_600_000, 60_000
KILOMETRE = 1 / 111.194927  # of latitude, on a sphere of the mean radius
SHORT_MS = 4000  # how long a fix near its limit still lives


def place(scene: Scene) -> str:
    """A reported place and heading are on the map and in the history."""
    unit = scene.unit()
    fix_ms = now_ms()
    demand(scene.report(unit, fix_ms, bearing=271, speed=20, batt=15) == 200, "the device door refused a known device")
    soon(lambda: scene.latest(unit), "the position never came to the map")
    found = scene.latest(unit) or {}
    near = abs(found["latitude"] - unit.latitude) < 1e-6 and abs(found["longitude"] - unit.longitude) < 1e-6
    demand(near and found["fix_ms"] == fix_ms, "another place or time is shown")
    demand(found["course_deg"] == 271, f"the heading is {found['course_deg']}, not 271")
    demand(scene.fixes(unit) == [fix_ms], "the history does not show it")
    return "a fix sent to the device door is on the map and in the history, heading 271"


def trips(scene: Scene) -> str:
    """A drive, a stop and a drive back are two trips of the right length and hours, on a route line of every fix."""
    begin_ms = now_ms() - 3 * HOUR_MS
    unit = scene.unit(since_ms=begin_ms - 1)
    sent = []
    for minute in range(60):
        drove = minute if minute < 20 else 20 if minute < 40 else 60 - minute  # there, a stop of 20 minutes, and back
        north = round(unit.latitude + drove * KILOMETRE, 7)
        speed_kn = 0 if 20 <= minute < 40 else 32.4
        fix_ms = begin_ms + minute * MINUTE_MS
        demand(scene.report(unit, fix_ms, lat=north, speed=speed_kn) == 200, "the device door refused a known device")
        sent.append((fix_ms, north))
    soon(lambda: len(scene.fixes(unit)) == len(sent), "the planted drive is not in the history")
    line = scene.track(unit)
    drawn = list(zip(line["fix_ms"], line["latitude"], strict=True))
    demand(drawn == sent, f"the route line has {len(drawn)} points, or other ones")
    found = expect(scene.admin.get(f"/v1/units/{unit.id}/trips?from={begin_ms}&to={now_ms()}"), 200, "the trips")
    demand(len(found) == 2, f"a drive there and back is cut into {len(found)} trips")
    there, back = found
    demand(abs(there["distance_m"] - 20_000) < 200, f"20 km there are {there['distance_m']:.0f} m")
    demand(abs(back["distance_m"] - 19_000) < 1200, f"the way back is {back['distance_m']:.0f} m")
    demand(there["start_ms"] == begin_ms and back["end_ms"] == sent[-1][0], "they begin or end at other times")
    lengths = " and ".join(f"{one['distance_m']:.0f} m" for one in found)
    demand(back["start_ms"] - there["end_ms"] >= 18 * MINUTE_MS, "the stop between them is lost")
    return f"{len(sent)} fixes on the route line, cut into two trips of {lengths}"


def card(scene: Scene) -> str:
    """A unit is found by its name, with its own data and its last position."""
    unit = scene.unit()
    scene.report(unit)
    soon(lambda: scene.latest(unit), "the position never came to the map")
    listed = [one for one in expect(scene.admin.get("/v1/units"), 200, "the units") if one["name"] == unit.name]
    demand([one["id"] for one in listed] == [unit.id], "the unit is not found by its name")
    own = expect(scene.admin.get(f"/v1/units/{unit.id}"), 200, "the unit's card")
    demand((own["plate"], own["protocol"]) == (unit.plate, "osmand"), "the card shows another plate or protocol")
    return "found by name, with plate, protocol and last position"


def states(scene: Scene) -> str:
    """Ignition, door and motion bits are shown as sent."""
    unit = scene.unit()
    scene.report(unit, ignition="true", door="false", motion="true")
    soon(lambda: scene.latest(unit), "the position never came to the map")
    shown = (scene.latest(unit) or {})["attributes"]
    wanted = {"ignition": True, "door": False, "motion": True}
    demand(wanted.items() <= shown.items(), f"the states shown are {sorted(shown)}")
    return "ignition, door and motion are shown as sent"


def undeclared(scene: Scene) -> str:
    """A key that nobody declared is dropped, the rest is kept."""
    unit = scene.unit()
    canary = f"shoe{now_ms()}"
    scene.report(unit, ignition="true", shoe_size=canary)
    soon(lambda: scene.latest(unit), "the position never came to the map")
    shown = (scene.latest(unit) or {})["attributes"]
    demand("ignition" in shown, "a declared key was dropped")
    demand("shoe_size" not in shown and canary not in str(scene.track(unit)), "an undeclared key was kept")
    return "an undeclared key of a report is dropped, a declared one beside it is kept"


def private(scene: Scene) -> str:
    """In private time nothing that locates is kept, also when it arrives later."""
    driver = scene.person("driver")
    unit = scene.unit(driver.id)
    before_ms = now_ms() - 1
    scene.report(unit, before_ms)
    soon(lambda: scene.fixes(unit) == [before_ms], "a fix before private time was not kept")
    expect(driver.browser.send("POST", "/v1/me/private", {"on": True}), 200, "the private switch")
    hidden_ms = now_ms()
    demand(scene.report(unit, hidden_ms) == 200, "the device was not answered as if stored")
    time.sleep(0.01)
    expect(driver.browser.send("POST", "/v1/me/private", {"on": False}), 200, "the private switch")
    scene.report(unit, hidden_ms + 1)  # buffered then, sent now
    after_ms = now_ms()
    scene.report(unit, after_ms)
    soon(lambda: after_ms in scene.fixes(unit), "a fix after private time was not kept")
    demand(scene.fixes(unit) == [before_ms, after_ms], "a fix of private time was kept")
    return "fixes of private time are dropped at once and when buffered; those before and after stay"


def hours(scene: Scene) -> str:
    """Outside the working hours that a person set nothing is kept, inside it is."""
    driver = scene.person("driver")
    unit = scene.unit(driver.id)
    week = {"zone": "UTC", "weekly": [[day, 0, 1440] for day in range(7)]}
    today = time.gmtime(now_ms() // 1000).tm_wday
    expect(driver.browser.send("PUT", "/v1/me/hours", {"hours": week}), 200, "setting hours")
    open_ms = now_ms()
    scene.report(unit, open_ms)
    soon(lambda: scene.fixes(unit) == [open_ms], "a fix inside the hours was not kept")
    closed = week | {"weekly": [[day, 0, 1440] for day in range(7) if day not in (today, (today + 1) % 7)]}
    expect(driver.browser.send("PUT", "/v1/me/hours", {"hours": closed}), 200, "setting hours")
    shut_ms = now_ms()
    scene.report(unit, shut_ms)
    expect(driver.browser.send("PUT", "/v1/me/hours", {"hours": None}), 200, "taking hours back")
    again_ms = now_ms()
    scene.report(unit, again_ms)
    soon(lambda: again_ms in scene.fixes(unit), "a fix after the hours were taken back was not kept")
    demand(shut_ms not in scene.fixes(unit), "a fix outside the hours was kept")
    return "a fix outside the person's hours is dropped, inside them it is kept"


def withdrawal(scene: Scene) -> str:
    """After a withdrawal the first frame is refused, and the record of it stays."""
    driver = scene.person("driver")
    unit = scene.unit(driver.id)
    expect(driver.browser.send("POST", "/v1/me/consents", {"consent": "tracking", "granted": True}), 200, "a yes")
    first_ms = now_ms()
    scene.report(unit, first_ms)
    soon(lambda: scene.fixes(unit) == [first_ms], "a fix under consent was not kept")
    expect(driver.browser.send("POST", "/v1/me/consents", {"consent": "tracking", "granted": False}), 200, "a no")
    demand(scene.report(unit, now_ms()) == 200, "the device was not answered as if stored")
    said = expect(driver.browser.get("/v1/me/consents"), 200, "consents")
    demand(next(one for one in said if one["consent"] == "tracking")["granted"] is False, "the no is not on record")
    time.sleep(0.3)
    if scene.policy.parts.withdrawal.before == "closed":  # then it is open again with a new yes
        demand(scene.fixes(unit) == [], "what was kept before is still read")
        expect(driver.browser.send("POST", "/v1/me/consents", {"consent": "tracking", "granted": True}), 200, "a yes")
    demand(scene.fixes(unit) == [first_ms], "a fix after the withdrawal was kept, or an earlier one lost")
    return "the first frame after a withdrawal is refused; what was kept before stays; the no is on record"


def extras_refused(scene: Scene) -> str:
    """Every consent but the one that locating needs is refused, and the whole service still works."""
    driver = scene.person("driver")
    unit = scene.unit(driver.id)
    for one in expect(driver.browser.get("/v1/me/consents"), 200, "the consents"):
        said = {"consent": one["consent"], "granted": one["consent"] == "tracking"}
        expect(driver.browser.send("POST", "/v1/me/consents", said), 200, "an answer")
    first_ms = now_ms()
    scene.report(unit, first_ms)
    soon(lambda: scene.fixes(unit) == [first_ms], "a fix is not kept where every extra is refused")
    demand(scene.latest(unit), "the unit is not on the map where every extra is refused")
    for path in ("/v1/me", "/v1/units", "/v1/positions/latest", "/v1/me/looked", "/v1/me/requests", "/v1/me/private"):
        expect(driver.browser.get(path), 200, f"{path} where every extra is refused")
    end = now_ms() + 1000
    answer = driver.browser.get(f"/v1/units/{unit.id}/export?from={first_ms - 1000}&to={end}&format=gpx")
    demand(answer.status == 200, "an export is refused where every extra is")
    return "map, history, export and one's own pages work for someone who refused every consent but tracking"


def refused_when_old(scene: Scene) -> str:
    """A fix older than the retention limit is never stored."""
    limit_ms = scene.policy.fix_retention_ms or 0
    unit = scene.unit(since_ms=now_ms() - limit_ms - 2 * 86_400_000)
    old_ms, young_ms = now_ms() - limit_ms - 1000, now_ms() - limit_ms + 3_600_000
    days = limit_ms // 86_400_000 + 3
    demand(scene.report(unit, old_ms) == 200, "the device was not answered as if stored")
    scene.report(unit, young_ms)
    soon(lambda: young_ms in scene.fixes(unit, days), "a fix an hour short of its limit was not kept")
    demand(old_ms not in scene.fixes(unit, days), "a fix older than its limit was stored")
    return f"a fix a second past {limit_ms // 86_400_000} days is refused, one an hour short of it is kept"


def gone_when_due(scene: Scene) -> str:
    """A stored fix is readable until its limit and not a moment longer."""
    limit_ms = scene.policy.fix_retention_ms or 0
    days = limit_ms // 86_400_000 + 3
    unit = scene.unit(since_ms=now_ms() - limit_ms - 86_400_000)
    dying_ms = now_ms() - limit_ms + SHORT_MS
    scene.report(unit, dying_ms)
    scene.report(unit, dying_ms + HOUR_MS)
    soon(lambda: dying_ms in scene.fixes(unit, days), "a fix before its limit cannot be read")
    time.sleep(max(0.0, (dying_ms + limit_ms - now_ms()) / 1000) + 0.1)
    left = scene.fixes(unit, days)
    demand(
        dying_ms not in left and dying_ms + HOUR_MS in left, "a fix past its limit is still read, or a younger one lost"
    )
    return "a stored fix is read until its limit and not after it; a younger one stays"
