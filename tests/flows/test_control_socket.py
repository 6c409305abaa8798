"""The control socket: a command reaches the server that holds the lock, else the files are opened for it."""

import asyncio
import json
import socket
import stat
import threading
from contextlib import asynccontextmanager

import pytest

from houses import NOON_MS, House
from waykeep.errors import AskError, StartError, StoreError
from waykeep.flows import certificate, control
from waykeep.store.engine import HomeLock


async def echo(values):
    return {"said": values["word"]}


async def refuse(_):
    raise AskError("not-found", "There is none.", 404)


async def break_(_):
    raise StoreError("the disk is gone")


HANDLERS = {"echo": echo, "refuse": refuse, "break": break_}


class Server:
    """A control socket in a thread, with the lock held."""

    def __init__(self, data, handlers):
        self.data, self.handlers = data, handlers

    def __enter__(self):
        """Start."""
        self.lock = HomeLock(self.data / "lock")
        self.loop, ready = asyncio.new_event_loop(), threading.Event()
        self.end = asyncio.Event()

        async def run():
            async with control.serve(self.data / "control.sock", self.handlers):
                ready.set()
                await self.end.wait()

        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(run(),))
        self.thread.start()
        ready.wait()
        return self

    def __exit__(self, *_):
        """Stop, and release the lock."""
        self.loop.call_soon_threadsafe(self.end.set)
        self.thread.join()
        self.loop.close()
        self.lock.close()


def never():
    raise AssertionError("the files must not be opened while a server runs")


@asynccontextmanager
async def opened():
    yield HANDLERS


def test_a_running_server_is_asked(tmp_path):
    with Server(tmp_path, HANDLERS):
        assert control.do(tmp_path, never, "echo", word="کلید") == {"said": "کلید"}
        mode = (tmp_path / "control.sock").stat().st_mode
        assert stat.S_ISSOCK(mode)
        assert mode & 0o777 == 0o600
    assert not (tmp_path / "control.sock").exists()


def test_without_a_server_the_files_are_opened_under_the_lock(tmp_path):
    held = []

    @asynccontextmanager
    async def checking():
        with pytest.raises(StartError):
            HomeLock(tmp_path / "lock")
        held.append(True)
        yield HANDLERS

    assert control.do(tmp_path, checking, "echo", word="x") == {"said": "x"}
    assert held == [True]


@pytest.mark.parametrize(("what", "why"), [("refuse", "none"), ("break", "disk"), ("other", "does not know")])
def test_what_goes_wrong_is_said_the_same_way_on_both_roads(tmp_path, what, why):
    with pytest.raises(AskError, match=why) as alone:
        control.do(tmp_path, opened, what)
    with Server(tmp_path, HANDLERS), pytest.raises(AskError) as asked:
        control.do(tmp_path, never, what)
    assert (asked.value.slug, asked.value.text) == (alone.value.slug, alone.value.text)


@pytest.mark.parametrize("line", [b"\n", b"[]\n", b"{}\n", b"not json\n", b'{"do": 5}\n', b"\xff\n"])
def test_noise_is_answered_and_harms_nobody(tmp_path, line):
    with Server(tmp_path, HANDLERS):
        with socket.socket(socket.AF_UNIX) as asker:
            asker.connect(str(tmp_path / "control.sock"))
            asker.sendall(line)
            assert json.loads(asker.makefile().readline())["error"] == "unknown-command"
        assert control.do(tmp_path, never, "echo", word="x") == {"said": "x"}


def test_a_line_without_end_is_cut_off(tmp_path):
    with Server(tmp_path, HANDLERS):
        with socket.socket(socket.AF_UNIX) as asker:
            asker.connect(str(tmp_path / "control.sock"))
            asker.settimeout(10)
            try:
                asker.sendall(b"x" * (2 * control.LONGEST_LINE))
                assert asker.recv(10) == b""
            except (BrokenPipeError, ConnectionResetError):
                pass
        assert control.do(tmp_path, never, "echo", word="x") == {"said": "x"}


def test_a_lock_without_a_socket_is_said_plainly(tmp_path):
    with HomeLock(tmp_path / "lock"), pytest.raises(StartError, match="does not answer"):
        control.do(tmp_path, never, "echo", word="x")


def test_forget_and_backup_work_through_the_socket(tmp_path):
    house = House(tmp_path)
    device = house.device(house.tenant())
    house.report(device, NOON_MS)
    handlers = house.handlers()
    house.lock.close()

    with Server(tmp_path / "data", handlers):
        made = control.do(tmp_path / "data", never, "backup")["backup"]
        assert control.do(tmp_path / "data", never, "backups")["backups"] == [made]
        signed = control.do(tmp_path / "data", never, "forget", who="352000000000001")["certificate"]
        assert control.do(tmp_path / "data", never, "turn-epoch")["certificates"] == 1
        with pytest.raises(AskError):
            control.do(tmp_path / "data", never, "confirm-clock")

    assert made["positions"] == 1
    assert certificate.read(signed.encode()).verifies()
    assert house.read(device) == []
    house.close()
