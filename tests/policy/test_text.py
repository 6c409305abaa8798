"""The public text: complete in each language, made from the document alone, marked by what was proven."""

import re
from string import Formatter

import pytest

from waykeep.policy.control import Result
from waykeep.policy.lint import lint
from waykeep.policy.text import SECTIONS, Proven, Standing, write
from waykeep.policy.text_lines import LINES
from waykeep.policy.wording import longest_sentence
from waykeep.store import documents

EVERY = [(profile, language) for profile in documents.PROFILES for language in documents.LANGUAGES]
VISIT = "{name: v, kind: cookie, party: first, class: analytics, purpose: x, life: P1D, needs: consent}"
PLURALS = re.compile(r"^length\.\w+\.(one|two|few)$")


def policy_with(tmp_path, text, profile="base"):
    file = tmp_path / "mine.yaml"
    file.write_text(f"extends: {profile}\nid: mine\n{text}\n")
    return documents.policy("", file, fill=True)


def text_of(policy, language="en", proven=None):
    return write(policy, documents.words(language), documents.clauses(policy), proven)


def sentence(text, name):
    found = [one for section in text.sections for one in section.sentences if one.id == name]
    return found[0] if found else None


def test_each_language_says_the_same_things_with_the_same_gaps():
    def gaps(language):
        return {
            key: {name for _, name, _, _ in Formatter().parse(text) if name}
            for key, text in documents.words(language).by_key.items()
            if not PLURALS.match(key)
        }

    english = gaps("en")
    for language in documents.LANGUAGES:
        assert gaps(language) == english, language


@pytest.mark.parametrize(("profile", "language"), EVERY)
def test_every_part_of_every_profile_is_told_in_short_sentences(profile, language):
    policy = documents.policy(profile, fill=True)
    text = text_of(policy, language)
    assert [one.id for one in text.sections] == list(SECTIONS)
    for section in text.sections:
        assert section.title
        assert section.sentences
        for one in section.sentences:
            longest = max(longest_sentence(part) for part in (one.text, *one.items))
            assert longest <= policy.parts.text.words_a_sentence, one.text
            assert "{" not in one.text
    assert {one.id for section in text.sections for one in section.quoted} == {
        one.id
        for one in documents.clauses(policy)
        if one.topic in {topic for topics in SECTIONS.values() for topic in topics}
    }


@pytest.mark.parametrize("profile", documents.PROFILES[1:])
def test_each_clause_of_a_product_stands_in_one_section(profile):
    policy = documents.policy(profile, fill=True)
    quoted = [one.id for section in text_of(policy).sections for one in section.quoted]
    assert sorted(quoted) == sorted(one.id for one in documents.clauses(policy))


def test_each_sentence_names_keys_that_the_document_has_and_controls_that_exist():
    known, parts = documents.controls(), documents.policy("base", fill=True).parts
    for lines in LINES.values():
        for line in lines:
            assert set(line.controls) <= set(known)
            assert all(hasattr(parts, key.partition(".")[0]) for key in line.keys), line


@pytest.mark.parametrize(
    ("change", "name", "before", "after"),
    [
        ("product: Rover", "who.controller", "Waykeep", "Rover"),
        ("clocks: {rights_response: {length: P10D}}", "rights.time", "30 days", "10 days"),
        ("backups: {keep: P9D}", "keep.copies", "739 days", "739"),
        ("precision: {grid_m: 500}", "collect.grid", None, "500 metres"),
        ("versions: {archive: none}", "changes.archive_none", None, "not published"),
        ("security: {passwords: {least_length: 14}}", "protect.passwords", "12 signs", "14 signs"),
        ("age: {minimum: 16}", "children.age", "13 or older", "16 or older"),
    ],
)
def test_a_change_of_the_document_changes_its_sentence(tmp_path, change, name, before, after):
    old = sentence(text_of(documents.policy("base", fill=True)), name)
    new = sentence(text_of(policy_with(tmp_path, change)), name)
    assert (old is None) == (before is None)
    assert after in new.text or name == "keep.copies"
    assert old is None or old.text != new.text


def test_the_time_in_copies_is_that_of_the_data_and_of_the_last_backup_together(tmp_path):
    policy = policy_with(tmp_path, "backups: {keep: P9D}")
    assert "nowhere, in copies either, after 739 days" in sentence(text_of(policy), "keep.copies").text


def test_what_the_document_does_not_promise_is_not_said(tmp_path):
    assert sentence(text_of(policy_with(tmp_path, "share: {sale: true}")), "share.sale") is None
    assert sentence(text_of(documents.policy("safetrack", fill=True)), "collect.places") is None
    assert sentence(text_of(documents.policy("safetrack", fill=True)), "collect.no_places") is not None
    assert sentence(text_of(documents.policy("safetrack", fill=True)), "where.void") is not None


