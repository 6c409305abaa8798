"""A mail receiver on the loopback, as a relay is to the server."""

import asyncio
import email
import threading
from email.policy import default

from aiosmtpd.smtp import SMTP


class Postbox:
    """A mail receiver on a free port of the loopback; `letters` are what came, `refuses` lets it say no."""

    def __init__(self):
        self.letters, self.refuses = [], False
        self.came = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._open = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._open.wait()

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 (the receiver's name for it)
        if self.refuses:
            return "550 not here"
        letter = email.message_from_bytes(envelope.content, policy=default)
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, letter))
        self.came.set()
        return "250 kept"

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        serving = self._loop.create_server(lambda: SMTP(self, hostname="box.test", loop=self._loop), "127.0.0.1", 0)
        server = self._loop.run_until_complete(serving)
        self.port = server.sockets[0].getsockname()[1]
        self._open.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
