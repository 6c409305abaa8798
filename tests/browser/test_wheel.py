"""The built wheel, in an empty environment, serves the portal."""

import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import httpx
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, **more)


def pins_to_run():
    """The lock's blocks of what the server needs to run, without the tools of development."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / "requirements.lock").read_text(), flags=re.MULTILINE)[1:]
    wanted, todo = set(), ["waykeep"]
    while todo:
        name = canonicalize_name(todo.pop())
        if name not in wanted:
            wanted.add(name)
            needs = map(Requirement, metadata.requires(name) or ())
            todo += [one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
    return "".join(block for block in blocks if canonicalize_name(block.split("==")[0]) in wanted)


def test_the_wheel_in_an_empty_environment_serves_the_portal(tmp_path):
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT)
    wheel = next(tmp_path.glob("waykeep-*.whl"))
    run(sys.executable, "-m", "venv", tmp_path / "empty")
    python = tmp_path / "empty" / "bin" / "python"
    lock = tmp_path / "lock"
    lock.write_text(pins_to_run())
    run(python, "-m", "pip", "install", "-q", "--require-hashes", "--no-deps", "-r", lock)
    run(python, "-m", "pip", "install", "-q", "--no-deps", wheel)

    home = tmp_path / "home"
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WAYKEEP"))} | {
        "WAYKEEP_WEB_PORT": "0",
        "WAYKEEP_WEB_BIND": "127.0.0.1",
        "WAYKEEP_BIND": "127.0.0.1",
        "WAYKEEP_PORTS": json.dumps({"teltonika": 0, "osmand": 0, "gt06": 0, "h02": 0}),
        "WAYKEEP_DEMO_VALUES": "true",
    }
    waykeep = tmp_path / "empty" / "bin" / "waykeep"
    home.mkdir()
    run(waykeep, "--home", home, "init", env=environ, cwd=tmp_path)
    server = subprocess.Popen(
        [str(waykeep), "--home", str(home), "serve", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environ,
        cwd=tmp_path,
    )
    try:
        said = json.loads(server.stdout.readline())
        page = httpx.get(f"http://127.0.0.1:{said['web']}/")
        assert page.status_code == 200
        assert "<script" in page.text
        piece = httpx.get(f"http://127.0.0.1:{said['web']}/map/world.pmtiles", headers={"Range": "bytes=0-6"})
        assert piece.status_code == 206
        assert piece.content == b"PMTiles"
    finally:
        server.terminate()
        assert server.wait(30) == 0
