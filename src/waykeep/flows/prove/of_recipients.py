"""Probes of the way out: which recipients a document may name, what reaches one, and that the text tells of all."""

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.of_versions import text_over
from waykeep.flows.prove.postbox import Postbox, read
from waykeep.flows.prove.scene import Scene, demand, expect
from waykeep.policy.lengths import length_ms

ONE = "recipients+: [{id: canary, purpose: notices, enabled: true, "
WRONG = {  # what a document must not name, and the word by which it is refused
    "type: processor, contract: c, sale: true": "sale",
    "type: processor, contract: c, compensation: 5": "compensation",
    "type: third_party, policy_url: 'https://canary.test/'": "third_party",
    "type: processor": "contract",
    "type: sdk": "policy_url",
    "type: affiliate": "ownership",
    "type: affiliate, ownership: {ref: r, until: soon}": "no date",
    "type: processor, contract: c, sends: [body.shoes]": "body.shoes",
}
RELAY = "type: processor, contract: c, hosts: [127.0.0.1], sends: [identity.contact"
ENDED = "type: affiliate, ownership: {ref: r, until: 2020-01-01}, hosts: [127.0.0.1], sends: [identity.contact"
HOUSE = "Canary House"


def checked(scene: Scene) -> str:
    """A recipient that buys, works for itself, or has nothing that makes it one refuses the document, by its name."""
    files = {}
    for number, entry in enumerate(WRONG):
        files[entry] = scene.stand.folder / f"mine-{number}.yaml"
        files[entry].write_text(f"extends: {scene.policy.id}\nid: mine\n{ONE}{entry}}}]\n")
    lines = scene.stand.command("policy", "check", *map(str, files.values())).output.splitlines()
    for entry, word in WRONG.items():
        told = " ".join(line for line in lines if str(files[entry]) in line)
        demand(": valid;" not in told, f"a document is valid whose recipient is {entry}")
        demand("recipients.canary" in told and word in told, f"it is not named: {told or lines}")
    return f"{len(WRONG)} recipients that may not be are refused by name and reason"


def gate(scene: Scene) -> str:
    """Only a recipient of the document gets anything, what it may have, while it is one; the rest is counted."""
    told = {}
    with Postbox() as box, scene.stand.another() as other:
        file = other.folder / "own.yaml"
        other.settings |= {
            "policy_file": str(file),
            "smtp_url": f"smtp://127.0.0.1:{box.port}",
            "mail_from": "us@canary.test",
        }
        first = f"recipients: [{{id: mail_relay, purpose: notices, enabled: true, {RELAY}, identity.name]}}]\n"
        file.write_text(text_over(scene.policy, first))
        other.start()
        there = Scene(other, scene.policy)
        expect(there.admin.send("PATCH", "/v1/organisation", {"name": HOUSE}), 200, "naming the organisation")
        for name, entry in {
            "whole": f"{RELAY}, identity.name]",
            "bare": f"{RELAY}]",
            "ended": f"{ENDED}, identity.name]",
            "unnamed": RELAY.replace("127.0.0.1", "elsewhere.test") + "]",
        }.items():
            if name != "whole":
                text = f"recipients: [{{id: mail_relay, purpose: notices, enabled: true, {entry}}}]\n"
                file.write_text(text_over(scene.policy, text))
                done = other.command("policy", "publish", str(file))
                demand(done.code == 0, f"the change could not be published: {done.output[-300:]}")
                lead = scene.policy.parts.notices.material_change.lead
                other.leap((length_ms(lead) or 0) + 1000)
                there.admin = there.sign_in(there.admin_name)
            address = f"{name}@canary.test"
            given = expect(
                there.admin.send("POST", "/v1/invitations", {"role": "viewer", "email": address}), 201, "inviting"
            )
            flows = expect(there.admin.get("/v1/policy/recipients"), 200, "what left")
            told[name] = (given["mailed"], box.to(address), flows["blocked"].get("127.0.0.1", 0))
    demand(told["whole"][0] and HOUSE in _text(told["whole"][1]), "a recipient did not get what it may have")
    demand(told["bare"][0] and HOUSE not in _text(told["bare"][1]), "a recipient got a name that it may not have")
    for name in ("ended", "unnamed"):
        demand(not told[name][0] and not told[name][1], f"a letter left for a recipient that is {name}")
        demand(told[name][2] > 0, f"what was blocked for a recipient that is {name} was not counted")
    return (
        "a letter reached the recipient, without the name where it may not have one; ended and unnamed ones got nothing"
    )


def told_of(scene: Scene) -> str:
    """The text names every recipient of the document, with what it gets, where, and its own policy."""
    page = Browser(scene.server.url).get("/privacy?lang=en")
    demand(page.status == 200, f"the text was answered {page.status}")
    text = expect(Browser(scene.server.url).get("/v1/policy/text?lang=en"), 200, "the text as data")
    share = next(one for one in text["sections"] if one["id"] == "share")
    rows = next(one["rows"] for one in share["tables"] if one["id"] == "recipients")
    known = scene.policy.parts.recipients
    demand(len(rows) == len(known), f"{len(rows)} recipients are told of {len(known)}")
    html = page.body.decode()
    for row, one in zip(rows, known, strict=True):
        demand(one.name is None or row[0][0] == one.name, f"{one.id} is told by another name")
        demand(row[3] and row[4] and row[5], f"what {one.id} gets, where, or whether it is on is not told")
        if one.policy_url:
            demand(
                f'rel="external noreferrer" dir="ltr" href="{one.policy_url}"' in html, f"no link to {one.id}'s policy"
            )
        if one.collects:
            taken = row[3][-1]
            demand(taken.count(",") + 2 == len(one.collects), f"not all that {one.id} collects is told: {taken}")
            demand("may grow" in taken, "that the list is its maker's is not told")
    return f"{len(rows)} recipients in the text as in the document, with what they get, where, and their own policies"


def _text(letters: list[str]) -> str:
    return " ".join(map(read, letters))
