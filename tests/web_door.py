"""The web door of an office on a free port of the loopback, and browsers that come to it."""

import threading
from contextlib import contextmanager

import httpx
import uvicorn

from office import PASSWORD, WEB_URL
from waykeep.api.app import build
from waykeep.api.doors import Doors
from waykeep.api.fleet import Door, ProtocolDoors
from waykeep.api.session import PolicyFacts

BROWSERS = []  # those that came to the open door; they leave before it closes


def _setup(host, port, unique_id):
    return {"Phone": f"{host}:{port} {unique_id}"}


def flows_of(office):
    protocol_doors = ProtocolDoors((
        Door(name="osmand", port=5055, transports=("http",), setup=_setup),
    ))  # fmt: skip
    return {
        "signin": office.signin,
        "one_time": office.one_time,
        "passkeys": office.passkeys,
        "me": office.me,
        "staff": office.staff,
        "seeing": office.seeing,
        "units": office.units,
        "policy_facts": PolicyFacts("base", "server_full", ("sid", "tpl")),
        "protocol_doors": protocol_doors,
    }


@contextmanager
def served(office):
    """The web door of an office on a free port of the loopback; gives its address."""
    doors = Doors(who=office.signin.caller, flows=flows_of(office), web_url=WEB_URL)
    server = uvicorn.Server(
        uvicorn.Config(build(doors), host="127.0.0.1", port=0, log_level="error", access_log=False, ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise RuntimeError("the web door did not open")
        threading.Event().wait(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        while BROWSERS:
            BROWSERS.pop().close()
        server.should_exit = True
        thread.join()


def browser(address):
    """A client with cookies of its own, as a browser has."""
    made = httpx.Client(base_url=address, timeout=10, verify=False)  # plain HTTP: reading the CA list costs 30 ms
    BROWSERS.append(made)
    return made


def sign_in(address, login, password=PASSWORD, code=None):
    """A signed-in browser."""
    client = browser(address)
    answer = client.post("/v1/session", json={"login": login, "password": password, "code": code})
    assert answer.status_code == 200, answer.text
    return client
