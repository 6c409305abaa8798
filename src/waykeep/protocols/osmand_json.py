"""The JSON body of phone apps: one device, one location or a list of what was saved while out of reach."""

from typing import Annotated

import msgspec
from msgspec import Meta

from waykeep.errors import ProtocolError
from waykeep.model.position import Position, Value

MOST_LOCATIONS = 1000  # an app out of reach for a night saves fewer
LONGEST_TEXT = 128

Latitude = Annotated[float, Meta(ge=-90, le=90)]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Number = Annotated[float, Meta(ge=-1e12, le=1e12)]
Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]


class Coordinates(msgspec.Struct, frozen=True):
    """Where; a negative speed or heading means that the phone does not know it."""

    latitude: Latitude
    longitude: Longitude
    accuracy: Number | None = None
    altitude: Number | None = None
    speed: Number | None = None
    heading: Number | None = None


class Battery(msgspec.Struct, frozen=True):
    """The phone's battery; `level` is a fraction, negative where it is not known."""

    level: float | None = None
    is_charging: bool | None = None


class Activity(msgspec.Struct, frozen=True):
    """What the person seems to be doing."""

    type: Text | None = None


class Location(msgspec.Struct, frozen=True):
    """One location."""

    timestamp: str | int | float
    coords: Coordinates | None = None
    event: Text | None = None
    is_moving: bool | None = None
    odometer: Number | None = None
    mock: bool | None = None
    activity: Activity | None = None
    battery: Battery | None = None


class Body(msgspec.Struct, frozen=True):
    """The whole body; the locations stay raw so that each can be recognised when it is sent again."""

    location: msgspec.Raw
    device_id: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)] | int


_BODY = msgspec.json.Decoder(Body)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_LOCATION = msgspec.json.Decoder(Location)


def read_body(body: bytes) -> tuple[str, list[tuple[Location, bytes]]]:
    """Give the device's id and its locations, each with its bytes as sent."""
    try:
        whole = _BODY.decode(body)
        raw = bytes(whole.location)
        parts = [bytes(part) for part in _LIST.decode(raw)] if raw.lstrip()[:1] == b"[" else [raw]
        if len(parts) > MOST_LOCATIONS:
            raise ProtocolError(f"osmand: more than {MOST_LOCATIONS} locations at once")
        return str(whole.device_id), [(_LOCATION.decode(part), part) for part in parts]
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError("osmand: a JSON body that cannot be read") from error


def position_of(location: Location, fix_ms: int | None) -> Position:
    """Give the position of a location."""
    coords = location.coords
    attributes = _attributes(location)
    if coords is None:
        return Position(fix_ms=fix_ms, attributes=attributes)
    if coords.accuracy is not None:  # the app's own estimate: servers of this field carry it beside the fix
        attributes["accuracy"] = coords.accuracy
    return Position(
        fix_ms=fix_ms,
        latitude_deg=coords.latitude,
        longitude_deg=coords.longitude,
        altitude_m=coords.altitude,
        speed_mps=_known(coords.speed),
        course_deg=_known(coords.heading),
        attributes=attributes,
    )


def _known(number: float | None) -> float | None:
    return number if number is not None and number >= 0 else None


def _attributes(location: Location) -> dict[str, Value]:
    said: dict[str, Value | None] = {
        "event": location.event,
        "motion": location.is_moving,
        "odometer": location.odometer,
        "mock": location.mock,
        "activity": location.activity.type if location.activity else None,
    }
    if battery := location.battery:
        if battery.level is not None and 0 <= battery.level <= 1:
            said["batteryLevel"] = round(battery.level * 100)
        said["charge"] = battery.is_charging
    return {name: value for name, value in said.items() if value is not None}
