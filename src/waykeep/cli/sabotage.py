"""Runs the program with one control broken, so that `waykeep prove --self-test` sees its clauses fail.

`python -m waykeep.cli.sabotage CONTROL …`: nothing else loads this file, and no setting or command leads here.
"""

import os
import sys
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import msgspec

from waykeep import cli, seal
from waykeep.api import permissions, shield
from waykeep.errors import AskError, StartError
from waykeep.flows import signin
from waykeep.flows.accepting import Accepting
from waykeep.flows.desk import Desk
from waykeep.flows.directory import Directory
from waykeep.flows.incidents import IncidentDesk
from waykeep.flows.links import OneTime
from waykeep.flows.outside import Outside
from waykeep.flows.people import Staff
from waykeep.flows.telling import Telling
from waykeep.model.access import Grant, Purpose
from waykeep.model.frame import Frame, Verdict
from waykeep.model.rules import Rules
from waykeep.policy import (
    access,
    cases,
    changes,
    channels,
    disclosure,
    document,
    gate,
    recipients,
    text,
    transfers,
    typed,
    unwanted,
)
from waykeep.policy.access import Reading
from waykeep.policy.document import Policy
from waykeep.policy.fields import Allowed
from waykeep.policy.overlay import Tree
from waykeep.policy.parts import Document
from waykeep.reports import package
from waykeep.settings import Settings
from waykeep.store import datamap, documents, restore
from waykeep.store.backup import Backups
from waykeep.store.erasures import Destroyed, Erasure, Erasures
from waykeep.store.ledger import Ledger
from waykeep.store.versions import Versions

Change = Mapping[str, Any]


def _rules(**changes: Any) -> None:
    """Judge every frame by other rules than were promised."""
    admit = gate.admit

    def broken(frame: Frame, rules: Rules, now_ms: int) -> Verdict:
        return admit(frame, msgspec.structs.replace(rules, **changes), now_ms)

    setattr(gate, "admit", broken)


def _documents_unchecked() -> None:
    convert = typed._convert

    def broken(value: Any, kind: Any, path: tuple[str, ...], tree: Tree) -> Any:
        try:
            return convert(value, kind, path, tree)
        except StartError:
            return value

    setattr(typed, "_convert", broken)


def _map_unchecked() -> None:
    check = document._check_categories

    def broken(parts: Document, tree: Tree) -> None:
        check(msgspec.structs.replace(parts, fields={}), tree)

    setattr(document, "_check_categories", broken)
    setattr(datamap, "check_file", lambda *_: None)
    setattr(datamap, "check_document", lambda *_: None)


def _kept_for_ever() -> None:
    check = document._check_categories

    def broken(parts: Document, tree: Tree) -> None:
        check(msgspec.structs.replace(parts, retention={"*": next(iter(parts.retention.values()))}), tree)

    setattr(document, "_check_categories", broken)
    setattr(Policy, "fix_retention_ms", None)


def _heading_lost() -> None:
    admit = gate.admit

    def broken(frame: Frame, rules: Rules, now_ms: int) -> Verdict:
        replaced = tuple(msgspec.structs.replace(one, course_deg=None) for one in frame.positions)
        return admit(msgspec.structs.replace(frame, positions=replaced), rules, now_ms)

    setattr(gate, "admit", broken)


def _unasked() -> None:
    _rules(consented=None, withdrawn=False)
    setattr(Accepting, "check", lambda *_: None)


def _gate_open() -> None:
    _rules(private=(), hours=())
    setattr(Allowed, "one", lambda *_: True)


def _unsealed() -> None:
    def plain(key: bytes, plain: bytes, associated: bytes, nonce: bytes, pad: int = 256) -> bytes:
        del key, associated, nonce, pad
        return plain

    setattr(seal, "seal", plain)
    setattr(seal, "unseal", lambda key, blob, associated: blob)


def _never_erased() -> None:
    numbers = count(int.from_bytes(os.urandom(6)))  # each erasure has its own, also after a restart

    def broken(erasures: Erasures, subject: str, kind: str = "") -> Destroyed:
        del erasures, subject, kind
        return Destroyed(erasure=Erasure(number=next(numbers), erased_ms=0, keys=()), wrapped=())

    setattr(Erasures, "forget", broken)


def _never_expiring() -> None:
    setattr(Backups, "expire", lambda _: 0)
    setattr(restore, "settle", lambda *_: restore.Report(positions=0, forgotten_rows=0, forgotten_subjects=0, lost=()))


