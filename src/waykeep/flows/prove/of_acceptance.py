"""Probes of accepting the policy: nothing before the yes, what going on accepts, who stays with the text they know."""

import os
import re
from functools import partial
from typing import Any

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.marks import found_word
from waykeep.flows.prove.of_versions import text_over
from waykeep.flows.prove.scene import DAY_MS, Scene, Someone, demand, expect, now_ms, soon
from waykeep.flows.prove.stand import PASSWORD, Stand
from waykeep.policy.lengths import length_ms
from waykeep.store import facts

DATA = ("/v1/units", "/v1/positions/latest", "/v1/people", "/v1/organisation", "/v1/me/contact", "/v1/me/tokens")
RIGHTS = ("/v1/me", "/v1/me/acceptance", "/v1/me/consents", "/v1/me/requests", "/v1/policy/text")
SMALL = "categories: {identity.name: {says: Names of canaries}}\n"
LETTERS = str.maketrans("0123456789", "ghijklmnop")  # a word with figures in it could be taken for a place
SHORT_DAYS, LONG_DAYS = 40, 90


def gated(scene: Scene) -> str:
    """Nobody joins without naming the text, and nothing of who does not is kept; a yes to another text is none."""
    file = scene.stand.data / "waykeep.db"
    before = facts.count(file, "person")
    made = expect(scene.admin.send("POST", "/v1/invitations", {"role": "driver"}), 201, "inviting")
    secret = made["link"].partition("#link=")[2]
    stranger = Browser(scene.server.url)
    told = expect(stranger.send("POST", "/v1/session/link", {"secret": secret}), 200, "looking at a link")
    demand("policy" in told["needs"], "the way in does not ask for a yes to the policy")
    word = os.urandom(6).hex().translate(LETTERS)
    typed = {"secret": secret, "name": f"Canary {word}", "email": f"{word}@canary.test", "password": PASSWORD}
    typed |= {"of_age": True}
    for answer in ({}, {"policy": None}, {"policy": ""}, {"policy": "0" * 64}, {"policy": scene.policy.parts.version}):
        refused = stranger.send("POST", "/v1/session/link/accept", typed | answer)
        demand(refused.status == 403, f"who did not agree was answered {refused.status}")
    demand(facts.count(file, "person") == before, "an account was made without a yes")
    readable = [one for word in (typed["name"], typed["email"]) for one in found_word(scene.stand.folder, str(word))]
    demand(not readable, "what someone typed who did not agree is readable in a file")
    text = expect(stranger.get("/v1/policy"), 200, "the policy")["hash"]
    expect(stranger.send("POST", "/v1/session/link/accept", typed | {"policy": text}), 200, "joining with a yes")
    mine = _yes(stranger)
    demand([one["channel"] for one in mine] == ["join"], f"the yes is recorded {len(mine)} times")
    demand(mine[0]["policy_hash"] == text, "the record names another text than was agreed to")
    expect(stranger.get(DATA[0]), 200, "the service after the yes")
    return "no account and no byte without a yes that names the text in force; the yes has its receipt"


def held_back(scene: Scene) -> str:
    """Who has said no yes yet sees the text, their rights and the way out, and nothing else."""
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        _publish(other, there, "acceptance: {gate: false}\n")
        known = there.person("manager")  # an account from before there was a gate
        _publish(other, there, "acceptance: {gate: true}\n")
        known = Someone(id=known.id, name=known.name, email=known.email, browser=there.sign_in(known.name))
        for path in DATA:
            answer = known.browser.get(path)
            demand(answer.status == 403, f"{path} was answered {answer.status} before the yes")
            demand(answer.json["slug"] == "policy-not-accepted", f"{path} does not say why")
        for path in RIGHTS:
            expect(known.browser.get(path), 200, f"{path} before the yes")
        demand(not _yes(known.browser), "reading alone wrote a yes")
        wrong = known.browser.send("POST", "/v1/me/acceptance", {"hash": "0" * 64}).status
        demand(wrong == 409, f"a yes to another text was answered {wrong}")
        leaver = expect(known.browser.get("/v1/me/acceptance"), 200, "one's standing")
        demand(leaver["due"] and "deactivate" in leaver["decline"], "no way out is offered to who says no")
        text = expect(known.browser.get("/v1/policy"), 200, "the policy")["hash"]
        expect(known.browser.send("POST", "/v1/me/acceptance", {"hash": text}), 200, "the yes")
        expect(known.browser.get(DATA[0]), 200, "the service after the yes")
        demand([one["channel"] for one in _yes(known.browser)] == ["portal"], "the yes is not on record")
    return f"{len(DATA)} routes closed and {len(RIGHTS)} open before the yes; the way out is offered; after it all open"


