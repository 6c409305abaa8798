"""One position as a device reports it."""

import msgspec

Value = bool | int | float | str


class Cell(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A mobile cell that the device heard."""

    mcc: int | None = None
    mnc: int | None = None
    lac: int
    cid: int
    radio: str | None = None
    signal_dbm: int | None = None


class Wifi(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A Wi-Fi access point that the device heard; `mac` is lower case with colons."""

    mac: str
    signal_dbm: int | None = None
    channel: int | None = None


class Position(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Where and how a device says it was.

    Times are Unix milliseconds, UTC. `latitude_deg` and `longitude_deg` are both None when the message has no place.
    `valid` says that the place is a current fix. `attributes` hold sensor values under the field's own names,
    whose unit and data category stand in model/attributes.py.
    """

    fix_ms: int | None
    device_ms: int | None = None
    valid: bool = True
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    speed_mps: float | None = None
    course_deg: float | None = None
    accuracy_m: float | None = None
    cells: tuple[Cell, ...] = ()
    wifi: tuple[Wifi, ...] = ()
    attributes: dict[str, Value] = {}
