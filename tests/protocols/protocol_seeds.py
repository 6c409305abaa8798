"""Valid input of every protocol, made by our own encoders, and how to mend a frame's check sum after a change."""

from collections.abc import Callable
from pathlib import Path

import msgspec
from fastcrc import crc16

from waykeep import protocols
from waykeep.model.position import Cell, Position, Value, Wifi
from waykeep.protocols.base import Order, Protocol
from waykeep.protocols.teltonika_device import CODEC_8E, CODEC_16, TeltonikaEncoder
from waykeep.protocols.teltonika_text import text_frame

UNIQUE_ID = "356307042441013"
VECTORS = Path(__file__).parent / "vectors"


def drive(count: int) -> list[Position]:
    """A short drive along a made-up road, one fix every ten seconds, rich in attributes."""
    return [
        Position(
            fix_ms=1_767_225_600_000 + 10_000 * n,
            latitude_deg=round(35.69 + n * 1e-4, 7),
            longitude_deg=round(-51.42 + n * 2e-4, 7),
            altitude_m=1190 + n,
            speed_mps=(30 + n) / 3.6,
            course_deg=(5 * n) % 360,
            attributes={
                "sat": 7 + n % 5,
                "ignition": True,
                "motion": n % 2 == 0,
                "power": 13.8,
                "battery": 4.05,
                "odometer": 1_234_567 + 100 * n,
                "rssi": 4,
                "hdop": 0.9,
                "fuel": 41.5,
                "in1": False,
                "driverUniqueId": "01A2B3C4D5E6F708",
                **({"alarm": "hardBraking"} if n % 4 == 3 else {}),
            },
        )
        for n in range(count)
    ]


def heard(position: Position) -> Position:
    """The same moment without a place: only what the device heard around it."""
    return Position(
        fix_ms=position.fix_ms,
        cells=(Cell(mcc=432, mnc=11, lac=2011, cid=40213, signal_dbm=-71), Cell(mcc=432, mnc=11, lac=2011, cid=40214)),
        wifi=(Wifi(mac="02:00:5e:10:00:01", signal_dbm=-60), Wifi(mac="02:00:5e:10:00:02")),
        attributes={"batteryLevel": 87},
    )


class Vector(msgspec.Struct, frozen=True):
    """One of the project's own exchanges: bytes of a device, and what they mean."""

    why: str
    bytes: str
    transport: str = "tcp"
    settings: dict[str, Value] = {}
    positions: tuple[Position, ...] = ()
    replies: tuple[str, ...] = ()


def own_vectors(name: str) -> list[Vector]:
    """The project's own vectors of a protocol; no line where there is no file."""
    file = VECTORS / f"{name}.jsonl"
    return [msgspec.json.decode(line, type=Vector) for line in file.read_bytes().splitlines()] if file.exists() else []


def frames(protocol: Protocol) -> list[bytes]:
    """Whole frames as a device (or a server) of this protocol sends them."""
    encoder = protocol.encoder(UNIQUE_ID)
    found = [encoder.hello(), *(encoder.report(drive(count)) for count in (1, 3, 10, 24))]
    found += [bytes.fromhex(v.bytes) for v in own_vectors(protocol.name) if v.transport != "udp"]
    for kind in protocol.orders if protocol.order else ():
        values = {"data": "getinfo", "frequency": 60}
        found.append(protocol.order(Order(kind=kind, values=values), UNIQUE_ID, {}, 1_767_225_600_000))
    if protocol.name == "teltonika":
        found += [TeltonikaEncoder(UNIQUE_ID, codec=codec).report(drive(4)) for codec in (CODEC_8E, CODEC_16)]
        found.append(text_frame(b"DI1:1 DI2:0 AIN1:12.4", 6))
    if protocol.name == "osmand":
        found.append(encoder.report([heard(drive(1)[0])]))
    return [frame for frame in found if frame]


def datagrams(protocol: Protocol) -> list[bytes]:
    """Whole datagrams."""
    if protocol.name == "teltonika":
        encoder = TeltonikaEncoder(UNIQUE_ID, transport="udp")
        return [encoder.report(drive(count)) for count in (1, 3, 10, 24)]
    return frames(protocol)


def _mend_teltonika(frame: bytes) -> bytes:
    if len(frame) < 15 or frame[:4] != bytes(4):
        return frame
    body = frame[8:-4]
    return bytes(4) + len(body).to_bytes(4, "big") + body + crc16.arc(body).to_bytes(4, "big")


def _mend_gt06(frame: bytes) -> bytes:
    head = {b"\x78\x78": 3, b"\x79\x79": 4}.get(frame[:2])
    if head is None or len(frame) < head + 7:
        return frame
    body = (len(frame) - head - 2).to_bytes(head - 2, "big") if len(frame) - head - 2 < 256 or head == 4 else b"\xff"
    body += frame[head:-4]
    return frame[:2] + body + crc16.ibm_sdlc(body).to_bytes(2, "big") + b"\r\n"


MEND: dict[str, Callable[[bytes], bytes]] = {"teltonika": _mend_teltonika, "gt06": _mend_gt06}

ALL = protocols.ALL
