"""A mail receiver on the loopback for probes: it keeps what comes, and refuses what is addressed to `bounce`."""

import socket
import threading
from contextlib import suppress
from email import message_from_string
from email.policy import default
from typing import Self

from waykeep.flows.prove.of_versions import text_over
from waykeep.flows.prove.scene import Scene
from waykeep.flows.prove.stand import Stand

BOUNCE = "bounce"
RELAY = (
    "recipients+: [{id: mail_relay, type: processor, purpose: notices, sends: [identity.contact], enabled: true, "
    "contract: c, hosts: [127.0.0.1]}]\n"
)
PATIENCE_S = 20.0


class Postbox:
    """Speaks as much SMTP as a relay must; `letters` are recipient and text of each letter."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        """Open."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self._server.close()

    def to(self, address: str) -> list[str]:
        """The letters that came for an address."""
        return [text for recipient, text in self.letters if recipient == address]

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._server.accept()
            except OSError:
                return
            with link, suppress(OSError):
                link.settimeout(PATIENCE_S)
                self._talk(link)

    def _talk(self, link: socket.socket) -> None:
        lines = link.makefile("rb")
        link.sendall(b"220 canary\r\n")
        recipient = ""
        while line := lines.readline():
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
                link.sendall(b"550 nobody\r\n" if recipient.startswith(BOUNCE) else b"250 ok\r\n")
            elif verb == b"DATA":
                link.sendall(b"354 go on\r\n")
                text = []
                while (part := lines.readline()) and part != b".\r\n":
                    text.append(part.decode())
                self.letters.append((recipient, "".join(text)))
                link.sendall(b"250 kept\r\n")
            elif verb == b"QUIT":
                link.sendall(b"221 bye\r\n")
                return
            else:
                link.sendall(b"250 canary\r\n")


def read(letter: str) -> str:
    """A letter as it is read: subject and text, decoded."""
    found = message_from_string(letter, policy=default)
    return f"{found['subject']} {found.get_content()}"


def serving_with_mail(scene: Scene, other: Stand, box: Postbox) -> Scene:
    """A second server whose document names its mail relay, and whose relay is the box."""
    file = other.folder / "own.yaml"
    file.write_text(text_over(scene.policy, RELAY))
    other.settings |= {
        "policy_file": str(file),
        "smtp_url": f"smtp://127.0.0.1:{box.port}",
        "mail_from": "us@canary.test",
    }
    other.start()
    return Scene(other, scene.policy)
