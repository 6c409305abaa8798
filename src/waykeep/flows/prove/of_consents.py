"""Probes of consents: each yes and no leaves its person a receipt that anyone can check without a server."""

import msgspec

from waykeep.flows.prove import of_acceptance, of_tracking
from waykeep.flows.prove.scene import Scene, demand, expect


def obeyed(scene: Scene) -> str:
    """What needs a yes happens with it alone: locating where places are kept, an account where the policy is a gate."""
    if scene.policy.keeps_location:
        return of_tracking.withdrawal(scene)
    return of_acceptance.gated(scene)


def receipts(scene: Scene) -> str:
    """A yes and a no leave two receipts, which verify offline under the published key, and no longer once changed."""
    someone, other = scene.person("driver"), scene.person("driver")
    name = next(iter(scene.policy.parts.consents))
    had = len(expect(someone.browser.get("/v1/me/receipts"), 200, "one's receipts"))
    for granted in (True, False):
        expect(someone.browser.send("POST", "/v1/me/consents", {"consent": name, "granted": granted}), 200, "a word")
    answer = someone.browser.get("/v1/me/receipts")
    mine = expect(answer, 200, "one's receipts")
    demand([one["granted"] for one in mine[had:]] == [True, False], "a yes and a no did not leave two receipts")
    demand({one["subject"] for one in mine} == {someone.id}, "a receipt is about someone else")
    demand(all(one["policy_hash"] and one["channel"] for one in mine), "a receipt does not name its text and way")
    theirs = expect(other.browser.get("/v1/me/receipts"), 200, "another one's receipts")
    demand(not [one for one in theirs if one["subject"] == someone.id], "a receipt is shown to someone else")
    key = expect(other.browser.get("/v1/policy"), 200, "the policy")["receipt_key"]
    file = scene.stand.folder / "receipts.json"
    file.write_bytes(answer.body)
    told = scene.stand.command("check", "receipt", str(file), "--key", key)
    demand(told.code == 0, f"the receipts do not verify: {told.output[-300:]}")
    file.write_bytes(msgspec.json.encode([mine[-1] | {"granted": True}]))
    demand(scene.stand.command("check", "receipt", str(file), "--key", key).code == 1, "a changed receipt verifies")
    return "a yes and a no left two receipts that verify without the server; a changed one does not"
