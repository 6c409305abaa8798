"""People: invited, signed in, kept safe; a driver sees who looked, and hides."""

import pyotp
import pytest
from conftest import NARROW, WIDE, faults, shot

PASSWORD = "four calm lanterns over water"


def link_for(portal, role):
    """A one-time link for a new account of this role."""
    with portal.visit("/people") as page:
        page.get_by_role("button", name="Invite").click()
        page.get_by_role("button", name="Role").click()
        page.get_by_role("option", name=role, exact=True).click()
        page.get_by_role("button", name="Make the invitation").click()
        return page.locator(".modal code").inner_text()


def arrive(portal, link, name):
    """Accept an invitation; gives the signed-in state."""
    with portal.visit("/" + link[link.index("#") :], state=None) as page:
        page.get_by_label("Name").fill(name)
        assert "#link" not in page.url
        page.get_by_label("New password").fill(PASSWORD)
        assert page.get_by_role("button", name="Sign in").is_disabled()
        page.get_by_text("I am 13 or older").click()
        page.get_by_role("button", name="Sign in").click()
        page.locator(".shell").wait_for(timeout=20_000)
        return page.context.storage_state()


@pytest.fixture(scope="module")
def driver(portal):
    """A driver with a unit of the fleet: the state of their browser, and the unit's name."""
    state = arrive(portal, link_for(portal, "Driver"), "Dara Driver")
    with portal.visit("/about") as page:
        unit = page.evaluate(
            """async () => {
              const ask = async (path) => (await fetch('/v1' + path)).json();
              const person = (await ask('/people')).find((one) => one.name === 'Dara Driver');
              const unit = (await ask('/units'))[0];
              const body = JSON.stringify({person: person.id, kind: 'assigned'});
              const headers = {'content-type': 'application/json'};
              const answer = await fetch(`/v1/units/${unit.id}/assign`, {method: 'POST', headers, body});
              return answer.ok ? unit.name : null;
            }"""
        )
    assert unit
    return state, unit


def test_a_one_time_link_works_once(portal):
    link = link_for(portal, "Viewer")
    arrive(portal, link, "Vera Viewer")
    with portal.visit("/" + link[link.index("#") :], state=None, refused=["410 /v1/session/link"]) as page:
        page.get_by_text("This link was used, is too old, or was never given").wait_for()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desktop", "phone"])
def test_the_sign_in_page_is_readable_refuses_and_lets_in(portal, driver, size):  # noqa: ARG001 -- makes the account
    with portal.visit("/", state=None, size=size, refused=["401 /v1/session"]) as page:
        page.get_by_role("heading", name="Sign in").wait_for()
        assert faults(page) == []
        shot(page, "sign-in-desktop" if size is WIDE else "sign-in-phone")
        page.get_by_label("E-mail or name").fill("Dara Driver")
        page.get_by_label("Password", exact=True).fill("not this one at all")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("Name or password is not right.").wait_for()
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.locator(".shell").wait_for(timeout=20_000)
        assert page.get_by_role("link", name="People").count() == 0


def test_one_time_codes_are_switched_on_and_then_asked_for(portal):
    state = arrive(portal, link_for(portal, "Viewer"), "Cody Codes")
    with portal.visit("/security", state=state) as page:
        page.get_by_role("button", name="Switch on").click()
        page.get_by_alt_text("QR code of the secret").wait_for()
        codes = pyotp.TOTP(page.locator(".modal code").inner_text())
        first = codes.now()
        page.get_by_label("Code of your authenticator").fill(first)
        page.get_by_role("dialog").get_by_role("button", name="Switch on").click()
        page.get_by_text("They are on").wait_for()
    with portal.visit("/", state=None, refused=["401 /v1/session"] * 2) as page:
        page.get_by_label("E-mail or name").fill("Cody Codes")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_label("Code of your authenticator").fill(first)  # used already
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("was used before").wait_for()


def test_a_passkey_signs_in_without_a_password(portal):
    state = arrive(portal, link_for(portal, "Viewer"), "Pia Passkey")
    with portal.visit("/security", state=state) as page:
        keys = page.context.new_cdp_session(page)
        keys.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        keys.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        page.get_by_role("button", name="Add a passkey").click()
        page.get_by_role("dialog").get_by_role("button", name="Add a passkey").click()
        page.get_by_text("Not used yet").wait_for()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("button", name="Use a passkey").click()
        page.locator(".shell").wait_for(timeout=20_000)


def test_a_driver_sees_who_looked_and_checks_the_proof_in_the_browser(portal, driver):
    state, unit = driver
    with portal.visit() as page:
        page.get_by_label("Search units").fill(unit)
        page.locator(".grid-row").first.click()
        page.locator(".card .button.primary").click()
        page.locator(".time-track path").wait_for(state="attached", timeout=15_000)
    with portal.visit("/looked", state=state) as page:
        page.get_by_role("row").nth(1).wait_for()
        page.get_by_role("button", name="Check").first.click()
        page.get_by_text("Proven").wait_for()
        assert faults(page) == []
        shot(page, "looked-desktop")
        page.get_by_role("button", name="Who can see me now").click()
        eye = page.get_by_role("dialog")
        eye.get_by_text("Who looked lately").wait_for()
        eye.get_by_text("can see where you are:").wait_for()
        eye.get_by_role("listitem").filter(has_text="Demo").first.wait_for()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["desktop", "phone"])
def test_private_time_hides_the_driver_and_ends_when_they_say(portal, driver, size):
    state, unit = driver
    with portal.visit("/me", state=state, size=size) as page:
        page.get_by_role("button", name="Begin").click()
        page.get_by_text("Private time is on").wait_for()
        shot(page, "private-desktop" if size is WIDE else "private-phone")
        with portal.visit() as other:
            other.get_by_label("Search units").fill(unit)
            other.locator(".grid-row").first.get_by_text("Private").wait_for(timeout=15_000)
        page.get_by_role("button", name="End", exact=True).click()
        page.get_by_text("Private time is off").wait_for()


def test_a_no_to_a_consent_is_as_near_as_a_yes_and_is_kept(portal, driver):
    with portal.visit("/me", state=driver[0]) as page:
        answers = page.get_by_role("group", name="Your answer").last
        answers.get_by_role("button", name="No").click()
        page.get_by_text("No, since").first.wait_for()
        sizes = [answers.get_by_role("button", name=name).bounding_box() for name in ("Yes", "No")]
        assert sizes[0]["width"] == sizes[1]["width"]
        assert sizes[0]["height"] == sizes[1]["height"]


def test_working_hours_are_kept(portal, driver):
    with portal.visit("/me", state=driver[0]) as page:
        page.get_by_text("Keep places in working hours only").click()
        page.get_by_label("Monday from").fill("07:30")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("Saved.").wait_for()
        page.reload()
        page.get_by_label("Monday from").wait_for()
        assert page.get_by_label("Monday from").input_value() == "07:30"
        page.get_by_text("Keep places in working hours only").click()
        page.get_by_label("Monday from").wait_for(state="detached")


def test_someone_closes_their_account_and_is_at_the_door_again(portal):
    state = arrive(portal, link_for(portal, "Driver"), "Lena Leaver")
    with portal.visit("/requests", state=state, size=NARROW, refused=("403 /v1/me/close",)) as page:
        page.get_by_role("button", name="Close my account").click()
        page.get_by_label("Password").fill("not this one at all")
        page.get_by_role("button", name="Close it").click()
        page.locator(".modal [role=alert]").wait_for()
        shot(page, "leave-en-390-light")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Close it").click()
        page.locator(".door").wait_for()
