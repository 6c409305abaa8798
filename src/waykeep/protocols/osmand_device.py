"""The phone's own side of OsmAnd: requests as an app sends them, and how it is set up."""

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from waykeep.errors import ProtocolError
from waykeep.model.position import Position, Value

MPS_PER_KNOT = 1852 / 3600
LONGEST_ANSWER = 16 * 1024
_NAMES = {"batteryLevel": "batt"}


class OsmandEncoder:
    """One phone: a query for one position, a JSON body for what was saved while out of reach."""

    def __init__(self, unique_id: str, host: str = "localhost") -> None:
        """Keep who the phone is."""
        self._id, self._host, self._rest = unique_id, host, b""

    def hello(self) -> bytes:
        """Need no introduction: each request says who sends it."""
        return b""

    def report(self, positions: Sequence[Position]) -> bytes:
        """Give one request."""
        if len(positions) == 1:
            target = "/?" + urlencode([("id", self._id), *_pairs(positions[0])])
            return f"GET {target} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode("ascii")
        body = msgspec.json.encode({"device_id": self._id, "location": [_location(p) for p in positions]})
        head = f"POST / HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode("ascii") + body

    def acknowledged(self, data: bytes) -> int:
        """Count the answers that say 200."""
        self._rest += data
        taken = 0
        while (end := self._rest.find(b"\r\n\r\n")) >= 0:
            head = self._rest[:end].lower().split(b"\r\n")
            lengths = [line[15:].strip() for line in head if line.startswith(b"content-length:")]
            size = int(lengths[0]) if lengths and lengths[0].isdigit() and len(lengths[0]) < 6 else 0
            if len(self._rest) < end + 4 + size:
                break
            taken += head[0].split(b" ")[1:2] == [b"200"]
            self._rest = self._rest[end + 4 + size :]
        if len(self._rest) > LONGEST_ANSWER:
            raise ProtocolError("osmand: an answer without an end")
        return taken


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pairs(position: Position) -> list[tuple[str, str]]:
    said: list[tuple[str, float | None]] = [
        ("timestamp", position.fix_ms),
        ("lat", position.latitude_deg),
        ("lon", position.longitude_deg),
        ("altitude", position.altitude_m),
        ("speed", None if position.speed_mps is None else round(position.speed_mps / MPS_PER_KNOT, 6)),
        ("bearing", position.course_deg),
        ("accuracy", position.accuracy_m),
    ]
    pairs = [(name, str(value)) for name, value in said if value is not None]
    if not position.valid:
        pairs.append(("valid", "false"))
    for cell in position.cells:
        numbers = (cell.mcc or 0, cell.mnc or 0, cell.lac, cell.cid, cell.signal_dbm)
        pairs.append(("cell", ",".join(str(n) for n in numbers if n is not None)))
    for point in position.wifi:
        signal = "" if point.signal_dbm is None else f",{point.signal_dbm}"
        pairs.append(("wifi", point.mac.replace(":", "-") + signal))
    return pairs + [(_NAMES.get(name, name), _text(value)) for name, value in position.attributes.items()]


def _location(position: Position) -> dict[str, object]:
    attributes = position.attributes
    location: dict[str, object] = {"timestamp": position.fix_ms}
    if position.latitude_deg is not None:
        coords = {
            "latitude": position.latitude_deg,
            "longitude": position.longitude_deg,
            "altitude": position.altitude_m,
            "speed": -1 if position.speed_mps is None else position.speed_mps,
            "heading": -1 if position.course_deg is None else position.course_deg,
            "accuracy": attributes.get("accuracy", position.accuracy_m),
        }
        location["coords"] = coords
    named = {"motion": "is_moving", "event": "event", "odometer": "odometer", "mock": "mock"}
    location |= {theirs: attributes[ours] for ours, theirs in named.items() if ours in attributes}
    if "activity" in attributes:
        location["activity"] = {"type": attributes["activity"], "confidence": 100}
    if "batteryLevel" in attributes:
        level = float(attributes["batteryLevel"]) / 100
        location["battery"] = {"level": level, "is_charging": attributes.get("charge") is True}
    return location


def setup(host: str, port: int, unique_id: str) -> dict[str, str]:
    """Give the exact settings, by app, that make a phone report here."""
    server = f"http://{host}:{port}"
    values = "lat={0}&lon={1}&timestamp={2}&hdop={3}&altitude={4}&speed={5}&bearing={6}"
    return {
        "Traccar Client (Android, iOS)": (
            f"Device identifier: {unique_id}. Server URL: {server}. Location accuracy: high. Then turn the service on."
        ),
        "OsmAnd (Android)": (
            "Plugins, Trip recording: turn 'Online tracking' on. "
            f"Web address: {server}/?id={unique_id}&{values}. Interval: 5 seconds."
        ),
        "Any other app or script": f"GET {server}/?id={unique_id}&lat=…&lon=…&timestamp=(seconds)&speed=(knots)",
    }
