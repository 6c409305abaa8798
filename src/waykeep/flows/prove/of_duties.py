"""Probes of the operator's duties: what no program can show is signed, dated and expiring, or said to be missing."""

from typing import Any

from waykeep import seal
from waykeep.flows.prove.scene import DAY_MS, Scene, demand, expect, now_ms
from waykeep.store.attestations import Attestation


def attested(scene: Scene) -> str:
    """Each clause of the operator's takes a statement, signs and dates it, until a day; nobody else may make one."""
    before = _duties(scene)
    demand(before["duties"], "no clause waits for its operator")
    demand(all(one["state"] == "never" for one in before["duties"]), "something is attested that nobody said")
    viewer = scene.person("viewer").browser
    for one in before["duties"]:
        path, said = f"/v1/duties/{one['clause']}", {"statement": "A canary says that it is done", "days": 30}
        demand(viewer.send("POST", path, said).status == 403, "someone attested who does not run the server")
        made = expect(scene.admin.send("POST", path, said), 200, "attesting")
        demand(abs(made["until_ms"] - now_ms() - 30 * DAY_MS) < DAY_MS, "it counts for another time than was said")
        demand(_verifies(made, before["key"]), f"the signature of {one['clause']} does not verify")
        demand(not _verifies(made | {"statement": "something else"}, before["key"]), "the signature covers anything")
    for said in ({"statement": " ", "days": 30}, {"statement": "for ever", "days": 9999}):
        demand(scene.admin.send("POST", path, said).status in (400, 422), "an empty or endless one is taken")
    demand(
        scene.admin.send("POST", "/v1/duties/none-1", said | {"days": 1}).status == 404, "any clause can be attested"
    )
    demand(all(one["state"] == "valid" for one in _duties(scene)["duties"]), "what was attested is not shown")
    return "a statement of the server's administrator was signed for it, with its day and its end; others were refused"


def valid(scene: Scene) -> dict[str, str]:
    """What the operator of a running server attests now, by clause."""
    answer = scene.founder.get("/v1/duties")
    if answer.status != 200:  # the token's scopes do not reach so far: nothing is known, so nothing is said
        return {}
    found = answer.json
    return {
        one["clause"]: f"attested {one['made_ms']} until {one['until_ms']}, signature {one['signature'][:16]}"
        for one in found["duties"]
        if one["state"] == "valid" and _verifies(one, found["key"])
    }


def _duties(scene: Scene) -> dict[str, Any]:
    found: dict[str, Any] = expect(scene.admin.get("/v1/duties"), 200, "the operator's duties")
    return found


def _verifies(duty: dict[str, Any], key: str) -> bool:
    names = ("clause", "statement", "by", "made_ms", "until_ms", "policy")
    one = Attestation(**{name: duty[name] for name in names})
    return seal.verify(bytes.fromhex(key), bytes.fromhex(duty["signature"]), one.signed())
