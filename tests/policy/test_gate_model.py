"""The gate agrees with a slow and obvious telling of its rules, whatever comes."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from waykeep.model.frame import Flag, Frame, Reason
from waykeep.model.position import Position
from waykeep.model.rules import Rules, Span
from waykeep.policy.gate import AHEAD_MS, GAP_MS, ROLLOVER_MS, admit
from waykeep.policy.promises import joined

NOW = 1_800_000_000_000
MOMENTS = st.integers(NOW - 40, NOW + 10) | st.sampled_from(
    [NOW + AHEAD_MS, NOW + AHEAD_MS + 1, NOW - ROLLOVER_MS, NOW - ROLLOVER_MS - 30, NOW + ROLLOVER_MS - 5, 0]
)
SPANS = st.lists(
    st.builds(lambda start, length: Span(start, None if length is None else start + length),
              st.integers(NOW - 40, NOW), st.none() | st.integers(0, 15)), max_size=3,
).map(joined)  # fmt: skip
COORDINATES = st.none() | st.sampled_from([0.0, 12.3456789, 91.0, 181.0, math.nan, math.inf])
POSITIONS = st.builds(
    Position, fix_ms=st.none() | MOMENTS, valid=st.booleans(), latitude_deg=COORDINATES, longitude_deg=COORDINATES,
    attributes=st.dictionaries(st.sampled_from(["ignition", "unheard", "odometer"]), st.integers(0, 9), max_size=2),
)  # fmt: skip
CATEGORIES = st.sets(st.sampled_from(["location.precise", "vehicle.status", "quality.signal"])).map(frozenset)
RULES = st.builds(
    Rules, tenant=st.just("t0"), device=st.just("d0"), keeps_location=st.sampled_from([True, True, True, False]),
    collects=st.just(frozenset({"location.precise", "vehicle.status", "quality.signal"})) | CATEGORIES,
    consented=st.none() | SPANS, withdrawn=st.sampled_from([False, False, False, True]), private=SPANS,
    retention_ms=st.none() | st.integers(0, 45), since_ms=st.sampled_from([0, NOW - 30, NOW - 5]), forgotten=SPANS,
)  # fmt: skip


def holds(spans, moments):
    return any(s.from_ms <= m and (s.to_ms is None or m < s.to_ms) for s in spans for m in moments)


def told(position: Position, rules: Rules) -> tuple[int, int | None, int] | tuple[Reason, int]:  # noqa: PLR0911  one answer a line, so that it can be read against the rules
    """What becomes of one position: its time, claimed time and flags about time, or the reason and the time."""
    fix, claimed, flags = position.fix_ms, None, 0
    believed = range(rules.since_ms, NOW + AHEAD_MS + 1)
    if fix is None:
        fix, flags = NOW, Flag.NO_FIX_TIME
    elif fix not in believed:
        mended = fix + ROLLOVER_MS if fix < rules.since_ms else fix - ROLLOVER_MS
        too_old = rules.retention_ms is not None and fix + rules.retention_ms <= NOW
        if mended in believed:
            fix, flags = mended, Flag.TIME_MENDED
        elif fix > NOW or not too_old:
            fix, claimed, flags = NOW, fix, Flag.TIME_CLAIMED
    moments = [fix] if claimed is None else [fix, claimed]
    place = (position.latitude_deg, position.longitude_deg)
    if place != (None, None) and (None in place or not (abs(place[0]) <= 90 and abs(place[1]) <= 180)):
        return Reason.IMPOSSIBLE, fix
    if rules.retention_ms is not None and fix + rules.retention_ms <= NOW:
        return Reason.RETENTION, fix
    if holds(rules.forgotten, moments):
        return Reason.FORGOTTEN, fix
    if rules.consented is not None and not holds(rules.consented, [fix]):
        return Reason.NO_CONSENT, fix
    if holds(rules.private, moments):
        return Reason.PRIVATE_TIME, fix
    if "location.precise" not in rules.collects and not names(position, rules):
        return Reason.CATEGORY_OFF, fix
    return fix, claimed, flags


def names(position: Position, rules: Rules) -> set[str]:
    if "vehicle.status" not in rules.collects:
        return set()
    telling = set() if "location.precise" in rules.collects else {"odometer"}
    return set(position.attributes) - {"unheard"} - telling


@settings(max_examples=400, deadline=None)
@given(st.lists(POSITIONS, max_size=5).map(tuple), RULES)
def test_the_gate_agrees_with_its_rules_told_slowly(positions, rules):
    records = tuple(b"%d" % i for i in range(len(positions)))
    frame = Frame(tenant="t0", device="d0", received_ms=NOW, positions=positions, records=records)
    verdict = admit(frame, rules, NOW)
    refused = {r.reason: r.count for r in verdict.refused}
    if not rules.keeps_location or rules.withdrawn:
        reason = Reason.WITHDRAWN if rules.keeps_location else Reason.LOCATION_MODE
        assert verdict.cleared is None
        assert refused == ({reason: len(positions)} if positions else {})
        return
    wanted, counts, gaps = [], {}, set()
    for position, record in zip(positions, records, strict=True):
        match told(position, rules):
            case (Reason() as reason, fix):
                counts[reason] = counts.get(reason, 0) + 1
                hour = fix // GAP_MS * GAP_MS
                if reason is Reason.PRIVATE_TIME and hour not in gaps:
                    gaps.add(hour)
                    wanted.append((hour, None, Flag.GAP, None, set(), b"gap %d" % (hour // GAP_MS)))
            case (fix, claimed, flags):
                latitude = position.latitude_deg if "location.precise" in rules.collects else None
                if latitude is not None and position.valid:
                    flags |= Flag.VALID
                whole = None if latitude is None else round(latitude * 1e7)
                wanted.append((fix, claimed, flags, whole, names(position, rules), record))
    assert refused == counts
    if verdict.cleared is None:
        assert not wanted
        return
    c = verdict.cleared.columns
    columns = (c.fix_ms, c.claimed_ms, c.flags, c.latitude_e7, map(set, c.attributes), verdict.cleared.records)
    assert list(zip(*columns, strict=True)) == wanted
    assert len({len(getattr(c, name)) for name in c.__struct_fields__}) == 1
