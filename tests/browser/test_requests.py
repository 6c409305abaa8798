"""Someone asks for their data, sees by when they are answered, and is asked to show who they are."""

import pytest
from conftest import NARROW, WIDE, demo, faults, shot


@pytest.fixture(scope="module")
def office(tmp_path_factory, browser):
    """A server without a map, which is the smaller one."""
    with demo(tmp_path_factory.mktemp("requests"), browser, "--profile", "safetrack") as made:
        yield made


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desktop", "phone"])
def test_a_request_is_made_and_shows_its_day_and_what_it_waits_for(office, size):
    with office.visit("/me", size=size) as page:
        page.get_by_role("button", name="Your rights").click()
        page.get_by_role("heading", name="Your rights").wait_for()
        before = page.locator(".rows li").count() if page.locator(".rows").count() else 0
        page.get_by_role("button", name="New request").click()
        page.get_by_label("In your own words (optional)").fill("Everything of this year")
        assert faults(page) == []
        shot(page, f"request-new-{size['width']}")
        box = page.locator(".modal").bounding_box()
        assert box["x"] + box["width"] <= size["width"], "the dialog lies within the screen"
        page.get_by_role("button", name="Send", exact=True).press("Enter")
        page.locator(".modal").wait_for(state="detached")
        first = page.locator(".rows li").first
        first.wait_for()
        assert page.locator(".rows li").count() == before + 1
        assert "A copy of my data" in first.inner_text()
        assert "Due by" in first.inner_text()
        assert "Everything of this year" in first.inner_text()
        first.get_by_role("button", name="Show that it is you").click()
        page.get_by_label("Password").wait_for()
        assert faults(page) == []
        shot(page, f"request-prove-{size['width']}")
        page.get_by_role("button", name="Cancel").click()
        assert first.get_by_role("link", name="Download").count() == 0
        assert faults(page) == []
        shot(page, f"requests-{size['width']}")


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (NARROW, "light")], ids=["desktop", "phone"])
def test_the_desk_handles_what_came_by_the_form_and_one_person_alone_refuses_nothing(office, size, scheme):
    with office.visit("/me", size=size, scheme=scheme) as page:
        page.get_by_role("button", name="Rights desk").click()
        page.get_by_role("heading", name="Rights desk").wait_for()
        said = {"right": "erase", "name": f"Canary {size['width']}", "contact": "canary@canary.test"}
        page.evaluate(
            """(said) => fetch('/v1/privacy/requests', {method: 'POST', headers: {'content-type': 'application/json'},
            body: JSON.stringify(said)})""",
            said,
        )
        page.reload()
        row = page.locator(".rows li").filter(has_text=said["name"]).first
        row.wait_for()
        assert faults(page) == []
        shot(page, f"desk-{size['width']}")
        row.get_by_role("button", name="Handle").click()
        page.get_by_label("The facts; the person is told").fill("Nobody of this name was ever known here")
        page.get_by_label("Answer to the person").fill("No part of it can be done")
        page.get_by_label("Whose data it is about").first.wait_for()
        assert faults(page) == []
        shot(page, f"desk-handle-{size['width']}")
        box = page.locator(".modal").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size["width"], "the dialog lies within the screen"
        page.get_by_role("button", name="Propose the refusal").press("Enter")  # by keyboard
        page.locator(".modal").wait_for(state="detached")
        assert "refusal proposed" in row.inner_text()


def test_requests_read_from_right_to_left(office):
    with office.visit("/requests", size=NARROW, scheme="dark") as page:
        page.evaluate(
            """() => fetch('/v1/me', {method: 'PATCH', headers: {'content-type': 'application/json'},
            body: JSON.stringify({language: 'fa', template: 'harbour', dark: 'dark'})})"""
        )
        page.reload()
        page.get_by_role("heading", name="حقوق شما").wait_for()
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert faults(page) == []
        shot(page, "fa-requests")
        page.goto(office.url + "/desk")
        page.get_by_role("heading", name="میز حقوق").wait_for()
        assert faults(page) == []
        shot(page, "fa-desk")
