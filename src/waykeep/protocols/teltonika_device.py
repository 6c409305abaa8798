"""The Teltonika device's own side: frames as it sends them, and how it is set up."""

from collections.abc import Mapping, Sequence
from struct import Struct

from waykeep.errors import ProtocolError
from waykeep.model.position import Position, Value
from waykeep.protocols.checks import crc_ibm
from waykeep.protocols.teltonika_io import encodable

CODEC_8, CODEC_8E, CODEC_16 = 0x08, 0x8E, 0x10
MOST_RECORDS = 255
HEAD = Struct(">QBiihHBH")
SIZES = (1, 2, 4, 8)
ALARMS = {  # which element says an alarm, and with which number
    "general": (236, 1),
    "tow": (246, 1),
    "accident": (247, 1),
    "jamming": (249, 1),
    "idle": (251, 1),
    "powerCut": (252, 1),
    "hardAcceleration": (253, 1),
    "hardBraking": (253, 2),
    "hardCornering": (253, 3),
}
_ITEMS = encodable()


class TeltonikaEncoder:
    """One device: introduces itself, reports, and counts what the server has taken."""

    def __init__(self, unique_id: str, codec: int = CODEC_8, transport: str = "tcp") -> None:
        """Keep who the device is, and how it speaks."""
        self._id, self._codec, self._udp = unique_id.encode("ascii"), codec, transport == "udp"
        self._greeted, self._rest, self._number = False, b"", 0

    def hello(self) -> bytes:
        """Introduce the device; over UDP each report does."""
        return b"" if self._udp else len(self._id).to_bytes(2, "big") + self._id

    def report(self, positions: Sequence[Position]) -> bytes:
        """Frame up to 255 positions."""
        if not 0 < len(positions) <= MOST_RECORDS:
            raise ProtocolError(f"teltonika: a frame holds 1 to {MOST_RECORDS} records")
        count = bytes((len(positions),))
        body = bytes((self._codec,)) + count + b"".join(self._record(p) for p in positions) + count
        if not self._udp:
            return bytes(4) + len(body).to_bytes(4, "big") + body + crc_ibm(body).to_bytes(4, "big")
        self._number = (self._number + 1) & 0xFF
        packet = b"\xca\xfe\x01" + bytes((self._number,)) + len(self._id).to_bytes(2, "big") + self._id + body
        return len(packet).to_bytes(2, "big") + packet

    def acknowledged(self, data: bytes) -> int:
        """Count the reports that the server has taken; its answer to the introduction counts for none."""
        self._rest += data
        if not self._udp and not self._greeted and self._rest:
            self._greeted, self._rest = True, self._rest[1:]
        size = 7 if self._udp else 4
        whole = len(self._rest) // size
        self._rest = self._rest[whole * size :]
        return whole

    def _record(self, position: Position) -> bytes:
        attributes = position.attributes
        satellites = int(attributes.get("sat", 9)) if position.valid else 0
        head = HEAD.pack(
            position.fix_ms or 0,
            int(attributes.get("priority", 0)),
            round((position.longitude_deg or 0) * 1e7),
            round((position.latitude_deg or 0) * 1e7),
            max(-0x8000, min(0x7FFF, round(position.altitude_m or 0))),
            round(position.course_deg or 0) % 360,
            max(1, min(satellites, 255)) if position.valid else 0,
            min(0xFFFF, round((position.speed_mps or 0) * 3.6)),
        )
        wide = self._codec != CODEC_8
        event = int(attributes.get("event", 0)).to_bytes(2 if wide else 1, "big")
        kind = b"\x05" if self._codec == CODEC_16 else b""  # generation type: periodical
        elements = _elements(attributes, 0xFFFF if wide else 0xFF)
        total = sum(map(len, elements)).to_bytes(2 if self._codec == CODEC_8E else 1, "big")
        return head + event + kind + total + self._groups(elements)

    def _groups(self, elements: list[list[tuple[int, bytes]]]) -> bytes:
        id_size = 1 if self._codec == CODEC_8 else 2
        count_size = 2 if self._codec == CODEC_8E else 1
        parts: list[bytes] = []
        for group in elements:
            parts.append(len(group).to_bytes(count_size, "big"))
            parts += (number.to_bytes(id_size, "big") + field for number, field in group)
        return b"".join(parts) + (b"\x00\x00" if self._codec == CODEC_8E else b"")


def _elements(attributes: Mapping[str, Value], highest: int) -> list[list[tuple[int, bytes]]]:
    """Give the elements that say these attributes, by the size of their values; what has no element is not sent."""
    groups: dict[int, list[tuple[int, bytes]]] = {size: [] for size in SIZES}
    for name, value in attributes.items():
        if name == "alarm":
            for alarm in str(value).split(","):
                if alarm in ALARMS:
                    groups[1].append((ALARMS[alarm][0], bytes((ALARMS[alarm][1],))))
        elif name in _ITEMS:
            number, item = _ITEMS[name]
            code = item.code(value) if item.code else 0
            field = (code & ((1 << 8 * item.size) - 1)).to_bytes(item.size, "big")
            groups[item.size].append((number, field))
        elif name.startswith("io") and name[2:].isdecimal() and isinstance(value, int) and 0 <= value < 1 << 63:
            size = next(s for s in SIZES if value < 1 << 8 * s)
            groups[size].append((int(name[2:]), value.to_bytes(size, "big")))
    return [[(number, field) for number, field in groups[size] if number <= highest] for size in SIZES]


def setup(host: str, port: int, unique_id: str) -> dict[str, str]:
    """Give the exact settings, by model, that make a device report here."""
    parameters = f"2004:{host};2005:{port};2006:0"
    configurator = (
        "In Teltonika Configurator, GPRS: turn GPRS on and enter the APN of your SIM card. "
        f"Server settings: Domain {host}, Port {port}, Protocol TCP. "
        "System: Codec 8 Extended. Data acquisition: keep 'Records saving/sending without time synchronisation' off. "
        f"Then save to the device. The device reports as IMEI {unique_id}."
    )
    return {
        "FMB, FMC, FMM, FMT, MSP, MTB (text message)": (
            "Send this text message to the SIM card in the device; begin with two spaces where no login and password "
            f"are set, else with 'login password': '  setparam {parameters}'. "
            "The APN, if needed: '  setparam 2001:APN;2002:USER;2003:PASSWORD'."
        ),
        "FMB, FMC, FMM, FMT, MSP, MTB (configurator)": configurator,
        "FM1100, FM1110, FM1120, FM2200, FM3200 (text message)": (
            "Send this text message to the SIM card in the device: "
            f"'  setparam 1245 {host}', then '  setparam 1246 {port}', then '  setparam 1247 0'."
        ),
        "TAT, GH5200, TMT250 (text message)": f"Send this text message to the device: '  setparam {parameters}'.",
    }
