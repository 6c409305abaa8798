"""Where the corpus' expected answer is not followed: exchanges and attributes, each with its reason."""

# Forms of messages that the lists below speak of: the protocol, and how the bytes begin, in hex.
FORMS: dict[str, tuple[str, str]] = {
    "gt06 kind 27 with a long network code": ("gt06", r"78782727[0-9a-f]{36}0a[89a-f]"),
    "gt06 kind A4 with a long network code": ("gt06", r"7878..a4[0-9a-f]{36}11[89a-f]"),
    "gt06 kind 32 of 39 bytes": ("gt06", r"78782732"),
    "gt06 kind 70": ("gt06", r"7979....70"),
    "gt06 kind 95, short": ("gt06", r"78780c95"),
    "gt06 kinds A4 and A7": ("gt06", r"7878..(a4|a7)"),
    "h02 packed, 45 bytes": ("h02", r"24[0-9a-f]{88}$"),
}

# Forms (or exchanges, by id) whose expected answer is judged wrong. Counted as `excepted`; at most 1 % of all.
EXCEPTED: dict[str, str] = {
    "gt06 kind 32 of 39 bytes": "The cell's number has four bytes here, as the length byte before it and the frame's "
    "own length show. Read as eight, the state, the signal and the altitude come out of the serial number, the check "
    "sum and the line end (altitude 3338 is 0D 0A).",
    "gt06 kind A4 with a long network code": "The length byte of the cell counts itself: 17 = 1 + country 2 + network "
    "2 + area 4 + cell 8. The state begins right behind; a byte later, the fence's number comes out of the frame's "
    "serial number.",
}

# What a decoder says when it hangs up where the expected answer goes on, for every exchange of that kind.
HUNG_UP: dict[str, str] = {
    "teltonika: the check sum is wrong": "The maker's document asks the server to check the sum over the records and "
    "to take nothing when it differs; the expected answer was made without checking it.",
}

# Attributes that are left out on purpose, by form (or exchange, or protocol) and name: they count as `left_out` where
# the decoder does not give them; at most 2 % of the values.
LEFT_OUT: dict[tuple[str, str], str] = {
    ("gt06 kind 70", "odometer"): "The two byte orders differ by a million kilometres; io46 carries the raw number.",
    ("gt06 kind 95, short", "eventData"): "It ends with the event; what is expected is the frame's serial number.",
    **dict.fromkeys(
        [
            ("gt06 kind 27 with a long network code", name)
            for name in ("status", "ignition", "charge", "blocked", "batteryLevel", "rssi", "geofence")
        ],
        "Makers differ in where the state begins; io1 to io4 carry it raw.",
    ),
}

# Forms whose expected cells are judged wrong. Agreement is about positions, attributes and replies; cells are compared
# beyond that, except here.
CELLS_NOT_COMPARED: dict[str, str] = {
    "gt06 kinds A4 and A7": "They count areas in four bytes and cells in eight, as kinds A0 to A2 and A5 do.",
}

# Forms that can be cut only when they come whole: nothing in them says how long they are.
WHOLE_ONLY: dict[str, str] = {
    "h02 packed, 45 bytes": "The packed form has 32, 42 or 45 bytes and does not say which; what follows it tells.",
}
