"""The public pages in a browser that nobody signed in with: readable, whole, in two directions, on a phone and wide."""

import pytest
from conftest import NARROW, WIDE, faults, shot

PAGES = ("/privacy", "/privacy/request", "/proof")
LOOKS = [("en", WIDE, "light"), ("fa", NARROW, "dark"), ("ar", WIDE, "dark"), ("zh-CN", NARROW, "light")]


@pytest.mark.parametrize(("language", "size", "scheme"), LOOKS)
def test_anyone_reads_them_without_an_account(portal, language, size, scheme):
    with portal.visit("/privacy", size=size, state=None, scheme=scheme) as page:
        for path in PAGES:
            page.goto(f"{portal.url}{path}?lang={language}")
            assert page.get_attribute("html", "dir") == ("rtl" if language in {"fa", "ar"} else "ltr")
            assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
            assert faults(page) == [], path
            shot(page, f"public{path.replace('/', '-')}-{language}-{size['width']}-{scheme}")
        assert page.context.cookies() == []


def test_the_form_is_sent_without_a_script_and_without_an_account(portal):
    context = portal.browser.new_context(java_script_enabled=False, viewport=NARROW)
    page = context.new_page()
    try:
        page.goto(f"{portal.url}/privacy/request?lang=en")
        page.get_by_label("How we reach you").fill("nora@outside.example")
        page.get_by_label("What you ask for").select_option("erase")
        page.get_by_role("button", name="Send").click()
        assert "Your request is with us." in page.inner_text("main")
        page.goto(f"{portal.url}/")
    finally:
        context.close()


def test_the_way_in_leads_to_the_text(portal):
    with portal.visit("/", state=None) as page:
        page.get_by_role("link", name="Privacy policy").click()
        page.wait_for_url("**/privacy?lang=en")
        assert page.inner_text("h1").startswith("Privacy policy of")
        page.get_by_role("link", name="فارسی").click()
        page.wait_for_url("**/privacy?lang=fa")
        assert page.get_attribute("html", "lang") == "fa"
