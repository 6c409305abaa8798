"""GT06: reports without a fix that list the cells and Wi-Fi access points around."""

from waykeep.model.position import Cell, Wifi
from waykeep.protocols.gt06_parts import WIDE_NETWORK, Draft, Part, mac
from waykeep.protocols.gt06_wire import Reader


def neighbours(
    lac: int, cid: int, *, count: int = 7, wifi: bool, wide_network: bool = False, ta_first: bool = False
) -> Part:
    """Time, network, so many cells with numbers of so many bytes, then perhaps access points."""

    def read(reader: Reader, draft: Draft) -> None:
        draft.device_ms = reader.date_ms(draft.offset_ms)
        reader.take(1 if ta_first else 0)
        country = reader.short()
        network = reader.unsigned(2 if country & WIDE_NETWORK or wide_network else 1)
        for _ in range(count):
            _cell(reader, draft, (country & 0x7FFF, network), lac, cid)
        reader.take(0 if ta_first else 1)
        if wifi:
            for _ in range(reader.byte()):
                draft.wifi.append(Wifi(mac=mac(reader.take(6)), signal_dbm=-reader.byte()))

    return read


def counted_neighbours(reader: Reader, draft: Draft) -> None:
    """Kind 24, length 31: says how many cells it lists."""
    draft.device_ms = reader.date_ms(draft.offset_ms)
    reader.take(1)
    country = reader.short()
    network = reader.unsigned(2 if country & WIDE_NETWORK else 1)
    for _ in range(reader.byte()):
        _cell(reader, draft, (country & 0x7FFF, network), 2, 3)


def wifi_only(reader: Reader, draft: Draft) -> None:
    """Kind F3: access points without strength; the clock is in decimal digits."""
    draft.device_ms = reader.date_bcd_ms()
    for _ in range(reader.byte()):
        reader.take(2)
        draft.wifi.append(Wifi(mac=mac(reader.take(6))))


def wifi_and_cells(data: bytes, draft: Draft) -> bytes:
    """Kinds 17 and 69 in the counted form: fills the draft, gives the reply, which repeats the time."""
    reader = Reader(data[4:-2])
    reader_time = data[4:10]
    draft.device_ms = reader.date_bcd_ms()
    for _ in range(data[2]):
        draft.wifi.append(Wifi(mac=mac(reader.take(6)), signal_dbm=-reader.byte()))
    count, country, network = reader.byte(), reader.short(), reader.byte()
    for _ in range(count):
        _cell(reader, draft, (country, network), 2, 2)
    return b"\x78\x78\x00" + data[3:4] + reader_time + b"\r\n"


def _cell(reader: Reader, draft: Draft, operator: tuple[int, int], lac: int, cid: int) -> None:
    area, number, strength = reader.unsigned(lac), reader.unsigned(cid), reader.byte()
    if 0 < area < 1 << 31:
        draft.cells.append(
            Cell(mcc=operator[0], mnc=operator[1], lac=area, cid=number, radio="gsm", signal_dbm=-strength)
        )
