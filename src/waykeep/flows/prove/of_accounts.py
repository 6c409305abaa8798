"""Probes of accounts: who opens one, and that closing one's own stops everything that hung on it."""

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.scene import Scene, ask, demand, expect, now_ms, soon
from waykeep.flows.prove.stand import PASSWORD
from waykeep.store import facts

GUESSES = ("/v1/register", "/v1/signup", "/v1/people", "/v1/drivers", "/v1/invitations", "/v1/organisations", "/v1/me")
TAKEN = range(200, 300)


def closed_to_strangers(scene: Scene) -> str:
    """Nobody opens an account by themselves: no public route makes one, and only an administrator invites."""
    file = scene.stand.data / "waykeep.db"
    driver = scene.person("driver").browser
    before = facts.count(file, "person")
    document = expect(scene.admin.get("/v1/openapi.json"), 200, "the description")
    posts = [path for path, route in document["paths"].items() if "post" in route and "{" not in path]
    told = {"name": "Canary Zvqx", "email": "zvqx@canary.test", "password": PASSWORD, "role": "driver", "of_age": True}
    for path in dict.fromkeys((*GUESSES, *posts)):
        for who in (Browser(scene.server.url), *([driver] if path in GUESSES else [])):
            who.send("POST", path, told)
    demand(facts.count(file, "person") == before, "an account was made without an administrator")
    expect(driver.send("POST", "/v1/invitations", {"role": "driver"}), 403, "an invitation by a driver")
    scene.person("driver")
    demand(facts.count(file, "person") == before + 1, "an administrator could not let someone in")
    return f"{len(posts)} routes and {len(GUESSES)} guesses make no account; an administrator's invitation makes one"


def deactivated(scene: Scene) -> str:
    """Closing one's account needs the password and ends every way in; nothing more is kept of the person."""
    driver = scene.person("driver")
    _, request = ask(scene, "access", driver)
    expect(driver.browser.send("POST", f"/v1/me/requests/{request}/prove", {"password": PASSWORD}), 200, "proving")
    demand(
        driver.browser.get(f"/v1/me/requests/{request}/package").status in TAKEN, "no copy is offered before leaving"
    )
    refused = driver.browser.send("POST", "/v1/me/close", {"password": "not this one at all"}).status
    demand(refused in {401, 403, 422}, f"closing with a wrong password was answered {refused}")
    expect(driver.browser.get("/v1/me"), 200, "an account that was not closed")
    unit, kept = None, 0
    if scene.policy.keeps_location:
        unit = scene.unit(driver.id)
        scene.report(unit)
        soon(lambda: scene.fixes(unit), "the planted fix is not in the history")
        kept = len(scene.fixes(unit))
    other = scene.sign_in(driver.name)
    expect(driver.browser.send("POST", "/v1/me/close", {"password": PASSWORD}), 204, "closing one's account")
    for browser in (driver.browser, other):
        expect(browser.get("/v1/me"), 401, "a session of a closed account")
    entered = Browser(scene.server.url).send("POST", "/v1/session", {"login": driver.name, "password": PASSWORD}).status
    demand(entered in {401, 403}, f"a closed account was let in: {entered}")
    if unit is not None:
        for ahead in range(1, 4):
            scene.report(unit, now_ms() + ahead)
        shown = 0 if scene.policy.parts.withdrawal.before == "closed" else kept
        demand(len(scene.fixes(unit)) == shown, "places are kept, or read, of someone who closed their account")
    expect(scene.admin.send("PATCH", f"/v1/people/{driver.id}", {"active": True}), 200, "opening it again")
    back = scene.sign_in(driver.name)
    if unit is not None:
        scene.report(unit, now_ms() + 10)
        demand(len(scene.fixes(unit)) == shown, "places are kept again, or read, before the person said yes")
        expect(back.send("POST", "/v1/me/consents", {"consent": "tracking", "granted": True}), 200, "a new yes")
        demand(len(scene.fixes(unit)) == kept, "what was kept is not what there was before")
    return "a copy was offered; the password closed every session and way in; nothing more was kept until a new yes"
