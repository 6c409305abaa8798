"""The tables of waykeep.db about people, their sign-in and the fleet; every column says its data category."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

from waykeep.store.sealed import Sealed

METADATA = MetaData()

PSEUDONYM, TIME, STATE, FIGURE, HASH = (
    "store.pseudonym",
    "store.time",
    "store.state",
    "store.figure",
    "store.hash",
)
CREDENTIAL, PREFERENCE, TECHNICAL = "account.credential", "account.preference", "device.technical"


def _clear(name: str, kind: type[Any], category: str, *rules: ForeignKey, **more: Any) -> Column[Any]:
    return Column(name, kind, *rules, info={"category": category}, **more)


def _id(name: str = "id") -> Column[Any]:
    return _clear(name, Text, PSEUDONYM, primary_key=True)


def _ref(name: str, to: str, **more: Any) -> Column[Any]:
    return _clear(name, Text, PSEUDONYM, ForeignKey(to, ondelete="CASCADE"), **({"nullable": False} | more))


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return _clear(name, BigInteger, TIME, nullable=nullable)


def _sealed(name: str, category: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Sealed(category), nullable=nullable, info={"category": category})


def _hash(name: str, category: str, **more: Any) -> Column[Any]:
    return _clear(name, LargeBinary, category, **more)


Table(
    "tenant",
    METADATA,
    _id(),
    _sealed("name", "identity.name"),
    _time("created_ms"),
)

Table(
    "person",
    METADATA,
    _id(),
    _ref("tenant", "tenant.id", index=True),
    _clear("role", Text, STATE, nullable=False),
    _sealed("name", "identity.name"),
    _hash("name_hash", HASH, unique=True),
    _sealed("email", "identity.contact", nullable=True),
    _hash("email_hash", HASH, unique=True),
    _sealed("password", CREDENTIAL, nullable=True),
    _clear("language", Text, PREFERENCE, nullable=False),
    _clear("zone", Text, PREFERENCE, nullable=False),
    _clear("template", Text, PREFERENCE, nullable=False),
    _clear("dark", Text, PREFERENCE, nullable=False),
    _clear("calendar", Text, PREFERENCE, nullable=False),
    _clear("active", Integer, STATE, nullable=False),
    _time("created_ms"),
)

Table(
    "contact",
    METADATA,
    _ref("person", "person.id", primary_key=True),
    _sealed("record", "identity.contact"),
)

Table(
    "unit_group",
    METADATA,
    _id(),
    _ref("tenant", "tenant.id", index=True),
    _sealed("name", "identity.name"),
)

Table(
    "membership",
    METADATA,
    _ref("person", "person.id", primary_key=True),
    _ref("unit_group", "unit_group.id", primary_key=True),
)

Table(
    "device",
    METADATA,
    _id(),
    _ref("tenant", "tenant.id", index=True),
    _hash("unique_hash", HASH, unique=True, nullable=False),
    _sealed("unique_id", "identity.contact"),
    _sealed("name", "identity.name"),
    _sealed("plate", "identity.contact", nullable=True),
    _sealed("settings", TECHNICAL),
    _clear("protocol", Text, STATE, nullable=False),
    _sealed("model", TECHNICAL),
    _clear("unit_group", Text, PSEUDONYM, ForeignKey("unit_group.id", ondelete="SET NULL"), nullable=True),
    _time("since_ms"),
    _time("created_ms"),
)

Table(
    "assignment",
    METADATA,
    _id(),
    _ref("device", "device.id", index=True),
    _ref("person", "person.id", index=True),
    _clear("kind", Text, STATE, nullable=False),
    _time("from_ms"),
    _time("to_ms", nullable=True),
)

Table(
    "waiting",
    METADATA,
    _id(),
    _hash("unique_hash", HASH, unique=True, nullable=False),
    _sealed("unique_id", "identity.contact"),
    _clear("protocol", Text, STATE, nullable=False),
    _time("first_ms"),
    _time("last_ms"),
)

Table(
    "session",
    METADATA,
    _id(),
    _hash("secret_hash", CREDENTIAL, unique=True, nullable=False),
    _ref("person", "person.id", index=True),
    _sealed("source", TECHNICAL),
    _sealed("agent", TECHNICAL),
    _clear("method", Text, STATE, nullable=False),
    _time("created_ms"),
    _time("seen_ms"),
)

Table(
    "sign_in",
    METADATA,
    _id(),
    _clear("person", Text, PSEUDONYM, ForeignKey("person.id", ondelete="CASCADE"), nullable=True),
    _clear("outcome", Text, STATE, nullable=False),
    _clear("method", Text, STATE, nullable=False),
    _sealed("source", TECHNICAL),
    _sealed("agent", TECHNICAL),
    _time("at_ms"),
    Index("sign_in_by_person", "person", "at_ms"),
)

Table(
    "lock",
    METADATA,
    _hash("who", HASH, primary_key=True),
    _clear("failures", Integer, FIGURE, nullable=False),
    _time("last_ms"),
    _time("until_ms"),
)

Table(
    "token",
    METADATA,
    _id(),
    _hash("secret_hash", CREDENTIAL, unique=True, nullable=False),
    _ref("person", "person.id", index=True),
    _sealed("name", "identity.name"),
    _clear("scopes", Text, STATE, nullable=False),
    _time("created_ms"),
    _time("expires_ms", nullable=True),
    _time("used_ms", nullable=True),
)

Table(
    "link",
    METADATA,
    _id(),
    _hash("secret_hash", CREDENTIAL, unique=True, nullable=False),
    _clear("kind", Text, STATE, nullable=False),
    _ref("tenant", "tenant.id"),
    _clear("person", Text, PSEUDONYM, ForeignKey("person.id", ondelete="CASCADE"), nullable=True),
    _clear("role", Text, STATE, nullable=True),
    _clear("groups", Text, PSEUDONYM, nullable=False),
    _sealed("name", "identity.name", nullable=True),
    _sealed("email", "identity.contact", nullable=True),
    _time("created_ms"),
    _time("expires_ms"),
    _time("used_ms", nullable=True),
)

Table(
    "passkey",
    METADATA,
    _id(),
    _hash("credential_hash", CREDENTIAL, unique=True, nullable=False),
    _ref("person", "person.id", index=True),
    _sealed("credential", CREDENTIAL),
    _sealed("public_key", CREDENTIAL),
    _sealed("name", "identity.name"),
    _clear("sign_count", Integer, FIGURE, nullable=False),
    _time("created_ms"),
    _time("used_ms", nullable=True),
)

Table(
    "totp",
    METADATA,
    _ref("person", "person.id", primary_key=True),
    _sealed("secret", CREDENTIAL),
    _clear("confirmed", Integer, STATE, nullable=False),
    _clear("last_step", BigInteger, FIGURE, nullable=False),
)


def folded(text: str) -> str:
    """One spelling of a name or address for a look-up: no outer space, no case."""
    return " ".join(text.split()).casefold()


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """A column that holds a keyed hash of a sealed one; a new look-up key recomputes it from there.

    `subject` is the column that names whose key seals the value; "t0" itself where the installation's key does.
    Rows whose hash is empty stay so: a name that someone else held first opens no door.
    """

    table: str
    column: str
    kind: str
    sealed: str
    subject: str
    normal: Callable[[str], str]


LOOKUPS: tuple[Lookup, ...] = (
    Lookup(table="person", column="name_hash", kind="name", sealed="name", subject="id", normal=folded),
    Lookup(table="person", column="email_hash", kind="e-mail", sealed="email", subject="id", normal=folded),
    Lookup(table="device", column="unique_hash", kind="unique-id", sealed="unique_id", subject="id", normal=str.strip),
    Lookup(table="waiting", column="unique_hash", kind="unique-id", sealed="unique_id", subject="t0", normal=str.strip),
)
# A lock is keyed by a hash of what is nowhere kept: a new look-up key empties it, and no lock lasts that long.
EMPTIED_WITH_LOOKUP_KEY: tuple[str, ...] = ("lock",)
