"""What each role may do; deny by default: what is not named here is refused."""

from enum import StrEnum

from waykeep.model.access import Role


class Permission(StrEnum):
    """One thing an account may do inside its own organisation; also the scopes of an API token."""

    UNITS_READ = "units:read"
    UNITS_WRITE = "units:write"
    UNITS_FORGET = "units:forget"
    POSITIONS_READ = "positions:read"
    PEOPLE_READ = "people:read"
    PEOPLE_WRITE = "people:write"
    RIGHTS_OWN = "rights:own"
    POLICY_READ = "policy:read"
    POLICY_WRITE = "policy:write"
    LEDGER_READ = "ledger:read"
    WAITING_READ = "waiting:read"
    RIGHTS_DESK = "rights:desk"
    ORGANISATIONS_WRITE = "organisations:write"


_DRIVER = frozenset({Permission.UNITS_READ, Permission.POSITIONS_READ, Permission.RIGHTS_OWN, Permission.POLICY_READ})
_VIEWER = _DRIVER | {Permission.LEDGER_READ}
_MANAGER = _VIEWER | {Permission.UNITS_WRITE, Permission.PEOPLE_READ}
_ADMINISTRATOR = _MANAGER | {Permission.UNITS_FORGET, Permission.PEOPLE_WRITE, Permission.POLICY_WRITE}
_ADMINISTRATOR |= {Permission.RIGHTS_DESK}
_SERVER = _ADMINISTRATOR | {Permission.WAITING_READ, Permission.ORGANISATIONS_WRITE}

MAY: dict[Role, frozenset[Permission]] = {
    Role.DRIVER: _DRIVER,
    Role.VIEWER: _VIEWER,
    Role.MANAGER: _MANAGER,
    Role.ADMINISTRATOR: _ADMINISTRATOR,
    Role.SERVER: _SERVER,
}

# Roles that see every unit of their organisation; a manager with groups and every viewer see their groups' units only.
SEES_ALL = frozenset({Role.SERVER, Role.ADMINISTRATOR})


def may_give(giver: Role, role: Role, scopes: frozenset[str] | None = None) -> bool:
    """Whether this role may make an account of that one: never more than it holds itself.

    `scopes` are those of a program's token: what it was not given, it cannot give on (None = a person at a screen).
    """
    held = MAY[giver] if scopes is None else frozenset(one for one in MAY[giver] if one.value in scopes)
    return Permission.PEOPLE_WRITE in held and MAY[role] <= held
