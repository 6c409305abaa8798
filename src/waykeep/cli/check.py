"""`waykeep check`: the ledger against itself and its signed heads, a published proof against its signature."""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from waykeep import seal
from waykeep.cli.base import Command
from waykeep.errors import AskError, StartError
from waykeep.flows import receipts
from waykeep.settings import Settings, load
from waykeep.store import audit, proof
from waykeep.store.engine import HomeLock
from waykeep.store.heads import Heads
from waykeep.store.vault import Vault


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to check, and how to say it."""
    parser.add_argument("what", choices=["ledger", "proof", "receipt"], help="what to check")
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="with proof or receipt: the signed file")
    parser.add_argument(
        "--key", help="with proof or receipt: the public key that must have signed it, as /proof and /v1/policy show it"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of sentences")


def run(arguments: argparse.Namespace) -> int:
    """Check; 0 when nothing was found."""
    if arguments.what != "ledger":
        return _file(arguments)
    settings = load(arguments.home)
    path, heads = settings.path("data_dir") / "ledger.db", Heads(settings.path("heads_dir"))
    with _vault(settings) as vault:
        key = None if vault is None else seal.public_key(vault.signing_seed("ledger"))
        report = audit.verify(path, heads, key, None if vault is None else vault.open_field)
    if arguments.json:
        print(msgspec.json.encode(report).decode())
    else:
        print(f"ledger: {report.lines} lines, {report.heads} signed heads, root {report.root[:16]}…")
        for line in (*report.losses, *(f"FAULT: {fault}" for fault in report.faults)):
            print(line)
        print("the ledger is whole" if not report.faults else f"{len(report.faults)} faults")
    return 1 if report.faults else 0


def _file(arguments: argparse.Namespace) -> int:
    """Hold a signed file against its signature; it needs no server and no home."""
    if arguments.file is None:
        raise AskError("file-missing", f"Name the signed file: waykeep check {arguments.what} FILE.")
    reads = {"proof": _proof, "receipt": _receipts}[arguments.what]
    try:
        print(reads(arguments.file.read_bytes(), arguments.key))
    except OSError as error:
        raise StartError(f"{arguments.file} cannot be read: {error}") from error
    except StartError as error:
        print(error)
        return 1
    return 0


def _proof(content: bytes, key: str | None) -> str:
    found = proof.check(content, key)
    counts = ", ".join(f"{count} {name}" for name, count in found.proof.counts.items())
    return f"{found.proof.profile} {found.proof.policy_version}: {counts}; the signature of {found.key} covers it"


def _receipts(content: bytes, key: str | None) -> str:
    found = receipts.check(content, key)
    signers = ", ".join(sorted({one.key for one in found})) or "nobody"
    return f"{len(found)} receipts; the signatures of {signers} cover them"


@contextmanager
def _vault(settings: Settings) -> Iterator[Vault | None]:
    """The vault, to open every entry too; None while a server holds it or where the root key is not at hand.

    Without it the heads are held against the key that the first of them names.
    """
    if not (settings.path("keys_dir") / "vault.db").exists():
        yield None
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(HomeLock(settings.path("data_dir") / "lock"))
            vault = Vault(settings, os.urandom, lambda: time.time_ns() // 1_000_000)  # noqa: TID251 - a command's clock
            stack.callback(vault.close)
        except StartError:
            yield None
            return
        yield vault


COMMAND = Command(
    name="check",
    help="verify the ledger or a published proof: names what was changed, dropped or cut",
    arguments=arguments,
    run=run,
)
