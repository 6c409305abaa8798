"""Probes of the document: it rules what is stored, what a browser gets, and whether the server starts at all."""

import re
import socket

import msgspec

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.scene import Scene, demand, expect, now_ms
from waykeep.flows.prove.stand import PASSWORD
from waykeep.store import facts

PAGES = ("/", "/history", "/people", "/settings", "/v1/docs", "/v1/policy", "/nowhere")
OWN_SCRIPT = re.compile(rb"""(?:src|href)=["'](/[^"']+\.(?:js|mjs))["']""")
SETS_COOKIE = re.compile(rb"document\.cookie\s*=[^=]|cookieStore\.set")
RANDOM_LETTERS = 22  # 128 bits in base64


def unknown_column(scene: Scene) -> str:
    """A column that the data map does not know refuses the start and is named."""
    with scene.stand.another() as other:
        other.alter(other.data / "waykeep.db", "ALTER TABLE person ADD COLUMN shoe_size TEXT")
        told = other.tries()
    demand(told.code != 0, "a column without a category was served")
    demand("person.shoe_size" in told.output, f"the start was refused without naming it: {told.output[-300:]}")
    return "an unlabelled column refuses the start, which names person.shoe_size"


def unknown_category(scene: Scene) -> str:
    """A field without a category refuses the start and is named with file, key and line."""
    file = scene.stand.folder / "mine.yaml"
    file.write_text(f"extends: {scene.policy.id}\nid: mine\nfields:\n  person.shoe_size: clothing\n")
    told = scene.stand.command("policy", "check", str(file))
    demand(told.code == 1, "a document with a field without a category is valid")
    demand(f"{file}:4: fields.person.shoe_size" in told.output, f"key and line are not named: {told.output[-300:]}")
    return "a field without a category is refused with file, line 4 and key"


def clear_column(scene: Scene) -> str:
    """A column in clear whose category the document calls identifying refuses the start and is named."""
    with scene.stand.another() as other:
        file = other.folder / "mine.yaml"
        file.write_text(
            f"extends: {scene.policy.id}\nid: mine\ncategories: {{account.preference: {{identifying: true}}}}\n"
        )
        told = other.tries(policy=str(file))
    demand(told.code != 0, "an identifying column in clear was served")
    demand("person.language" in told.output, f"the column is not named: {told.output[-300:]}")
    return "an identifying category whose column stands in clear refuses the start, which names person.language"


def mapped_name(scene: Scene) -> str:
    """What the form calls a name stands in the map, with its category and its retention."""
    told = scene.stand.command("policy", "show")
    fields = msgspec.json.decode(told.output[: told.output.rindex("}") + 1])["fields"]
    demand(fields.get("person.name") == "identity.name", "the map does not name a person's name")
    shown = expect(Browser(scene.server.url).get("/v1/policy"), 200, "the public policy")["categories"]
    demand("identity.name" in {one["id"] for one in shown}, "the public policy does not tell of names")
    return "a person's name stands in the map as identity.name, which the public policy tells"


def wrong_document(scene: Scene) -> str:
    """A wrong value refuses the start and is named with file, key and line."""
    with scene.stand.another() as other:
        file = other.folder / "wrong.yaml"
        file.write_text(f"extends: {scene.policy.id}\nid: mine\nage: {{minimum: young}}\n")
        told = other.tries(policy=str(file))
    demand(told.code != 0, "a wrong document was served")
    demand(f"{file}:3: age.minimum" in told.output, f"key and line are not named: {told.output[-300:]}")
    return "a wrong value refuses the start with file, line and key"


def no_controller(scene: Scene) -> str:
    """A document without a controller's name is refused; the one in force names its controller publicly."""
    file = scene.stand.folder / "nobody.yaml"
    file.write_text(f"extends: {scene.policy.id}\nid: mine\ncontroller-: [name]\n")
    told = scene.stand.command("policy", "check", str(file))
    demand(told.code == 1 and "'name' is missing" in told.output, f"it was not refused: {told.output[-300:]}")
    shown = expect(Browser(scene.server.url).get("/v1/policy"), 200, "the public policy")
    demand(shown["controller"]["name"] == scene.policy.parts.controller.name, "another controller is shown")
    return "a document without its controller's name is refused, and the one in force is shown to everyone"


def no_retention(scene: Scene) -> str:
    """A data category without a retention rule refuses the document."""
    file = scene.stand.folder / "keeps.yaml"
    file.write_text(f"extends: {scene.policy.id}\nid: mine\nretention-: [comms.record]\n")
    told = scene.stand.command("policy", "check", str(file))
    demand(told.code == 1, "a category without a retention rule is valid")
    demand("categories.comms.record: has no retention rule" in told.output, f"it is not named: {told.output[-300:]}")
    shown = expect(Browser(scene.server.url).get("/v1/policy"), 200, "the public policy")["categories"]
    demand(all(one["retention"] for one in shown), "a category is shown without its retention")
    return f"each of {len(shown)} categories has a rule that everyone can read; a document without one is refused"


