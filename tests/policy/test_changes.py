"""What a change of document is called, and what it asks for."""

import pytest

from waykeep.policy import changes
from waykeep.policy.changes import WORDING
from waykeep.policy.lengths import DAY_MS
from waykeep.policy.parts import Document
from waykeep.store import documents

KINDS = {
    "purpose_added": "purposes: {profiling: {basis: consent, reads: [location.precise]}}",
    "category_added": (
        "categories: {identity.face: {says: Faces, ext: face, identifying: true}}\n"
        "retention: {identity.face: {start: collected, length: P1D, action: erase}}"
    ),
    "manner_changed": "purposes: {rights: {basis: contract}}",
    "controller_changed": "controller: {name: Someone Else}",
    "contact_changed": "contacts: {privacy: {form: /elsewhere}}",
    "right_changed": "rights: {all-: [portability]}",
    "main_recipient_changed": "recipients+: [{id: maps, type: authority, purpose: notices, enabled: true}]",
    "third_party_sharing_enabled": "share: {third_party: true}",
    "retention_lengthened": "retention: {comms.record: {length: P90Y}}",
    "region_added": "residency: {sites+: [{id: far, region: NZ, role: replica,"
    " transfer: {mechanism: scc, ref: r, until: 2199-12-31}}]}",
}


def over(profile, tmp_path, text):
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {profile}\nid: mine\nversion: 2099-01-01\n{text}\n")
    return documents.policy("", file, fill=True).parts


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_that_matters_is_called_by_its_kind_and_asks_for_its_lead(tmp_path, kind):
    old, new = documents.policy("base", fill=True).parts, over("base", tmp_path, KINDS[kind])
    found = changes.diff(old, new)
    decision = changes.decide(found, old, new)
    assert kind in {one.kind for one in found}
    assert kind in decision.material
    assert (decision.lead_ms, decision.channels) == (14 * DAY_MS, ("home_banner", "login_banner", "email"))


def test_every_kind_of_the_vocabulary_but_the_assessment_is_found():
    known = set(documents.policy("base", fill=True).parts.versions.material_if)
    assert set(KINDS) == known - {
        "dpia_high"
    }  # the assessment is a record of the operator's, not a key of the document


@pytest.mark.parametrize(
    "text",
    [
        "retention: {comms.record: {length: P1D}}",
        "recipients+: [{id: maps, type: processor, purpose: notices}]",
        "categories: {identity.name: {says: Names}}",
    ],
    ids=["kept shorter", "a recipient that is off", "other words"],
)
def test_what_takes_nothing_from_anyone_is_wording(tmp_path, text):
    old, new = documents.policy("base", fill=True).parts, over("base", tmp_path, text)
    found = changes.diff(old, new)
    assert [one.kind for one in found] == [WORDING]
    decision = changes.decide(found, old, new)
    assert (decision.material, decision.lead_ms, decision.reduces) == ((), 0, False)


def test_another_name_of_the_same_document_is_no_change(tmp_path):
    assert changes.diff(documents.policy("base", fill=True).parts, over("base", tmp_path, "")) == ()


def test_where_a_text_holds_from_its_posting_no_lead_is_asked(tmp_path):
    old = documents.policy("safetrack", fill=True).parts
    new = over("safetrack", tmp_path, KINDS["purpose_added"].replace("location.precise", "identity.name"))
    decision = changes.decide(changes.diff(old, new), old, new)
    assert (decision.material, decision.lead_ms, decision.reduces) == (("purpose_added",), 0, True)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("right_changed", "versions: {material_if: []}"),
        ("right_changed", "notices: {material_change: {lead: P0D}}"),
        ("right_changed", "clocks: {rights_response: {length: P90D}}"),
        ("right_changed", "erasure: {deadline: P300D}"),
        ("right_changed", "private_mode: {driver_button: false}"),
        ("right_changed", "gpc: none"),
        ("manner_changed", "consents: {tracking: {covers: [location.*]}}"),
        ("manner_changed", "categories: {media.document: {export: never}}"),
        ("manner_changed", "storage_on_client-: [tpl]"),
        ("retention_lengthened", "retention: {comms.record: {action: anonymise}}"),
        ("retention_lengthened", "retention: {vehicle.fuel: {start: collected, length: P90Y, action: erase}}"),
        ("retention_lengthened", "backups: {keep: P9Y}"),
    ],
)
def test_what_takes_something_from_people_matters_and_no_new_rule_undoes_the_old_one(tmp_path, kind, text):
    old, new = documents.policy("base", fill=True).parts, over("base", tmp_path, text)
    found = changes.diff(old, new)
    decision = changes.decide(found, old, new)
    assert {one.kind for one in found} == {kind}
    assert (decision.material, decision.lead_ms) == ((kind,), 14 * DAY_MS)


def test_every_key_of_a_document_is_compared_or_is_wording():
    told = {key for keys in changes.KINDS.values() for key in keys}
    one_by_one = {"categories", "purposes", "contacts", "recipients", "retention", "residency"}
    wording = {
        "schema",
        "id",
        "version",
        "extends",
        "register",
        "demo",
        "product",
        "principles",
        "channels",
        "fields",
        "text",
    }
    assert told | one_by_one | wording == set(Document.__struct_fields__)
