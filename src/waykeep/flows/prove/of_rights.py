"""Probes of the rights desk: what people ask for is taken in, known, decided by two where it refuses, and done."""

import hashlib
import io
import time
import zipfile
from functools import partial
from typing import Any

import msgspec

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.scene import BrokenError, Scene, Someone, ask, by_id, demand, expect, now_ms, soon
from waykeep.flows.prove.stand import PASSWORD
from waykeep.policy.lengths import length_ms

FACTS = "The same was asked and answered eleven times since the first of May"
SLACK_MS = 60_000
PAPERS = frozenset({"national_security", "public_safety", "judicial", "abuse_proven"})  # grounds that rest on one


def asked(scene: Scene) -> str:
    """Each right by each way in makes a request with its due time; none is done for someone who is not known."""
    rights = scene.policy.parts.rights
    person, about = scene.person("driver"), scene.person("driver")
    for right in rights.all:
        said = {"right": right, "text": "a canary asks"}
        _due(scene, right, expect(person.browser.send("POST", "/v1/me/requests", said), 201, f"asking for {right}"))
        for intake in rights.intake:
            came = {"right": right, "intake": intake, "name": "Canary", "contact": "canary@canary.test"}
            made = expect(scene.admin.send("POST", "/v1/requests", came), 201, f"{right} by {intake}")
            _due(scene, right, made)
            _not_done(scene, right, made["id"], about)
    mine = expect(person.browser.get("/v1/me/requests"), 200, "my requests")
    demand({one["right"] for one in mine} == set(rights.all), "my requests are not all listed to me")
    stranger = scene.person("driver").browser
    demand(not expect(stranger.get("/v1/me/requests"), 200, "a stranger's requests"), "another sees my requests")
    for one in mine:
        status = stranger.get(f"/v1/me/requests/{one['id']}/package").status
        demand(status == 404, f"another reaches my request: {status}")
    unproven = next(one for one in mine if one["right"] == "access")
    if not unproven["least_met"]:
        status = person.browser.get(f"/v1/me/requests/{unproven['id']}/package").status
        demand(status == 409, f"a copy was handed out below the level of proof: {status}")
    return f"{len(rights.all)} rights by {len(rights.intake)} ways in: each has its number and day; unproven ones wait"


def waiting(scene: Scene) -> str:
    """The clock of a request waits while a proof is asked for, where the document says so, and only then."""
    _, request = ask(scene, "access")
    path = f"/v1/requests/{request}"

    def due() -> int:
        return int(by_id(scene.admin, request)["due_ms"])

    first = due()
    demand(first == due(), "the day moved though no proof was asked for")
    demand(expect(scene.admin.send("POST", f"{path}/ask-proof"), 200, "asking")["state"] == "proof", "it is not asked")
    pauses = scene.policy.parts.clocks["rights_response"].pause_on == "identity_pending"
    soon(lambda: due() > first, "the clock does not wait for the proof") if pauses else None
    expect(scene.admin.send("POST", f"{path}/prove", {"level": "document"}), 200, "proving")
    last = due()
    time.sleep(0.2)
    demand(last == due(), "the clock waits though the proof came")
    return "the day moved while a proof was asked for, and stood before and after"


def by_form(scene: Scene) -> str:
    """Anyone may ask without an account, and is not told who is known here."""
    known = scene.person("driver")
    answers = []
    for contact in (known.email, "nobody@canary.test"):
        said = {"right": "erase", "name": known.name, "contact": contact, "text": "take it away"}
        answers.append(expect(Browser(scene.server.url).send("POST", "/v1/privacy/requests", said), 202, "the form"))
    demand([sorted(one) for one in answers] == [["due_ms", "id"]] * 2, "the answer tells who is known")
    listed = {one["id"] for one in expect(scene.admin.get("/v1/requests"), 200, "the desk")}
    demand({one["id"] for one in answers} <= listed, "a request by the form did not reach the desk")
    return "two requests by the public form, of someone known and of a stranger: the same answer, both at the desk"


def refused_by_two(scene: Scene) -> str:
    """A refusal needs a ground of the policy for that right, facts, its paper, and a second person; it is told."""
    second = scene.person("administrator").browser
    rights = scene.policy.parts.rights
    before = _refused(scene)
    held: dict[str, int] = {}
    for right in ("erase", "correct", "deregister", "access", "portability", "object", "withdraw"):
        if right not in {*rights.all, *(one for given in rights.by_region.values() for one in given)}:
            continue
        listed = "erase" if right == "deregister" else right
        allowed = rights.refusal_grounds.get(listed, rights.refusal_grounds["all"])
        person = scene.person("driver")
        for ground in dict.fromkeys((*rights.refusal_grounds["all"], "because")):
            request = ask(scene, right, person)[1]
            said = {"outcome": "refused", "ground": ground, "facts": FACTS, "answer": "No part of it can be done"}
            if ground in allowed:
                _agreed(scene, second, request, said)
                _told(person, request, said)
                held[ground] = held.get(ground, 0) + 1
            else:
                said |= {"reference": "paper 7"}
                status = scene.admin.send("POST", f"/v1/requests/{request}/decide", said).status
                demand(status == 422, f"{ground} refused {right}")
    for ground, count in held.items():
        demand(_refused(scene).get(ground, 0) - before.get(ground, 0) == count, f"{ground} is not counted")
    return f"{sum(held.values())} refusals held, each on a listed ground with facts and two people; others did not"


