"""Who may read which positions: every way that a grant is refused or made smaller."""

import msgspec
import pytest

from waykeep.errors import AskError
from waykeep.model.access import Aim, Purpose, Role, Viewer
from waykeep.model.rules import Attribution, Hours, Rules, Span
from waykeep.policy import access
from waykeep.policy.access import Reading

NOW_MS = 1_750_000_000_000
FLEET = frozenset({"d1", "d2", "d3"})
WHY = Purpose.PROVIDE_SERVICE


def ask(role=Role.VIEWER, sees=None, devices=None, span=None, reading=None, purpose=WHY, because=""):
    viewer = Viewer(person="p1", tenant="t1", role=role, devices=None if sees is None else frozenset(sees))
    return access.grant(
        viewer, Aim(purpose, because), devices, span, "test", fleet=FLEET, reading=reading or Reading(), now_ms=NOW_MS
    )


@pytest.mark.parametrize("role", Role)
def test_each_role_that_may_read_gets_what_it_asks_for_and_says_why(role):
    grant = ask(role, devices=["d1"], span=(1, 2))
    assert (grant.viewer, grant.tenant, grant.purpose, grant.route) == ("p1", "t1", WHY, "test")
    assert (grant.devices, grant.from_ms, grant.to_ms) == (frozenset({"d1"}), 1, 2)


@pytest.mark.parametrize(
    ("sees", "asked", "granted"),
    [(None, None, FLEET), (["d1", "gone"], None, {"d1"}), ([], None, set()), (["d1", "d2"], ["d2"], {"d2"})],
)
def test_a_grant_holds_what_is_asked_for_and_seen_and_there(sees, asked, granted):
    assert ask(sees=sees, devices=asked).devices == frozenset(granted)


@pytest.mark.parametrize(
    ("sees", "asked"), [(None, ["d9"]), (["d1"], ["d2"]), (["d1"], ["d1", "d2"]), (["d9"], ["d9"])]
)
def test_a_device_not_seen_is_answered_like_one_that_does_not_exist(sees, asked):
    with pytest.raises(AskError, match="There is no such unit") as refused:
        ask(sees=sees, devices=asked)
    assert refused.value.status == 404


@pytest.mark.parametrize("purpose", sorted(set(Purpose) - {WHY}))
def test_a_purpose_that_the_policy_does_not_name_reads_nothing(purpose):
    with pytest.raises(AskError) as refused:
        ask(purpose=purpose)
    assert (refused.value.slug, refused.value.status) == ("purpose", 403)
    assert ask(purpose=purpose, reading=Reading(purposes=frozenset({purpose}))).purpose == purpose


def test_a_purpose_that_needs_a_case_reads_nothing_without_one():
    reading = Reading(purposes=frozenset({Purpose.LEGAL, WHY}), requires={Purpose.LEGAL: "case"})
    for because in ("", "  ", "\n\t"):
        with pytest.raises(AskError, match="say the case in `because`") as refused:
            ask(purpose=Purpose.LEGAL, reading=reading, because=because)
        assert (refused.value.slug, refused.value.status) == ("because-missing", 403)
    assert ask(purpose=Purpose.LEGAL, reading=reading, because=" order \n 7 ").because == "order 7"
    assert ask(reading=reading).because == ""


def test_without_location_there_is_nothing_to_read_whoever_asks():
    with pytest.raises(AskError) as refused:
        ask(Role.ADMINISTRATOR, reading=Reading(keeps_location=False))
    assert refused.value.slug == "no-location"


@pytest.mark.parametrize(
    ("span", "clipped"),
    [
        ((NOW_MS - 5000, NOW_MS), (NOW_MS - 1000, NOW_MS)),
        ((NOW_MS - 500, NOW_MS), (NOW_MS - 500, NOW_MS)),
        ((0, NOW_MS - 2000), (NOW_MS - 1000, NOW_MS - 1000)),
        ((NOW_MS - 1000, NOW_MS + 1000), (NOW_MS - 1000, NOW_MS + 1000)),
    ],
)
def test_a_span_never_reaches_past_retention(span, clipped):
    grant = ask(devices=["d1"], span=span, reading=Reading(retention_ms=1000))
    assert (grant.from_ms, grant.to_ms) == clipped


