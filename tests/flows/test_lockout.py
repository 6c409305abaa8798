"""The count of failed sign-ins: properties that hold whatever a guesser does."""

from hypothesis import given
from hypothesis import strategies as st

from waykeep.flows.lockout import ACCOUNT, NONE, SOURCE, Limit, failed, forgiven, locked

DAY_MS = 86_400_000
WAITS = st.lists(st.integers(0, 2 * DAY_MS), max_size=60)
LIMITS = st.sampled_from([ACCOUNT, SOURCE, Limit(free=1, first_ms=1000, longest_ms=8000, forget_ms=60_000)])


@given(LIMITS, st.integers(0, 10**13))
def test_nobody_is_locked_before_the_free_failures_are_used_up(limit, now_ms):
    count = NONE
    for _ in range(limit.free - 1):
        count = failed(count, now_ms, limit)
        assert not locked(count, now_ms)
    assert locked(failed(count, now_ms, limit), now_ms)


@given(LIMITS, WAITS)
def test_a_lock_ends_at_the_latest_after_its_longest_length(limit, waits):
    count, now_ms = NONE, 10**12
    for wait in waits:
        now_ms += wait
        count = failed(count, now_ms, limit)
        assert count.until_ms - now_ms <= limit.longest_ms
        assert not locked(count, now_ms + limit.longest_ms)


@given(LIMITS, st.lists(st.integers(0, 3_600_000), min_size=1, max_size=200))
def test_a_patient_guesser_gets_no_more_tries_than_the_locks_allow(limit, waits):
    count, now_ms, tries, begun_ms = NONE, 10**12, 0, 10**12
    for wait in waits:
        now_ms += wait
        if not locked(count, now_ms):
            tries += 1
            count = failed(count, now_ms, limit)
    fresh_starts = (now_ms - begun_ms) // limit.forget_ms + 1
    longest_locks = (now_ms - begun_ms) // limit.longest_ms + 1
    doublings = (limit.longest_ms // limit.first_ms).bit_length() + 1
    assert tries <= fresh_starts * (limit.free + doublings) + longest_locks


@given(LIMITS, WAITS, st.integers(1, 10 * 365 * DAY_MS))
def test_a_clock_that_is_set_back_frees_nobody_early(limit, waits, back_ms):
    count, now_ms = NONE, 10**13
    for wait in waits:
        now_ms += wait
        count = failed(count, now_ms, limit)
    if locked(count, now_ms):
        assert locked(count, now_ms - back_ms)


@given(LIMITS, st.integers(0, 40))
def test_a_try_that_turned_out_right_leaves_no_trace_of_itself(limit, before):
    count, now_ms = NONE, 10**12
    for _ in range(before):
        now_ms += limit.longest_ms
        count = failed(count, now_ms, limit)
    after = forgiven(failed(count, now_ms, limit))
    assert (after.failures, locked(after, now_ms)) == (count.failures, False)
