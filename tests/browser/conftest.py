"""The real server with a small driving fleet, and a real browser whose every visit is watched."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PORTAL = ROOT / "src" / "waykeep" / "portal" / "index.html"
SHOTS = ROOT / "var" / "screenshots"
README = ROOT / "docs" / "screenshots"
SHOWN = frozenset(
    [
        "map-desktop",
        "card-desktop",
        "card-phone",
        "history-phone",
        "looked-desktop",
        "private-phone",
        "fa-harbour-dark-map",
    ]
)
AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
UNITS = 14
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
PROTOCOLS = ("teltonika", "osmand", "gt06", "h02")


def free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


class Portal:
    """A running server, the signed-in state of its administrator, and the browser."""

    def __init__(self, url: str, browser: Browser) -> None:
        self.url, self.browser = url, browser
        self.state: dict = {}

    @contextmanager
    def visit(self, path="/", *, size=None, state="administrator", scheme="light", refused=()) -> Iterator[Page]:
        """A page of its own context; no request may leave the origin, no error may reach the console.

        Chromium itself writes a line for each refused answer: a visit that is about refusals names each of them in
        `refused`, as "401 /v1/session", and the console then holds those lines, in that order, and no other.
        """
        kept = self.state if state == "administrator" else state
        context = self.browser.new_context(
            viewport=size or WIDE, color_scheme=scheme, storage_state=kept or None, accept_downloads=True
        )
        context.set_default_timeout(15_000)
        page, said, strangers = context.new_page(), [], []
        page.on("console", lambda message: said.append(fault(message)) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: strangers.append(request.url) if self._strange(request.url) else None)
        try:
            page.goto(self.url + path)
            yield page
            assert strangers == []
            assert said == list(refused)
        finally:
            context.close()

    def _strange(self, address):
        return not address.startswith((self.url, self.url.replace("http:", "ws:"), "blob:", "data:"))


def fault(message):
    """An error of the console: a refused answer as its status and path, any other in its own words."""
    found = REFUSED.match(message.text)
    return f"{found[1]} {urlsplit(message.location['url']).path}" if found else message.text


def until(page, expression, tries=200):
    """Ask the page until it says yes; Playwright's own waiting compiles text, which our security policy forbids."""
    for _ in range(tries):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never true: {expression}")


def shot(page, name):
    """Keep a picture of the page in var/screenshots; those the README shows go to docs with WAYKEEP_README_SHOTS=1."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"))
    if name in SHOWN and os.environ.get("WAYKEEP_README_SHOTS"):
        README.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SHOTS / f"{name}.png", README / f"{name}.png")


def faults(page):
    """What axe finds wrong: contrast, names, roles, order of headings; as short sentences."""
    page.evaluate(AXE.read_text())
    found = page.evaluate(
        """() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"""
    )
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def say_yes(page):
    """Open the policy, tick that one agrees, and go on, where the profile asks for it."""
    page.wait_for_selector("#yes-title, .shell", timeout=20_000)
    if page.locator("#yes-title").count():
        assert page.locator("form input[type=checkbox]").count() == 0  # nothing can be ticked before the text is open
        with page.context.expect_page() as opened:
            page.get_by_role("link", name="privacy policy").first.click()
        opened.value.close()
        page.locator("form label.checkbox, form label").last.click()
        page.get_by_role("button", name="Go on").click()


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium."""
    if CHROMIUM is None or not PORTAL.exists() or not AXE.exists():
        pytest.skip("needs Debian's chromium and the built portal: make ready")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def portal(tmp_path_factory, browser):
    """The demo server on free ports, signed in to by its one-time link."""
    with demo(tmp_path_factory.mktemp("demo"), browser, "--units", str(UNITS)) as made:
        yield made


@contextmanager
def demo(home, browser, *words):
    """A demo of its own while a block runs."""
    port = free_port()
    environ = os.environ | {
        "WAYKEEP_WEB_PORT": str(port),
        "WAYKEEP_WEB_URL": f"http://localhost:{port}",
        "WAYKEEP_PORTS": json.dumps(dict.fromkeys(PROTOCOLS, 0)),
        "WAYKEEP_LEAST_FREE_MB": "64",
    }
    command = [sys.executable, "-m", "waykeep", "--home", str(home), "demo", *words]
    server = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        said = ""
        while "#link=" not in said:
            line = server.stdout.readline()
            assert line, f"the demo ended: {said}"
            said += line
        made = Portal(f"http://localhost:{port}", browser)
        with made.visit("/" + re.search(r"#link=\S+", said).group()) as page:
            say_yes(page)
            page.wait_for_selector(".shell", timeout=20_000)
            made.state = page.context.storage_state()
        yield made
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()
