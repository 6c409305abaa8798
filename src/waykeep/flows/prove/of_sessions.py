"""Probes of what a sign-in leaves: the address and what the browser calls itself, sealed, one's own, no more."""

import io
import zipfile

import msgspec

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.marks import found_word
from waykeep.flows.prove.scene import Scene, ask, demand, expect
from waykeep.flows.prove.stand import PASSWORD

AGENT = "Mozilla/5.0 (Linux; Android 14; Canary Qzxvk-7) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"
UNDECLARED = {
    "x-device-id": "qzxvk-hardware-778899", "x-carrier": "Qzxvk Mobile", "sec-ch-ua-model": '"Qzxvk Phone"',
    "referer": "https://elsewhere.example/qzxvk-page", "x-forwarded-for": "203.0.113.77",
}  # fmt: skip


def recorded(scene: Scene) -> str:
    """A sign-in keeps address, device, system and browser as the browser says them, for their person, and no more."""
    person, other = scene.person("viewer"), scene.person("viewer")
    browser = Browser(scene.server.url)
    login = msgspec.json.encode({"login": person.email, "password": PASSWORD})
    headers = {"user-agent": AGENT, "accept-language": "qzxvk-QX"} | UNDECLARED
    expect(browser.ask("POST", "/v1/session", login, headers), 200, "signing in")
    shown = expect(browser.get("/v1/me/sessions"), 200, "one's sessions")
    mine = next((one for one in shown if one["agent"] == AGENT), None)
    demand(mine is not None, "the device, system and browser that signed in are not shown to the person")
    demand(mine is not None and mine["source"] == "127.0.0.1", "the address is not the one it came from")
    kept = [found for word in (*UNDECLARED.values(), "qzxvk-QX") for found in found_word(scene.stand.folder, word)]
    demand(not kept, f"a header that nobody declared is kept: {', '.join(kept[:3])}")
    demand(not found_word(scene.stand.folder, AGENT), "what the browser calls itself is readable in a file")
    theirs = expect(other.browser.get("/v1/me/sessions"), 200, "another's sessions")
    demand(not [one for one in theirs if one["agent"] == AGENT], "it is shown to someone else")
    _, request = ask(scene, "access", person)
    path = f"/v1/me/requests/{request}"
    expect(person.browser.send("POST", f"{path}/prove", {"password": PASSWORD}), 200, "proving")
    with zipfile.ZipFile(io.BytesIO(person.browser.get(f"{path}/package").body)) as archive:
        demand(AGENT.encode() in archive.read("sessions.json"), "the copy lacks it")
    fields = expect(scene.admin.get("/v1/policy/text"), 200, "the public text")
    demand("device.technical" in str(scene.policy.parts.fields.values()), "no field of the map has this kind")
    demand(fields["sections"], "the public text is empty")
    expect(scene.admin.send("DELETE", f"/v1/people/{person.id}"), 200, "forgetting")
    demand(browser.get("/v1/me/sessions").status == 401, "a forgotten one's sessions are still read")
    return f"address, device, system and browser are the person's own; {len(UNDECLARED) + 1} other headers left nothing"
