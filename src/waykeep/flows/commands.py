"""What the control socket and the command line can ask of a running server: forget, back up, turn the epoch."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from waykeep.errors import AskError
from waykeep.flows.control import Handlers
from waykeep.flows.directory import Directory
from waykeep.flows.parting import Parting
from waykeep.flows.rights import Rights
from waykeep.flows.rounds import Rounds
from waykeep.store.backup import Entry
from waykeep.store.people import People

Values = Mapping[str, Any]


def handlers(
    *,
    rights: Rights,
    find: Callable[[str], str | None],
    back_up: Callable[[], Entry],
    catalog: Callable[[], list[Entry]],
    turn: Callable[[], Awaitable[Mapping[str, Any]]],
    rounds: Rounds | None = None,
) -> Handlers:
    """The commands of keys and erasure; other flows add theirs to the same table."""
    return {
        "forget": partial(_forget, rights, find),
        "backup": partial(_backup, back_up),
        "backups": partial(_backups, catalog),
        "turn-epoch": partial(_turn, turn),
        "confirm-clock": partial(_confirm, rounds),
        "state": partial(_state, rounds),
    }


def finder(parting: Parting, people: People, directory: Directory) -> Callable[[str], str | None]:
    """Find who is meant: a pseudonym, a device's unique id, or a person's e-mail address or name."""

    def find(who: str) -> str | None:
        if parting.kind_of(who) is not None:
            return who
        for device in directory.devices():
            if device.unique_id == who.strip():
                return device.id
        entry = people.by_login(who)
        return None if entry is None else entry.person

    return find


async def _forget(rights: Rights, find: Callable[[str], str | None], values: Values) -> Mapping[str, Any]:
    subject = find(str(values.get("who", "")))
    if subject is None:
        raise AskError("not-found", "There is no device or person of this id, address or name.", 404)
    signed = await rights.forget(subject)
    await rights.swept()
    return {"certificate": signed.text().decode()}


async def _backup(back_up: Callable[[], Entry], _: Values) -> Mapping[str, Any]:
    entry = await asyncio.to_thread(back_up)
    return {"backup": msgspec.to_builtins(entry)}


async def _backups(catalog: Callable[[], list[Entry]], _: Values) -> Mapping[str, Any]:
    return {"backups": msgspec.to_builtins(await asyncio.to_thread(catalog))}


async def _turn(turn: Callable[[], Awaitable[Mapping[str, Any]]], _: Values) -> Mapping[str, Any]:
    return await turn()


async def _state(rounds: Rounds | None, _: Values) -> Mapping[str, Any]:
    stopped = None if rounds is None else rounds.stopped
    return {"running": rounds is not None, "stopped": None if stopped is None else msgspec.to_builtins(stopped)}


async def _confirm(rounds: Rounds | None, _: Values) -> Mapping[str, Any]:
    if rounds is None:
        raise AskError("server-not-running", "The clock is confirmed to a running server.", 409)
    await rounds.confirm()
    return {}
