"""Probes of who gets in, what each may see, and the ledger of who looked."""

import shutil
from urllib.parse import urlencode

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.marks import found_word
from waykeep.flows.prove.postbox import Postbox, read, serving_with_mail
from waykeep.flows.prove.scene import Scene, demand, expect, now_ms, soon
from waykeep.flows.prove.stand import PASSWORD
from waykeep.store import facts

TRIES = 12
HOUR_MS = 3_600_000
NOTHING = (204, 401, 403)
PUBLIC = ("/v1/policy", "/v1/proof", "/v1/ledger/head", "/v1/openapi.json", "/v1/docs")  # and what stands below them


def nobody(scene: Scene) -> str:
    """Without signing in nothing but the public pages answers."""
    paths = _readable_paths(scene)
    stranger = Browser(scene.server.url)
    found = {path: stranger.get(path) for path in paths}
    # An empty answer tells nothing: asking who is signed in is open to everyone.
    opened = [path for path, said in found.items() if said.status not in NOTHING and not path.startswith(PUBLIC)]
    demand(len(paths) > 10, "the description names hardly any route")
    demand(not opened, f"answered to a stranger: {', '.join(opened)}")
    return f"{sum(not path.startswith(PUBLIC) for path in paths)} routes refuse a stranger"


def wrong_tries(scene: Scene) -> str:
    """Many wrong passwords lock the account for a while; the right one does not open it then."""
    someone = scene.person("viewer")
    stranger = Browser(scene.server.url)
    statuses = [_sign_in(stranger, someone.email, f"not this one {number}") for number in range(TRIES)]
    demand(429 in statuses, f"{TRIES} wrong passwords were answered {statuses}")
    demand(_sign_in(stranger, someone.email, PASSWORD) == 429, "a locked account opens")
    return f"locked after {statuses.index(429)} wrong passwords"


def password_on_disk(scene: Scene) -> str:
    """A password is nowhere on disk, and two people with the same one are told apart by nothing."""
    scene.person("viewer")
    made = scene.stand.command("backup")
    demand(made.code == 0, f"the backup failed: {made.output[-300:]}")
    for folder in (scene.stand.folder, scene.stand.apart):  # data, logs and the backup; keys and heads
        readable = found_word(folder, PASSWORD) + found_word(folder, PASSWORD[::-1])
        demand(not readable, f"a password is readable: {', '.join(readable)}")
    return "the marker password is in no file of data, log, keys or backup, in text, hex, base64, reversed or URL form"


def roles(scene: Scene) -> str:
    """Each role reaches what it may and nothing else; another organisation reaches nothing."""
    unit = scene.unit()
    scene.report(unit)
    other = scene.organisation()
    viewer, driver, manager = (scene.person(role).browser for role in ("viewer", "driver", "manager"))
    invite = {"role": "viewer", "name": "Nobody At All"}
    tries = 0
    for who, method, path, body, wanted in (
        (other, "GET", f"/v1/units/{unit.id}", None, {404}), (other, "DELETE", f"/v1/units/{unit.id}", None, {404}),
        (other, "GET", f"/v1/units/{unit.id}/track?from=0&to=1", None, {404}),
        (other, "PATCH", f"/v1/units/{unit.id}", {"name": "Mine now"}, {404}),
        (driver, "GET", f"/v1/units/{unit.id}", None, {404}), (driver, "GET", "/v1/people", None, {403}),
        (driver, "POST", "/v1/units", {"name": "a", "unique_id": "1", "protocol": "osmand"}, {403}),
        (viewer, "GET", f"/v1/units/{unit.id}/track?from=0&to=1", None, {404}),
        (viewer, "GET", "/v1/people", None, {403}), (viewer, "DELETE", f"/v1/units/{unit.id}", None, {403}),
        (manager, "GET", "/v1/people", None, {200}), (manager, "POST", "/v1/invitations", invite, {403}),
        (manager, "DELETE", f"/v1/units/{unit.id}", None, {403}), (manager, "GET", "/v1/waiting", None, {403}),
        (manager, "GET", f"/v1/units/{unit.id}", None, {200}), (manager, "GET", "/v1/organisations", None, {403}),
    ):  # fmt: skip
        status = who.ask(method, path).status if body is None else who.send(method, path, body).status
        demand(status in wanted, f"{method} {path} was answered {status}, not {min(wanted)}")
        tries += 1
    seen = [one["id"] for one in expect(other.get("/v1/units"), 200, "another organisation's units")]
    demand(unit.id not in seen, "another organisation sees the unit")
    return f"{tries} asks by driver, viewer, manager and another organisation: each answered as its role says"


