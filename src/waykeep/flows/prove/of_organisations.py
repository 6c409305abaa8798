"""Probes of organisations: nothing of one is in another's answers, and what people tell of themselves is theirs."""

import io
import zipfile

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.marks import found_word
from waykeep.flows.prove.scene import Scene, ask, demand, expect, soon
from waykeep.flows.prove.stand import PASSWORD

CHANGES = (
    ("PATCH", "/v1/units/{unit}", {"name": "Taken"}), ("DELETE", "/v1/units/{unit}", None),
    ("POST", "/v1/units/{unit}/assign", {"person": "{person}", "kind": "assigned"}),
    ("PATCH", "/v1/groups/{group}", {"name": "Taken"}), ("DELETE", "/v1/groups/{group}", None),
    ("PATCH", "/v1/people/{person}", {"name": "Taken"}), ("DELETE", "/v1/people/{person}", None),
    ("POST", "/v1/people/{person}/reset", {"second_factor": True}),
)  # fmt: skip
NUMBERS, ADDRESS, TITLE = ("+98 21 5550 1234", "+44 20 5550 9876"), "7 Canary Quay, Qzxvkton", "Head of Qzxvk Canals"


def apart(scene: Scene) -> str:
    """Two organisations: by no route does one's administrator read, list or change what the other has."""
    other = scene.organisation()
    theirs = scene.person("driver", by=other)
    group = expect(other.send("POST", "/v1/groups", {"name": "Qzxvk Group"}), 201, "a group")["id"]
    ids = {"person": theirs.id, "group": group, "unit": "d" * 17}
    marks = [theirs.id, theirs.name, theirs.email, group, "Qzxvk Group"]
    if scene.policy.keeps_location:
        unit = scene.unit(theirs.id, by=other)
        scene.report(unit)
        soon(lambda: scene.track(unit, by=other)["fix_ms"], "the other organisation's fix is not in its history")
        ids["unit"] = unit.id
        marks += [unit.id, unit.name, unit.plate, unit.unique_id, str(unit.latitude)]
    described = expect(scene.admin.get("/v1/openapi.json"), 200, "the description")["paths"]
    read = 0
    for path, methods in described.items():
        if "get" not in methods:
            continue
        asked = path.format_map({name: ids.get(name, "1") for name in _names(path)}) + "?from=0&to=4102444800000"
        answer = scene.admin.get(asked)
        own = any(f"{{{name}}}" in path for name in ids)
        demand(not own or answer.status in (403, 404, 400), f"{path} of the other was answered {answer.status}")
        told = [mark for mark in marks if mark.encode() in answer.body]
        demand(not told, f"{path} tells of the other organisation")
        read += 1
    for method, path, body in CHANGES:
        sent = scene.admin.ask(method, path.format_map(ids)) if body is None else scene.admin.send(
            method, path.format_map(ids), {name: one.format_map(ids) if isinstance(one, str) else one
                                           for name, one in body.items()})  # fmt: skip
        demand(sent.status in (400, 403, 404), f"{method} {path} of the other was answered {sent.status}")
    names = {one["id"] for one in expect(other.get("/v1/people"), 200, "the other's people")}
    demand(theirs.id in names, "the other organisation lost its own")
    mine = {one["id"] for one in expect(scene.admin.get("/v1/people"), 200, "one's own people")}
    demand(mine and not mine & names, "an account is in two organisations")
    kept = expect(other.get(f"/v1/people/{theirs.id}"), 200, "the other's driver")
    demand(kept["name"] == theirs.name, "the other's driver was changed")
    return f"{read} reads and {len(CHANGES)} changes by another's administrator: nothing shown, nothing changed"


def reached(scene: Scene) -> str:
    """Numbers, address and title that someone writes down are theirs: in their copy, in no file, gone with them."""
    person, other = scene.person("driver"), scene.person("driver")
    wanted = {"phones": list(NUMBERS), "address": ADDRESS, "title": TITLE}
    kept = expect(person.browser.send("PUT", "/v1/me/contact", wanted), 200, "writing it down")
    demand(kept == wanted, f"another was kept: {kept}")
    for wrong in ({"phones": ["call me"]}, {"phones": ["+1 555 0100"] * 9}, {"address": "x" * 9000}):
        status = person.browser.send("PUT", "/v1/me/contact", wanted | wrong).status
        demand(status == 422, f"a wrong contact was answered {status}")
    demand(expect(person.browser.get("/v1/me/contact"), 200, "one's contact") == wanted, "a wrong one changed it")
    demand(not expect(other.browser.get("/v1/me/contact"), 200, "another's")["phones"], "it is shown to someone else")
    copies = []
    for one in (person, other):
        _, request = ask(scene, "access", one)
        path = f"/v1/me/requests/{request}"
        expect(one.browser.send("POST", f"{path}/prove", {"password": PASSWORD}), 200, "proving")
        with zipfile.ZipFile(io.BytesIO(one.browser.get(f"{path}/package").body)) as archive:
            copies.append(b"".join(archive.read(name) for name in archive.namelist()))
    words = [*NUMBERS, ADDRESS, TITLE]
    demand(all(word.encode() in copies[0] for word in [*words, person.name, person.email]), "the copy lacks some")
    demand(not any(word.encode() in copies[1] for word in words), "another one's copy holds it")
    readable = [found for word in words for found in found_word(scene.stand.folder, word)]
    demand(not readable, f"readable in raw bytes: {', '.join(readable[:3])}")
    kinds = {one["id"] for one in expect(Browser(scene.server.url).get("/v1/policy"), 200, "the policy")["categories"]}
    demand({"identity.name", "identity.contact"} <= kinds, "the public policy does not tell of names and contacts")
    expect(scene.admin.send("DELETE", f"/v1/people/{person.id}"), 200, "forgetting")
    demand(person.browser.get("/v1/me/contact").status == 401, "a forgotten one's contact is still read")
    return "two numbers, an address and a title: in the person's copy, in no file, in nobody else's, gone with them"


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]