def test_a_sentence_is_marked_by_all_of_its_controls_and_withheld_where_the_document_says_so(tmp_path):
    proven = Proven(controls={"KEY": True, "RET": True}, clauses={})
    text = text_of(documents.policy("base", fill=True), proven=proven)
    assert sentence(text, "protect.sealed").standing is Standing.PROVEN
    assert sentence(text, "keep.copies").standing is Standing.UNPROVEN  # BAK was not proven
    hiding = text_of(policy_with(tmp_path, "text: {unproved: withhold}"), proven=proven)
    assert sentence(hiding, "protect.sealed") is not None
    assert sentence(hiding, "keep.copies") is None
    kept = next(one for one in hiding.sections if one.id == "keep")
    assert kept.withheld == 2
    assert sentence(text_of(policy_with(tmp_path, "text: {unproved: withhold}")), "keep.copies") is not None


def test_clauses_carry_what_the_proof_said_of_them():
    policy = documents.policy("trak", fill=True)
    text = text_of(policy, proven=Proven(controls={}, clauses={"trak-05": Result.PASS}))
    results = {one.id: one.result for section in text.sections for one in section.quoted}
    assert results["trak-05"] is Result.PASS
    assert results["trak-06"] is None


@pytest.mark.parametrize(
    ("language", "iso", "told"),
    [
        ("en", "P1Y", "one year"),
        ("en", "P1Y6M", "one year and 6 months"),
        ("en", "PT72H", "72 hours"),
        ("en", "P0D", "no longer"),
        ("en", "none", "no limit"),
        ("ar", "P2Y", "سنتين"),
        ("ar", "P7Y", "7 سنوات"),
        ("ar", "P30D", "30 يومًا"),
        ("ar", "P103D", "103 أيام"),
        ("fa", "P30D", "۳۰ روز"),
        ("zh-CN", "PT72H", "72 小时"),
    ],
)
def test_lengths_are_said_as_the_language_counts(language, iso, told):
    assert documents.words(language).length(iso) == told


def test_sentences_are_measured_in_every_script():
    assert longest_sentence("One two three. Four five!") == 3
    assert longest_sentence("یک دو سه؟ چهار.") == 3
    assert longest_sentence("我们接收什么。用来") == 3


def rules(policy):
    return {one.rule for one in lint(policy, [documents.words(language) for language in documents.LANGUAGES])}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("transfers: {mechanism_claimed: privacy_shield}", "void-mechanism"),
        ("acceptance: {gate: true, implied_by_use_after_effective: true}", "consent-demanded-and-implied"),
        ("acceptance: {decline: [write_to_the_board]}", "step-missing"),
        ("version: soon", "no-date"),
        ("recipients+: [{id: far, type: processor, purpose: notices, contract: c, enabled: true}]", "region-unnamed"),
        ("retention: {identity.*: {start: account_deleted, length: P3Y, action: erase}}", "kept-after-leaving"),
        ("clocks: {complaint: {length: by_law}}", "left-open"),
        ("text: {words_a_sentence: 9}", "hard-to-read"),
        (f"storage_on_client+: [{VISIT}]", "yes-not-asked"),
    ],
)
def test_what_a_document_contradicts_is_found_with_its_line(tmp_path, change, rule):
    clean = (
        "acceptance: {gate: true, implied_by_use_after_effective: false, decline: [export_offer]}\n"
        "recipients: [{id: mail_relay, type: processor, purpose: notices, contract: c, enabled: true, region: NL,"
        " transfer: {mechanism: scc, ref: r, until: 2199-12-31}}]\n"
    )
    assert rules(policy_with(tmp_path, clean)) == set()
    policy = policy_with(tmp_path, clean + change if not change.startswith("acceptance") else change)
    found = [one for one in lint(policy, [documents.words("en")]) if one.rule == rule]
    assert found
    assert found[0].file.endswith("mine.yaml") or rule == "hard-to-read"
    assert found[0].line > 0


def test_the_five_products_are_flagged_for_what_their_texts_leave_out_or_contradict():
    found = {name: rules(documents.policy(name)) for name in documents.PROFILES}
    assert "void-mechanism" in found["safetrack"]
    assert "consent-demanded-and-implied" in found["smartpar"]
    assert "kept-after-leaving" in found["trak"]
    assert "yes-not-asked" in found["ivms"]
    assert "left-open" in found["pars"]
