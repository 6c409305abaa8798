"""The parts of a policy document: what each key holds."""

from typing import Literal, get_args

from msgspec import field

from waykeep.policy.part import Length, Part, Texts
from waykeep.policy.parts_outside import Disclosure, Recipient, Residency, Share, Transfers

Threat = Literal["access", "change", "disclosure", "destruction", "loss", "misuse"]
THREATS: tuple[str, ...] = get_args(Threat)


class Controller(Part, frozen=True):
    """Who answers for the data."""

    name: str
    address: str
    country: str
    representative: str | None = None


class Contact(Part, frozen=True):
    """One way to reach the controller."""

    email: str | None = None
    form: str | None = None
    post: str | None = None
    phone: str | None = None
    role: str | None = None
    escalate_to: str | None = None


class TextRule(Part, frozen=True):
    """How the public text is made: what becomes of a sentence that no proof holds, and how long one may be."""

    unproved: Literal["mark", "withhold"]
    words_a_sentence: int


class Category(Part, frozen=True):
    """A kind of data; `fides` is its name in Fideslang, `ext` one of our own."""

    says: str
    fides: str | None = None
    ext: str | None = None
    identifying: bool | None = None
    required: bool = False
    sensitive: Texts = ()
    export: Literal["always", "never"] = "always"
    pan: Literal["forbidden"] | None = None
    subject_ref: Literal["pseudonym"] | None = None


class PurposeRule(Part, frozen=True):
    """Why data is handled, on what basis, and which categories that may read."""

    basis: Literal["contract", "consent", "legitimate_interest", "legal_obligation", "vital_interest"]
    reads: Texts
    requires: Literal["reason", "case"] | None = None
    form: Literal["aggregate"] | None = None
    k_min: int | None = None
    channels: Texts = ()
    opt_out: Literal["always"] | None = None


class ConsentRule(Part, frozen=True):
    """What a person may agree to and take back; `permission` and `functions` speak of the phone app."""

    says: str
    covers: Texts = ()  # not kept for a time after a withdrawal, and with `required` not before a yes either
    required: bool = False
    separate: bool = False
    permission: str | None = None
    functions: Texts = ()
    must_show: Texts = ()


class Withdrawal(Part, frozen=True):
    """What happens when a consent is taken back."""

    retroactive: bool
    effect_within: Length
    before: Literal["read_on", "closed"] = "read_on"  # what was kept before: closed, nobody but the person reads it


class Acceptance(Part, frozen=True):
    """How a person accepts the text."""

    gate: bool
    implied_by_use_after_effective: bool = False
    decline: Texts = ()


class Retention(Part, frozen=True):
    """How long a category is kept, from when, and what happens then."""

    start: str
    length: Length
    action: Literal["erase", "anonymise"]
    also_on: str | None = None
    floor: Length | None = None
    floor_law: str | None = None
    law_required: bool = False
    holds: Texts = ()


class Holds(Part, frozen=True):
    """What stops erasure for a while."""

    grounds: Texts
    approver: str
    review: Length


class Backups(Part, frozen=True):
    """How backups are kept."""

    every: Length
    keep: Length
    key_backup_keep: Length
    isolated: bool
    on_restore: str


class Erasure(Part, frozen=True):
    """What a person may erase, how fast and how far."""

    self_service: Texts
    deadline: Length
    reach: Texts
    child_flag: str
    certificate: dict[str, str | bool]
    backups: str = "keys_destroyed"
    notify_sources: bool = False
    notify_recipients: bool = False


class Identity(Part, frozen=True):
    """How surely a person must be known before a right is granted."""

    levels: Texts
    least: dict[str, str]


class Rights(Part, frozen=True):
    """What people may ask for."""

    all: Texts
    by_region: dict[str, Texts]
    intake: Texts
    identity: Identity
    fee: dict[str, str | int]
    refusal_grounds: dict[str, Texts]


class Clock(Part, frozen=True):
    """A deadline."""

    length: Length
    warn: tuple[Length, ...] = ()
    pause_on: str | None = None
    gate: bool = False
    fee: int | None = None
    starts: str | None = field(default=None, name="from")


class Breach(Part, frozen=True):
    """What happens after a leak."""

    sev1_types: Texts
    team: Texts
    notice_must_have: Texts
    channels: Texts
    mass_fallback: str
    drill_every: Length


