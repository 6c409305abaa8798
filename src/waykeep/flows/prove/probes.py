"""Every probe by its name: what acts on a served profile through public doors, and would fail without its control."""

from collections.abc import Callable

import msgspec

from waykeep.flows.prove import (
    of_acceptance,
    of_accounts,
    of_backups,
    of_channels,
    of_consents,
    of_deadlines,
    of_disclosures,
    of_documents,
    of_duties,
    of_incidents,
    of_intakes,
    of_keys,
    of_notices,
    of_organisations,
    of_outsiders,
    of_people,
    of_purposes,
    of_recipients,
    of_retention,
    of_rights,
    of_safeguards,
    of_sessions,
    of_texts,
    of_tracking,
    of_transfers,
    of_versions,
)
from waykeep.flows.prove.scene import Scene
from waykeep.policy.document import Policy
from waykeep.policy.lengths import length_ms
from waykeep.policy.transfers import PAPERS


def _always(_: Policy) -> bool:
    return True


def _located(policy: Policy) -> bool:
    return policy.keeps_location


def _unasked(policy: Policy) -> bool:
    """Where who never signs in, and so cannot say yes, is located all the same."""
    return policy.keeps_location and not policy.parts.consents["tracking"].required


def _limited(policy: Policy) -> bool:
    return policy.keeps_location and policy.fix_retention_ms is not None


def _unlocated(policy: Policy) -> bool:
    return not policy.keeps_location


def _urgent(policy: Policy) -> bool:
    return any("why_not_asked" in facts for facts in policy.parts.disclosure.codes.values())


def _closing(policy: Policy) -> bool:
    return policy.keeps_location and policy.parts.withdrawal.before == "closed"


def _asked(policy: Policy) -> bool:
    """Where something needs a yes."""
    return policy.keeps_location or policy.parts.acceptance.gate


def _gated(policy: Policy) -> bool:
    return policy.parts.acceptance.gate


def _implying(policy: Policy) -> bool:
    return _gated(policy) and policy.parts.acceptance.implied_by_use_after_effective


def _pinning(policy: Policy) -> bool:
    return _gated(policy) and policy.keeps_location and policy.parts.versions.pin_until_consent == "rights_reduced"


def _leading(policy: Policy) -> bool:
    return policy.parts.versions.effective != "on_posting"


def _closed_doors(policy: Policy) -> bool:
    return policy.keeps_location and "plain" not in policy.parts.security.channels["device_ingest"]


def _breach_timed(policy: Policy) -> bool:
    clock = policy.parts.clocks["breach_notify"]
    return length_ms(clock.length) is not None and bool(clock.warn)


def _papered(policy: Policy) -> bool:
    return any(one in PAPERS for one in policy.parts.transfers.mechanisms)


def _claiming(policy: Policy) -> bool:
    return policy.parts.transfers.mechanism_claimed is not None


def _two(policy: Policy) -> bool:
    return len(policy.cookies) == 2


def _timed(policy: Policy) -> bool:
    return all(length_ms(policy.parts.clocks[name].length) for name in ("rights_response", "complaint"))


def _telling(policy: Policy) -> bool:
    return policy.parts.versions.notify != "page_only"


class Probe(msgspec.Struct, frozen=True):
    """What it does, and in which profiles it can. It gives its evidence, or raises BrokenError.

    `alone`: it reads the server's files, runs its commands or stops it, so it needs a throw-away server.
    """

    run: Callable[[Scene], str]
    fits: Callable[[Policy], bool] = _always
    alone: bool = False


