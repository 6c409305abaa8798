"""H02: the device's side, for the simulator and replays, and the texts that set a real one up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from waykeep.errors import ProtocolError
from waykeep.model.position import Position

KNOTS_PER_MPS = 3600 / 1852
ENGINE_BIT = 1 << 10
NOTHING_WRONG = 0xFFFFFFFF


class H02Device:
    """Writes what a tracker writes: texts by default (V1, confirmed by the server), the packed form where asked."""

    def __init__(self, unique_id: str) -> None:
        if not (unique_id.isdecimal() and 10 <= len(unique_id) <= 15):
            raise ValueError("h02: the unique id is 10 to 15 digits")
        self._id = unique_id
        self._open: list[int] = []
        self._rest = b""

    def hello(self) -> bytes:
        """H02 needs no introduction; a new connection forgets what the old one waited for."""
        self._open, self._rest = [], b""
        return b""

    def report(self, positions: Sequence[Position]) -> bytes:
        """One V1 text for each position; one without a place becomes a LINK, which nobody answers."""
        placed = sum(position.latitude_deg is not None for position in positions)
        if not placed:
            raise ProtocolError("h02: a report without a place is not answered; send a heartbeat")
        self._open.append(placed)
        return b"".join(self._text(p) if p.latitude_deg is not None else self.link(p) for p in positions)

    def heartbeat(self, position: Position) -> bytes:
        """HTBT with the battery, which the server echoes."""
        self._open.append(1)
        return f"*HQ,{self._id},HTBT,{_whole(position, 'batteryLevel', 100)}#".encode()

    def link(self, position: Position) -> bytes:
        """LINK: battery and signal, unanswered."""
        at = _at(position)
        counts = f"{_whole(position, 'rssi', 20)},{_whole(position, 'sat', 8)},{_whole(position, 'batteryLevel', 100)}"
        return f"*HQ,{self._id},LINK,{at:%H%M%S},{counts},0,0,{at:%d%m%y},{_bits(position):08X}#".encode()

    def packed(self, position: Position) -> bytes:
        """The packed form, which nobody answers."""
        at = _at(position)
        latitude, longitude = position.latitude_deg or 0.0, position.longitude_deg or 0.0
        flags = (2 if position.valid else 0) | (4 if latitude >= 0 else 0) | (8 if longitude >= 0 else 0)
        knots = min(999, round((position.speed_mps or 0.0) * KNOTS_PER_MPS))
        digits = (
            f"{self._id:.10}{at:%H%M%S%d%m%y}{_packed_degrees(latitude, 2)}"
            f"{min(100, max(7, _whole(position, 'batteryLevel', 100))):02x}"
            f"{_packed_degrees(longitude, 3)}{flags:x}{knots:03}{round(position.course_deg or 0) % 360:03}"
            f"{_bits(position):08x}ffff00"
        )
        return b"$" + bytes.fromhex(digits + "00" * (62 // 2 - len(digits) // 2))

    def acknowledged(self, data: bytes) -> int:
        """How many reports and heartbeats these bytes confirm."""
        *whole, self._rest = (self._rest + data).split(b"#")
        done = 0
        for answer in whole:
            if (b",V4,V1," in answer or answer.endswith(b",HTBT")) and self._open:
                self._open[0] -= 1
                if not self._open[0]:
                    self._open.pop(0)
                    done += 1
        return done

    def _text(self, position: Position) -> bytes:
        at = _at(position)
        latitude, longitude = position.latitude_deg or 0.0, position.longitude_deg or 0.0
        knots = (position.speed_mps or 0.0) * KNOTS_PER_MPS
        return (
            f"*HQ,{self._id},V1,{at:%H%M%S},{'A' if position.valid else 'V'},"
            f"{_degrees(latitude, 2)},{'N' if latitude >= 0 else 'S'},"
            f"{_degrees(longitude, 3)},{'E' if longitude >= 0 else 'W'},"
            f"{knots:06.2f},{round(position.course_deg or 0) % 360:03},{at:%d%m%y},{_bits(position):08X}#"
        ).encode()


def _at(position: Position) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=position.fix_ms or position.device_ms or 0)


def _bits(position: Position) -> int:
    return NOTHING_WRONG if position.attributes.get("ignition") else NOTHING_WRONG & ~ENGINE_BIT


def _degrees(value: float, width: int) -> str:
    """Degrees and minutes, to the hundred-thousandth of a minute."""
    units = round(abs(value) * 60 * 100_000)
    whole, rest = divmod(units, 60 * 100_000)
    return f"{whole:0{width}}{rest / 100_000:08.5f}"


def _packed_degrees(value: float, width: int) -> str:
    """Degrees and minutes without a point, to the ten-thousandth of a minute."""
    whole, rest = divmod(round(abs(value) * 60 * 10_000), 60 * 10_000)
    return f"{whole:0{width}}{rest:06}"


def _whole(position: Position, name: str, otherwise: int) -> int:
    value = position.attributes.get(name, otherwise)
    return max(0, int(value)) if isinstance(value, int | float) else otherwise


def setup(host: str, port: int, unique_id: str) -> Mapping[str, str]:
    """The texts to send to the tracker's SIM card, by family; 0000 and 123456 are the passwords they come with."""
    address = f"{host} {port}"
    return {
        "Sinotrack ST-901, ST-902, ST-906": (
            f"8040000 {address}\n8030000 internet\n7100000\n8050000 20\n8090000 300\n8960000E00\n"
            f"(RCONF answers with the settings; its ID is {unique_id})"
        ),
        "Micodus MV710, MV720, MV740": (
            f"apn123456 internet\nadminip123456 {address}\ngprs123456\nupload123456 20\ntimezone123456 0"
        ),
        "Huabao HB-T10, HB-A5 and clones with #": f"APN,internet#\nSERVER,0,{host},{port},0#\nUPLOAD,20#\nGMT,E,0#",
    }
