"""GT06: the device's side, for the simulator and replays, and the texts that set a real one up."""

from collections import deque
from collections.abc import Mapping, Sequence

from waykeep.model.position import Position
from waykeep.protocols.cut import Buffer
from waykeep.protocols.gt06_parts import ENGINE_KNOWN, ENGINE_ON, FIXED, NORTH, UNITS_PER_DEGREE, WEST
from waykeep.protocols.gt06_wire import LOGIN, Reader, cut, date_bytes, frame

FIX, STATUS = 0x22, 0x13
TESTING_CELL = b"\x00\x01\x01\x00\x01\x00\x00\x01"  # country 001 network 01 is kept for test networks


class Gt06Device:
    """Writes what a tracker writes; a report is acknowledged when all its frames are."""

    def __init__(self, unique_id: str) -> None:
        if not (unique_id.isdecimal() and len(unique_id) <= 16):
            raise ValueError("gt06: the unique id is an IMEI")
        self._imei = bytes.fromhex(unique_id.rjust(16, "0"))
        self._serial = 0
        self._buffer = Buffer(cut)
        self._open: deque[set[tuple[int, int]]] = deque()

    def hello(self) -> bytes:
        """The login; a new connection forgets what the old one waited for."""
        self._buffer, self._open = Buffer(cut), deque()
        return self._frame(LOGIN, self._imei)

    def report(self, positions: Sequence[Position]) -> bytes:
        """One location frame for each position; one without a place becomes a status."""
        first = self._serial + 1
        kinds = [FIX if position.latitude_deg is not None else STATUS for position in positions]
        written = b"".join(
            self._frame(kind, _fix(position) if kind == FIX else _status(position))
            for kind, position in zip(kinds, positions, strict=True)
        )
        self._open.append({(kind, (first + i) & 0xFFFF) for i, kind in enumerate(kinds)})
        return written

    def heartbeat(self, position: Position) -> bytes:
        """A status frame: engine, battery, signal."""
        written = self._frame(STATUS, _status(position))
        self._open.append({(STATUS, self._serial)})
        return written

    def acknowledged(self, data: bytes) -> int:
        """How many reports are answered in full by these bytes."""
        for answer in self._buffer.feed(data):
            reader = Reader(answer[-6:-4])
            told = (answer[3], reader.short())
            for waiting in self._open:
                waiting.discard(told)
        done = 0
        while self._open and not self._open[0]:
            self._open.popleft()
            done += 1
        return done

    def _frame(self, kind: int, content: bytes) -> bytes:
        self._serial = (self._serial + 1) & 0xFFFF
        return frame(kind, content, self._serial)


def _fix(position: Position) -> bytes:
    latitude, longitude = position.latitude_deg or 0.0, position.longitude_deg or 0.0
    flags = round(position.course_deg or 0) % 360
    flags |= (NORTH if latitude >= 0 else 0) | (WEST if longitude < 0 else 0) | (FIXED if position.valid else 0)
    engine = position.attributes.get("ignition")
    if engine is not None:
        flags |= ENGINE_KNOWN | (ENGINE_ON if engine else 0)
    satellites = min(15, _number(position, "sat", 9))
    speed_kmh = min(255, round((position.speed_mps or 0.0) * 3.6))
    return (
        date_bytes(position.fix_ms or 0)
        + bytes([0xC0 | satellites])
        + round(abs(latitude) * UNITS_PER_DEGREE).to_bytes(4)
        + round(abs(longitude) * UNITS_PER_DEGREE).to_bytes(4)
        + bytes([speed_kmh])
        + flags.to_bytes(2)
        + TESTING_CELL
        + bytes([1 if engine else 0, 0, 1 if position.attributes.get("archive") else 0])
        + min(_number(position, "odometer", 0), 0xFFFFFFFF).to_bytes(4)
    )


def _status(position: Position) -> bytes:
    state = (2 if position.attributes.get("ignition") else 0) | (4 if position.attributes.get("charge") else 0)
    battery = min(100, _number(position, "batteryLevel", 100))
    return bytes([state, max(battery, 7), min(255, _number(position, "rssi", 4)), 0, 2])


def _number(position: Position, name: str, otherwise: int) -> int:
    value = position.attributes.get(name, otherwise)
    return max(0, int(value)) if isinstance(value, int | float) else otherwise


def setup(host: str, port: int, unique_id: str) -> Mapping[str, str]:
    """The texts to send to the tracker's SIM card, by family."""
    del unique_id  # a GT06 knows its own IMEI
    named = 0 if host.replace(".", "").isdecimal() else 1
    server = f"SERVER,{named},{host},{port},0#"
    return {
        "Concox, Jimi: GT06N, ET25, WeTrack2, JM-VL03": (
            f"APN,internet#\n{server}\nTIMER,10,60#\nGMT,E,0,0#\n(send STATUS# to see whether it is connected)"
        ),
        "Concox: GT06E, TR06 with a password": (
            f"APN,666666,internet#\nSERVER,666666,{named},{host},{port},0#\nGMT,E,0,0#"
        ),
        "Wanway, SEEWORLD: S20, S5L": f"APN,internet#\n{server}\nTIMER,10,600#\nGMT,E,0#",
        "VT, LW series": f"{server}\nGMT,E,0,0#\nUPLOAD,10#",
    }