class MaterialChange(Part, frozen=True):
    """How a change that matters is told."""

    channels: Texts
    lead: Length
    any_of: bool = False


class Notices(Part, frozen=True):
    """How people are told."""

    channels: Texts
    material_change: MaterialChange
    shown_for: Length


class Versions(Part, frozen=True):
    """How texts are numbered, kept and changed."""

    numbering: Literal["date"]
    archive: Literal["public", "on_request", "none"]
    review_every: Length
    pin_until_consent: str
    material_if: Texts
    notify: str | None = None
    effective: str | None = None


class Stored(Part, frozen=True):
    """Something kept in the browser, or a beacon it sends."""

    name: str
    kind: Literal["cookie", "cache", "local_storage", "indexed_db", "beacon"]
    party: Literal["first", "third"]
    purpose: str
    kept_for: Literal["essential", "preference", "analytics", "marketing"] = field(name="class")
    life: str
    value: str | None = None
    on_logout: Literal["delete", "keep"] = "keep"
    needs: Literal["consent", "opt_in"] | None = None
    linkable: bool = False
    fields: Texts = ()
    origin: str | None = None


class Passwords(Part, frozen=True):
    """How secrets of people are kept."""

    hash: Literal["argon2id"]
    least_length: int


class Staff(Part, frozen=True):
    """What staff must have done before access."""

    mfa: bool
    confidentiality: bool
    training: dict[str, str | int]
    background_check: Texts


class Safeguard(Part, frozen=True):
    """One thing that guards, against what, and the controls that show it on the running server."""

    kind: Literal["technical", "procedural"]
    against: tuple[Threat, ...]
    controls: tuple[Literal["AUT", "RBAC", "ORG", "KEY", "AUD", "BAK", "CK", "DIS", "RGT"], ...]


class Security(Part, frozen=True):
    """How data is protected. `baseline` names the list of safeguards and its date."""

    baseline: str
    safeguards: dict[str, Safeguard]

    channels: dict[str, str | Texts]
    at_rest: dict[str, str | bool]
    passwords: Passwords
    staff: Staff
    scans: dict[str, Length]


class Age(Part, frozen=True):
    """From what age."""

    minimum: int
    keep_birthdate: bool = False
    guardian_requests: bool = True


class Accounts(Part, frozen=True):
    """Who opens accounts."""

    registration: Literal["self", "org_admin", "admin_only"]
    guest: bool = False


class PrivateMode(Part, frozen=True):
    """How a person stops being located for a while."""

    driver_button: bool
    working_hours: Literal["calendar", "none"]
    zones: bool
    effect: Literal["drop_at_ingest"]
    evidence: Literal["gap_marker_only"]


class Precision(Part, frozen=True):
    """How exactly places are kept: metres of the grid, None as the device sends them."""

    grid_m: float | None = None


class Organisation(Part, frozen=True):
    """What an organisation's administrator may set."""

    controller_role: str
    overlay: Literal["stricter_only"]
    contact_first: bool


class Document(Part, frozen=True):
    """A whole document."""

    schema: Literal["policy/1"]
    id: str
    version: str
    product: str
    controller: Controller
    contacts: dict[str, Contact]
    principles: Texts
    channels: dict[str, Texts]
    text: TextRule
    categories: dict[str, Category]
    fields: dict[str, str]
    purposes: dict[str, PurposeRule]
    consents: dict[str, ConsentRule]
    withdrawal: Withdrawal
    acceptance: Acceptance
    retention: dict[str, Retention]
    holds: Holds
    backups: Backups
    erasure: Erasure
    rights: Rights
    clocks: dict[str, Clock]
    breach: Breach
    notices: Notices
    versions: Versions
    recipients: tuple[Recipient, ...]
    share: Share
    disclosure: Disclosure
    residency: Residency
    transfers: Transfers
    storage_on_client: tuple[Stored, ...]
    gpc: Literal["honour", "none"]
    security: Security
    age: Age
    accounts: Accounts
    location_mode: Literal["server_full", "server_blind_relay", "server_none"]
    private_mode: PrivateMode
    precision: Precision
    sharing_privacy: dict[str, str | int]  # how places are blurred when shared
    compat: Texts = ()
    extends: str | None = None
    register: str | None = None
    org: Organisation | None = None
    payments: dict[str, str | bool] | None = None  # how cards are handled
    demo: dict[str, object] = field(default_factory=dict)