def _agreed(scene: Scene, second: Browser, request: str, said: dict[str, str]) -> None:
    """Refuse by two people; whatever is missing, or only one of them, refuses nothing."""
    path = f"/v1/requests/{request}/decide"
    for name, value in (("facts", "no"), ("answer", " ")):
        demand(scene.admin.send("POST", path, said | {name: value}).status == 422, f"it needs no {name}")
    if said["ground"] in PAPERS:
        demand(scene.admin.send("POST", path, said).status == 422, f"{said['ground']} needs no paper")
        said |= {"reference": "paper 7"}
    for _ in range(2):
        made = expect(scene.admin.send("POST", path, said), 200, f"proposing {said['ground']}")
        demand(made["state"] == "proposed", "one person alone refused")
    expect(second.send("POST", path, said), 200, "agreeing")


def _told(person: Someone, request: str, said: dict[str, str]) -> None:
    listed = expect(person.browser.get("/v1/me/requests"), 200, "what became of it")
    told = next(one for one in listed if one["id"] == request)
    demand(told["outcome"] == "refused", "it is not refused")
    demand(all(told["decision"][name] == said[name] for name in ("ground", "facts", "answer")), "it is not told why")
    demand(told["complaint"], "the person is not told where to complain")
    demand(told["review_ms"] and told["review_ms"] > now_ms(), "the refusal has no day on which it is looked at again")


def _refused(scene: Scene) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in expect(scene.admin.get("/v1/requests/report"), 200, "the report")["counts"]:
        if one["outcome"] == "refused":
            found[one["ground"]] = found.get(one["ground"], 0) + one["count"]
    return found


def corrected(scene: Scene) -> str:
    """A correction changes the value once the person is known, and keeps the hashes of before and after."""
    person, request = ask(scene, "correct")
    path, wanted = f"/v1/requests/{request}", f"{person.name} Corrected"
    said = {"outcome": "done", "field": "name", "value": wanted}
    expect(scene.admin.send("POST", f"{path}/prove", {"level": "document"}), 200, "proving")
    measured = scene.admin.send("POST", f"{path}/decide", said | {"field": "position", "value": "0, 0"})
    demand(measured.status == 422, f"a measured position could be edited: {measured.status}")
    done = expect(scene.admin.send("POST", f"{path}/decide", said), 200, "correcting")
    demand(done["outcome"] == "done", "the correction is not closed")
    now = expect(person.browser.get("/v1/me"), 200, "the account")["name"]
    demand(now == wanted, f"the name is {now!r} after its correction")
    hashes = [hashlib.sha256(one.encode()).hexdigest() for one in (person.name, wanted)]
    demand(done["hashes"] == hashes, "the hashes of before and after are not kept")
    return "the value changed after proof and decision; a measured place was refused"


def copied(scene: Scene) -> str:
    """The copy holds every kind of the person's data under the hash that its manifest says, and no one else's."""
    other = scene.person("driver")
    person, request = ask(scene, "portability")
    located = scene.policy.keeps_location
    units = [scene.unit(one.id) for one in (person, other)] if located else []
    for unit in units:
        scene.report(unit)
        soon(partial(scene.fixes, unit), "the planted fix is not in the history")
    planted = _plant(person, located=located)
    path = f"/v1/me/requests/{request}"
    expect(person.browser.send("POST", f"{path}/prove", {"password": PASSWORD}), 200, "proving with the password")
    answer = person.browser.get(f"{path}/package")
    demand(answer.status == 200, f"the copy was answered {answer.status}")
    try:
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except zipfile.BadZipFile as error:
        raise BrokenError("the copy is no ZIP file") from error
    manifest = msgspec.json.decode(files["manifest.json"])
    for one in manifest["files"]:
        demand(hashlib.sha256(files[one["name"]]).hexdigest() == one["sha256"], f"{one['name']} has another hash")
    demand({one["name"] for one in manifest["files"]} == set(files) - {"manifest.json"}, "the manifest is not whole")
    strange = [name for name in files if name.rpartition(".")[2] not in ("json", "html", "csv", "gpx", "geojson")]
    demand(not strange, f"the copy holds what is nobody's data: {strange}")
    in_force = expect(person.browser.get("/v1/policy"), 200, "the policy")["hash"]
    demand(manifest["policy_hash"] == in_force, "the copy names another policy")
    whole = b"".join(files.values())
    for wanted in (person.name, person.email, *planted, *([units[0].name, units[0].plate] if located else [])):
        demand(wanted.encode() in whole, f"{wanted!r} of the person is missing in the copy")
    demand(msgspec.json.decode(files["account.json"])[0]["zone"] == "Asia/Tehran", "the time zone is missing")
    if located:
        place = f"{units[0].latitude:.7f}".encode()
        demand(place in whole, "the person's own position is missing in the copy")
        demand(f"{units[1].latitude:.7f}".encode() not in whole, "another person's position is in the copy")
    demand(other.name.encode() not in whole and other.email.encode() not in whole, "another person is in the copy")
    demand(PASSWORD.encode() not in whole and b"argon2" not in whole, "a secret is in the copy")
    (closed,) = [one for one in person.browser.get("/v1/me/requests").json if one["id"] == request]
    demand(closed["outcome"] == "done", "the request stays open though its answer was handed out")
    return f"{len(files)} files with the hashes of the manifest; planted values of the person in it, another's not"