def cookies(scene: Scene) -> str:
    """Over every page, signed in and not, a browser gets the declared cookies and no other."""
    someone = scene.person("viewer")
    browser = Browser(scene.server.url)
    for _ in range(2):
        for page in PAGES:
            browser.get(page)
        expect(browser.send("POST", "/v1/session", {"login": someone.email, "password": PASSWORD}), 200, "signing in")
    declared = set(scene.policy.cookies)
    needed = {one.name for one in scene.policy.parts.storage_on_client if one.kind == "cookie" and not one.needs}
    demand(set(browser.seen) <= declared, f"undeclared cookies: {sorted(set(browser.seen) - declared)}")
    demand({"sid", "tpl"} <= set(browser.seen) & needed, f"only {sorted(browser.seen)} were set")
    return f"set: {', '.join(sorted(browser.seen))}; declared: {', '.join(sorted(declared))}"


def two_cookies(scene: Scene) -> str:
    """Exactly two cookies, and no script of ours sets another or stores anything else."""
    said = cookies(scene)
    demand(len(scene.policy.cookies) == 2, "the document declares more than two")
    browser = Browser(scene.server.url)
    scripts = {path.decode() for page in PAGES for path in OWN_SCRIPT.findall(browser.get(page).body)}
    for script in scripts:
        body = browser.get(script).body
        demand(not SETS_COOKIE.search(body), f"{script} sets cookies")
        demand(b"localStorage.setItem" not in body, f"{script} stores in the browser")
    return f"{said}; {len(scripts)} scripts set none"


def identity_cookie(scene: Scene) -> str:
    """The identity cookie is random, out of scripts' reach, new at each sign-in, and dies at sign-off."""
    someone = scene.person("viewer")
    login = {"login": someone.email, "password": PASSWORD}
    first, second = Browser(scene.server.url), Browser(scene.server.url)
    for browser in (first, second):
        expect(browser.send("POST", "/v1/session", login), 200, "signing in")
    flags = first.seen["sid"].lower()
    demand("httponly" in flags and "samesite=strict" in flags, f"the flags are {flags.partition(';')[2]}")
    demand(first.cookies["sid"] != second.cookies["sid"], "two sign-ins got one value")
    demand(len(first.cookies["sid"]) >= RANDOM_LETTERS, "the value is too short to be random")
    old = dict(first.cookies)
    expect(first.send("DELETE", "/v1/session"), 204, "signing off")
    demand("sid" not in first.cookies, "the identity cookie outlives sign-off")
    first.cookies = old
    demand(first.get("/v1/me").status == 401, "the old value still opens the account")
    return "HttpOnly, SameSite=Strict, new at each sign-in, dead after sign-off"


def template_cookie(scene: Scene) -> str:
    """The template cookie holds the choice, and only that, and stays after sign-off."""
    someone = scene.person("viewer")
    template = next(iter({"atlas", "harbour"} - {someone.browser.get("/v1/me").json["template"]}))
    expect(someone.browser.send("PATCH", "/v1/me", {"template": template}), 200, "choosing a template")
    demand(template in someone.browser.cookies.get("tpl", ""), "the chosen template is not in its cookie")
    expect(someone.browser.send("DELETE", "/v1/session"), 204, "signing off")
    demand(template in someone.browser.cookies.get("tpl", ""), "the template is lost at sign-off")
    return f"the cookie holds the template {template!r} and stays after sign-off"


def telling_cookies(scene: Scene) -> str:
    """No cookie holds a name, an address or an id."""
    someone = scene.person("viewer")
    values = " ".join(someone.browser.cookies.values())
    for told in (someone.name, someone.email, someone.id, someone.name.split()[-1]):
        demand(told.lower() not in values.lower(), "a cookie holds something that identifies")
    return "no cookie's value holds a name, an address or an id"


def no_location(scene: Scene) -> str:
    """A server without location has no device door, no position table, and no route that gives or takes a place."""
    open_doors = [name for name, port in scene.stand.ports.items() if _listens(port)]
    demand(not open_doors, f"device doors are open: {', '.join(open_doors)}")
    tables = facts.location_columns(scene.stand.data, facts.PLACES)
    demand(not tables, f"the schema has columns for places: {', '.join(tables)}")
    demand(not list(scene.stand.data.glob("track.db*")), "there is a file for positions")
    here = f"lat=41.2345678&lon=44.7654321&id=1&timestamp={now_ms()}"
    for method, path in (("POST", f"/?{here}"), ("POST", f"/v1/positions?{here}"), ("POST", "/api/positions")):
        status = scene.admin.ask(method, path, here.encode()).status
        demand(status in (400, 404, 405, 422), f"{method} {path.partition('?')[0]} was answered {status}")
    status = scene.admin.get("/v1/positions/latest").status
    demand(status == 404, f"a read of positions was answered {status}")
    return (
        f"{len(scene.stand.ports)} device doors shut, no column or file for places, reads and posts of places refused"
    )


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
