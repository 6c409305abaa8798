"""Portal: how many of the news of 50,000 vehicles reach the map of the built portal, and how late."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import machine
import numpy as np
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, sync_playwright
from report import Row

from waykeep.insight.status import Status
from waykeep.live import HEADER, POSITIONS, VERSION

MANY, FEW = 50_000, 1_000
FRAMES, EVERY_S = 40, 0.5
WARM = range(4, 60)  # frames before the count begins: the first ones make the rows and move the map to them
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# When the map said that it had applied a frame: its number, all positions so far, the clock of this machine.
WATCH = """() => {
    const box = document.querySelector('.map-box');
    window.told = [];
    const now = () => performance.timeOrigin + performance.now();
    new MutationObserver(() => window.told.push([Number(box.dataset.frames), Number(box.dataset.applied), now()]))
        .observe(box, { attributes: true, attributeFilter: ['data-frames'] });
}"""
BOX = """() => {
    const { frames, applied, drawn } = document.querySelector('.map-box')?.dataset ?? {};
    return [Number(frames ?? 0), Number(applied ?? 0), Number(drawn ?? 0)];
}"""


def measured() -> list[Row]:
    """The same stream for many vehicles and for few, in one browser."""
    with machine.server(0) as ours, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            state = _signed_in(browser, ours)
            few = _run(browser, ours, state, FEW)
            many = _run(browser, ours, state, MANY)
        finally:
            browser.close()
    return [
        Row(
            f"map updates applied at {MANY:,} vehicles ÷ sent, a frame of all each {EVERY_S:g} s",
            many["applied"] / many["sent"],
            ">=",
            0.95,
            f"{many['applied']:,} of {many['sent']:,} positions; {many['drawn']} drawings for {FRAMES} frames",
        ),
        Row(
            f"time from sending to applied, {MANY:,} vehicles ÷ {FEW:,}",
            many["ms"] / few["ms"],
            "<=",
            None,
            f"{many['ms']:.0f} ms and {few['ms']:.0f} ms, the way through the test's browser driver included",
        ),
    ]


def _signed_in(browser: Browser, ours: machine.Server) -> Any:
    """The state of a browser that took the first administrator's one-time link."""
    context = browser.new_context()
    secret = ours.link.rpartition("#link=")[2]
    form = {"secret": secret, "name": "Bench", "password": os.urandom(12).hex(), "of_age": True}
    answer = context.request.post(f"{_address(ours)}/v1/session/link/accept", data=form)
    assert answer.ok, answer.text()
    state = context.storage_state()
    context.close()
    return state


def _address(ours: machine.Server) -> str:
    return f"http://localhost:{ours.web}"


def _run(browser: Browser, ours: machine.Server, state: Any, units: int) -> dict[str, Any]:
    """Open the portal over so many vehicles and send it frames at their time, however far it is behind."""
    fleet = Fleet(units)
    with _opened(browser, _address(ours), state, fleet) as (page, socket):
        warm = _warm(page, socket, fleet)
        page.evaluate(WATCH)
        _, applied_before, drawn_before = page.evaluate(BOX)
        sent_ms, begun = {}, time.monotonic()
        for number in range(FRAMES):
            page.wait_for_timeout(max(0.0, (begun + number * EVERY_S - time.monotonic()) * 1000))
            frame = fleet.frame()
            sent_ms[warm + 1 + number] = time.time() * 1000
            socket.send(frame)
            end_ms = sent_ms[warm + 1 + number] + EVERY_S * 1000  # news that comes later than the next is not news
        page.wait_for_timeout(1000 * EVERY_S)
        _until(page, lambda: page.evaluate(BOX)[0] == warm + FRAMES, 120.0)
        told, drawn = page.evaluate("window.told"), page.evaluate(BOX)[2]
    return {
        "sent": FRAMES * units,
        "applied": max((applied for _, applied, at_ms in told if at_ms <= end_ms), default=applied_before)
        - applied_before,
        "drawn": drawn - drawn_before,
        "ms": median(at_ms - sent_ms[number] for number, _, at_ms in told),
    }


def _warm(page: Page, socket: WebSocketRoute, fleet: "Fleet") -> int:
    """Send frames, each when the one before was applied, until the map draws; say how many."""
    for number in range(1, WARM.stop):
        socket.send(fleet.frame())
        _until(page, lambda at=number: page.evaluate(BOX)[0] == at)
        page.wait_for_timeout(1000 * EVERY_S)
        if number >= WARM.start and page.evaluate(BOX)[2] > 0:
            return number
    raise SystemExit("the map does not draw")


