"""A span that ends where it begins broke the cutting into turns: a driver's empty span was answered as an error."""

from waykeep.model.access import Grant, Purpose, Role, Viewer
from waykeep.model.rules import Attribution
from waykeep.policy import access


def test_an_empty_span_has_no_turns():
    grant = Grant(
        viewer="p1", tenant="t1", purpose=Purpose.PROVIDE_SERVICE, devices=frozenset({"d1"}), from_ms=7, to_ms=7,
        route="track",
    )  # fmt: skip
    for role in (Role.DRIVER, Role.ADMINISTRATOR):
        viewer = Viewer(person="p1", tenant="t1", role=role)
        assert access.turns(viewer, Attribution(device="d1"), grant) == []
