"""Writes docs/reference and docs/status.md from the code; `--check` fails where a page is stale."""

import argparse
import ast
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
from ruamel.yaml import YAML

import waykeep
from waykeep import cli, protocols, settings
from waykeep.api import app
from waykeep.model import attributes
from waykeep.store import documents
from waykeep.store.schema import FILES
from waykeep.store.sealed import Sealed

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
RESULTS = ROOT / "var" / "results"
HEAD = "<!-- Written by docs/generate.py from the code. Change the code, then run `make docs`. -->\n"


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    names = list(head)
    lines = [
        names,
        ["---"] * len(names),
        *([str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def settings_page() -> str:
    """Every setting."""
    rows = []
    for field in msgspec.structs.fields(settings.Settings):
        meta = field.type.__metadata__[0]
        rows.append(
            (
                f"`{field.name}`",
                f"`WAYKEEP_{field.name.upper()}`",
                f"`{field.default!r}`" if field.default is not msgspec.NODEFAULT else "`{}`",
                meta.description,
            )
        )
    return "# Settings\nRead from `waykeep.toml` in the home folder, then from the environment.\n\n" + table(
        ("setting", "environment", "default", "meaning"), rows
    )


def commands_page() -> str:
    """Every command with its arguments."""
    text = "# Commands\n"
    top = cli.parser()
    under: Any = next(a for a in top._actions if isinstance(a, argparse._SubParsersAction))
    for name, parser in sorted(under.choices.items()):
        rows = [
            (f"`{', '.join(a.option_strings) or a.dest}`", a.help or "") for a in parser._actions if a.dest != "help"
        ]
        text += f"\n## waykeep {name}\n{parser.description}\n" + (
            "\n" + table(("argument", "meaning"), rows) if rows else ""
        )
    return text


def protocols_page() -> str:
    """Every protocol."""
    rows = [
        (p.name, p.port, ", ".join(p.transports), "yes" if p.acknowledges else "no", ", ".join(p.orders))
        for p in sorted(protocols.ALL, key=lambda p: p.name)
    ]
    return "# Protocols\n" + table(("protocol", "port", "transports", "resends what was not answered", "orders"), rows)


def attributes_page() -> str:
    """Every attribute name."""
    rows = [(f"`{name}`", one.unit, one.category, one.words) for name, one in sorted(attributes.NAMED.items())]
    rows += [(f"`{pattern.pattern}`", one.unit, one.category, one.words) for pattern, one in attributes.NUMBERED]
    return "# Attributes\nSensor values keep the field's own names; unit and data category stand here.\n\n" + table(
        ("name", "unit", "category", "meaning"), rows
    )


def routes_page() -> str:
    """Every route of the API with who may call it."""
    described = app.described()
    rows = []
    for path, methods in sorted(described["paths"].items()):
        for method, operation in methods.items():
            if isinstance(operation, dict) and "responses" in operation:
                rows.append((method.upper(), f"`{path}`", operation.get("summary") or operation.get("description", "")))
    return "# Routes\nThe whole description, with every field, stands at `/v1/openapi.json`.\n\n" + table(
        ("method", "path", "what"), rows
    )


def datamap_page() -> str:
    """Every column of every table with its data category."""
    rows = [
        (
            file,
            f"`{table_.name}.{column.name}`",
            column.info["category"] if "category" in column.info else getattr(column.type, "category", ""),
            "sealed" if isinstance(column.type, Sealed) else "clear",
        )
        for file, metadata in FILES.items()
        for table_ in metadata.sorted_tables
        for column in table_.columns
    ]
    return (
        "# Data map\nWhat each column of the embedded store holds; an identifying category is stored sealed only.\n\n"
        + table(("file", "column", "category", "stored"), rows)
    )


def errors_page() -> str:
    """Every error slug that a person may meet, found in the code that raises it."""
    found: dict[str, set[str]] = {}
    for file in sorted(Path(waykeep.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            named = isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"AskError", "Problem"}
            if named and len(node.args) > 1 and isinstance(node.args[0], ast.Constant):
                found.setdefault(node.args[0].value, set()).add(_sentence(node.args[1]))
    rows = [(f"`{slug}`", " / ".join(sorted(said))) for slug, said in sorted(found.items())]
    return "# Errors\nThe `slug` of an answer and its sentence.\n\n" + table(("slug", "sentence"), rows)


def _sentence(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return "…"


def controls_page() -> str:
    """Every control that clauses name."""
    rows = [(name, one.name, one.mechanism) for name, one in sorted(documents.controls().items())]
    return "# Controls\nWhat the clauses of the profiles rest on; `waykeep prove` says which of them hold.\n\n" + table(
        ("id", "control", "mechanism"), rows
    )


def _results() -> dict[str, str]:
    outcome: dict[str, str] = {}
    for file in RESULTS.glob("*.xml"):
        for case in ET.parse(file).getroot().iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            kinds = {child.tag for child in case}
            outcome[name] = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
    return outcome


def _verdict(tests: list[str], outcome: dict[str, str]) -> str:
    seen = [state for pattern in tests for name, state in outcome.items() if pattern in name]
    if not seen:
        return "no test yet" if not tests else "not run"
    if "failed" in seen:
        return "failed"
    return f"passed ({seen.count('passed')} tests)" if "passed" in seen else "skipped"


def status_page(*, with_results: bool) -> str:
    """One line per check of the first stage with its command and its last result."""
    parts = YAML(typ="safe").load((DOCS / "checks.yaml").read_text())
    outcome = _results() if with_results else {}
    text = "# Status\nOne line per check: the command that shows it and its last result on a full `make test`.\n"
    for part in parts:
        rows = [(c["check"], f"`{c['command']}`", _verdict(c.get("tests", []), outcome)) for c in part["checks"]]
        text += f"\n## {part['part']}\n" + table(("check", "command", "last result"), rows)
    return text


PAGES: dict[str, Callable[[], str]] = {
    "settings": settings_page,
    "commands": commands_page,
    "protocols": protocols_page,
    "attributes": attributes_page,
    "routes": routes_page,
    "datamap": datamap_page,
    "errors": errors_page,
    "controls": controls_page,
}


def main(argv: list[str]) -> int:
    """Write the pages, or with --check say which are stale."""
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / "reference" / f"{name}.md", HEAD + page()
        if "--check" in argv:
            stale += [str(path.relative_to(ROOT))] if not path.exists() or path.read_text() != text else []
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    if "--check" not in argv:
        (DOCS / "status.md").write_text(HEAD + status_page(with_results=True))
    for path in stale:
        print(f"stale: {path}; run `make docs`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
