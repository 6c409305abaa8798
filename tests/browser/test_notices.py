"""The banner of a new policy: at the way in and on the first page, closed by its reader, in both directions."""

import pytest
from conftest import NARROW, WIDE, faults, shot

from waykeep.flows.prove.of_notices import BIG
from waykeep.flows.prove.of_versions import publish
from waykeep.flows.prove.scene import Scene, soon
from waykeep.flows.prove.stand import PASSWORD, Stand
from waykeep.store import documents


@pytest.fixture(scope="module")
def scene():
    with Stand("smartpar") as stand:
        made = Scene(stand, documents.policy("smartpar", fill=True))
        made.readers = [made.person("driver") for _ in range(2)]
        done = publish(made, BIG)
        assert done.code == 0, done.output
        stand.stop()
        stand.start()
        soon(lambda: made.readers[-1].browser.get("/v1/me/notices").json, "nobody is told")
        yield made


@pytest.mark.parametrize(("size", "scheme", "language"), [(WIDE, "light", "en"), (NARROW, "dark", "fa")])
def test_it_is_told_at_the_way_in_and_stays_until_it_is_closed(browser, scene, size, scheme, language):
    reader = scene.readers[0 if language == "en" else 1]
    reader.browser.send("PATCH", "/v1/me", {"language": language})
    context = browser.new_context(viewport=size, color_scheme=scheme, locale=language)
    page = context.new_page()
    try:
        page.goto(scene.server.url)
        bar = page.locator(".notice-bar")
        bar.wait_for()
        assert bar.get_by_role("link").count() == 2
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        shot(page, f"notice-door-{language}-{size['width']}-{scheme}")
        page.locator("input").first.fill(reader.name)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator(".shell .notice-bar").wait_for()
        assert faults(page) == []
        shot(page, f"notice-home-{language}-{size['width']}-{scheme}")
        page.locator(".notice-bar").get_by_role("button").last.click()
        page.locator(".notice-bar").wait_for(state="detached")
        page.reload()
        page.locator(".shell").wait_for()
        page.wait_for_timeout(500)
        assert page.locator(".notice-bar").count() == 0
    finally:
        context.close()


def test_it_leads_to_what_changed(browser, scene):
    context = browser.new_context(viewport=NARROW)
    page = context.new_page()
    try:
        page.goto(scene.server.url)
        page.locator(".notice-bar").get_by_role("link").first.click()
        page.wait_for_url("**/privacy/versions/*/changes*")
        assert "contacts.privacy" in page.inner_text("main")
        assert faults(page) == []
        shot(page, "notice-changes-en-390-light")
    finally:
        context.close()