def _unlogged() -> None:
    record = Ledger.record

    def broken(ledger: Ledger, kind: str, tenant: str, detail: Any, subjects: Any) -> Any:
        return record(ledger, kind, tenant, detail, ()) if subjects else record(ledger, kind, tenant, detail, subjects)

    setattr(Ledger, "record", broken)


def _cookies_unchecked() -> None:
    setattr(shield, "HEADERS", (*shield.HEADERS, (b"set-cookie", b"tracker=1; Path=/")))


def _never_locked() -> None:
    setattr(signin, "locked", lambda *_: False)


def _everyone_may() -> None:
    guard = permissions.guard

    async def broken(connection: Any, handler: Any) -> None:
        try:
            await guard(connection, handler)
        except AskError as error:
            if error.status != 403:
                raise

    setattr(permissions, "guard", broken)


def _located_after_all() -> None:
    setattr(Policy, "keeps_location", True)
    setattr(unwanted, "place", lambda _: False)


def _versions_unchecked() -> None:
    setattr(Versions, "verify", lambda _: None)
    setattr(changes, "diff", lambda *_: ())
    setattr(documents, "in_force", lambda profile, file, *_, fill=False: documents.policy(profile, file, fill=fill))


def _decided_by_anyone() -> None:
    setattr(cases, "check", lambda *_, **__: True)
    setattr(cases, "enough", lambda *_: True)


def _copies_nothing() -> None:
    setattr(package, "written", lambda _, manifest: iter((msgspec.json.encode(manifest),)))


def _never_due() -> None:
    standing = cases.standing

    def broken(*args: Any) -> cases.Standing:
        return msgspec.structs.replace(standing(*args), due_ms=None, warned=0, overdue=False)

    setattr(cases, "standing", broken)


def _for_any_purpose() -> None:
    grant, every = access.grant, frozenset(Purpose)

    def broken(*args: Any, reading: Reading, **more: Any) -> Grant:
        return grant(*args, reading=msgspec.structs.replace(reading, purposes=every, requires={}), **more)

    setattr(access, "grant", broken)
    setattr(document, "_check_purposes", lambda *_: None)


def _another_text() -> None:
    write, base = text.write, documents.policy("base", fill=True)
    setattr(text, "write", lambda _, words, clauses, proven=None: write(base, words, clauses, proven))


def _open_outwards() -> None:
    setattr(recipients, "faults", lambda _: ())
    setattr(recipients, "stands", lambda *_: True)
    setattr(Outside, "_leave", lambda _, __, categories: categories)


def _in_clear() -> None:
    """Serve the portal and every door without TLS, whatever the settings say, and let any door open."""
    setattr(channels, "check", lambda *_: None)
    setattr(Settings, "tls_doors", property(lambda _: ()))


async def _stays_open(*_: object) -> None:
    """Close nothing."""


async def _untold(*_: object) -> None:
    """Tell nobody."""


async def _uncorrected(*_: object) -> tuple[str, ...]:
    return ()


BREAK: dict[str, Callable[[], None]] = {
    "POL": _documents_unchecked,
    "MAP": _map_unchecked,
    "TRK": _heading_lost,
    "ING": _gate_open,
    "CON": _unasked,
    "RET": _kept_for_ever,
    "KEY": _unsealed,
    "ERA": _never_erased,
    "PUR": _for_any_purpose,
    "BAK": _never_expiring,
    "AUD": _unlogged,
    "CK": _cookies_unchecked,
    "AUT": _never_locked,
    "RBAC": _everyone_may,
    "ZKL": _located_after_all,
    "TXT": _another_text,
    "ACC": lambda: setattr(Staff, "close_own", _stays_open),
    "PAY": lambda: setattr(unwanted, "card", lambda _: False),
    "ORG": lambda: setattr(Directory, "devices", lambda directory, _=None: [*directory._devices.values()]),
    "INC": lambda: setattr(IncidentDesk, "_affected", lambda *_: ()),
    "TRF": lambda: setattr(transfers, "faults", lambda _: ()),
    "TLS": _in_clear,
    "SEC": lambda: setattr(document, "_check_safeguards", lambda *_: None),
    "DIS": lambda: setattr(disclosure, "check", lambda *_: None),
    "AGE": lambda: setattr(OneTime, "least_age", property(lambda _: None, lambda *_: None)),
    "SUB": _open_outwards,
    "NOT": lambda: setattr(Telling, "tell", _untold),
    "VER": _versions_unchecked,
    "RGT": _decided_by_anyone,
    "EXP": _copies_nothing,
    "CLK": _never_due,
    "COR": lambda: setattr(Desk, "_correct", _uncorrected),
}


if __name__ == "__main__":
    BREAK[sys.argv[1]]()
    sys.exit(cli.main(sys.argv[2:]))
