"""The fleet's records: groups, devices, and who drives or holds them over time."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import msgspec

from waykeep.errors import AskError
from waykeep.model.access import Role
from waykeep.model.position import Value
from waykeep.store.engine import Database, new_id
from waykeep.store.fields import Fields, insert
from waykeep.store.vault import KeyGone, Vault

COLUMNS = "id, tenant, unique_id, name, plate, settings, protocol, model, unit_group, since_ms, created_ms"


class Group(msgspec.Struct, frozen=True):
    """A group of units."""

    id: str
    tenant: str
    name: str


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """What reports. `settings` are the protocol's per-device settings and the demands on its connection."""

    id: str = ""
    tenant: str
    unique_id: str
    name: str
    protocol: str
    model: str = ""
    plate: str | None = None
    group: str | None = None
    settings: dict[str, Value] = {}
    since_ms: int
    created_ms: int


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """Who drives a device (`driver`) or holds it (`assigned`), from when, and until when if that is known."""

    device: str
    person: str
    kind: str
    from_ms: int
    to_ms: int | None = None


class Fleet:
    """Rows of the fleet; what identifies is sealed under the device's key, or the tenant's for a group's name."""

    def __init__(self, database: Database, vault: Vault, random: Callable[[int], bytes]) -> None:
        self._database, self._vault, self._random = database, vault, random
        self._device, self._group = Fields(vault, "device"), Fields(vault, "unit_group")

    # Groups

    def groups(self, tenant: str) -> list[Group]:
        """Every group of a tenant."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT id, name FROM unit_group WHERE tenant = ?", (tenant,)).fetchall()
        found = [Group(id_, tenant, self._group.open(tenant, "name", id_, name)) for id_, name in rows]
        return sorted(found, key=lambda group: group.name.casefold())

    def add_group(self, tenant: str, name: str) -> Future[Group]:
        """Make a group."""
        made = Group(new_id("g", self._random), tenant, name)
        row = {"id": made.id, "tenant": tenant, "name": self._group.seal(tenant, "name", made.id, name)}

        def job(connection: sqlite3.Connection) -> Group:
            insert(connection, "unit_group", row)
            return made

        return self._database.write(job)

    def rename_group(self, group: Group) -> Future[int]:
        """Write a group's name; gives how many there were."""
        name = self._group.seal(group.tenant, "name", group.id, group.name)
        return self._count("UPDATE unit_group SET name = ? WHERE id = ? AND tenant = ?", name, group.id, group.tenant)

    def drop_group(self, tenant: str, group: str) -> Future[int]:
        """Take a group away, its units stay; gives how many there were.

        AskError while it is all that a manager sees: one without any group sees every unit.
        """

        def job(connection: sqlite3.Connection) -> int:
            bound = connection.execute(
                "SELECT 1 FROM membership JOIN person ON person.id = membership.person"
                " WHERE unit_group = ?1 AND tenant = ?2 AND role = ?3 AND NOT EXISTS (SELECT 1 FROM membership AS other"
                " WHERE other.person = membership.person AND other.unit_group <> ?1)",
                (group, tenant, Role.MANAGER.value),
            ).fetchone()
            if bound is not None:
                raise AskError("group-held", "A manager sees this group only; give them another group first.", 409)
            return connection.execute("DELETE FROM unit_group WHERE id = ? AND tenant = ?", (group, tenant)).rowcount

        return self._database.write(job)

    def memberships(self) -> dict[str, frozenset[str]]:
        """The groups that each person was given."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT person, unit_group FROM membership").fetchall()
        found: dict[str, set[str]] = {}
        for person, group in rows:
            found.setdefault(person, set()).add(group)
        return {person: frozenset(groups) for person, groups in found.items()}

    # Devices

    def devices(self) -> list[tuple[Device, bytes]]:
        """Every device of every tenant with its look-up hash; those whose key is gone are left out."""
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT {COLUMNS}, unique_hash FROM device ORDER BY created_ms, id").fetchall()  # noqa: S608 (our own names)
        return [(device, row[-1]) for row in rows if (device := self._open(row[:-1])) is not None]

    def ids(self) -> list[str]:
        """The pseudonym of every row, also of those whose key is gone."""
        with self._database.read() as connection:
            return [row[0] for row in connection.execute("SELECT id FROM device").fetchall()]

    def exists(self, device: str) -> bool:
        """Whether there is a row of this pseudonym."""
        with self._database.read() as connection:
            return connection.execute("SELECT 1 FROM device WHERE id = ?", (device,)).fetchone() is not None

    def hashes(self) -> list[tuple[str, bytes]]:
        """Each device with its look-up hash, nothing opened."""
        with self._database.read() as connection:
            return connection.execute("SELECT id, unique_hash FROM device").fetchall()

    def hash_of(self, unique_id: str) -> bytes:
        """The look-up hash of a unique id."""
        return self._vault.lookup("unique-id", unique_id)

    def add(self, device: Device) -> Future[Device]:
        """Enrol a device (its id is made here) with its own key; an id held by anyone is answered like a wrong one."""
        made = msgspec.structs.replace(device, id=new_id("d", self._random))
        with self._database.read() as connection:
            self._free(connection, made)
        self._vault.new_subject(made.tenant, made.id)
        columns = self._columns(made) | {"id": made.id, "tenant": made.tenant, "created_ms": made.created_ms}

        def job(connection: sqlite3.Connection) -> Device:
            unique_hash = self._free(connection, made)
            insert(connection, "device", columns | {"unique_hash": unique_hash})
            connection.execute("DELETE FROM waiting WHERE unique_hash = ?", (unique_hash,))
            return made

        return self._database.write(job)

    def save(self, device: Device) -> Future[Device]:
        """Write every field of a device."""
        columns = self._columns(device)

        def job(connection: sqlite3.Connection) -> Device:
            values = columns | {"unique_hash": self._free(connection, device)}
            names = ", ".join(f"{column} = ?" for column in values)
            connection.execute(f"UPDATE device SET {names} WHERE id = ?", (*values.values(), device.id))  # noqa: S608 (our own names)
            return device

        return self._database.write(job)

    def erase(self, device: str) -> Future[int]:
        """Take away every row of a device; gives how many there were."""
        return self._count("DELETE FROM device WHERE id = ?", device)

    # Assignments

    def assignments(self, device: str | None = None) -> list[Assignment]:
        """Who drives or holds a device (None: any), in the order of time."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT device, person, kind, from_ms, to_ms FROM assignment WHERE ?1 IS NULL OR device = ?1"
                " ORDER BY from_ms",
                (device,),
            ).fetchall()
        return [
            Assignment(device=device_, person=person, kind=kind, from_ms=from_ms, to_ms=to_ms)
            for device_, person, kind, from_ms, to_ms in rows
        ]

    def assign(self, device: str, kind: str, person: str | None, from_ms: int) -> Future[None]:
        """From that time on the device has this driver or holder, or none; what was planned later is undone."""
        id_ = new_id("a", self._random)

        def job(connection: sqlite3.Connection) -> None:
            connection.execute(
                "DELETE FROM assignment WHERE device = ? AND kind = ? AND from_ms >= ?", (device, kind, from_ms)
            )
            connection.execute(
                "UPDATE assignment SET to_ms = ?1 WHERE device = ?2 AND kind = ?3 AND (to_ms IS NULL OR to_ms > ?1)",
                (from_ms, device, kind),
            )
            if person is not None:
                columns = {"id": id_, "device": device, "person": person, "kind": kind, "from_ms": from_ms}
                insert(connection, "assignment", columns)

        return self._database.write(job)

    def _free(self, connection: sqlite3.Connection, device: Device) -> bytes:
        unique_hash = self.hash_of(device.unique_id)
        held = connection.execute(
            "SELECT 1 FROM device WHERE unique_hash = ? AND id <> ?", (unique_hash, device.id)
        ).fetchone()
        if held is not None:
            raise wrong_unique_id()
        return unique_hash

    def _columns(self, device: Device) -> dict[str, Any]:
        def seal(column: str, text: str | None) -> bytes | None:
            return self._device.seal(device.id, column, device.id, text)

        return {
            "unique_id": seal("unique_id", device.unique_id),
            "name": seal("name", device.name),
            "plate": seal("plate", device.plate),
            "settings": seal("settings", msgspec.json.encode(device.settings).decode()),
            "protocol": device.protocol,
            "model": seal("model", device.model),
            "unit_group": device.group,
            "since_ms": device.since_ms,
        }

    def _open(self, row: tuple[Any, ...]) -> Device | None:
        id_, tenant, unique_id, name, plate, settings, protocol, model, group, since_ms, created_ms = row

        def opened(column: str, blob: bytes) -> str:
            return self._device.open(id_, column, id_, blob)

        try:
            return Device(
                id=id_, tenant=tenant, unique_id=opened("unique_id", unique_id), name=opened("name", name),
                plate=None if plate is None else opened("plate", plate), group=group, protocol=protocol,
                settings=msgspec.json.decode(opened("settings", settings), type=dict[str, Value]),
                model=opened("model", model), since_ms=since_ms, created_ms=created_ms,
            )  # fmt: skip
        except KeyGone:
            return None  # a backup brought back the row of a forgotten device

    def _count(self, statement: str, *values: Any) -> Future[int]:
        return self._database.write(lambda connection: connection.execute(statement, values).rowcount)


def wrong_unique_id() -> AskError:
    """The one answer for a unique id that is malformed or held by someone else."""
    return AskError("unique-id-not-usable", "This unique id cannot be used; type it as the device shows it.", 422)
