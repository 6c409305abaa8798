"""The live map: units move, the list finds them, the card tells about one, its day is replayed."""

import pytest
from conftest import NARROW, UNITS, WIDE, shot, until

SIZES = {"desktop": WIDE, "phone": NARROW}


def moving(page):
    """Wait until the map has drawn positions of the stream."""
    until(page, "Number(document.querySelector('.map-box')?.dataset.applied ?? 0) > 0")
    until(page, "Number(document.querySelector('.map-box')?.dataset.drawn ?? 0) > 1")


@pytest.mark.parametrize("width", SIZES)
def test_every_unit_is_listed_and_its_news_reach_the_map(portal, width):
    with portal.visit("/?list" if width == "phone" else "/", size=SIZES[width]) as page:
        moving(page)
        before = int(page.locator(".map-box").get_attribute("data-applied"))
        until(page, f"Number(document.querySelector('.map-box').dataset.applied) > {before + UNITS}")
        assert page.locator("[role=grid]").get_attribute("aria-rowcount") == str(UNITS)
        page.get_by_role("status").get_by_text("Live").wait_for()
        page.wait_for_timeout(1500)
        shot(page, f"map-{width}")


def test_keys_search_move_open_and_close(portal):
    with portal.visit() as page:
        page.locator(".grid-row").first.wait_for()
        second = page.locator(".grid-row .line-name b").nth(1).inner_text()
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.tagName") == "INPUT"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name=second).wait_for()
        page.keyboard.press("Escape")
        page.locator(".card").wait_for(state="detached")
        page.keyboard.press("?")
        page.get_by_role("dialog", name="Keys").wait_for()


def test_search_and_status_filter_narrow_the_list_and_say_so(portal):
    with portal.visit() as page:
        page.locator(".grid-row").first.wait_for()
        name = page.locator(".grid-row .line-name b").nth(3).inner_text()
        page.get_by_label("Search units").fill(name)
        page.get_by_text(f"1 of {UNITS} units").wait_for()
        page.get_by_label("Search units").fill("no such unit")
        page.get_by_role("button", name="Clear filters").click()
        page.get_by_text(f"{UNITS} of {UNITS} units").wait_for()
        chip = page.locator(".chip").first
        count = chip.locator("b").inner_text()
        chip.click()
        page.get_by_text(f"of {UNITS} units").wait_for()
        assert int(page.locator("[role=grid]").get_attribute("aria-rowcount")) <= UNITS
        assert count


@pytest.mark.parametrize("width", SIZES)
def test_the_card_tells_sensors_with_units_and_age(portal, width):
    with portal.visit("/?list" if width == "phone" else "/", size=SIZES[width]) as page:
        moving(page)
        page.locator(".grid-row").nth(1).click()
        card = page.locator(".card")
        card.get_by_text("Ignition").wait_for()
        assert " ago" in card.locator(".card-now small").inner_text()
        assert card.locator(".sensors dd").count() >= 3
        page.wait_for_timeout(1500)
        shot(page, f"card-{width}")


@pytest.mark.parametrize("width", SIZES)
def test_a_day_is_replayed_on_the_time_bar_and_taken_away_as_a_file(portal, width):
    with portal.visit("/?list" if width == "phone" else "/", size=SIZES[width]) as page:
        moving(page)
        page.locator(".grid-row").nth(2).click()
        page.locator(".card .button.primary").click()
        page.locator(".time-track path").wait_for(state="attached", timeout=15_000)
        first = page.locator(".replay-now").inner_text()
        page.get_by_role("button", name="Play", exact=True).click()
        until(page, f"document.querySelector('.replay-now').innerText !== '{first}'")
        page.get_by_role("slider").focus()
        page.keyboard.press("Home")
        until(page, f"document.querySelector('.replay-now').innerText === '{first}'")
        shot(page, f"history-{width}")
        page.get_by_role("button", name="Export this day").click()
        with page.expect_download() as taken:
            page.get_by_role("menuitem", name="GPX").click()
        assert "<trkpt" in taken.value.path().read_text()


def test_a_day_without_data_says_so_and_shows_the_way_to_one_that_has(portal):
    with portal.visit() as page:
        page.locator(".grid-row").first.click()
        page.locator(".card .button.primary").click()
        page.get_by_role("button", name="Day before").click()
        page.get_by_text("Nothing was reported on this day").wait_for()


def test_the_phones_sheet_has_three_heights(portal):
    with portal.visit("/", size=NARROW) as page:
        grip = page.get_by_role("button", name="Height of the sheet")
        grip.wait_for()
        heights = []
        for key in ("ArrowUp", "ArrowUp", "ArrowDown"):
            heights.append(page.locator(".sheet").get_attribute("class").split()[-1])
            grip.press(key)
        heights.append(page.locator(".sheet").get_attribute("class").split()[-1])
        assert heights == ["peek", "half", "full", "half"]
