"""What ties sealed bytes to their row."""

VERSION = 1  # of the form of tail frames, segments and latest


def associated(table: str, column: str, *place: str | int) -> bytes:
    """What ties sealed bytes to their row: moved to another one they do not open.

    `place` is tenant, device, subject, day, part and key id, each where the table has it.
    """
    return "\0".join((str(VERSION), table, column, *map(str, place))).encode()
