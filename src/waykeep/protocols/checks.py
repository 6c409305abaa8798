"""Check sums that device protocols carry, under the names their documents use."""

from fastcrc import crc16


def crc_ibm(data: bytes) -> int:
    """CRC-16/ARC, which tracker documents call CRC-16/IBM: polynomial 0xA001 reflected, start 0."""
    return crc16.arc(data)


def crc_itu(data: bytes) -> int:
    """CRC-16/X.25, which tracker documents call CRC-ITU: polynomial 0x8408 reflected, start and final 0xFFFF."""
    return crc16.ibm_sdlc(data)


def xor(data: bytes) -> int:
    """All bytes exclusive-or'ed."""
    value = 0
    for byte in data:
        value ^= byte
    return value


def total(data: bytes) -> int:
    """The sum of all bytes, its low 8 bits."""
    return sum(data) & 0xFF
