"""Probes of the rights desk: what people ask for is taken in, known, decided by two where it refuses, and done."""

import hashlib
import io
import zipfile
from functools import partial
from typing import Any

import msgspec

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.scene import DAY_MS, BrokenError, Scene, Someone, demand, expect, now_ms, soon
from waykeep.flows.prove.stand import PASSWORD
from waykeep.policy.lengths import length_ms

FACTS = "The same was asked and answered eleven times since the first of May"
SLACK_MS = 60_000


def asked(scene: Scene) -> str:
    """Each right by each way in makes a request with its due time; none is done for someone who is not known."""
    rights = scene.policy.parts.rights
    person = scene.person("driver")
    for right in rights.all:
        said = {"right": right, "text": "a canary asks"}
        _due(scene, right, expect(person.browser.send("POST", "/v1/me/requests", said), 201, f"asking for {right}"))
        for intake in rights.intake:
            came = {"right": right, "intake": intake, "name": "Canary", "contact": "canary@canary.test"}
            made = expect(scene.admin.send("POST", "/v1/requests", came), 201, f"{right} by {intake}")
            _due(scene, right, made)
            done = scene.admin.send("POST", f"/v1/requests/{made['id']}/decide", {"outcome": "done"})
            demand(done.status in (409, 422), f"{right} by {intake} was done for nobody who is known")
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
    tries = 0
    for right in ("erase", "correct", "access", "portability", "object", "withdraw"):
        allowed = rights.refusal_grounds.get(right, rights.refusal_grounds["all"])
        person = scene.person("driver")
        for ground in dict.fromkeys((*rights.refusal_grounds["all"], "because")):
            request = _ask(scene, right, person)[1]
            path, said = f"/v1/requests/{request}/decide", {"outcome": "refused", "ground": ground, "facts": FACTS}
            if ground not in allowed:
                said |= {"reference": "paper 7"}
                demand(scene.admin.send("POST", path, said).status == 422, f"{ground} refused {right}")
                continue
            demand(scene.admin.send("POST", path, said | {"facts": "no"}).status == 422, f"{ground} needs no facts")
            if scene.admin.send("POST", path, said).status == 422:
                said |= {"reference": "paper 7"}
            made = expect(scene.admin.send("POST", path, said), 200, f"proposing {ground}")
            demand(made["state"] == "proposed", f"one person alone refused {right} on {ground}")
            made = expect(scene.admin.send("POST", path, said), 200, "agreeing with oneself")
            demand(made["state"] == "proposed", "who proposed a refusal agreed with themselves")
            expect(second.send("POST", path, said), 200, "agreeing")
            listed = expect(person.browser.get("/v1/me/requests"), 200, "what became of it")
            told = next(one for one in listed if one["id"] == request)
            word = told["decision"]
            demand((told["outcome"], word["ground"], word["facts"]) == ("refused", ground, FACTS), "it is not told why")
            demand(told["complaint"], "the person is not told where to complain")
            tries += 1
    return f"{tries} refusals held, each on a listed ground with facts and two people; others did not"


def corrected(scene: Scene) -> str:
    """A correction changes the value once the person is known, and keeps the hashes of before and after."""
    person, request = _ask(scene, "correct")
    path, wanted = f"/v1/requests/{request}", f"{person.name} Corrected"
    said = {"outcome": "done", "field": "name", "value": wanted}
    expect(scene.admin.send("POST", f"{path}/prove", {"level": "document"}), 200, "proving")
    measured = scene.admin.send("POST", f"{path}/decide", said | {"field": "position", "value": "0, 0"})
    demand(measured.status == 422, f"a measured position could be edited: {measured.status}")
    done = expect(scene.admin.send("POST", f"{path}/decide", said), 200, "correcting")
    demand(done["outcome"] == "done", "the correction is not closed")
    now = expect(person.browser.get("/v1/me"), 200, "the account")["name"]
    demand(now == wanted, f"the name is {now!r} after its correction")
    return "the value changed after proof and decision; a measured place was refused"


