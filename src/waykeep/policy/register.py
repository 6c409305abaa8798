"""The register of clauses and controls: what the products' policies say, in our words, and what must hold them."""

import msgspec


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence of a policy: what it says, what the program must then do, and the controls that do it."""

    id: str
    system: str
    src: str
    topic: str
    says: str
    implies: str
    control: str
    proof: str
    kind: str
    controls: tuple[str, ...]


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A control as the register names it."""

    id: str
    name: str
    mechanism: str
    default_proof: str


def clauses(text: bytes | str, register: str | None) -> tuple[Clause, ...]:
    """The clauses of one profile's register."""
    every = msgspec.json.decode(text, type=tuple[Clause, ...])
    return tuple(one for one in every if one.id.rpartition("-")[0] == register)


def controls(text: bytes | str) -> dict[str, Named]:
    """Every control by its id."""
    return {one.id: one for one in msgspec.json.decode(text, type=tuple[Named, ...])}
