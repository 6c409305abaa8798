"""Every error Waykeep raises on purpose; each class says who must act."""


class WaykeepError(Exception):
    """Base of all."""


class ProtocolError(WaykeepError):
    """The device sent bytes its protocol does not allow: hang up."""


class StoreError(WaykeepError):
    """The store could not promise what was asked: do not reply, the device will resend."""


class StartError(WaykeepError):
    """Something on disk or in the settings forbids a start: the operator must act; the text names the place."""


class AskError(WaykeepError):
    """A person asked for something that cannot be given: a 4xx answer with a documentation slug."""

    def __init__(self, slug: str, text: str, status: int = 400) -> None:
        """Keep the slug of docs/reference/errors.md, the sentence for the person, and the HTTP status."""
        super().__init__(text)
        self.slug, self.text, self.status = slug, text, status
