"""How a door is protected, and when the policy refuses the start for it."""

import pytest

from waykeep.errors import StartError
from waykeep.policy import channels
from waykeep.policy.channels import CARRIER, LOCAL, PLAIN, TLS

STRICT, FREE = (TLS, CARRIER), (TLS, CARRIER, PLAIN)


@pytest.mark.parametrize(
    ("name", "tls", "carriers", "bind", "expected"),
    [
        ("h02", ["h02"], {}, "::", TLS),
        ("h02", ["h02"], {"h02": ["10.0.0.0/8"]}, "10.0.0.1", TLS),
        ("h02", [], {"h02": ["10.0.0.0/8"]}, "10.0.0.1", CARRIER),
        ("h02", [], {"gt06": ["10.0.0.0/8"]}, "10.0.0.1", PLAIN),
        ("h02", [], {"h02": []}, "0.0.0.0", PLAIN),
        ("h02", [], {}, "127.0.0.1", LOCAL),
        ("h02", [], {}, "127.8.8.8", LOCAL),
        ("h02", [], {}, "::1", LOCAL),
        ("h02", [], {}, "localhost", LOCAL),
        ("h02", [], {}, "::", PLAIN),
        ("h02", [], {}, "example.org", PLAIN),
    ],
)
def test_a_door_has_one_protection(name, tls, carriers, bind, expected):
    assert channels.label(name, tls, carriers, bind) == expected


@pytest.mark.parametrize(
    ("labels", "allowed", "bind", "carriers"),
    [
        ({"h02": TLS}, STRICT, "::", {}),
        ({"h02": LOCAL}, STRICT, "127.0.0.1", {}),
        ({"h02": LOCAL}, (), "127.0.0.1", {}),
        ({"h02": CARRIER}, STRICT, "10.0.0.1", {"h02": ["10.0.0.0/8", "fd00::/8"]}),
        ({"h02": PLAIN}, FREE, "::", {}),
        ({}, STRICT, "::", {}),
    ],
)
def test_what_the_policy_allows_starts(labels, allowed, bind, carriers):
    channels.check(labels, allowed, bind, carriers)


@pytest.mark.parametrize(
    ("labels", "allowed", "bind", "carriers", "message"),
    [
        ({"gt06": TLS, "h02": PLAIN}, STRICT, "::", {}, "the door of h02 would speak in clear"),
        ({"h02": CARRIER}, STRICT, "::", {"h02": ["10.0.0.0/8"]}, "would listen everywhere"),
        ({"h02": CARRIER}, STRICT, "0.0.0.0", {"h02": ["10.0.0.0/8"]}, "would listen everywhere"),
        ({"h02": CARRIER}, (TLS,), "10.0.0.1", {"h02": ["10.0.0.0/8"]}, "allows only tls"),
        ({"h02": CARRIER}, STRICT, "10.0.0.1", {"h02": ["8.8.8.0/24"]}, "no private network"),
        ({"h02": CARRIER}, STRICT, "10.0.0.1", {"h02": ["ten"]}, "no private network"),
        ({"h02": CARRIER}, STRICT, "10.0.0.1", {"h02": ["10.0.0.1/8"]}, "no private network"),
    ],
)
def test_what_it_does_not_allow_is_refused_by_name(labels, allowed, bind, carriers, message):
    with pytest.raises(StartError, match=message):
        channels.check(labels, allowed, bind, carriers)