def who_looked(scene: Scene) -> str:
    """A look at someone's history leaves a line that this person sees, with a proof."""
    driver = scene.person("driver")
    unit = scene.unit(driver.id)
    scene.report(unit)
    soon(lambda: scene.fixes(unit), "the planted fix is not in the history")
    lines = expect(driver.browser.get("/v1/me/looked"), 200, "who looked")
    demand(lines, "a look left no line")
    demand({"viewer_name", "purpose", "time_ms"} <= set(lines[0]), "a line names no viewer, purpose or time")
    demand(lines[0]["purpose"] == "provide_service", f"the line names the purpose {lines[0]['purpose']}")
    expect(driver.browser.get(f"/v1/me/looked/{lines[0]['index']}/proof"), 200, "the proof of a line")
    stranger = scene.person("driver").browser
    demand(not expect(stranger.get("/v1/me/looked"), 200, "who looked"), "a line is shown to someone it is not about")
    return "the person sees who looked, when and why, with a proof; others see nothing of it"


def changed_line(scene: Scene) -> str:
    """A changed byte and a dropped line of the ledger are noticed and named."""
    scene.track(scene.unit())
    scene.stand.stop()
    try:
        whole = scene.stand.command("check", "ledger")
        demand(whole.code == 0, f"the ledger does not verify: {whole.output[-300:]}")
        for name, statement in (
            ("flipped", "UPDATE leaf SET commitment = zeroblob(32) WHERE number = 1"),
            ("dropped", "DELETE FROM leaf WHERE number = 1"),
        ):
            copy = scene.stand.copy(name)
            scene.stand.alter(copy / "ledger.db", statement)
            told = scene.stand.command("check", "ledger", data=copy)
            demand(told.code == 1 and "1" in told.output, f"a {name} line went unnoticed: {told.output[-300:]}")
            shutil.rmtree(copy)
    finally:
        scene.stand.start()
    return "the whole ledger verifies; a changed and a dropped line are named"


def _sign_in(browser: Browser, login: str, password: str) -> int:
    return browser.send("POST", "/v1/session", {"login": login, "password": password}).status


def _readable_paths(scene: Scene) -> list[str]:
    """Every path of the description that can be read, with ids that no one has."""
    described = expect(scene.admin.get("/v1/openapi.json"), 200, "the description")["paths"]
    span = urlencode({"from": now_ms() - 1000, "to": now_ms(), "format": "gpx"})
    paths = [path for path, methods in described.items() if "get" in methods and path.startswith("/v1/")]
    return [_filled(path) + (f"?{span}" if "{unit}" in path else "") for path in paths]


def _filled(path: str) -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}{'1' if 'index' in rest.partition('}')[0] else 'daaaaaaaaaaaaaaaa'}{rest.partition('}')[2]}"
    return path


