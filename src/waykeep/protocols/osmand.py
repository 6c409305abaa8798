"""OsmAnd: positions over HTTP, as a query, a form, or the JSON body of phone apps (Traccar Client and its like).

Query and form: `id` (or `deviceid`), `lat`, `lon`, `timestamp`, `speed` (knots), `bearing`, `altitude`, `accuracy`,
`hdop`, `batt`, `cell`, `wifi`, `location`; any other pair is carried under its own name.
JSON: `{"device_id": …, "location": {"timestamp": …, "coords": {…}, …}}`; `location` may be a list.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from waykeep.errors import ProtocolError
from waykeep.model.position import Cell, Position, Value, Wifi
from waykeep.protocols.base import Message, Protocol, Request
from waykeep.protocols.osmand_device import OsmandEncoder, setup
from waykeep.protocols.osmand_json import position_of, read_body

MPS_PER_KNOT = 1852 / 3600
LAST_MS = 7_258_118_400_000  # the year 2200: a clock beyond it is broken, and the time counts as not stated
SECONDS_UNTIL = 2_147_483_647  # a stamp up to here is in seconds, above it in milliseconds
LARGEST = 1e15  # no unit that is used here makes a larger number mean anything
MOST_PAIRS = 256
LONGEST_ID = 128
LONGEST_TEXT = 4096
FIELDS = {
    "speed": ("speed_mps", MPS_PER_KNOT),
    "bearing": ("course_deg", 1.0),
    "heading": ("course_deg", 1.0),
    "altitude": ("altitude_m", 1.0),
    "accuracy": ("accuracy_m", 1.0),
}
SENSORS = {"hdop": "hdop", "batt": "batteryLevel"}
TREATED = frozenset(
    {"id", "deviceid", "timestamp", "valid", "charge", "driverUniqueId", "lat", "lon", "location", "cell", "wifi"}
)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def _answer(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode("ascii")


TAKEN = _answer("200 OK")
NOT_TAKEN = _answer("400 Bad Request")


class Osmand:
    """One conversation; every request says whose it is, so nothing is remembered."""

    def __init__(self, transport: str = "http") -> None:
        """Begin; the only transport is `http`."""
        del transport

    def identify(self, unique_id: str, settings: Mapping[str, Value]) -> None:
        """Learn nothing: there is nothing to remember."""
        del unique_id, settings

    def feed(self, data: bytes) -> list[Message]:
        """Refuse: bare bytes are no request."""
        raise ProtocolError(f"osmand: {len(data)} bytes outside a request")

    def ask(self, request: Request) -> list[Message]:
        """Take one request; one that nobody could understand is answered 400, and the conversation goes on."""
        try:
            unique_id, positions, records = _read(request)
        except ProtocolError:
            return [Message(replies=(NOT_TAKEN,))]
        return [
            Message(device_ids=(unique_id,), positions=positions, records=records, replies=(TAKEN,), refusal=NOT_TAKEN)
        ]


def _read(request: Request) -> tuple[str, tuple[Position, ...], tuple[bytes, ...]]:
    if request.headers.get("content-type", "").lower().startswith("application/json"):
        unique_id, locations = read_body(request.body)
        positions = tuple(position_of(location, _time_ms(str(location.timestamp))) for location, _ in locations)
        records = tuple(raw for _, raw in locations)
        return _checked(unique_id), positions, _stated(positions, records)
    pairs = request.query
    if not pairs:
        try:
            pairs = tuple(parse_qsl(request.body.decode("utf-8"), max_num_fields=MOST_PAIRS))
        except ValueError as error:  # not UTF-8, or too many pairs
            raise ProtocolError("osmand: a form that cannot be read") from error
    if len(pairs) > MOST_PAIRS:
        raise ProtocolError("osmand: too many pairs")
    unique_id = next((value for name, value in pairs if name in ("id", "deviceid")), "")
    positions = (_position(pairs),)
    return _checked(unique_id), positions, _stated(positions, (_record(pairs),))


def _stated(positions: tuple[Position, ...], records: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Give no bytes for a position without a time: the same words again are news then, not a repeat."""
    return tuple(b"" if p.fix_ms is None else r for p, r in zip(positions, records, strict=True))