PROBES: dict[str, Probe] = {
    "code-opens-scope": Probe(of_disclosures.by_code),
    "uncoded-refused": Probe(of_disclosures.uncoded),
    "disclosure-ends": Probe(of_disclosures.ends, _urgent, alone=True),
    "closed-after-no": Probe(of_disclosures.closed, _closing),
    "purpose-bound": Probe(of_purposes.bound, _located),
    "orphan-category": Probe(of_purposes.orphan, alone=True),
    "place-on-map": Probe(of_tracking.place, _located),
    "trips-cut": Probe(of_tracking.trips, _located),
    "unit-found": Probe(of_tracking.card, _located),
    "states-shown": Probe(of_tracking.states, _located),
    "undeclared-key-dropped": Probe(of_tracking.undeclared, _located),
    "private-time": Probe(of_tracking.private, _located),
    "working-hours": Probe(of_tracking.hours, _located),
    "yes-obeyed": Probe(of_consents.obeyed, _asked, alone=True),
    "withdrawal": Probe(of_tracking.withdrawal, _located),
    "extras-refused": Probe(of_tracking.extras_refused, _located),
    "old-fix-refused": Probe(of_tracking.refused_when_old, _limited),
    "due-fix-gone": Probe(of_tracking.gone_when_due, _limited),
    "gone-on-time": Probe(of_retention.gone_on_time, _limited, alone=True),
    "ends-with-service": Probe(of_retention.ends_with_service, alone=True),
    "backup-isolated": Probe(of_backups.isolated, alone=True),
    "backup-expires": Probe(of_backups.expired, alone=True),
    "raw-bytes": Probe(of_keys.raw_bytes, _located, alone=True),
    "old-copy-shut": Probe(of_keys.other_key, _located, alone=True),
    "unit-forgotten": Probe(of_keys.forgotten, _located, alone=True),
    "person-forgotten": Probe(of_keys.person_forgotten, _located, alone=True),
    "strangers-refused": Probe(of_people.nobody),
    "wrong-tries-lock": Probe(of_people.wrong_tries),
    "closed-to-strangers": Probe(of_accounts.closed_to_strangers, alone=True),
    "deactivated": Probe(of_accounts.deactivated),
    "receipts-verify": Probe(of_consents.receipts, alone=True),
    "age-asked": Probe(of_people.age_asked, alone=True),
    "weak-refused": Probe(of_people.weak_refused),
    "reset-mailed": Probe(of_people.reset_mailed, alone=True),
    "password-unreadable": Probe(of_people.password_on_disk, alone=True),
    "organisations-apart": Probe(of_organisations.apart),
    "contact-own": Probe(of_organisations.reached, alone=True),
    "threats-guarded": Probe(of_safeguards.named, alone=True),
    "doctor-looks": Probe(of_safeguards.looked_after, alone=True),
    "tls-floor": Probe(of_channels.floor, alone=True),
    "unread-on-the-way": Probe(of_channels.unread, alone=True),
    "no-door-in-clear": Probe(of_channels.labelled, _closed_doors, alone=True),
    "plain-install-told": Probe(of_channels.doctored, alone=True),
    "session-recorded": Probe(of_sessions.recorded, alone=True),
    "leak-told": Probe(of_incidents.leaked, alone=True),
    "leak-announced": Probe(of_incidents.announced, alone=True),
    "leak-in-time": Probe(of_incidents.on_time, _breach_timed, alone=True),
    "no-incident-late": Probe(of_incidents.none_late),
    "transfers-checked": Probe(of_transfers.checked, alone=True),
    "transfer-ends": Probe(of_transfers.ended, _papered, alone=True),
    "void-told": Probe(of_transfers.void_told, _claiming, alone=True),
    "roles": Probe(of_people.roles, _located, alone=True),
    "who-looked": Probe(of_people.who_looked, _located),
    "ledger-verifies": Probe(of_people.changed_line, _located, alone=True),
    "unknown-column": Probe(of_documents.unknown_column, alone=True),
    "unknown-category": Probe(of_documents.unknown_category, alone=True),
    "clear-column": Probe(of_documents.clear_column, alone=True),
    "name-mapped": Probe(of_documents.mapped_name, alone=True),
    "wrong-document": Probe(of_documents.wrong_document, alone=True),
    "no-controller": Probe(of_documents.no_controller, alone=True),
    "no-retention": Probe(of_documents.no_retention, alone=True),
    "version-published": Probe(of_versions.published, alone=True),
    "version-changed": Probe(of_versions.archive_changed, alone=True),
    "change-judged": Probe(of_versions.judged, alone=True),
    "yes-first": Probe(of_acceptance.gated, _gated, alone=True),
    "held-back": Probe(of_acceptance.held_back, _gated, alone=True),
    "yes-by-use": Probe(of_acceptance.implied, _implying, alone=True),
    "stays-with-text": Probe(of_acceptance.pinned, _pinning, alone=True),
    "lead-kept": Probe(of_acceptance.lead_kept, _leading, alone=True),
    "version-told": Probe(of_notices.told, _telling, alone=True),
    "notice-ends": Probe(of_notices.ended, _telling, alone=True),
    "recipients-checked": Probe(of_recipients.checked, alone=True),
    "only-recipients": Probe(of_recipients.gate, alone=True),
    "recipients-told": Probe(of_recipients.told_of),
    "text-public": Probe(of_texts.public),
    "text-posted": Probe(of_texts.posted, alone=True),
    "scope-told": Probe(of_texts.scope),
    "contact-needed": Probe(of_texts.contact_needed, alone=True),
    "duties-attested": Probe(of_duties.attested, alone=True),
    "rights-asked": Probe(of_rights.asked, alone=True),
    "asked-by-form": Probe(of_rights.by_form, alone=True),
    "refused-by-two": Probe(of_rights.refused_by_two, alone=True),
    "clock-waits": Probe(of_rights.waiting, _timed, alone=True),
    "asked-in-time": Probe(of_deadlines.in_time, _timed, alone=True),
    "none-overdue": Probe(of_deadlines.none_overdue),
    "erased-in-time": Probe(of_deadlines.erased_in_time, _timed, alone=True),
    "outsider-copied": Probe(of_outsiders.copied, _unasked, alone=True),
    "outsider-forgotten": Probe(of_outsiders.forgotten, _unasked, alone=True),
    "corrected": Probe(of_rights.corrected, alone=True),
    "copy-whole": Probe(of_rights.copied, alone=True),
    "erased-on-request": Probe(of_rights.erased_on_request, alone=True),
    "cookies-declared": Probe(of_documents.cookies),
    "two-cookies": Probe(of_documents.two_cookies, _two),
    "identity-cookie": Probe(of_documents.identity_cookie),
    "template-cookie": Probe(of_documents.template_cookie),
    "cookies-tell-nothing": Probe(of_documents.telling_cookies),
    "cards-refused": Probe(of_intakes.cards, alone=True),
    "typed-places-refused": Probe(of_intakes.typed_places, _unlocated, alone=True),
    "no-relay": Probe(of_intakes.no_relay, _unlocated, alone=True),
    "no-location": Probe(of_documents.no_location, _unlocated, alone=True),
}
