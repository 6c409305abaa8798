"""Policy documents: what does not fit is refused with file, line and key."""

import pytest

from waykeep.errors import StartError
from waykeep.policy import document
from waykeep.store import documents


def over(text: str, profile: str = "base", *, fill: bool = False) -> document.Policy:
    """The policy of an operator who lays this text over a profile; `extends` stands in its first line."""
    whole = f"extends: {profile}\n{text}"
    return document.load(document.chain("mine.yaml", whole, documents.shipped()), fill)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense: 1", "mine.yaml:2: nonsense: unknown key"),
        ("age: {minimum: young}", "mine.yaml:2: age.minimum: Expected `int`, got `str`"),
        ("age:\n  minimum: 13\n  shoe_size: 44", "mine.yaml:4: age.shoe_size: unknown key"),
        ("location_mode: nowhere", "mine.yaml:2: location_mode: Invalid enum value 'nowhere'"),
        ("fields: {person.shoe_size: clothing}", "mine.yaml:2: fields.person.shoe_size: has no data category"),
        ("fields:\n\n  person.shoe_size:", "mine.yaml:4: fields.person.shoe_size: Expected `str`, got `null`"),
        ("retention:\n  shoes.*: {start: a, length: P1D, action: erase}", "mine.yaml:3: retention.shoes.*: matches no"),
        (
            "retention: {location.precise: {length: two years}}",
            "mine.yaml:2: retention.location.precise.length: 'two years' is no length",
        ),
        ("retention: {location.precise: {length: 7}}", "retention.location.precise.length: needs a length"),
        (
            "categories+: {}\ncategories:\n  shoes: {says: Shoes}",
            "mine.yaml:4: categories.shoes: has no retention rule",
        ),
        ("purposes: {support: {reads: [shoes.*]}}", "mine.yaml:2: purposes.support.reads.shoes.*: matches no"),
        ("recipients+: [{id: x, type: sdk, purpose: y, sends: [z]}]", "mine.yaml:2: recipients.x.sends.z: matches no"),
        ("recipients+:\n  - {id: x, type: friend, purpose: y}", "mine.yaml:3: recipients.x.type: Invalid enum value"),
        ("recipients+:\n  - {id: x}", "mine.yaml:3: recipients.x: the key 'type' is missing"),
        ("controller: somebody", "mine.yaml:2: controller: needs a mapping"),
        ("storage_on_client-: [crumb]", "mine.yaml:2: storage_on_client-.crumb: names nothing that is there"),
        ("crumbs-: [sid]", "mine.yaml:2: crumbs-: there is no 'crumbs' to change"),
        ("storage_on_client+: {a: 1}", "mine.yaml:2: storage_on_client+: needs a list"),
        ("age-: minimum", "mine.yaml:2: age-: needs a list of names"),
        ("location_mode: server_none", "mine.yaml:2: location_mode: server_none cannot stand beside the category loc"),
        ("a: 1\na: 2", "mine.yaml:3: found duplicate key"),
        ("a: [1", "mine.yaml:2: "),
    ],
)
def test_what_does_not_fit_is_refused_with_file_line_and_key(text, message):
    with pytest.raises(StartError) as refusal:
        over(text)
    assert message in str(refusal.value)


def test_a_wrong_value_of_a_document_below_is_named_in_its_own_file():
    shipped = documents.shipped()
    broken = shipped | {"pars": shipped["pars"].replace("archive: none", "archive: lost")}
    with pytest.raises(StartError, match=r"^pars\.yaml:\d+: versions\.archive: Invalid enum value 'lost'"):
        document.load(document.chain("mine.yaml", "extends: pars\n", broken))


@pytest.mark.parametrize(("text", "message"), [("- a\n", "mapping of keys"), ("", "mapping of keys")])
def test_a_text_that_is_no_mapping_is_refused(text, message):
    with pytest.raises(StartError, match=message):
        document.load([("mine.yaml", text)])