def _checked(unique_id: str) -> str:
    if not unique_id or len(unique_id) > LONGEST_ID or not unique_id.isprintable():
        raise ProtocolError("osmand: no id")
    return unique_id


def _record(pairs: Sequence[tuple[str, str]]) -> bytes:
    return "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "surrogatepass")


def _number(text: str) -> float:
    """Read a number that could be measured; anything else is not allowed."""
    if not _NUMBER.fullmatch(text) or abs(number := float(text)) > LARGEST:
        raise ProtocolError("osmand: a number was expected")
    return number


def _whole(text: str) -> int:
    if not _NUMBER.fullmatch(text) or abs(number := float(text)) > 1 << 53:
        raise ProtocolError("osmand: a whole number was expected")
    return int(number)


def _time_ms(text: str) -> int | None:
    """Read a stamp in seconds or milliseconds, or a date in ISO 8601; without a zone it is UTC."""
    if _NUMBER.fullmatch(text):
        number = min(LARGEST, max(-LARGEST, float(text)))
        time_ms = round(number * 1000) if number < SECONDS_UNTIL else round(number)
    else:
        try:
            time = datetime.fromisoformat(text)
            time_ms = round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
        except (ValueError, OverflowError) as error:
            raise ProtocolError("osmand: a time was expected") from error
    return time_ms if 0 <= time_ms <= LAST_MS else None


def _position(pairs: Sequence[tuple[str, str]]) -> Position:
    """Give the position that the pairs say; of a pair that comes twice the last counts."""
    said = dict(pairs)
    fields: dict[str, Any] = {}
    attributes: dict[str, Value] = {}
    for name, value in said.items():
        if name in FIELDS:
            field, factor = FIELDS[name]
            fields[field] = _number(value) * factor
        elif name in SENSORS:
            attributes[SENSORS[name]] = _number(value)
        elif name not in TREATED:
            attributes[name[:LONGEST_ID]] = _open_value(value)
    if "timestamp" in said:
        fields["fix_ms"] = _time_ms(said["timestamp"])
    if "valid" in said:
        fields["valid"] = said["valid"].lower() in ("true", "1")
    if "charge" in said:
        attributes["charge"] = said["charge"].lower() == "true"
    if "driverUniqueId" in said:
        attributes["driverUniqueId"] = said["driverUniqueId"][:LONGEST_ID]
    return Position(
        fix_ms=fields.pop("fix_ms", None),
        cells=tuple(_cell(value) for name, value in pairs if name == "cell"),
        wifi=tuple(_access_point(value) for name, value in pairs if name == "wifi"),
        attributes=attributes,
        **fields,
        **_place(said),
    )


def _place(said: Mapping[str, str]) -> dict[str, Any]:
    """Read the place: `lat` and `lon`, or both in `location`."""
    if "location" in said:
        latitude, _, longitude = said["location"].partition(",")
    elif "lat" in said and "lon" in said:
        latitude, longitude = said["lat"], said["lon"]
    else:
        return {}
    place = {"latitude_deg": _number(latitude), "longitude_deg": _number(longitude)}
    if abs(place["latitude_deg"]) > 90 or abs(place["longitude_deg"]) > 180:
        raise ProtocolError("osmand: no such place")
    return place


def _open_value(text: str) -> Value:
    """Read the value of a pair that has no meaning here: a number, a truth, or a text."""
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return {"true": True, "false": False}.get(text, text[:LONGEST_TEXT])


def _cell(value: str) -> Cell:
    numbers = [_whole(part) for part in value.split(",", 5)]
    if len(numbers) < 4:
        raise ProtocolError("osmand: a cell has four numbers")
    signal = numbers[4] if len(numbers) > 4 else None
    return Cell(mcc=numbers[0], mnc=numbers[1], lac=numbers[2], cid=numbers[3], signal_dbm=signal)


def _access_point(value: str) -> Wifi:
    mac, _, signal = value.partition(",")
    return Wifi(mac=mac[:32].replace("-", ":").lower(), signal_dbm=_whole(signal) if signal else None)


PROTOCOL = Protocol(
    name="osmand",
    port=5055,
    transports=("http",),
    decoder=Osmand,
    encoder=OsmandEncoder,
    acknowledges=True,
    setup=setup,
)
