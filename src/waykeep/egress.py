"""The one way out: mail leaves here, and only to hosts that the policy document names as recipients."""

from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from waykeep.errors import StartError

SUBMISSION_PORT, SUBMISSION_TLS_PORT = 587, 465
LONGEST_S = 20  # a relay that answers later than this is down


class Relay(msgspec.Struct, frozen=True, kw_only=True):
    """A mail relay. `smtps` speaks TLS from the first byte; `smtp` upgrades when the relay offers it."""

    host: str
    port: int
    tls: bool
    user: str | None = None
    password: str | None = None


class Unsent(Exception):  # noqa: N818 (a state of the letter, and the caller's to act on)
    """A letter did not leave; why is for the operator's log, not for the person who asked."""


def relay_of(url: str) -> Relay | None:
    """Read `smtp_url`; empty means no mail. StartError names what is wrong, never the password."""
    if not url:
        return None
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        raise StartError("smtp_url: the port is no number") from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise StartError("smtp_url: write smtp://user:password@host:port or smtps://…")
    tls = parts.scheme == "smtps"
    return Relay(
        host=parts.hostname,
        port=port or (SUBMISSION_TLS_PORT if tls else SUBMISSION_PORT),
        tls=tls,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class Egress:
    """Opens outgoing connections, and counts by host what left and what was blocked.

    `leave` gives the categories, of those that are meant for a host, that may go there; None = no recipient.
    """

    def __init__(self, leave: Callable[[str, frozenset[str]], frozenset[str] | None]) -> None:
        self._leave = leave
        self.left, self.blocked = Counter[str](), Counter[str]()

    def may(self, host: str, category: str) -> bool:
        """Whether a category may go to a host now; what may not is left out of what is written for it."""
        return category in (self._leave(host, frozenset({category})) or ())

    async def mail(self, relay: Relay, letter: EmailMessage, carries: frozenset[str]) -> None:
        """Hand a letter to the relay; Unsent when the policy does not let it go there, or it is not taken.

        `carries` are the data categories in the letter.
        """
        let = self._leave(relay.host, carries)
        if let is None or not carries <= let:
            self.blocked[relay.host] += 1
            kept = ", ".join(sorted(carries - (let or frozenset())))
            raise Unsent(f"the policy document lets no recipient with this host have {kept}")
        try:
            await aiosmtplib.send(
                letter,
                hostname=relay.host,
                port=relay.port,
                username=relay.user,
                password=relay.password,
                use_tls=relay.tls,
                timeout=LONGEST_S,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unsent(type(error).__name__) from None
        self.left[relay.host] += 1