def test_a_document_that_extends_an_unknown_one_is_refused():
    with pytest.raises(StartError, match=r"mine\.yaml:1: extends: there is no document 'nobody'"):
        over("", "nobody")


def test_documents_that_extend_one_another_in_a_circle_are_refused():
    with pytest.raises(StartError, match="circle"):
        document.chain("mine.yaml", "extends: a", {"a": "extends: b", "b": "extends: a"})


def test_maps_merge_key_by_key_and_lists_are_replaced():
    policy = over("clocks: {complaint: {length: P5D}}\nprinciples: [security]")
    assert policy.parts.clocks["complaint"].length == "P5D"
    assert policy.parts.clocks["rights_response"].length == "P30D"
    assert policy.parts.principles == ("security",)


def test_plus_adds_minus_removes_and_an_exclamation_mark_keeps_only():
    policy = over("storage_on_client!: [sid, tpl]\nstorage_on_client+: []\nchannels-: [app]\nprinciples+: [kindness]")
    assert [entry.name for entry in policy.parts.storage_on_client] == ["sid", "tpl"]
    assert list(policy.parts.channels) == ["site", "portal", "device"]
    assert policy.parts.principles[-1] == "kindness"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("channels: {portal: [person], app: [person], device: [unit]}", "fields.*none of the `channels`"),
        ("channels: {pigeon: [letter]}", "channels.pigeon: brings no field"),
        ("contacts: {privacy: {form: null, post: null}}", "contacts.privacy: gives no e-mail.*erasure"),
    ],
)
def test_what_the_public_text_could_not_tell_is_refused_by_key(text, message):
    with pytest.raises(StartError, match=message):
        over(text)


def test_an_added_entry_of_the_same_name_takes_the_old_ones_place():
    policy = over("recipients+: [{id: mail_relay, type: processor, purpose: notices, region: CH}]")
    assert [(one.id, one.region) for one in policy.parts.recipients] == [("mail_relay", "CH")]


def test_a_removed_category_takes_its_rules_and_readers_with_it():
    policy = over("categories-: [driver.behaviour, vehicle.*]")
    assert not {name for name in policy.categories if name.startswith(("vehicle.", "driver."))}
    assert not {name for name in policy.parts.retention if name.startswith(("vehicle.", "driver."))}
    assert "vehicle.*" not in policy.parts.purposes["provide_service"].reads
    assert policy.category_of("position.course_deg") is None
    assert policy.gone([("track", "location.precise"), ("service", "vehicle.maintenance")]) == {"service"}


def test_the_closest_pattern_gives_a_category_its_retention():
    policy = over("retention:\n  location.*: {start: collected, length: P1D, action: erase}")
    assert policy.retention_ms("location.precise") == 2 * 365 * 86_400_000
    without = over(
        "retention-: [location.*]\nretention:\n  '*': {start: collected, length: P1D, action: erase}", "base"
    )
    assert without.retention_ms("location.precise") == 86_400_000


def test_values_left_open_are_named_with_their_line_until_the_operator_fills_them():
    policy = over("", "pars")
    gap, hosting = policy.open
    assert (gap.file, gap.path) == ("pars.yaml", "retention.location.precise.length")
    assert hosting.path == "recipients.hosting.name"
    with pytest.raises(StartError, match=rf"pars\.yaml:{gap.line}: retention\.location\.precise\.length is left open"):
        document.complete(policy)
    named = "recipients+: [{id: hosting, type: processor, purpose: provide_service, name: Us, contract: c}]"
    document.complete(over(f"retention: {{location.precise: {{length: P1Y}}}}\n{named}", "pars"))


def test_the_demo_fills_open_values_and_marks_them():
    policy = over("", "pars", fill=True)
    assert [one.filled for one in policy.open] == ["P1Y", "A hosting company of the demonstration"]
    assert policy.retention_ms("location.precise") == 365 * 86_400_000
    document.complete(policy)


def test_the_hash_of_a_policy_changes_with_any_of_its_texts():
    assert over("").hash != over("# other words").hash != over("", "pars").hash
