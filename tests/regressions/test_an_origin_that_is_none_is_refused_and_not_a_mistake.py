"""A broken Origin header raised outside every handler; a page that came over http counted as the https portal's own."""

import pytest

from waykeep.api.shield import _foreign

OWN = "https://fleet.example"


def foreign(origin, host="fleet.example", own=OWN):
    headers = [(b"host", host.encode()), (b"origin", origin.encode())]
    return _foreign({"type": "http", "method": "POST", "headers": headers}, own)


@pytest.mark.parametrize(
    "origin", ["http://[", "https://fleet.example\u212a]", "null", "", "https://", "//fleet.example"]
)
def test_an_origin_that_no_browser_writes_is_foreign(origin):
    assert _foreign(
        {"type": "http", "method": "POST", "headers": [(b"host", b"fleet.example"), (b"origin", origin.encode())]}, OWN
    )


def test_a_page_over_http_is_not_the_https_portal():
    assert foreign("http://fleet.example")
    assert not foreign("https://fleet.example")


def test_the_same_server_under_another_name_is_its_own():
    assert not foreign("https://192.0.2.7:8443", host="192.0.2.7:8443")
    assert not foreign("http://localhost:8082", host="localhost:8082", own="http://fleet.lan:8082")
    assert not foreign("http://localhost:8082", host="localhost:8082")
    assert foreign("http://elsewhere.example", host="localhost:8082", own="http://fleet.lan:8082")