def age_asked(scene: Scene) -> str:
    """Who does not say to be old enough gets no account, and nothing they typed is kept; no date of birth is asked."""
    file = scene.stand.data / "waykeep.db"
    before = facts.count(file, "person")
    made = expect(scene.admin.send("POST", "/v1/invitations", {"role": "driver"}), 201, "inviting")
    secret = made["link"].partition("#link=")[2]
    stranger = Browser(scene.server.url)
    told = expect(stranger.send("POST", "/v1/session/link", {"secret": secret}), 200, "looking at a link")
    least = scene.policy.parts.age.minimum
    demand("age" in told["needs"] and told["least_age"] == least, "the way in does not ask for the age of the policy")
    text = expect(stranger.get("/v1/policy"), 200, "the policy")["hash"]
    typed = {"secret": secret, "name": "Canary Kidqvzx", "email": "kidqvzx@canary.test", "password": PASSWORD}
    typed |= {"policy": text}
    for answer in ({}, {"of_age": False}):
        refused = stranger.send("POST", "/v1/session/link/accept", typed | answer)
        demand(refused.status == 403 and str(least) in str(refused.json), f"a child was answered {refused.status}")
    demand(facts.count(file, "person") == before, "an account was made for a child")
    for word in (typed["name"], typed["email"]):
        demand(not found_word(scene.stand.folder, word), "what a child typed is readable in a file")
    demand(not facts.named(scene.stand.data, ("birth", "born")), "a date of birth has a column")
    expect(stranger.send("POST", "/v1/session/link/accept", typed | {"of_age": True}), 200, "joining as of age")
    return f"who does not say to be {least} or older gets no account and leaves nothing; no birth date has a column"


def weak_refused(scene: Scene) -> str:
    """A short, a common and an own password are refused with what to do, and the link still works afterwards."""
    made = expect(scene.admin.send("POST", "/v1/invitations", {"role": "driver"}), 201, "inviting")
    secret = made["link"].partition("#link=")[2]
    least = scene.policy.parts.security.passwords.least_length
    text = expect(scene.admin.get("/v1/policy"), 200, "the policy")["hash"]
    typed = {"secret": secret, "name": "Canary Halvorsen", "of_age": True, "policy": text}
    weak = ("a" * (least - 1), "waykeepwaykeep", "abcdefghijklmnop", "halvorsen from north")
    for word in weak:
        refused = Browser(scene.server.url).send("POST", "/v1/session/link/accept", typed | {"password": word})
        demand(refused.status == 422, f"a weak password was answered {refused.status}")
        demand(len(refused.json["text"]) > 20, "a weak password is refused without a hint")
    told = Browser(scene.server.url).send("POST", "/v1/session/link/accept", typed | {"password": PASSWORD})
    expect(told, 200, "a strong password")
    return f"{len(weak)} weak passwords are refused with a hint, one of {least - 1} signs; a strong one is taken"


def reset_mailed(scene: Scene) -> str:
    """A forgotten password is never told: a letter brings a link that works once, and not for long."""
    with Postbox() as box, scene.stand.another() as other:
        there = serving_with_mail(scene, other, box)
        someone = there.person("driver")
        stranger = Browser(other.url)

        def asked() -> str:
            had = len(box.to(someone.email))
            expect(stranger.send("POST", "/v1/session/forgotten", {"login": someone.email}), 204, "forgetting")
            soon(lambda: len(box.to(someone.email)) > had, "no letter came")
            letter = read(box.to(someone.email)[-1])
            demand(PASSWORD not in letter, "the letter tells the password")
            return letter.partition("#link=")[2].split()[0]

        fresh = {"secret": asked(), "password": "another river stone lantern"}
        expect(stranger.send("POST", "/v1/session/link/accept", fresh), 200, "the link of the letter")
        expect(stranger.send("POST", "/v1/session/link/accept", fresh), 410, "the same link again")
        old = {"login": someone.name, "password": PASSWORD}
        expect(Browser(other.url).send("POST", "/v1/session", old), 401, "the old password")
        expect(stranger.send("POST", "/v1/session/forgotten", {"login": "nobody@canary.test"}), 204, "one of nobody")
        late = fresh | {"secret": asked()}
        other.leap(HOUR_MS)
        expect(Browser(other.url).send("POST", "/v1/session/link/accept", late), 410, "a link an hour later")
    return "a letter with a link and no password; it worked once, another no longer after an hour; the old word is dead"
