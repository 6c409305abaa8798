"""`waykeep policy`: check a document, show the one in force, write its text, find its gaps, compare, publish."""

import argparse
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from waykeep import settings, wiring
from waykeep.cli.base import Command
from waykeep.errors import AskError, StartError
from waykeep.flows import control
from waykeep.flows.publishing import compare
from waykeep.policy.changes import Change
from waykeep.policy.document import Policy, complete
from waykeep.policy.lint import lint
from waykeep.policy.text import write
from waykeep.store import documents


def _arguments(parser: argparse.ArgumentParser) -> None:
    under = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = under.add_parser("check", help="say whether a document is valid, or which key of which line is not")
    check.add_argument("files", type=Path, metavar="FILE", nargs="+")
    show = under.add_parser("show", help="print the policy in force, or a shipped profile, as one whole document")
    show.add_argument("profile", nargs="?", choices=documents.PROFILES)
    diff = under.add_parser("diff", help="say what differs between two documents and what the new one asks of it")
    diff.add_argument("old", metavar="OLD", help="a file, or the name of a shipped profile")
    diff.add_argument("new", metavar="NEW", help="a file, or the name of a shipped profile")
    text = under.add_parser("text", help="print the public text that is made from a document")
    text.add_argument(
        "document", nargs="?", metavar="DOCUMENT", help="a file, or a shipped profile; else the one in force"
    )
    text.add_argument("--language", default="en", choices=documents.LANGUAGES)
    lint = under.add_parser("lint", help="say what a valid document leaves out or contradicts")
    lint.add_argument(
        "document", nargs="?", metavar="DOCUMENT", help="a file, or a shipped profile; else the one in force"
    )
    publish = under.add_parser("publish", help="sign a document as the next version and keep it in the archive")
    publish.add_argument("file", type=Path, metavar="FILE")
    publish.add_argument("--effective", type=_moment_ms, metavar="WHEN", help="ISO 8601; else as soon as may be")
    publish.add_argument("--minor", action="store_true", help="refuse to publish when the change matters to people")


def _moment_ms(text: str) -> int:
    when = datetime.fromisoformat(text)
    return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)


def _run(arguments: argparse.Namespace) -> int:
    action = {"check": _check, "show": _show, "diff": _diff, "text": _text, "lint": _lint, "publish": _publish}
    return action[arguments.action](arguments)


def _check(arguments: argparse.Namespace) -> int:
    return max(_check_one(file) for file in arguments.files)


def _check_one(file: Path) -> int:
    try:
        policy = documents.policy("", file)
        complete(policy)
    except StartError as error:
        print(error)
        return 1
    many = f"{len(policy.categories)} data categories, {policy.parts.location_mode}, {policy.hash}"
    print(f"{file}: valid; {many}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    known = settings.load(arguments.home)
    policy = documents.policy(arguments.profile) if arguments.profile else wiring.read_policy(known)
    print(msgspec.json.format(msgspec.json.encode(policy.parts), indent=2).decode())
    _tell_open(policy)
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    compared = compare(_named(arguments.old), _named(arguments.new))
    for one in compared.changes:
        print(_line(one))
    decision = compared.decision
    if not decision.material:
        print("nothing of it matters to people by the new document")
        return 0
    print(f"matters to people: {', '.join(decision.material)}")
    print(f"they are told by {', '.join(decision.channels)}, {decision.lead_ms // documents.DAY_MS} days ahead")
    if decision.reduces:
        print("it reduces rights: whoever does not agree stays with the text they accepted")
    return 0


def _text(arguments: argparse.Namespace) -> int:
    policy = _meant(arguments)
    found = write(policy, documents.words(arguments.language), documents.clauses(policy))
    print(f"# {found.title}\n\n{found.version} {found.hash}")
    for section in found.sections:
        print(f"\n## {section.title}\n")
        for sentence in section.sentences:
            print(f"{sentence.text} [{', '.join(sentence.controls)}]")
            print("".join(f"- {item}\n" for item in sentence.items), end="")
        for table in section.tables:
            print(f"\n### {table.title}\n\n| {' | '.join(table.head)} |\n|{'---|' * len(table.head)}")
            for row in table.rows:
                print(f"| {' | '.join('; '.join(cell) for cell in row)} |")
    return 0


def _lint(arguments: argparse.Namespace) -> int:
    found = lint(_meant(arguments), [documents.words(language) for language in documents.LANGUAGES])
    for one in found:
        print(f"{one.file}:{one.line}: {one.key}: {one.text} ({one.rule})")
    print(f"{len(found)} to mend" if found else "nothing to mend")
    return 1 if found else 0


def _meant(arguments: argparse.Namespace) -> Policy:
    return _named(arguments.document) if arguments.document else wiring.read_policy(settings.load(arguments.home))


def _publish(arguments: argparse.Namespace) -> int:
    known = settings.load(arguments.home)
    try:
        content = arguments.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AskError("policy-unreadable", f"{arguments.file} cannot be read: {error}", 422) from error
    wanted = {"name": arguments.file.name, "content": content, "minor": arguments.minor}
    if arguments.effective is not None:
        wanted["effective_ms"] = arguments.effective
    done = control.do(known.path("data_dir"), partial(wiring.handlers, known), "publish", **wanted)
    for change in msgspec.convert(done["changes"], tuple[Change, ...]):
        print(_line(change))
    when = datetime.fromtimestamp(int(done["effective_ms"]) / 1000, UTC).isoformat(timespec="seconds")
    print(f"version {done['number']}, {done['weight']}, {done['hash']}; in force from {when}")
    return 0


def _named(name: str) -> Policy:
    return documents.policy(name) if name in documents.PROFILES else documents.policy("", Path(name))


def _line(change: Change) -> str:
    return f"{change.kind:28} {change.key}: {change.before or '–'} → {change.after or '–'}"


def _tell_open(policy: Policy) -> None:
    for one in policy.open:
        print(f"{one.file}:{one.line}: {one.path} is left to the operator ({one.word})", file=sys.stderr)


COMMAND = Command(
    name="policy", help="Check, show, compare or publish a policy document", arguments=_arguments, run=_run
)
