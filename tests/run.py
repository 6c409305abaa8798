"""Runs the parts of the tests one after another and prints what each took: `python tests/run.py all|lint|units|…`."""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
RESULTS = ROOT / "var" / "results"
FUZZ_INPUTS = 50_000
OPENAPI = "tests/doors/test_openapi.py"
UNITS = [
    f"tests/{room}"
    for room in ("house", "regressions", "protocols", "policy", "insight", "reports", "simulate", "store", "flows")
]


def pytest(part: str, *folders: str, workers: int = 2, without: str = "", dist: str = "loadfile") -> list[str]:
    """The pytest command of one part; its results are kept for docs/status.md."""
    there = [f for f in folders if (ROOT / f).exists()]
    spread = ["-n", str(workers), "--dist", dist] if workers > 1 else []
    spread += [f"--ignore={without}"] if without else []
    return [str(BIN / "python"), "-m", "pytest", "-q", *spread, f"--junitxml={RESULTS / part}.xml", *there]


PARTS: dict[str, list[list[str]]] = {
    "lint": [
        [str(BIN / "ruff"), "check", "--quiet", "."],
        [str(BIN / "ruff"), "format", "--check", "--quiet", "."],
        [str(BIN / "mypy")],
        [str(BIN / "lint-imports"), "--no-cache"],
        [str(BIN / "python"), "docs/generate.py", "--check"],
    ],
    "units": [
        pytest(
            "units",
            *UNITS,
        ),
        [str(BIN / "python"), "tests/protocols/fuzz.py", "--count", str(FUZZ_INPUTS)],
    ],
    "doors": [
        pytest("doors", "tests/doors", without=OPENAPI),
        pytest("openapi", OPENAPI, workers=1),  # schemathesis' cases are not told apart when they are spread
    ],
    "force": [pytest("force", "tests/force", workers=1)],
    "browser": [["bash", "-c", "cd web && npm run --silent test"], pytest("browser", "tests/browser", workers=1)],
    "promises": [pytest("promises", "tests/promises", dist="load")],
}


def run(part: str) -> tuple[bool, float]:
    """Run one part; say whether all of it passed and the minutes it took."""
    print(f"\n=== {part}", flush=True)
    begun = time.monotonic()
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}
    codes = [subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode for command in PARTS[part]]
    return not any(codes), (time.monotonic() - begun) / 60


def counted() -> tuple[int, int, int]:
    """Passed, failed and skipped tests over all parts that left results."""
    passed = failed = skipped = 0
    for file in RESULTS.glob("*.xml"):
        for suite in ET.parse(file).getroot().iter("testsuite"):
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            away = int(suite.get("skipped", 0))
            failed, skipped = failed + bad, skipped + away
            passed += int(suite.get("tests", 0)) - bad - away
    return passed, failed, skipped


def main(asked: list[str]) -> int:
    """Run what was asked; 0 when everything passed."""
    parts = list(PARTS) if asked in ([], ["all"]) else asked
    if unknown := [p for p in parts if p not in PARTS]:
        print(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
        return 2
    RESULTS.mkdir(parents=True, exist_ok=True)
    if parts == list(PARTS):
        for old in RESULTS.glob("*.xml"):
            old.unlink()
    done = {part: run(part) for part in parts}
    print("\npart       minutes  result")
    for part, (good, minutes) in done.items():
        print(f"{part:10} {minutes:7.1f}  {'passed' if good else 'FAILED'}")
    print(f"{'together':10} {sum(minutes for _, minutes in done.values()):7.1f}")
    passed, failed, skipped = counted()
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 0 if all(good for good, _ in done.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