def copied(scene: Scene) -> str:
    """The copy holds every kind of the person's data under the hash that its manifest says, and no one else's."""
    other = scene.person("driver")
    person, request = _ask(scene, "portability")
    located = scene.policy.keeps_location
    units = [scene.unit(one.id) for one in (person, other)] if located else []
    for unit in units:
        scene.report(unit)
        soon(partial(scene.fixes, unit), "the planted fix is not in the history")
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
    in_force = expect(person.browser.get("/v1/policy"), 200, "the policy")["hash"]
    demand(manifest["policy_hash"] == in_force, "the copy names another policy")
    whole = b"".join(files.values())
    for wanted in (person.name, person.email, *([units[0].name] if located else [])):
        demand(wanted.encode() in whole, "something of the person is missing in the copy")
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
    own, request = _ask(scene, "erase")
    gone = own.browser.send("POST", f"/v1/me/requests/{request}/prove", {"password": "not the right one at all"})
    demand(gone.status in (401, 403, 422), f"a wrong password proves who one is: {gone.status}")
    proven = own.browser.send("POST", f"/v1/me/requests/{request}/prove", {"password": PASSWORD})
    certificate = expect(proven, 200, "erasing oneself")["certificate"]
    demand(certificate and certificate["signature"], "who erased their account got no certificate")
    demand(own.browser.get("/v1/me").status == 401, "who erased their account is still signed in")
    return f"one by the form after proof (erasure {done['erasure']}), one by themselves with a signed certificate"


def in_time(scene: Scene) -> str:
    """Under a moved clock: warned at the marks, overdue after the end, and an erasure carried out by itself."""
    clocks = scene.policy.parts.clocks
    length, soon_ms = length_ms(clocks["rights_response"].length), length_ms(clocks["complaint"].length)
    demand(length and soon_ms, "the policy gives no deadline")
    assert length is not None
    assert soon_ms is not None
    marks = [length_ms(one) or 0 for one in clocks["rights_response"].warn]
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        _, waiting = _ask(there, "access")
        _, complaint = _ask(there, "complain")
        leaver, erasure = _ask(there, "erase")
        written = {"right": "erase", "name": leaver.name, "contact": leaver.email}
        by_form = expect(Browser(other.url).send("POST", "/v1/privacy/requests", written), 202, "the form")["id"]
        path = f"/v1/requests/{by_form}"
        expect(there.admin.send("POST", f"{path}/link", {"person": leaver.id}), 200, "linking")
        expect(there.admin.send("POST", f"{path}/prove", {"level": "document"}), 200, "proving")
        passed_ms = 0
        for at_ms, warned, late in (
            (soon_ms + DAY_MS, 0, {complaint}),
            *((mark + DAY_MS // 2, number, {complaint}) for number, mark in enumerate(marks, 1)),
            (length + DAY_MS, len(marks), {complaint, waiting}),
        ):
            other.leap(at_ms - passed_ms)
            passed_ms = at_ms
            admin = there.sign_in(there.admin_name)
            desk = {one["id"]: one for one in expect(admin.get("/v1/requests"), 200, "the desk")}
            demand(
                desk[waiting]["warned"] == warned, f"{desk[waiting]['warned']} warnings after {at_ms // DAY_MS} days"
            )
            overdue = {one for one in (waiting, complaint) if desk[one]["overdue"]}
            demand(overdue == late, f"after {at_ms // DAY_MS} days {len(overdue)} are overdue, not {len(late)}")
            demand(desk[waiting]["outcome"] is None, "a request closed without an answer")
        soon(lambda: _by_id(admin, by_form)["outcome"] == "done", "nobody acted, and the erasure was not carried out")
        demand(admin.get(f"/v1/people/{leaver.id}").status == 404, "the person is still there after the deadline")
        demand(_by_id(admin, erasure)["name"] is None, "what the forgotten person wrote is still readable")
        said = {"outcome": "done", "answer": "It was looked into, and this is what we found."}
        demand(admin.send("POST", f"/v1/requests/{complaint}/decide", {"outcome": "done"}).status == 422, "no answer")
        closed = expect(admin.send("POST", f"/v1/requests/{complaint}/decide", said), 200, "answering")
        demand(closed["overdue"], "an answer after its day counts as in time")
    days, sooner = length // DAY_MS, soon_ms // DAY_MS
    return f"warned {len(marks)} times, overdue after {days} days (complaint {sooner}); an erasure ran by itself"


def _by_id(admin: Browser, request: str) -> dict[str, Any]:
    return next(one for one in expect(admin.get("/v1/requests"), 200, "the desk") if one["id"] == request)


def _ask(scene: Scene, right: str, who: Someone | None = None) -> tuple[Someone, str]:
    person = who or scene.person("driver")
    made = expect(person.browser.send("POST", "/v1/me/requests", {"right": right}), 201, f"asking for {right}")
    return person, made["id"]


def _due(scene: Scene, right: str, made: dict[str, Any]) -> None:
    """A complaint is due by its own clock, any other right by the other; a clock without a length gives no day."""
    clock = scene.policy.parts.clocks["complaint" if right == "complain" else "rights_response"]
    length = length_ms(clock.length)
    if length is None:
        demand(made["due_ms"] is None, f"{right} has a day that the policy does not give")
        return
    demand(abs((made["due_ms"] or 0) - now_ms() - length) < SLACK_MS, f"{right} is due {made['due_ms']}")
