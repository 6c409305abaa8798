"""Probes of the public text: whole and readable without an account, made from the document, posted when it holds."""

from typing import Any

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.of_versions import publish
from waykeep.flows.prove.scene import Scene, demand, expect, now_ms, soon
from waykeep.policy.wording import longest_sentence
from waykeep.store.documents import LANGUAGES

WAIT_MS = 4000
LEAST_SECTIONS = ("who", "collect", "use", "share", "keep", "protect", "rights", "changes")


def public(scene: Scene) -> str:
    """Anyone reads it in four languages: every part says something, every channel has its row, no sentence is long."""
    most, parts = scene.policy.parts.text.words_a_sentence, scene.policy.parts
    longest = 0
    for language in LANGUAGES:
        stranger = Browser(scene.server.url)
        page = stranger.get(f"/privacy?lang={language}")
        demand(page.status == 200, f"a stranger does not get the text in {language}: {page.status}")
        demand(not page.all_of("set-cookie"), f"reading the text in {language} sets a cookie")
        html = page.body.decode()
        demand(f'<html lang="{language}"' in html, f"the page does not say that it is in {language}")
        demand("<script" not in html, "the text needs a script to be read")
        text = expect(stranger.get(f"/v1/policy/text?lang={language}"), 200, "the text as data")
        demand(parts.product in text["title"], "the text is not of this product")
        sections = {one["id"]: one for one in text["sections"]}
        for name in LEAST_SECTIONS:
            told = sections[name]["sentences"]
            demand(told and all(one["keys"] for one in told), f"{name} is empty or comes from no key of the document")
            demand(all(one["text"] in _plain(html) for one in told), f"a sentence of {name} is not on the page")
        for one in (each for section in sections.values() for each in section["sentences"]):
            longest = max(longest, *(longest_sentence(part) for part in (one["text"], *one["items"])))
        rows = _table(sections["collect"], "channels")["rows"]
        demand(len(rows) == len(parts.channels), "a channel of the document has no row")
        demand(
            all(cell and all(cell) for row in rows for cell in row),
            "a channel's row does not say what, why or how long",
        )
    demand(longest <= most, f"a sentence has {longest} words; the document allows {most}")
    return f"read by a stranger without a cookie in {len(LANGUAGES)} languages; no sentence has more than {most} words"


def posted(scene: Scene) -> str:
    """The page and the data show the text in force, by its hash: the new one from its moment on and never before."""
    before = _shown(scene)
    demand(before is not None, "the text cannot be read without signing in")
    assert before is not None
    wanted_ms = now_ms() + WAIT_MS
    told = publish(scene, f"product: {scene.policy.parts.product} renamed", "--minor", effective_ms=wanted_ms)
    demand(told.code == 0, f"a minor change was refused: {told.output[-300:]}")
    at_once = scene.policy.parts.versions.effective == "on_posting"
    early = _shown(scene)
    held_back = early is None or now_ms() >= wanted_ms or early == before
    demand(at_once or held_back, "the new text is shown before its moment")
    soon(lambda: (_shown(scene) or before) != before, "the new text is not shown from its moment on")
    after = expect(Browser(scene.server.url).get("/v1/policy"), 200, "the policy in force")
    shown = _shown(scene)
    demand(shown is not None and shown[0] == after["hash"], "the page shows another text than the one in force")
    assert shown is not None
    demand("renamed" in shown[1], "the page has the new hash and the old words")
    page = Browser(scene.server.url).get("/privacy")
    demand(page.all_of("cache-control") == ["no-cache"], "a browser may show an old copy as the present text")
    return "the page changed with the version in force, at its moment, and no browser keeps an old copy of it"


def scope(scene: Scene) -> str:
    """The text says what it covers."""
    text = expect(Browser(scene.server.url).get("/v1/policy/text?lang=en"), 200, "the text as data")
    who = next(one for one in text["sections"] if one["id"] == "who")["sentences"]
    told: str = next(one["text"] for one in who if one["id"] == "who.scope")
    demand(
        told.count(",") + told.count(" and ") + 1 == len(scene.policy.parts.channels), f"a channel is missing: {told}"
    )
    return told


def contact_needed(scene: Scene) -> str:
    """A document that promises rights and gives no way to ask is refused; the text gives the way where rights stand."""
    file = scene.stand.folder / "mine.yaml"
    nobody = "contacts:\n  privacy: {form: null, email: null, post: null, phone: null}\n"
    file.write_text(f"extends: {scene.policy.id}\nid: mine\n{nobody}")
    told = scene.stand.command("policy", "check", str(file))
    demand(told.code == 1, "a document without a contact is valid")
    named = "contacts.privacy" in told.output and "erasure" in told.output
    demand(named, f"neither key nor the promise is named: {told.output[-300:]}")
    text = expect(Browser(scene.server.url).get("/v1/policy/text?lang=en"), 200, "the text as data")
    rights = next(one for one in text["sections"] if one["id"] == "rights")["sentences"]
    way = scene.policy.parts.contacts["privacy"].form or ""
    demand(any(way in one["text"] for one in rights), "the text does not give the contact where rights stand")
    return "a document without a contact is refused by key and promise; the contact stands beside the rights"


def _shown(scene: Scene) -> tuple[str, str] | None:
    """The hash and title on the page; None in the moment in which the server goes over to a new version."""
    try:
        html = _page(scene)
    except OSError:
        return None
    return html.partition('<code dir="ltr" title="')[2].partition('"')[0], html.partition("<h1>")[2].partition("</h1>")[
        0
    ]


def _page(scene: Scene) -> str:
    page = Browser(scene.server.url).get("/privacy?lang=en")
    demand(page.status == 200, f"the page was answered {page.status}")
    told: str = page.body.decode()
    return told


def _plain(html: str) -> str:
    return html.replace("&amp;", "&").replace("&#x27;", "'").replace("&quot;", '"')


def _table(section: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in section["tables"] if one["id"] == name)
    return found
