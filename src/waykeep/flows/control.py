"""The control socket: commands of the command line reach the running server; one JSON line asks, one answers."""

import asyncio
import json
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

from waykeep.errors import AskError, StartError, WaykeepError
from waykeep.store.engine import HomeLock

log = logging.getLogger(__name__)

LONGEST_LINE = 1 << 20  # the longest ask is a policy document, some ten thousand characters
ANSWER_WITHIN_S = 3600.0  # a backup of a large fleet takes its time

Handler = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any]]]
Handlers = Mapping[str, Handler]
Open = Callable[[], AbstractAsyncContextManager[Handlers]]
"""Open the store of a home folder whose lock is held, for as long as one command needs it."""


@asynccontextmanager
async def serve(path: Path, handlers: Handlers) -> AsyncIterator[None]:
    """Answer on the socket while the block runs; only the owner of the home folder reaches it."""
    _clear(path)  # the lock is ours: what lies here is left over from a crash

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = await reader.readline()
            writer.write(json.dumps(await _answer(handlers, line)).encode() + b"\n")
            await writer.drain()
        except (OSError, ValueError):
            log.warning("control socket: an asker left or sent too much")
        finally:
            writer.close()

    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(answer, path, limit=LONGEST_LINE)
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        _clear(path)


def do(data_dir: Path, open_store: Open, what: str, **values: Any) -> dict[str, Any]:
    """Have a command done: by the server that holds the lock, else here with the files opened for it."""
    try:
        lock = HomeLock(data_dir / "lock")
    except StartError:
        return _asked(data_dir / "control.sock", what, values)
    with lock:
        return _result(asyncio.run(_alone(open_store, what, values)))


def _clear(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _alone(open_store: Open, what: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    async with open_store() as handlers:
        return await _answer(handlers, json.dumps({"do": what} | dict(values)).encode())


async def _answer(handlers: Handlers, line: bytes) -> Mapping[str, Any]:
    try:
        ask = json.loads(line)
        handler = handlers[ask.pop("do")]
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"error": "unknown-command", "text": "The server does not know this command; is it of another version?"}
    try:
        return {"ok": dict(await handler(ask))}
    except AskError as error:
        return {"error": error.slug, "text": error.text}
    except WaykeepError as error:
        return {"error": "store", "text": str(error)}
    except Exception as error:  # noqa: BLE001 (a door: the asker gets an answer, the log the kind of error and nothing else)
        log.error("command failed", extra={"error": type(error).__name__})  # noqa: TRY400 (a traceback may hold who and where)
        return {"error": "internal", "text": "The command failed; the server's log names the kind of error."}


def _asked(path: Path, what: str, values: Mapping[str, Any]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX) as asker:
        asker.settimeout(ANSWER_WITHIN_S)
        try:
            asker.connect(str(path))
            asker.sendall(json.dumps({"do": what} | dict(values)).encode() + b"\n")
            with asker.makefile("rb") as answers:
                line = answers.readline()
        except OSError as error:
            raise StartError(f"{path}: the process that holds this home folder does not answer ({error})") from error
    if not line.endswith(b"\n"):
        raise StartError(f"{path}: the server left before it answered")
    return _result(json.loads(line))


def _result(answer: Mapping[str, Any]) -> dict[str, Any]:
    if "ok" in answer:
        return dict(answer["ok"])
    raise AskError(str(answer.get("error")), str(answer.get("text")))
