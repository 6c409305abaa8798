"""The shipped profiles: all load, say what they must, and cover what the server stores."""

import hashlib
import importlib
import json
import pkgutil

import pytest
from sqlalchemy import MetaData

import waykeep.store
from waykeep.errors import StartError
from waykeep.model.access import Purpose
from waykeep.model.attributes import NAMED, NUMBERED
from waykeep.policy import document
from waykeep.store import datamap, documents


def stored() -> list[MetaData]:
    """The schema of every database file, from whatever module of the store declares one."""
    names = [module.name for module in pkgutil.iter_modules(waykeep.store.__path__, "waykeep.store.")]
    found = (getattr(importlib.import_module(name), "METADATA", None) for name in names)
    return [metadata for metadata in found if isinstance(metadata, MetaData)]


@pytest.mark.parametrize("name", documents.PROFILES)
def test_every_profile_loads(name):
    policy = documents.policy(name, fill=True)
    assert policy.id == name
    document.complete(policy)


def test_the_package_knows_the_hashes_of_its_documents():
    hashes = {name: hashlib.sha256(documents.text(f"{name}.yaml").encode()).hexdigest() for name in documents.PROFILES}
    assert json.loads(documents.text("shipped.json")) == hashes


def test_the_base_sets_exactly_two_cookies():
    assert documents.policy("base").cookies == ("sid", "tpl")


@pytest.mark.parametrize("name", documents.PROFILES)
def test_what_signing_off_keeps_is_the_template_and_never_the_identity(name):
    kept = {entry.name: entry.on_logout for entry in documents.policy(name, fill=True).parts.storage_on_client}
    assert (kept["sid"], kept["tpl"]) == ("delete", "keep")


def test_the_base_leaves_nothing_open():
    assert documents.policy("base").open == ()


def test_only_safetrack_keeps_no_location():
    assert [name for name in documents.PROFILES if not documents.policy(name, fill=True).keeps_location] == [
        "safetrack"
    ]
    assert not {name for name in documents.policy("safetrack").categories if name.startswith("location.")}


def test_every_category_that_the_store_uses_is_one_of_the_base():
    known = documents.policy("base").categories
    used = {entry.category for metadata in stored() for entry in datamap.entries(metadata)}
    assert len(used) > 5
    assert used <= known


def test_every_attribute_that_trackers_report_has_a_category_of_the_base():
    used = {meaning.category for meaning in NAMED.values()} | {meaning.category for _, meaning in NUMBERED}
    assert used <= documents.policy("base").categories


@pytest.mark.parametrize("name", documents.PROFILES)
def test_purposes_are_those_that_the_program_knows(name):
    assert set(documents.policy(name, fill=True).parts.purposes) == {purpose.value for purpose in Purpose}


def test_places_are_read_for_the_service_and_for_rights_but_not_for_marketing():
    reading = documents.policy("base").reading
    assert Purpose.PROVIDE_SERVICE in reading.purposes
    assert Purpose.RIGHTS in reading.purposes
    assert not {Purpose.MARKETING, Purpose.SECURITY, Purpose.IMPROVEMENT} & reading.purposes


def test_trak_asks_before_it_tracks_and_base_does_not():
    asks = {name: documents.policy(name, fill=True).parts.consents["tracking"].required for name in ("base", "trak")}
    assert asks == {"base": False, "trak": True}


def test_a_shipped_document_that_was_changed_refuses_the_start(monkeypatch):
    read = documents.text
    monkeypatch.setattr(documents, "text", lambda name: read(name) + ("\n" if name == "ivms.yaml" else ""))
    with pytest.raises(StartError, match=r"ivms\.yaml:1: this shipped document was changed"):
        documents.policy("base")


def test_an_operators_file_is_laid_over_its_profile(tmp_path):
    file = tmp_path / "policy.yaml"
    file.write_text("extends: ivms\nid: mine\nage: {minimum: 16}\n")
    policy = documents.policy("base", file)
    assert (policy.id, policy.parts.age.minimum, policy.parts.product) == ("mine", 16, "IVMS")
    with pytest.raises(StartError, match=r"nowhere\.yaml:1: the policy document cannot be read"):
        documents.policy("base", tmp_path / "nowhere.yaml")
