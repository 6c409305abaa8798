"""Positions as they happen, over a WebSocket: text for what is said, binary frames for positions.

Each connection has a task of its own that waits only for its own sends; nothing is sent to one client after another.
"""

import asyncio
from typing import Any, Literal

import msgspec
from litestar import Router, WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from waykeep.api.doors import Doors, caller_of, credential
from waykeep.errors import AskError
from waykeep.flows.watching import View, Watching
from waykeep.policy.roles import Permission

RECHECK_S = 5.0  # how soon an open view follows a change of rights or a sign-off
CHANGE_S = 0.2  # between two changes of what is watched: each is a line in the ledger
SIGNED_OUT, NOT_ALLOWED, CUT = 4401, 4403, 4408

Socket = WebSocket[Any, Any, Any]


class Ask(msgspec.Struct, frozen=True):
    """What a client may say: watch all that I see, or these units."""

    watch: list[str] | Literal["all"]


@websocket("/stream")
async def stream(socket: Socket, doors: Doors, watching: Watching) -> None:
    """Serve one view until either side has enough."""
    try:
        caller = caller_of(socket)
    except AskError:
        await _closed(socket, SIGNED_OUT, "sign in first")
        return
    if Permission.POSITIONS_READ not in caller.permissions:
        await _closed(socket, NOT_ALLOWED, "not allowed")
        return
    await socket.accept()
    mine = asyncio.current_task()

    def cut() -> None:
        if mine is not None:
            mine.cancel()

    view = watching.open(caller.viewer, cut)
    works = (_hear(socket, view), _tell(socket, view), _recheck(socket, view, doors))
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        await view.close()
    code = next((one for one in outcomes if isinstance(one, int)), None)
    if code is not None:
        await socket.close(code)


async def _hear(socket: Socket, view: View) -> int | None:
    """Follow what the client asks to watch."""
    try:
        while True:
            text = await socket.receive_text()
            try:
                ask = msgspec.json.decode(text, type=Ask)
                await view.watch(frozenset(ask.watch) if isinstance(ask.watch, list) else None)
            except AskError as error:
                await _problem(socket, error.slug, error.text)
            except msgspec.MsgspecError:
                await _problem(socket, "wrong-field", 'watch: say {"watch":"all"} or {"watch":["d…"]}.')
            await asyncio.sleep(CHANGE_S)  # also after a wrong one: a list of ids costs its reading
    except WebSocketDisconnect:
        return None


async def _tell(socket: Socket, view: View) -> None:
    """Send what is new whenever the connection takes it."""
    while True:
        await view.watcher.wake.wait()
        view.watcher.wake.clear()
        for message in view.take():
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            else:
                await socket.send_text(message)
        view.watcher.told()


async def _recheck(socket: Socket, view: View, doors: Doors) -> int:
    """Keep the view within what its account may see now."""
    while True:
        await asyncio.sleep(RECHECK_S)
        caller = doors.who(*credential(socket))
        if caller is None:
            return SIGNED_OUT
        if Permission.POSITIONS_READ not in caller.permissions:
            return NOT_ALLOWED
        try:
            await view.recheck(caller.viewer)
        except AskError:
            return NOT_ALLOWED


async def _problem(socket: Socket, slug: str, text: str) -> None:
    await socket.send_text(msgspec.json.encode({"kind": "problem", "slug": slug, "text": text}).decode())


async def _closed(socket: Socket, code: int, reason: str) -> None:
    """Accept only to say why: a browser shows a page no code of a refused handshake."""
    await socket.accept()
    await socket.close(code, reason)


ROUTER = Router("/v1", route_handlers=[stream])
