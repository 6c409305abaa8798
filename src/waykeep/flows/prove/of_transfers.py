"""Probes of borders: no flow crosses one without a mechanism that counts; it ends with its paper; everyone sees it."""

import time
from typing import Any

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.of_versions import text_over
from waykeep.flows.prove.postbox import Postbox
from waykeep.flows.prove.scene import DAY_MS, Scene, demand, expect, now_ms
from waykeep.policy.transfers import PAPERS

ONE = "recipients+: [{id: canary, type: processor, contract: c, purpose: notices, enabled: true, region: QQ"
LATE = "2199-12-31"


def checked(scene: Scene) -> str:
    """A flow over a border without a mechanism, by a void or unknown one, or without its paper refuses the document."""
    rule = scene.policy.parts.transfers
    void = next(iter(rule.void))
    wrong = {
        f"transfer: {{mechanism: {void}, ref: r, until: {LATE}}}": "has not counted since",
        f"transfer: {{mechanism: handshake, ref: r, until: {LATE}}}": "none of the ways",
        f"transfer: {{mechanism: separate_consent, until: {LATE}}}": "separate yes",
    }
    for one in _papers(scene):
        wrong[f"transfer: {{mechanism: {one}, until: {LATE}}}"] = "give the `ref`"
        wrong[f"transfer: {{mechanism: {one}, ref: r, approver: a, until: soon}}"] = "no date"
    if "other_approved" in _papers(scene):
        wrong[f"transfer: {{mechanism: other_approved, ref: r, until: {LATE}}}"] = "who approved"
    if rule.default == "refuse":
        wrong[""] = "by no way that counts"
    right = [f"transfer: {{mechanism: {one}, ref: r, approver: a, until: {LATE}}}" for one in _papers(scene)]
    right += [""] if rule.default == "list_only" else []
    told = {entry: _checked(scene, number, entry) for number, entry in enumerate([*wrong, *right])}
    for entry, word in wrong.items():
        demand(": valid;" not in told[entry], f"a document is valid whose flow has {entry or 'no mechanism'}")
        demand("canary" in told[entry] and word in told[entry], f"it is not named: {told[entry]}")
    for entry in right:
        named = entry or "nothing, which is listed,"
        demand("canary" not in told[entry], f"a flow with {named} is refused: {told[entry]}")
    return f"{len(wrong)} flows that may not be are refused by name and reason, {len(right)} that may are taken"


def ended(scene: Scene) -> str:
    """A flow goes on while its mechanism counts and stops the day after; everyone reads where it goes and by what."""
    day = _day(now_ms() + DAY_MS)
    listing = scene.policy.parts.transfers.default == "list_only"
    with Postbox() as box, scene.stand.another() as other:
        file = other.folder / "own.yaml"
        paper = "scc" if "scc" in scene.policy.parts.transfers.mechanisms else _papers(scene)[0]
        by = f"transfer: {{mechanism: {paper}, ref: canary-7, approver: a, until: {day}}}"
        relay = f"purpose: notices, hosts: [127.0.0.1], sends: [identity.contact], region: QQ, {by}"
        text = f"recipients: [{{id: mail_relay, type: processor, contract: c, enabled: true, {relay}}}]\n"
        file.write_text(text_over(scene.policy, text))
        other.settings |= {
            "policy_file": str(file),
            "smtp_url": f"smtp://127.0.0.1:{box.port}",
            "mail_from": "us@canary.test",
        }
        other.start()
        there = Scene(other, scene.policy)
        told = expect(Browser(other.url).get("/v1/policy"), 200, "the policy")["transfers"]
        mine = next((one for one in told if one["recipient"] == "mail_relay"), None)
        demand(mine is not None and mine["mechanism"] == paper, f"the flow is not told: {told}")
        demand(mine is not None and (mine["region"], mine["until"]) == ("QQ", day), "it is told otherwise than it is")
        page = expect(Browser(other.url).get("/v1/policy/text"), 200, "the public text")
        demand(_row(page, day), "the public text does not name the flow")
        for ahead, leaves in ((0, True), (3 * DAY_MS, False)):
            if ahead:
                other.leap(ahead)
                there.admin = there.sign_in(there.admin_name)
            address = f"day{ahead // DAY_MS}@canary.test"
            asked = {"role": "viewer", "email": address}
            given = expect(there.admin.send("POST", "/v1/invitations", asked), 201, "inviting")
            demand(given["mailed"] is leaves, f"{ahead // DAY_MS} days on a letter left: {given['mailed']}")
            demand(bool(box.to(address)) is leaves, "what is said of the letter is not what happened")
        flows = expect(there.admin.get("/v1/policy/recipients"), 200, "what left")["recipients"]
        stands = {one["id"]: one["stands"] for one in flows}
        demand(stands["mail_relay"] is False, "a flow whose paper ended is said to stand")
    more = "; flows with no paper are listed" if listing else ""
    return f"by {paper} until {day} a letter left, afterwards none did, and it is said not to stand{more}"


def void_told(scene: Scene) -> str:
    """A mechanism that was struck down is told as void, with its day, and carries nothing."""
    claimed = scene.policy.parts.transfers.mechanism_claimed
    demand(claimed, "this profile claims none")
    since = scene.policy.parts.transfers.void[str(claimed)]
    page = expect(Browser(scene.server.url).get("/v1/policy/text"), 200, "the public text")
    lines = [one["text"] for section in page["sections"] for one in section["sentences"]]
    year = since[:4]
    demand(any(year in one and "not counted" in one for one in lines), "the text does not tell that it is void")
    entry = f"transfer: {{mechanism: {claimed}, ref: r, until: {LATE}}}"
    told = _checked(scene, 99, entry)
    demand("has not counted since" in told, f"a flow by it is not refused: {told}")
    listed = expect(Browser(scene.server.url).get("/v1/policy"), 200, "the policy")["transfers"]
    demand(not [one for one in listed if one["mechanism"] == claimed], "a flow rests on it")
    return f"{claimed} is told as void since {since}, and a document whose flow rests on it is refused"


def _papers(scene: Scene) -> list[str]:
    return [one for one in scene.policy.parts.transfers.mechanisms if one in PAPERS]


def _checked(scene: Scene, number: int, entry: str) -> str:
    file = scene.stand.folder / f"border-{number}.yaml"
    file.write_text(f"extends: {scene.policy.id}\nid: mine\n{ONE}{', ' if entry else ''}{entry}}}]\n")
    return scene.stand.command("policy", "check", str(file)).output


def _row(page: dict[str, Any], day: str) -> bool:
    tables = [table for section in page["sections"] for table in section["tables"] if table["id"] == "abroad"]
    return any(day in str(row) for table in tables for row in table["rows"])


def _day(at_ms: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at_ms // 1000))
