"""Every page once in each language, dark and right to left; what is kept in the browser; what the first load weighs."""

import re

import pytest
from conftest import NARROW, WIDE, faults, shot, until

PAGES = (
    "/",
    "/alarms",
    "/add",
    "/waiting",
    "/people",
    "/groups",
    "/me",
    "/looked",
    "/settings",
    "/security",
    "/about",
    "/duties",
)
LOOKS = {
    "en-atlas-light": {"language": "en", "template": "atlas", "dark": "light", "calendar": "gregorian"},
    "fa-harbour-dark": {"language": "fa", "template": "harbour", "dark": "dark", "calendar": "persian"},
    "ar-atlas-dark": {"language": "ar", "template": "atlas", "dark": "dark", "calendar": "gregorian"},
    "zh-harbour-light": {"language": "zh", "template": "harbour", "dark": "light", "calendar": "gregorian"},
}
DIRECTION = {"en": "ltr", "fa": "rtl", "ar": "rtl", "zh": "ltr"}
FIRST_LOAD_BYTES = 600_000
DRAWN = "Number(document.querySelector('.map-box')?.dataset.drawn ?? 0) > 1"
KEPT = """async () => ({
  local: Object.keys(localStorage), session: Object.keys(sessionStorage), caches: await caches.keys(),
  databases: (await indexedDB.databases()).map((one) => one.name),
  workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


def dress(portal, look):
    """Choose a look as the settings page does: it is kept with the account."""
    with portal.visit("/about") as page:
        page.evaluate(
            """(body) => fetch('/v1/me', {method: 'PATCH', headers: {'content-type': 'application/json'},
            body: JSON.stringify(body)}).then((answer) => { if (!answer.ok) throw new Error(answer.status); })""",
            look,
        )


@pytest.fixture(params=LOOKS)
def look(request, portal):
    dress(portal, LOOKS[request.param])
    yield request.param
    dress(portal, LOOKS["en-atlas-light"])


def test_each_page_is_readable_named_and_whole(portal, look):
    wrong = {}
    phone = look.startswith(("ar", "zh"))
    with portal.visit("/about", size=NARROW if phone else WIDE) as page:
        for path in PAGES:
            page.goto(portal.url + path)
            page.locator("h1, .units-search, .empty").first.wait_for(timeout=20_000)
            page.locator(".loading").first.wait_for(state="detached", timeout=20_000)
            assert page.locator("html").get_attribute("dir") == DIRECTION[look[:2]]
            if path == "/":
                until(page, DRAWN)
                page.wait_for_timeout(1500)
            shot(page, f"{look}{path.replace('/', '-') if path != '/' else '-map'}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found = [*faults(page), *(["wider than the window"] if wide > 0 else [])]
            if found:
                wrong[path] = found
    assert wrong == {}


def test_settings_change_the_look_and_the_language_at_once_and_stay_after_signing_out(portal):
    with portal.visit("/settings") as page:
        page.get_by_role("radio", name="Harbour").click()
        until(page, "document.documentElement.dataset.template === 'harbour'")
        page.locator(".select-button").nth(0).click()
        page.get_by_role("option", name="Dark").click()
        until(page, "document.documentElement.dataset.shade === 'dark'")
        page.get_by_role("button", name="Language").click()
        page.get_by_role("option", name="فارسی").click()
        page.get_by_role("heading", name="تنظیمات").wait_for()
        assert page.locator("html").get_attribute("dir") == "rtl"
        kept = {one["name"]: one["value"] for one in page.context.cookies()}
        assert kept["tpl"] == "harbour.dark.fa"
    stranger = {"cookies": [{"name": "tpl", "value": kept["tpl"], "url": portal.url}], "origins": []}
    with portal.visit("/about", state=None) as page:
        page.context.add_cookies(stranger["cookies"])
        page.reload()
        page.get_by_role("heading", name="ورود").wait_for()
        assert page.locator("html").get_attribute("data-shade") == "dark"
    dress(portal, LOOKS["en-atlas-light"])


def test_the_browser_keeps_what_the_policy_declares_and_nothing_else(portal):
    with portal.visit() as page:
        until(page, "Number(document.querySelector('.map-box')?.dataset.applied ?? 0) > 0")
        declared = page.evaluate("fetch('/v1/session').then((answer) => answer.json())")["profile"]["cookies"]
        assert {one["name"] for one in page.context.cookies()} == set(declared)
        assert page.evaluate(KEPT) == {"local": [], "session": [], "caches": [], "databases": [], "workers": 0}


def test_the_first_load_is_light(portal):
    ours = {}
    with portal.visit("/people") as page:
        page.on("response", lambda answer: ours.update({answer.url: int(answer.headers.get("content-length", 0))}))
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        page.goto(portal.url + "/")
        until(page, DRAWN)
        page.wait_for_timeout(500)
        weights = {url: size for url, size in ours.items() if not re.search("/map/|/v1/", url)}
        assert any("worker" in url for url in weights)
        assert 0 < sum(weights.values()) < FIRST_LOAD_BYTES, sorted(weights.items(), key=lambda item: -item[1])[:8]
