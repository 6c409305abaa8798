"""Who reads positions, why, and which."""

from enum import StrEnum

import msgspec


class Role(StrEnum):
    """What an account may do inside its organisation; deny by default."""

    SERVER = "server"
    ADMINISTRATOR = "administrator"
    MANAGER = "manager"
    VIEWER = "viewer"
    DRIVER = "driver"


class Purpose(StrEnum):
    """Why someone handles a fact about a person; keys of the policy document's purposes."""

    PROVIDE_SERVICE = "provide_service"
    SECURITY = "security"
    SUPPORT = "support"
    IMPROVEMENT = "improvement"
    MARKETING = "marketing"
    LEGAL = "legal"
    RIGHTS = "rights"


class Aim(msgspec.Struct, frozen=True):
    """Why someone looks: the purpose, and where the policy wants one for it, the reason or the case."""

    purpose: Purpose = Purpose.PROVIDE_SERVICE
    because: str = ""


SERVICE = Aim()


class Viewer(msgspec.Struct, frozen=True, kw_only=True):
    """An account that asks: pseudonyms, role, and the devices it may see (None = all of its tenant).

    `scopes` are what a program's token was given (None = the person, with all that the role may).
    """

    person: str
    tenant: str
    role: Role
    devices: frozenset[str] | None = None
    scopes: frozenset[str] | None = None
    language: str = "en"
    zone: str = "UTC"


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Leave to read these devices' positions for this purpose and span. Only policy/access.py makes one.

    `from_ms` and `to_ms` bound the fix time (to is exclusive); None on both means the latest position only.
    """

    viewer: str
    tenant: str
    purpose: Purpose
    devices: frozenset[str]
    from_ms: int | None
    to_ms: int | None
    route: str
    because: str = ""
