"""One expected position compared with one that a decoder gave."""

import math
from collections.abc import Collection, Iterator
from datetime import datetime

import msgspec

from waykeep.model.position import Position, Value

MPS_PER_KNOT = 1852 / 3600
PLACE_DEG = 1e-6
SPEED_KNOTS = 0.01
OTHER = 0.01
ATTRIBUTE = 1e-9  # relative: decimal fractions differ in their last bit only


class Network(msgspec.Struct, frozen=True):
    """Cells and Wi-Fi that are expected."""

    cells: tuple[dict[str, int], ...] = ()
    wifi: tuple[dict[str, str | int], ...] = ()


class Expected(msgspec.Struct, frozen=True):
    """A position of the corpus; zero stands where a device said nothing."""

    fix_time: datetime | None
    device_time: datetime | None
    valid: bool
    no_fix: bool
    latitude: float
    longitude: float
    altitude_m: float
    speed_knots: float
    course_deg: float
    accuracy_m: float
    attributes: dict[str, Value]
    network: Network | None = None


def compare(expected: Expected, got: Position, relative: Collection[str], skipped: Collection[str]) -> Iterator[str]:
    """Tell every difference; `relative` fields are not compared literally, `skipped` attributes not at all."""
    yield from _times(expected, got, relative)
    yield from _place(expected, got)
    for name, value in expected.attributes.items():
        if name not in skipped and not same(value, got.attributes.get(name)):
            yield f"{name}: expected {value!r}, got {got.attributes.get(name)!r}"
    if expected.network:
        yield from _network(expected.network, got)


def same(expected: Value, got: Value | None) -> bool:
    """Whether two attribute values are the same: numbers by value, everything else by type too."""
    if isinstance(expected, bool) or isinstance(got, bool) or isinstance(expected, str) or got is None:
        return type(expected) is type(got) and expected == got
    return not isinstance(got, str) and math.isclose(expected, got, rel_tol=ATTRIBUTE, abs_tol=ATTRIBUTE)


def _times(expected: Expected, got: Position, relative: Collection[str]) -> Iterator[str]:
    """A device that states one time means both; None is 'not stated'."""
    pairs = (
        ("fixTime", expected.fix_time, got.fix_ms),
        ("deviceTime", expected.device_time, got.fix_ms if got.device_ms is None else got.device_ms),
    )
    for name, time, ms in pairs:
        expected_ms = None if time is None else round(time.timestamp() * 1000)
        if name not in relative and expected_ms != ms:
            yield f"{name}: expected {expected_ms}, got {ms}"


def _place(expected: Expected, got: Position) -> Iterator[str]:
    no_fix = got.latitude_deg is None or got.longitude_deg is None
    if expected.no_fix != no_fix:
        yield f"no_fix: expected {expected.no_fix}, got {no_fix}"
    if expected.valid != got.valid:
        yield f"valid: expected {expected.valid}, got {got.valid}"
    knots = None if got.speed_mps is None else got.speed_mps / MPS_PER_KNOT
    numbers = [
        ("altitude", expected.altitude_m, got.altitude_m, OTHER),
        ("speed", expected.speed_knots, knots, SPEED_KNOTS),
        ("course", expected.course_deg, got.course_deg, OTHER),
        ("accuracy", expected.accuracy_m, got.accuracy_m, OTHER),
    ]
    if not expected.no_fix and not no_fix:
        numbers += [
            ("latitude", expected.latitude, got.latitude_deg, PLACE_DEG),
            ("longitude", expected.longitude, got.longitude_deg, PLACE_DEG),
        ]
    for name, number, ours, within in numbers:
        if not abs(number - (ours or 0.0)) <= within:
            yield f"{name}: expected {number}, got {ours}"


def _network(expected: Network, got: Position) -> Iterator[str]:
    """Cells and access points as sets; a signal strength counts where it is expected."""
    wanted = {(c.get("mcc", 0), c.get("mnc", 0), c["lac"], c["cid"], c.get("signal")) for c in expected.cells}
    heard = {(c.mcc or 0, c.mnc or 0, c.lac, c.cid, c.signal_dbm) for c in got.cells}
    if not _covers(wanted, heard):
        yield f"cells: expected {sorted(wanted, key=str)}, got {sorted(heard, key=str)}"
    wanted_wifi = {(str(w["mac"]).lower(), w.get("signal")) for w in expected.wifi}
    heard_wifi = {(w.mac, w.signal_dbm) for w in got.wifi}
    if not _covers(wanted_wifi, heard_wifi):
        yield f"wifi: expected {sorted(wanted_wifi, key=str)}, got {sorted(heard_wifi, key=str)}"


def _covers(wanted: Collection[tuple[object, ...]], heard: Collection[tuple[object, ...]]) -> bool:
    loose = {one[:-1] for one in heard}
    found = all(one in heard or (one[-1] is None and one[:-1] in loose) for one in wanted)
    return found and {one[:-1] for one in wanted} == loose
