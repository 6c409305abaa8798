"""The operator signs what no program can show."""

import pytest
from conftest import NARROW, WIDE, demo, faults, shot


@pytest.fixture(scope="module")
def office(tmp_path_factory, browser):
    """A server of a profile with duties."""
    with demo(tmp_path_factory.mktemp("duties"), browser, "--profile", "safetrack") as made:
        yield made


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desktop", "phone"])
def test_a_duty_is_attested_in_words_and_shows_by_whom_and_until_when(office, size):
    with office.visit("/about", size=size) as page:
        page.get_by_role("button", name="See the operator’s duties").click()
        page.get_by_role("heading", name="Operator’s duties").wait_for()
        first = page.locator(".rows li").first
        first.get_by_role("button", name="Attest").click()
        sign = page.get_by_role("button", name="Sign", exact=True)
        assert sign.is_disabled()
        page.get_by_label("What is done, and how").fill("Checked on the first Monday of each month")
        page.get_by_role("button", name="Counts for").click()
        page.get_by_role("option", name="90 days").click()
        assert faults(page) == []
        shot(page, f"duty-sign-{size['width']}")
        sign.press("Enter")  # by keyboard, as the whole page can be used
        page.locator(".modal").wait_for(state="detached")
        assert "Checked on the first Monday of each month" in first.inner_text()
        assert "Attested by Demo, until" in first.inner_text()
        assert faults(page) == []
        shot(page, f"duties-{size['width']}")


def test_the_duties_read_from_right_to_left(office):
    with office.visit("/duties", size=NARROW, scheme="dark") as page:
        page.evaluate(
            """() => fetch('/v1/me', {method: 'PATCH', headers: {'content-type': 'application/json'},
            body: JSON.stringify({language: 'fa', template: 'harbour', dark: 'dark'})})"""
        )
        page.reload()
        page.get_by_role("heading", name="وظایف گرداننده").wait_for()
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert faults(page) == []
        shot(page, "fa-duties")
