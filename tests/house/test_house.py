"""Tests about the house itself: the rules a reader may rely on."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

import waykeep

SRC = Path(waykeep.__file__).parent
ROOT = SRC.parent.parent
FILES = sorted(SRC.rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.splitlines()


def callers_of(name: str) -> set[str]:
    return {
        str(file.relative_to(SRC))
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name
    }


def test_only_the_gate_clears_a_position():
    assert callers_of("Cleared") == {"policy/gate.py"}


def test_only_access_grants_a_read():
    assert callers_of("Grant") == {"policy/access.py"}


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(SRC)))
def test_every_file_opens_with_its_purpose_and_stays_small(file):
    tree = ast.parse(file.read_text())
    assert ast.get_docstring(tree)
    assert len(file.read_text().splitlines()) <= LONGEST_FILE
    long = [
        n.name
        for n in ast.walk(tree)
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and (n.end_lineno or 0) - n.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_no_room_is_named_for_nothing():
    assert [f for f in FILES if re.search(r"util|helper|manager|misc|common", f.stem)] == []


def test_no_check_is_switched_off_without_a_reason():
    silent = re.compile(r"#\s*(type:\s*ignore(\[[a-z, -]+\])?|noqa(:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*)?)\s*$")
    lines = [(f, n, line) for f in FILES for n, line in enumerate(f.read_text().splitlines(), 1)]
    assert [f"{f.relative_to(ROOT)}:{n}" for f, n, line in lines if silent.search(line)] == []


def test_the_repository_names_no_machine_path_and_no_registry_host():
    forbidden = re.compile(
        "|".join(
            [
                "/wo" + "rk/",
                "/ro" + "ot/",
                r"pypi\.o" + "rg",
                r"files\.python" + "hosted",
                r"registry\.npm" + "js",
                r"deb\.deb" + "ian",
            ]
        )
    )
    found = []
    for name in tracked():
        path = ROOT / name
        if path.is_file() and path.suffix not in {".png", ".woff2", ".pmtiles", ".gz"}:
            found += [
                f"{name}:{n}"
                for n, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
                if forbidden.search(line)
            ]
    assert found == []


def test_every_dependency_is_pinned_with_hashes():
    lock = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock, re.MULTILINE)
    blocks = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(pins) == len(blocks)
    assert all("--hash=sha256:" in block for block in blocks)
