"""The people of an organisation and the organisations of a server: who is there, with which role."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future

import msgspec

from waykeep.errors import AskError
from waykeep.flows.certificate import Certificate
from waykeep.flows.directory import Directory
from waykeep.flows.links import Given, OneTime, good_email, good_name
from waykeep.flows.signin import Clock
from waykeep.model.access import Role, Viewer
from waykeep.policy.roles import may_give
from waykeep.store.people import Organisation, Person
from waykeep.store.records import Records

Forget = Callable[[str, str], Awaitable[Certificate]]  # Rights.forget: subject, viewer's pseudonym
Noted = Callable[..., Future[int]]  # Ledger.action: kind, detail, subjects; tenant, viewer
LONGEST_ORGANISATION = 120
LEADING = frozenset({Role.SERVER, Role.ADMINISTRATOR})


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What may be changed of someone else's account; what is absent stays."""

    name: str | None = None
    email: str | None = None
    role: Role | None = None
    active: bool | None = None
    groups: tuple[str, ...] | None = None


class Staff:
    """Reads and changes accounts. One of another organisation is like one that does not exist."""

    def __init__(
        self,
        rows: Records,
        directory: Directory,
        one_time: OneTime,
        forget: Forget,
        clock: Clock,
        *,
        noted: Noted | None = None,
    ) -> None:
        self._rows, self._directory, self._one_time = rows, directory, one_time
        self._forget, self._clock, self._noted = forget, clock, noted
        self._turn = asyncio.Lock()  # two at once must not take away the last administrator together

    def all_of(self, viewer: Viewer) -> list[Person]:
        """Every account of the viewer's organisation."""
        return self._rows.people.all_of(viewer.tenant)

    def find(self, viewer: Viewer, person: str) -> Person:
        """One account of the viewer's organisation."""
        found = self._rows.people.find(person)
        if found is None or found.tenant != viewer.tenant:
            raise AskError("not-found", "There is no such account.", 404)
        return found

    async def add_driver(self, viewer: Viewer, name: str) -> Person:
        """Add someone who drives and never signs in: they have no password, and ask the desk for their rights."""
        if not may_give(viewer.role, Role.DRIVER, viewer.scopes):
            raise AskError("role-too-high", "You cannot give a role that may more than yours.", 403)
        wanted = Person(
            id="", tenant=viewer.tenant, role=Role.DRIVER, name=good_name(name), created_ms=self._clock()
        )  # fmt: skip
        made = await asyncio.wrap_future(await asyncio.to_thread(self._rows.people.add, wanted, None))
        self._directory.regroup()
        return made

    async def change(self, viewer: Viewer, person: str, change: Change) -> Person:
        """Change an account; nobody raises anyone above themselves, and the last administrator stays one."""
        async with self._turn:
            return await self._change(viewer, person, change)

    async def _change(self, viewer: Viewer, person: str, change: Change) -> Person:
        before = self._judged(viewer, person)
        if change.role is not None and not may_give(viewer.role, change.role, viewer.scopes):
            raise AskError("role-too-high", "You cannot give a role that may more than yours.", 403)
        own = {group.id for group in self._rows.fleet.groups(viewer.tenant)}
        if change.groups is not None and not own.issuperset(change.groups):
            raise AskError("not-found", "There is no such group.", 404)
        wanted = {
            "name": change.name and good_name(change.name),
            "email": change.email and good_email(change.email),
            "role": change.role,
            "active": change.active,
            "groups": change.groups,
        }
        after = msgspec.structs.replace(before, **{key: value for key, value in wanted.items() if value is not None})
        self._keep_one(before, after)
        await asyncio.wrap_future(self._rows.people.save(after))
        if not after.active or after.role is not before.role:
            await asyncio.wrap_future(self._rows.sessions.close_all(person))
            if self._noted is not None:
                detail = {"role": after.role.value, "active": str(after.active).lower()}
                line = self._noted("account-changed", detail, [person], tenant=viewer.tenant, viewer=viewer.person)
                await asyncio.wrap_future(line)
        self._directory.regroup()
        return after

    async def close_own(self, viewer: Viewer) -> None:
        """Switch one's own account off until an administrator switches it on again; every session of it ends."""
        async with self._turn:
            before = self.find(viewer, viewer.person)
            after = msgspec.structs.replace(before, active=False)
            self._keep_one(before, after)
            await asyncio.wrap_future(self._rows.people.save(after))
            await asyncio.wrap_future(self._rows.sessions.close_all(before.id))
            if self._noted is not None:
                line = self._noted(
                    "account-closed", {"by": "oneself"}, [before.id], tenant=viewer.tenant, viewer=viewer.person
                )
                await asyncio.wrap_future(line)
            self._directory.regroup()

    def may_close_own(self, viewer: Viewer) -> None:
        """AskError where nobody could let others in after one left."""
        before = self.find(viewer, viewer.person)
        self._keep_one(before, msgspec.structs.replace(before, active=False))

    async def forget(self, viewer: Viewer, person: str) -> Certificate:
        """Forget a person for good; gives the certificate."""
        async with self._turn:
            self._keep_one(self._judged(viewer, person), None)
            certificate = await self._forget(person, viewer.person)
            self._directory.regroup()
            return certificate

    async def forget_asked(self, person: str, by: str) -> Certificate:
        """Forget a person who asked for it and is known well enough: the rights desk has judged that."""
        async with self._turn:
            found = self._rows.people.find(person)
            if found is None:
                raise AskError("not-found", "There is no such account.", 404)
            self._keep_one(found, None)
            certificate = await self._forget(person, by)
            self._directory.regroup()
            return certificate

    async def reset(self, viewer: Viewer, person: str, *, factors: bool) -> Given:
        """Give someone a link for a new password, and take lost second factors away if asked."""
        found = self._judged(viewer, person)
        if factors:
            await asyncio.wrap_future(self._rows.factors.drop_totp(person))
            for passkey in self._rows.factors.passkeys(person):
                await asyncio.wrap_future(self._rows.factors.drop_passkey(person, passkey.id))
        return await self._one_time.reset(viewer, found)

    def has_second_factor(self, person: str) -> bool:
        """Whether an account has one-time codes or a passkey."""
        return self._rows.factors.has_any(person)

    # Organisations

    def organisation(self, viewer: Viewer) -> Organisation:
        """The viewer's own organisation."""
        found = self._rows.people.organisation(viewer.tenant)
        if found is None:
            raise AskError("not-found", "There is no such organisation.", 404)
        return found

    def organisations(self) -> list[Organisation]:
        """Every organisation; the route lets the server's administrators through only."""
        return self._rows.people.organisations()

    async def new_organisation(self, viewer: Viewer, name: str, email: str | None) -> tuple[Organisation, Given]:
        """Make an organisation, and invite its first administrator."""
        if not may_give(viewer.role, Role.ADMINISTRATOR, viewer.scopes):
            raise AskError("role-too-high", "You cannot give a role that may more than yours.", 403)
        plain = good_organisation(name)
        address = None if email is None else good_email(email)
        made = await asyncio.to_thread(lambda: self._rows.people.add_organisation(plain, self._clock()).result())
        given = await self._one_time.invite_into(made.id, Role.ADMINISTRATOR, viewer.language, email=address)
        return made, given

    async def rename(self, viewer: Viewer, name: str) -> Organisation:
        """Give the viewer's own organisation another name."""
        changed = msgspec.structs.replace(self.organisation(viewer), name=good_organisation(name))
        return await asyncio.wrap_future(self._rows.people.rename_organisation(changed))

    def _judged(self, viewer: Viewer, person: str) -> Person:
        found = self.find(viewer, person)
        if not may_give(viewer.role, found.role, viewer.scopes):
            raise AskError("role-too-high", "You cannot change someone who may more than you.", 403)
        return found

    def _keep_one(self, before: Person, after: Person | None) -> None:
        """Nobody may be left without anyone who can let others in."""
        left = [one for one in self._rows.people.all_of(before.tenant) if one.id != before.id and one.active]
        if after is not None and after.active:
            left.append(after)
        if before.active and before.role in LEADING and not any(one.role in LEADING for one in left):
            raise AskError("last-administrator", "An organisation keeps at least one administrator.", 409)
        if before.active and before.role is Role.SERVER and not any(one.role is Role.SERVER for one in left):
            raise AskError("last-administrator", "A server keeps at least one administrator of its own.", 409)


def good_organisation(name: str) -> str:
    """A name that people can read; AskError otherwise."""
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= LONGEST_ORGANISATION or not plain.isprintable():
        raise AskError("name-not-usable", "Give the organisation a name of 1 to 120 characters.", 422)
    return plain