def test_a_span_that_ends_before_it_begins_is_refused():
    with pytest.raises(AskError) as refused:
        ask(devices=["d1"], span=(5, 4))
    assert refused.value.slug == "wrong-span"


def test_a_grant_cannot_be_changed():
    with pytest.raises(AttributeError):
        ask().devices = FLEET
    assert msgspec.structs.fields(type(ask()))


BOTH = Attribution(
    device="d1",
    drivers=((Span(100, 200), "p-first"), (Span(300, 400), "p-second")),
    assigned=((Span(150, 350), "p-holder"),),
)


@pytest.mark.parametrize(
    ("span", "whose"),
    [
        ((0, 50), {"d1"}),
        ((0, 101), {"d1", "p-first"}),
        ((120, 130), {"p-first"}),
        ((120, 250), {"p-first", "p-holder"}),
        ((200, 300), {"p-holder"}),
        ((0, 1000), {"d1", "p-first", "p-holder", "p-second"}),
        ((400, 401), {"d1"}),
        ((400, 400), {"d1"}),
    ],
)
def test_everyone_whose_fixes_a_span_may_hold_is_a_subject(span, whose):
    assert access.subjects(BOTH, *span) == whose


def test_the_subjects_of_a_span_are_those_of_its_moments():
    for start in range(0, 450, 30):
        for stop in range(start + 1, 460, 45):
            moments = {BOTH.subject_at(at) for at in range(start, stop)}
            assert access.subjects(BOTH, start, stop) == moments


def test_private_time_is_the_button_and_what_lies_outside_working_hours():
    button = Rules(tenant="t1", device="d1", private=(Span(NOW_MS - 10, NOW_MS + 10),))
    assert access.private(button, NOW_MS)
    assert not access.private(button, NOW_MS + 10)
    never = Rules(tenant="t1", device="d1", hours=((Span(0), Hours("UTC", ())),))
    always = Rules(
        tenant="t1", device="d1", hours=((Span(0), Hours("UTC", tuple((day, 0, 1440) for day in range(7)))),)
    )
    assert access.private(never, NOW_MS)
    assert not access.private(always, NOW_MS)


def turns(role, closed):
    grant = ask(role, devices=["d1"], span=(0, 100))
    attribution = Attribution(device="d1", drivers=((Span(10, 20), "p1"), (Span(50, None), "p2")))
    return access.turns(Viewer(person="p1", tenant="t1", role=role), attribution, grant, closed)


def test_the_turns_of_someone_closed_are_read_by_nobody_but_themselves():
    assert turns(Role.ADMINISTRATOR, None) is None
    assert turns(Role.ADMINISTRATOR, lambda _: False) is None
    assert turns(Role.ADMINISTRATOR, lambda who: who == "p1") == [(0, 10), (20, 50), (50, 100)]
    assert turns(Role.ADMINISTRATOR, lambda _: True) == []
    assert turns(Role.DRIVER, lambda _: True) == [(10, 20)]


def test_the_last_place_of_someone_closed_is_shown_to_nobody_but_themselves():
    attribution = Attribution(device="d1", drivers=((Span(10, 20), "p1"),))
    for role, shown in ((Role.DRIVER, True), (Role.VIEWER, False), (Role.ADMINISTRATOR, False)):
        viewer = Viewer(person="p1", tenant="t1", role=role)
        assert access.theirs(viewer, attribution, 15, lambda who: who == "p1") is shown
    assert access.theirs(Viewer(person="p9", tenant="t1", role=Role.VIEWER), attribution, 25, lambda who: who == "p1")
