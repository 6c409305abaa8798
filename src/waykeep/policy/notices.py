"""Who must be told of a new version of the policy, by which ways, and for how long it is shown; pure."""

from waykeep.policy.lengths import length_ms
from waykeep.policy.parts import Document

MATERIAL = "material"
OWN_TO_THE_START = frozenset({"shipped", "first"})  # versions that were there before anyone used the server
SHOWN_MS = 30 * 86_400_000  # where the document gives no end
HOME, LOGIN, EMAIL = "home_banner", "login_banner", "email"


def ways(document: Document, weight: str) -> tuple[str, ...]:
    """By which ways a version of this weight is told; none where it matters to nobody, or a page alone is promised."""
    if weight in OWN_TO_THE_START or document.versions.notify == "page_only":
        return ()
    found = document.notices.material_change.channels if weight == MATERIAL else ()
    if document.versions.notify == "email_all":
        found = (*found, EMAIL)
    return tuple(dict.fromkeys(found))


def shown_ms(document: Document) -> int:
    """How long after a version holds its banner is shown to who has not closed it."""
    return length_ms(document.notices.shown_for) or SHOWN_MS