def implied(scene: Scene) -> str:
    """A change that takes nothing is accepted by going on after its day: written at the first use, never before."""
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        user, idle = there.person("manager"), there.person("manager")
        had = _yes(user.browser)
        expect(user.browser.get(DATA[0]), 200, "the service")
        demand(_yes(user.browser) == had, "going on under the same text wrote a yes")
        _publish(other, there, SMALL, "--minor")
        demand(_yes(user.browser) == had, "a new text wrote a yes before any use")
        expect(user.browser.get(DATA[0]), 200, "the service under the new text")
        expect(user.browser.get(DATA[0]), 200, "the service under the new text")
        now = expect(user.browser.get("/v1/policy"), 200, "the policy")
        added = _yes(user.browser)[len(had) :]
        demand([(one["channel"], one["policy_hash"]) for one in added] == [("use", now["hash"])], f"written: {added}")
        demand(added[0]["at_ms"] >= now["effective_ms"], "it is from before its day")
        demand(len(_yes(idle.browser)) == len(had), "who did not go on is said to have agreed")
    return "the first use after the day wrote one yes, of its kind and text; before it, and for who did not go on, none"


def pinned(scene: Scene) -> str:
    """A change that takes something holds for who says yes; who only goes on stays with the older text's limits."""
    gate = scene.policy.parts.acceptance.gate
    demand(gate, "this profile asks for no yes")
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        days = _publish(other, there, _kept(SHORT_DAYS))
        stays, agrees = there.person("driver"), there.person("driver")
        at_ms = now_ms() + days * DAY_MS
        units = {one.id: there.unit(one.id) for one in (stays, agrees)}
        for unit in units.values():
            there.report(unit, at_ms + 60_000)
            soon(partial(_fixes, there, unit), "a planted fix is not in the history")
        wider = "purposes: {support: {reads: [identity.*, comms.record, device.crash, location.*]}}\n"
        days += _publish(other, there, _kept(LONG_DAYS) + wider)
        text = expect(agrees.browser.get("/v1/policy"), 200, "the policy")["hash"]
        back = [there.sign_in(one.name) for one in (stays, agrees)]
        expect(back[1].send("POST", "/v1/me/acceptance", {"hash": text}), 200, "a yes")
        for _ in range(3):
            expect(back[0].get(DATA[0]), 200, "going on")
        standing = [expect(one.get("/v1/me/acceptance"), 200, "one's standing")["pinned"] for one in back]
        demand(standing[0] is not None and standing[1] is None, f"who stays with which text is {standing}")
        demand(all(one["policy_hash"] != text for one in _yes(back[0])), "going on alone agreed to less")
        there.admin = there.sign_in(there.admin_name)
        asked = "&purpose=support&because=canary"
        reads = [len(_fixes(there, units[one.id], asked)) for one in (stays, agrees)]
        demand(reads == [0, 1], f"the new purpose reads {reads} of who stayed and who agreed")
        other.leap((SHORT_DAYS - days + 18) * DAY_MS)
        there.admin = there.sign_in(there.admin_name)
        left = [len(_fixes(there, units[one.id])) for one in (stays, agrees)]
        demand(left == [0, 1], f"after {SHORT_DAYS} days {left} fixes are left of who stayed and who agreed")
    told = f"{SHORT_DAYS} days and no new purpose for who stayed, {LONG_DAYS} and the new purpose for who said yes"
    return f"{told}; going on alone wrote no yes"


