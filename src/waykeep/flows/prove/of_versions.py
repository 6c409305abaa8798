"""Probes of the policy's versions: what is published is in force from its moment, and nothing else ever is."""

import hashlib
import time
from typing import Any

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.scene import Scene, demand, expect, now_ms, soon
from waykeep.policy.document import Policy

WAIT_MS = 4000
KINDS = {  # what a document may change, and by which word its difference must be told
    "purpose_added": "purposes: {profiling: {basis: consent, reads: [identity.name]}}",
    "controller_changed": "controller: {name: Someone Else}",
    "contact_changed": "contacts: {privacy: {form: /elsewhere}}",
    "right_changed": "rights: {all-: [portability]}",
    "retention_lengthened": "retention: {comms.record: {start: collected, length: P90Y, action: erase}}",
    "third_party_sharing_enabled": "share: {third_party: true}",
    "main_recipient_changed": "recipients+: [{id: canary, type: authority, purpose: notices, enabled: true}]",
}


def published(scene: Scene) -> str:
    """A version is in force from its moment on and not before, alone, under its hash; the old one stays."""
    before = _policy(scene)
    demand(before is not None, "the policy cannot be read without signing in")
    assert before is not None
    wanted_ms = now_ms() + WAIT_MS
    told = publish(scene, "categories: {identity.name: {says: Names of canaries}}", "--minor", effective_ms=wanted_ms)
    demand(told.code == 0, f"a minor change was refused: {told.output[-300:]}")
    early = _policy(scene)
    at_once = scene.policy.parts.versions.effective == "on_posting"
    held_back = early is None or now_ms() >= wanted_ms or early["hash"] == before["hash"]
    demand(at_once or held_back, "it is in force before its moment")
    soon(lambda: (_policy(scene) or before)["hash"] != before["hash"], "it is not in force after its moment")
    listed = expect(Browser(scene.server.url).get("/v1/policy/versions"), 200, "the versions")
    holding = [one for one in listed if one["in_force"]]
    demand(len(holding) == 1, f"{len(holding)} versions are in force at once")
    now = _policy(scene)
    demand(now is not None and now["hash"] == holding[0]["hash"], "the page shows another text than the one in force")
    assert now is not None
    demand(now["changed_ms"] == holding[0]["published_ms"] > before["changed_ms"], "the day of change did not move")
    given_ms = now["changed_ms"] if at_once else wanted_ms
    demand(now["effective_ms"] == given_ms, "it holds from another moment than it was given")
    demand(_hash(scene, now["number"]) == now["hash"], "the text does not have the version's hash")
    return f"version {now['number']} in force from its moment, one at a time; {_old(scene, before)}"


def archive_changed(scene: Scene) -> str:
    """A byte of the archive, or of the document, that was changed without publishing refuses the start."""
    with scene.stand.another() as other:
        mine = other.folder / "mine.yaml"
        mine.write_text(text_over(scene.policy, ""))
        first = other.tries(policy=str(mine))
        demand(first.code == 0, f"the first document was refused: {first.output[-300:]}")
        mine.write_text(mine.read_text() + "# one byte more\n")
        told = other.tries(policy=str(mine))
        demand(told.code != 0 and "waykeep policy publish" in told.output, "an unpublished text was served")
        other.alter(
            other.data / "waykeep.db", "UPDATE policy_version SET chain = replace(chain, 'id: canary', 'id: canarx')"
        )
        told = other.tries()
    demand(told.code != 0, "a changed version was served")
    demand("policy version 1" in told.output, f"the changed version is not named: {told.output[-300:]}")
    return "an unpublished text and a changed version refuse the start, which names them"


def judged(scene: Scene) -> str:
    """What a change is called follows from its difference: one that matters cannot be published as minor."""
    old = scene.stand.folder / "old.yaml"
    old.write_text(text_over(scene.policy, ""))
    new = scene.stand.folder / "new.yaml"
    new.write_text(text_over(scene.policy, "\n".join(KINDS.values())))
    told = scene.stand.command("policy", "diff", str(old), str(new))
    verdict = next((line for line in told.output.splitlines() if line.startswith("matters to people")), "")
    for kind in KINDS:
        demand(f"{kind} " in told.output, f"{kind} is not told: {told.output[-300:]}")
        demand(kind in verdict, f"{kind} does not matter to people: {told.output[-300:]}")
    told = publish(scene, KINDS["purpose_added"], "--minor")
    demand(told.code != 0 and "purpose_added" in told.output, f"a new purpose passed as minor: {told.output[-300:]}")
    return f"{len(KINDS)} kinds of change are told by their names; a new purpose cannot be published as minor"


def publish(scene: Scene, text: str, *words: str, effective_ms: int | None = None) -> Any:
    """Publish a document over the profile with the operator's command; gives how that ended."""
    file = scene.stand.folder / "published.yaml"
    file.write_text(text_over(scene.policy, text))
    later = effective_ms is not None and scene.policy.parts.versions.effective != "on_posting"
    when = ("--effective", _iso(effective_ms or 0)) if later else ()
    return scene.stand.command("policy", "publish", str(file), *words, *when)


def text_over(policy: Policy, text: str) -> str:
    """An own document over the profile, of a version that is newer each second."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_ms() / 1000))
    return f"extends: {policy.id}\nid: canary\nversion: {moment}\n{text}\n"


def _iso(at_ms: int) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(at_ms // 1000))}.{at_ms % 1000:03d}+00:00"


def _policy(scene: Scene) -> dict[str, Any] | None:
    """The policy as anyone reads it; None in the moment in which the server goes over to a new one."""
    try:
        found: dict[str, Any] = expect(Browser(scene.server.url).get("/v1/policy"), 200, "the public policy")
    except OSError:
        return None
    return found


def _hash(scene: Scene, number: int) -> str:
    layers = expect(Browser(scene.server.url).get(f"/v1/policy/versions/{number}"), 200, "a version's text")
    return hashlib.sha256(b"\0".join(one["text"].encode() for one in layers)).hexdigest()


def _old(scene: Scene, before: dict[str, Any]) -> str:
    """The one before stays to be read where the document keeps a public archive, and only there."""
    if scene.policy.parts.versions.archive == "public":
        demand(_hash(scene, before["number"]) == before["hash"], "the old text does not have the old hash")
        return "the one before stays readable under its hash"
    status = Browser(scene.server.url).get(f"/v1/policy/versions/{before['number']}").status
    demand(status == 404, f"an archive that is not public gave the old text: {status}")
    return "the one before is kept, and not handed out, as the document says"