def erased_on_request(scene: Scene) -> str:
    """Who has no way of their own asks by the form, is made known, and is then forgotten; nothing goes before."""
    person = scene.person("driver")
    said = {"right": "erase", "name": person.name, "contact": person.email}
    made = expect(Browser(scene.server.url).send("POST", "/v1/privacy/requests", said), 202, "the form")
    path = f"/v1/requests/{made['id']}"
    expect(scene.admin.send("POST", f"{path}/link", {"person": person.id}), 200, "linking")
    demand(scene.admin.send("POST", f"{path}/decide", {"outcome": "done"}).status == 409, "it went without proof")
    expect(scene.admin.get(f"/v1/people/{person.id}"), 200, "the person before")
    expect(scene.admin.send("POST", f"{path}/prove", {"level": "document"}), 200, "proving")
    done = expect(scene.admin.send("POST", f"{path}/decide", {"outcome": "done"}), 200, "deciding")
    demand(done["outcome"] == "done" and done["erasure"], f"the erasure has no number: {done}")
    demand(scene.admin.get(f"/v1/people/{person.id}").status == 404, "the person is still there")
    demand(person.browser.get("/v1/me").status == 401, "the person is still signed in")
    own, request = ask(scene, "erase")
    gone = own.browser.send("POST", f"/v1/me/requests/{request}/prove", {"password": "not the right one at all"})
    demand(gone.status in (401, 403, 422), f"a wrong password proves who one is: {gone.status}")
    proven = own.browser.send("POST", f"/v1/me/requests/{request}/prove", {"password": PASSWORD})
    certificate = expect(proven, 200, "erasing oneself")["certificate"]
    demand(certificate and certificate["signature"], "who erased their account got no certificate")
    demand(own.browser.get("/v1/me").status == 401, "who erased their account is still signed in")
    return f"one by the form after proof (erasure {done['erasure']}), one by themselves with a signed certificate"


def _not_done(scene: Scene, right: str, request: str, about: Someone) -> None:
    """A written-down request is done for nobody who is not known, also when it says whom it is about."""
    path = f"/v1/requests/{request}"
    for _ in range(2):
        done = scene.admin.send("POST", f"{path}/decide", {"outcome": "done"})
        demand(done.status in (409, 422), f"{right} was done for nobody who is known")
        demand(scene.admin.get(f"{path}/package").status == 409, "a copy was handed out for nobody who is known")
        scene.admin.send("POST", f"{path}/link", {"person": about.id})
    kept = expect(about.browser.get("/v1/me"), 200, "the account that was not known")
    demand(kept["name"] == about.name, "an unproven request changed an account")


def _plant(person: Someone, *, located: bool) -> list[str]:
    """Put something of the person's own into each kind of row; gives what must be found again."""
    expect(person.browser.send("PATCH", "/v1/me", {"zone": "Asia/Tehran"}), 200, "a time zone")
    token = {"name": f"Token {person.name}", "scopes": ["rights:own"]}
    expect(person.browser.send("POST", "/v1/me/tokens", token), 201, "a token")
    said = {"right": "question", "text": f"Question of {person.name}"}
    expect(person.browser.send("POST", "/v1/me/requests", said), 201, "a question")
    consent = expect(person.browser.get("/v1/me/consents"), 200, "the consents")[0]["consent"]
    expect(person.browser.send("POST", "/v1/me/consents", {"consent": consent, "granted": True}), 200, "a yes")
    found: list[str] = [f"Token {person.name}", f"Question of {person.name}", f'"{consent}"']
    if located:
        week = {"hours": {"zone": "Asia/Kabul", "weekly": [[day, 0, 1440] for day in range(7)]}}
        expect(person.browser.send("PUT", "/v1/me/hours", week), 200, "working hours")
        found.append("Asia/Kabul")
    return found


def _due(scene: Scene, right: str, made: dict[str, Any]) -> None:
    """A complaint is due by its own clock, any other right by the other; a clock without a length gives no day."""
    clock = scene.policy.parts.clocks["complaint" if right == "complain" else "rights_response"]
    length = length_ms(clock.length)
    if length is None:
        demand(made["due_ms"] is None, f"{right} has a day that the policy does not give")
        return
    demand(abs((made["due_ms"] or 0) - now_ms() - length) < SLACK_MS, f"{right} is due {made['due_ms']}")
