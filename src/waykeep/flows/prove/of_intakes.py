"""Probes of what must never come in: card numbers through any form, and on a server without location any place."""

import struct

from waykeep.flows.prove.ask import Answer, Browser
from waykeep.flows.prove.marks import found_place, found_word
from waykeep.flows.prove.scene import Scene, demand, expect, soon

CARD = "4539 5787 6362 1486"  # a number of the form that issuers keep for tests
WRITES = ("post", "put", "patch")
FIELDS = ("text", "name", "contact", "answer", "statement", "unique_id", "to", "necessity", "login", "right", "address")
LATITUDE, LONGITUDE = 41.2718281, 44.3141592
TEXTS = (
    f"{LATITUDE}, {LONGITUDE}",
    f"at {LATITUDE:.5f}N {LONGITUDE:.5f}E",
    "41°16'18.6\"N 44°18'51.0\"E",
    "$GPRMC,120000,A,4116.3097,N,04418.8496,E,000.0,000.0,271126,,",
    f"geo:{LATITUDE},{LONGITUDE}",
    f"https://map.example/?mlat={LATITUDE}&mlon={LONGITUDE}",
    "8HHC78C7+PM",
    "szpsdmv6u2x",
)
JPEG = b"\xff\xd8\xff\xe1\x00\x40Exif\x00\x00MM\x00*"


def cards(scene: Scene) -> str:
    """A card number is refused by every form of the server, in a body, a form and an address, and lies in no file."""
    forms = (CARD, CARD.replace(" ", ""), CARD.replace(" ", "-"))
    asked = 0
    for method, path in _writes(scene):
        for at, number in enumerate(forms):
            body = dict.fromkeys(FIELDS, "canary") | {FIELDS[(asked + at) % len(FIELDS)]: f"pay with {number}"}
            _refused(scene.admin.send(method, path, body), "card-number", f"{method} {path}")
            asked += 1
    stranger = Browser(scene.server.url)
    form = {"content-type": "application/x-www-form-urlencoded"}
    number = forms[1]
    answer = stranger.ask("POST", "/privacy/request", f"right=question&text={number}".encode(), form)
    _refused(answer, "card-number", "the public form")
    _refused(stranger.get(f"/v1/policy?card={number}"), "card-number", "an address")
    deep = {"text": [{"deep": int(number)}]}
    _refused(stranger.send("POST", "/v1/privacy/requests", deep), "card-number", "a number deep in a body")
    said = {"right": "question", "text": "my tracker is 356307042441013", "contact": "someone@canary.test"}
    expect(stranger.send("POST", "/v1/privacy/requests", said), 202, "a question with a tracker's number")
    if scene.policy.keeps_location:
        unit = scene.unit()
        scene.report(unit, card=number)
        soon(lambda: scene.latest(unit), "the position never came to the map")
    readable = [found for one in forms for found in found_word(scene.stand.folder, one)]
    demand(not readable, f"a card number lies in {', '.join(readable[:3])}")
    return f"{asked} tries over every form that takes anything, by body, form and address: refused, and in no file"


def typed_places(scene: Scene) -> str:
    """A place typed or sent in any writing, through any form, is refused and lies in no file."""
    asked = 0
    for method, path in _writes(scene):
        for at, text in enumerate(TEXTS):
            body = dict.fromkeys(FIELDS, "canary") | {
                ("text", "name", "answer")[(asked + at) % 3]: f"I am here: {text}"
            }
            _refused(scene.admin.send(method, path, body), "place-in-text", f"{method} {path} with {text}")
            asked += 1
        numbers = {"text": "canary", "lat": LATITUDE, "lon": LONGITUDE}
        _refused(scene.admin.send(method, path, numbers), "place-in-text", f"{method} {path} with numbers")
        for kind, data in (("application/x-protobuf", _packed()), ("image/jpeg", JPEG + _packed())):
            status = scene.admin.ask(method, path, data, {"content-type": kind}).status
            demand(status >= 400, f"{method} {path} took {kind}: {status}")
            asked += 1
    stranger = Browser(scene.server.url)
    form = {"content-type": "application/x-www-form-urlencoded"}
    typed = f"right=question&contact=a@canary.test&text={LATITUDE}%2C+{LONGITUDE}".encode()
    _refused(stranger.ask("POST", "/privacy/request", typed, form), "place-in-text", "the public form")
    _refused(stranger.get(f"/v1/policy?lat={LATITUDE}&lon={LONGITUDE}"), "place-in-text", "an address")
    said = {"right": "question", "text": "My van has 12 seats, 3.5 t. Why?", "contact": "a@canary.test"}
    expect(stranger.send("POST", "/v1/privacy/requests", said), 202, "a question without a place")
    readable = found_place(scene.stand.folder, LATITUDE, LONGITUDE)
    readable += [found for text in TEXTS for found in found_word(scene.stand.folder, text)]
    demand(not readable, f"a place lies in {', '.join(readable[:3])}")
    return f"{asked} tries in {len(TEXTS) + 3} writings over every form: refused, and in no file or log"


def no_relay(scene: Scene) -> str:
    """A document that turns the relay on is refused, no route relays, and sealed bytes find no door."""
    file = scene.stand.folder / "relay.yaml"
    file.write_text(f"extends: {scene.policy.id}\nid: mine\nlocation_mode: server_blind_relay\n")
    told = scene.stand.command("policy", "check", str(file))
    demand(told.code == 1 and f"{file}:3: location_mode" in told.output, f"it was not refused: {told.output[-300:]}")
    demand("safetrack-14" in told.output, "the refusal does not name the promise that it would break")
    described = expect(scene.admin.get("/v1/openapi.json"), 200, "the description")["paths"]
    demand(not [path for path in described if "relay" in path or "pub" in path.split("/")], "a route relays")
    for path in ("/v1/relay", "/relay", "/pub", "/v1/positions", "/owntracks"):
        status = scene.admin.ask("POST", path, _packed(), {"content-type": "application/octet-stream"}).status
        demand(status in (400, 404, 405, 422), f"sealed bytes to {path} were answered {status}")
    return "a document with the relay on is refused by its line and clause; no route relays; sealed bytes find no door"


def _writes(scene: Scene) -> list[tuple[str, str]]:
    """Every route that takes a body, with ids that no one has."""
    described = expect(scene.admin.get("/v1/openapi.json"), 200, "the description")["paths"]
    found = [(method.upper(), path) for path, methods in described.items() for method in WRITES if method in methods]
    found = [(method, "/".join("1" if "{" in part else part for part in path.split("/"))) for method, path in found]
    demand(len(found) > 20, f"only {len(found)} forms are described")
    return found


def _refused(answer: Answer, slug: str, what: str) -> None:
    told = answer.json
    demand(answer.status == 422 and isinstance(told, dict) and told.get("slug") == slug, f"{what}: {answer.status}")


def _packed() -> bytes:
    """The place as two little-endian doubles behind protobuf's field marks."""
    return b"\x09" + struct.pack("<d", LATITUDE) + b"\x11" + struct.pack("<d", LONGITUDE)
