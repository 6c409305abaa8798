"""From what people said to spans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waykeep.model.rules import Attribution, Rules, Span, in_order
from waykeep.policy.promises import ALWAYS, agreed, held, joined, within, without

MOMENTS = st.integers(-5, 25)
SPANS = st.lists(
    st.builds(lambda start, length: Span(start, None if length is None else start + length),
              st.integers(0, 20), st.none() | st.integers(1, 8)), max_size=4,
)  # fmt: skip


def inside(spans, at):
    return any(span.holds(at) for span in spans)


@given(SPANS, MOMENTS)
def test_without_holds_every_moment_that_no_span_holds(spans, at):
    assert inside(without(spans), at) is not inside(spans, at)


@given(SPANS, MOMENTS)
def test_joined_holds_the_same_moments_in_order(spans, at):
    assert inside(joined(spans), at) is inside(spans, at)
    assert in_order(joined(spans))


def test_rules_out_of_order_are_refused():
    Rules(tenant="t0", device="d0", private=(Span(0, 5), Span(5)))
    for spans in ((Span(0, 6), Span(5)), (Span(5, 6), Span(0, 1)), (Span(0), Span(5))):
        with pytest.raises(ValueError, match="order"):
            Rules(tenant="t0", device="d0", private=spans)


@given(SPANS, SPANS, MOMENTS)
def test_within_holds_the_moments_of_both(spans, bounds, at):
    parts = [part for bound in bounds for part in within(spans, bound)]
    assert inside(parts, at) is (inside(spans, at) and inside(bounds, at))


@given(SPANS, SPANS, MOMENTS)
def test_held_names_the_subject_of_every_moment(drivers, assigned, at):
    attribution = Attribution(
        device="d0",
        drivers=tuple((span, f"driver {n}") for n, span in enumerate(drivers)),
        assigned=tuple((span, f"assigned {n}") for n, span in enumerate(assigned)),
    )
    found = [person for span, person in held(attribution) if span.holds(at)]
    subject = attribution.subject_at(at)
    assert found == ([] if subject == "d0" else [subject])


def test_silence_is_a_yes_only_where_no_consent_is_required():
    assert agreed([], required=False) == ((ALWAYS,), False)
    assert agreed([], required=True) == ((), False)


def test_after_a_no_nothing_is_kept_of_whatever_time():
    assert agreed([(10, False)], required=False) == ((), True)
    assert agreed([(5, True), (10, False)], required=True) == ((), True)


def test_after_a_new_yes_only_the_time_between_stays_out():
    changes = [(10, False), (20, True)]
    assert agreed(changes, required=False) == ((Span(ALWAYS.from_ms, 10), Span(20)), False)
    assert agreed([(5, True), *changes], required=True) == ((Span(5, 10), Span(20)), False)