@contextmanager
def _opened(browser: Browser, address: str, state: Any, fleet: "Fleet") -> Iterator[tuple[Page, WebSocketRoute]]:
    """The map page with this fleet in the place of the server's, and the page's own socket in our hand."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=state)
    page, sockets, asked = context.new_page(), [], []

    def taken(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.on_message(heard)

    def heard(message: str | bytes) -> None:
        asked.append(message)

    def answer(body: bytes, route: Route) -> None:
        route.fulfill(body=body, content_type="application/json")

    page.route(f"{address}/v1/units", lambda route: answer(fleet.units(), route))
    page.route(f"{address}/v1/positions/latest", lambda route: answer(fleet.latest(), route))
    page.route_web_socket("**/v1/stream", taken)
    try:
        page.goto(address)
        page.locator(f'[role=grid][aria-rowcount="{fleet.size}"]').wait_for(timeout=60_000)
        page.locator(".map-box canvas").wait_for(timeout=60_000)
        _until(page, lambda: asked)
        sockets[0].send(fleet.names())
        yield page, sockets[0]
    finally:
        context.close()


def _until(page: Page, true: Callable[[], object], seconds: float = 60.0) -> None:
    """Ask until it is so; Playwright's own waiting compiles text, which our security policy forbids."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if true():
            return
        page.wait_for_timeout(50)
    raise SystemExit("the portal did not get so far")


class Fleet:
    """Vehicles that drive straight on, as the server tells of them."""

    def __init__(self, size: int) -> None:
        self.size = size
        chance = np.random.default_rng(7)
        self._latitude, self._longitude = chance.uniform(25.0, 39.0, size), chance.uniform(44.0, 63.0, size)
        self._course = chance.integers(0, 256, size, dtype=np.uint8)
        self._speed = chance.integers(0, 3000, size).astype("<u2")
        self._status = np.where(self._speed > 100, Status.MOVING, Status.STOPPED).astype(np.uint8)
        self._ids = [f"d{number:016x}" for number in range(size)]

    def units(self) -> bytes:
        """What /v1/units says."""
        kept = {"protocol": "teltonika", "model": "FMB920", "group": None, "person": None, "driver": None}
        told = {"unique_id_tail": "0001", "since_ms": _now_ms(), "private": False}
        return json.dumps([
            {"id": one, "name": f"Vehicle {number}", "plate": f"{number:05d} AB"} | kept | told
            for number, one in enumerate(self._ids)
        ]).encode()  # fmt: skip

    def latest(self) -> bytes:
        """What /v1/positions/latest says."""
        at_ms = _now_ms() - 60_000
        still = {"fix_ms": at_ms, "received_ms": at_ms, "altitude_m": 1200.0, "accuracy_m": 5.0, "flags": 1}
        facts = {"attributes": {"ignition": True, "satellites": 11, "power_v": 13.9, "odometer_m": 1.5e8}}
        return json.dumps([
            {"unit": one, "latitude": latitude, "longitude": longitude, "status": "moving"}
            | {"speed_mps": 12.5, "course_deg": 90.0} | still | facts
            for one, latitude, longitude in zip(
                self._ids, self._latitude.tolist(), self._longitude.tolist(), strict=True
            )
        ]).encode()  # fmt: skip

    def names(self) -> str:
        """The stream's first word: which unit has which slot."""
        return json.dumps({"kind": "units", "slots": list(enumerate(self._ids))})

    def frame(self) -> bytes:
        """The newest position of every vehicle, as the server packs it."""
        turn = self._course * (2 * np.pi / 256)
        away_deg = self._speed / 100 * EVERY_S / 111_000
        self._latitude += np.cos(turn) * away_deg
        self._longitude += np.sin(turn) * away_deg
        now_ms = _now_ms()
        return b"".join([
            HEADER.pack(VERSION, POSITIONS, 0, self.size, float(now_ms)),
            np.arange(self.size, dtype="<u4").tobytes(),
            (self._longitude * 1e7).astype("<i4").tobytes(),
            (self._latitude * 1e7).astype("<i4").tobytes(),
            np.full(self.size, now_ms // 1000, dtype="<u4").tobytes(),
            _padded(self._speed),
            _padded(self._course),
            _padded(self._status),
        ])  # fmt: skip


def _padded(column: np.ndarray[Any, Any]) -> bytes:
    raw = column.tobytes()
    return raw + bytes(-len(raw) % 4)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
