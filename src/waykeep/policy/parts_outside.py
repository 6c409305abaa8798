"""The parts of a policy document about the outside: who gets data, why, where it lies, how it crosses a border."""

from typing import Literal

from msgspec import field

from waykeep.policy.part import Length, Part, Texts

Fact = Literal["case", "law", "why_not_asked", "source", "captured_on", "request", "incident"]


class Ownership(Part, frozen=True):
    """What shows that an affiliate is one: a reference, and the day until which it counts."""

    ref: str
    until: str


class Transfer(Part, frozen=True):
    """By what data may cross a border: the mechanism, the reference of its paper, its last day, who approved it."""

    mechanism: str
    until: str
    ref: str | None = None
    approver: str | None = None


class Recipient(Part, frozen=True):
    """Someone outside who gets data; every outbound host is here or blocked.

    `sends` are the categories that may go there; `collects` are the words of what an SDK takes by itself. `contract` is
    the reference by which a processor works for the operator, `policy_url` the own policy of who works for themselves.
    """

    id: str
    type: Literal["processor", "affiliate", "authority", "sdk", "third_party"]
    purpose: str
    name: str | None = None
    hosts: Texts = ()
    sends: Texts = ()
    collects: Texts = ()
    region: str = "ZZ"
    transfer: Transfer | None = None
    contract: str | None = None
    policy_url: str | None = None
    ownership: Ownership | None = None
    assessment_until: str | None = None
    enabled: bool = False
    sale: bool = False
    load: str | None = None
    switch: str | None = None
    prospective: str | None = None
    obligations: str | None = None


class Share(Part, frozen=True):
    """Whether data is sold, or given to others for ends of their own."""

    sale: bool
    third_party: bool
    link_needs: str


class Disclosure(Part, frozen=True):
    """What may be used or leave without a yes: each code with the facts that must be said for it."""

    codes: dict[str, tuple[Fact, ...]]
    approver: str
    emergency_review: Length
    transparency_report: Length


class Site(Part, frozen=True):
    """A place where data is kept."""

    id: str
    region: str
    role: Literal["primary", "replica"]
    transfer: Transfer | None = None


class Residency(Part, frozen=True):
    """Where data may be kept; `allowed` names regions, `*` any with a mechanism."""

    sites: tuple[Site, ...]
    allowed: Texts
    independence: dict[str, int | Texts]
    rule_for_tenant_country: dict[str, Texts] = field(default_factory=dict)


class Transfers(Part, frozen=True):
    """How data may cross a border."""

    default: Literal["refuse", "list_only"]
    mechanisms: Texts
    void: dict[str, str]
    mechanism_claimed: str | None = None
