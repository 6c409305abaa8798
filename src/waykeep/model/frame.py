"""What travels the road: a device's frame, and what the gate made of it."""

from enum import IntFlag, StrEnum

import msgspec

from waykeep.model.position import Cell, Position, Value, Wifi


class Frame(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The positions of one message of a known device, as it asks to be admitted.

    `device` and `tenant` are pseudonyms. `records` holds each position's bytes as sent (len == len(positions)):
    they are only hashed, to recognise a resend, and never kept.
    """

    tenant: str
    device: str
    received_ms: int
    positions: tuple[Position, ...]
    records: tuple[bytes, ...]


class Flag(IntFlag):
    """What must be known about a stored position; bits of `Columns.flags`.

    A row with GAP is no position: it marks an hour in which something was not kept, and is never counted as stored.
    """

    VALID = 1
    TIME_CLAIMED = 2
    TIME_MENDED = 4
    NO_FIX_TIME = 8
    COARSE = 16
    GAP = 32


class Columns(msgspec.Struct, frozen=True, gc=False, kw_only=True, array_like=True):
    """Positions as columns of equal length; None where a device said nothing.

    Coordinates are degrees × 10^7 as integers (1.1 cm); `claimed_ms` is the time the device claimed where it was not
    believed (else None); `flags` are bits of `Flag`.
    """

    fix_ms: tuple[int, ...]
    flags: tuple[int, ...]
    latitude_e7: tuple[int | None, ...]
    longitude_e7: tuple[int | None, ...]
    altitude_m: tuple[float | None, ...]
    speed_mps: tuple[float | None, ...]
    course_deg: tuple[float | None, ...]
    accuracy_m: tuple[float | None, ...]
    device_ms: tuple[int | None, ...]
    claimed_ms: tuple[int | None, ...]
    cells: tuple[tuple[Cell, ...], ...]
    wifi: tuple[tuple[Wifi, ...], ...]
    attributes: tuple[dict[str, Value], ...]


class Cleared(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One frame's positions that passed the gate, as columns. Only policy/gate.py makes one.

    `records` are the surviving positions' bytes as sent, in the order of the columns, for the resend hash only.
    """

    tenant: str
    device: str
    received_ms: int
    columns: Columns
    records: tuple[bytes, ...]


class Reason(StrEnum):
    """Why the gate refused a position; counted, never with who or where."""

    LOCATION_MODE = "location-mode"
    CATEGORY_OFF = "category-off"
    NO_CONSENT = "no-consent"
    WITHDRAWN = "withdrawn"
    PRIVATE_TIME = "private-time"
    OUTSIDE_HOURS = "outside-hours"
    RETENTION = "retention"
    FORGOTTEN = "forgotten"
    IMPOSSIBLE = "impossible"


class Refused(msgspec.Struct, frozen=True, gc=False):
    """Positions of one frame that must not be kept: how many, and why. The device is answered as if stored."""

    reason: Reason
    count: int


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """What the gate says of a frame; `dropped` counts attributes whose category is off or that nobody named."""

    cleared: Cleared | None
    refused: tuple[Refused, ...]
    dropped: int = 0
