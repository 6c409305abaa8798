"""Devices come and go: the wizard to the first report, one that knocks, one that is forgotten."""

import time
import urllib.request

import pytest
from conftest import NARROW, UNITS, WIDE, shot

SIZES = {"desktop": WIDE, "phone": NARROW}


def report(portal, unique_id, latitude=48.2, longitude=16.37):
    """One fix, as a phone app sends it; gives the answer's status."""
    with portal.visit("/about") as page:
        ports = page.evaluate("fetch('/v1/protocols').then((answer) => answer.json())")
    port = next(one["port"] for one in ports if one["name"] == "osmand")
    query = f"id={unique_id}&lat={latitude}&lon={longitude}&timestamp={int(time.time())}&speed=20&batt=80"
    try:
        with urllib.request.urlopen(f"http://localhost:{port}/?{query}", timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.mark.parametrize("width", SIZES)
def test_a_device_is_added_from_its_settings_to_its_first_report_and_forgotten_again(portal, width):
    name, unique_id = f"Courier {width}", f"courier-{width}"
    with portal.visit("/add", size=SIZES[width]) as page:
        page.get_by_role("radio", name="Phone app").check()
        page.get_by_label("Name of the unit").fill(name)
        page.get_by_label("Unique id").fill(unique_id)
        page.get_by_role("button", name="Next").click()
        page.locator(".settings-list code").first.wait_for()
        assert unique_id in " ".join(page.locator(".settings-list code").all_inner_texts())
        shot(page, f"add-{width}")
        page.get_by_role("button", name="The device is set").click()
        page.get_by_role("heading", name=f"Waiting for the first report of {name}").wait_for()
        assert report(portal, unique_id) == 200
        page.get_by_role("heading", name=f"{name} reports").wait_for(timeout=20_000)
        page.get_by_role("button", name="Show on the map").click()
        card = page.locator(".card")
        card.get_by_role("heading", name=name).wait_for()
        card.get_by_role("button", name="More").click()
        page.get_by_role("menuitem", name="Forget for good").click()
        forget = page.get_by_role("dialog").get_by_role("button", name="Forget for good")
        assert forget.is_disabled()
        page.get_by_label(f"Type {name} to confirm").fill(name)
        forget.click()
        page.get_by_role("dialog").wait_for(state="detached", timeout=20_000)
    with portal.visit() as page:
        page.get_by_text(f"{UNITS} of {UNITS} units").wait_for()


def test_a_device_that_knocks_waits_and_is_enrolled_from_there(portal):
    assert report(portal, "stranger-7") >= 400
    with portal.visit("/waiting") as page:
        row = page.get_by_role("row").filter(has_text="stranger-7")
        row.wait_for(timeout=15_000)
        shot(page, "waiting-desktop")
        row.get_by_role("button", name="Enrol").click()
        assert page.get_by_label("Unique id").input_value() == "stranger-7"
        assert page.get_by_role("radio", name="Phone app").is_checked()