def lead_kept(scene: Scene) -> str:
    """A change that matters cannot hold before people had their time; until the last second the old text holds."""
    lead_ms = length_ms(scene.policy.parts.notices.material_change.lead) or 0
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        file = other.folder / "soon.yaml"
        file.write_text(text_over(scene.policy, "contacts: {privacy: {phone: '+999 1'}}\n"))
        soon_told = other.command("policy", "publish", str(file), "--effective", "2020-01-01T00:00:00+00:00")
        demand(soon_told.code != 0 and "days before" in soon_told.output, f"too soon: {soon_told.output[-300:]}")
        told = other.command("policy", "publish", str(file))
        demand(told.code == 0, f"it was refused: {told.output[-300:]}")
        listed = expect(there.admin.get("/v1/policy/versions"), 200, "the versions")[0]
        demand(listed["effective_ms"] - listed["published_ms"] >= lead_ms, "it holds before people had their time")
        other.leap(lead_ms - DAY_MS // 24)
        demand(not _holds(other, listed["hash"]), "it holds an hour before its moment")
        other.leap(DAY_MS // 12)
        soon(lambda: _holds(other, listed["hash"]), "it does not hold after its moment")
    return f"{lead_ms // DAY_MS} days between publishing and holding; sooner is refused; the old text held until then"


def _kept(days: int) -> str:
    rule = f"{{start: collected, length: P{days}D, action: erase}}"
    return f"retention: {{location.precise: {rule}, vehicle.*: {rule}}}\n"


def _publish(other: Stand, there: Scene, text: str, *words: str) -> int:
    """Publish a document and go on to when it holds; gives how many days that took."""
    file = other.folder / "published.yaml"
    soon(lambda: _listed(other), "the versions cannot be read")
    named = f"version: 2100-01-{_listed(other)[0]['number'] + 1:02}"  # a day after that of each version so far
    file.write_text(re.sub(r"version: .*", named, text_over(there.policy, text)))
    done = other.command("policy", "publish", str(file), *words)
    demand(done.code == 0, f"the document was refused: {done.output[-300:]}")
    soon(lambda: _listed(other), "the versions cannot be read")
    made = _listed(other)[0]["hash"]
    days = 0
    if not words and there.policy.parts.versions.effective != "on_posting":
        days = (length_ms(there.policy.parts.notices.material_change.lead) or 0) // DAY_MS + 1
        other.leap(days * DAY_MS)
    soon(lambda: _holds(other, made), "the published text does not come into force")
    there.admin = there.founder = there.sign_in(there.admin_name)
    text_hash = expect(there.admin.get("/v1/policy"), 200, "the policy")["hash"]
    expect(there.admin.send("POST", "/v1/me/acceptance", {"hash": text_hash}), 200, "the administrator's yes")
    return days


def _listed(other: Stand) -> list[dict[str, Any]]:
    """The versions, newest first; none in the moment in which the server goes over to a new one."""
    try:
        found: list[dict[str, Any]] = Browser(other.url).get("/v1/policy/versions").json or []
    except OSError:
        return []
    return found


def _holds(other: Stand, made: str) -> bool:
    """Whether the text with this hash is served: a moment after it came into force."""
    try:
        served = Browser(other.url).get("/v1/policy").json or {}
    except OSError:  # the server goes over to the new text
        return False
    return bool(served.get("hash") == made)


def _yes(browser: Browser) -> list[dict[str, Any]]:
    listed = expect(browser.get("/v1/me/receipts"), 200, "one's receipts")
    return [one for one in listed if one["consent"] == "policy"]


def _fixes(there: Scene, unit: Any, more: str = "") -> list[int]:
    span = f"from=0&to={now_ms() + 400 * DAY_MS}&points=100{more}"
    track: dict[str, Any] = expect(there.admin.get(f"/v1/units/{unit.id}/track?{span}"), 200, "a track")
    return [at for at, place in zip(track["fix_ms"], track["latitude"], strict=True) if place is not None]
