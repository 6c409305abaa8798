"""The registry of attribute names."""

import re

from shared_input import SHARED, needs_shared
from waykeep.model import attributes


def test_a_name_that_nobody_gave_a_meaning_has_no_category():
    assert attributes.category("favouriteColour") is None
    assert attributes.category("io") is None
    assert attributes.category("in1x") is None


def test_numbered_names_share_their_meaning():
    assert attributes.category("io7001") == attributes.TECHNICAL
    assert attributes.describe("temp3").unit == "°C"
    assert attributes.describe("tag2Humidity") is attributes.describe("tag9Humidity")


def test_raw_inputs_by_which_a_place_could_be_found_count_as_places():
    assert {attributes.category(name) for name in ("io205", "io206", "io636", "lac")} == {attributes.COARSE}
    assert attributes.category("io387") == attributes.PRECISE


def test_what_names_a_person_counts_as_identity():
    assert {attributes.category(name) for name in ("driverUniqueId", "card", "io403")} == {attributes.IDENTITY}


def test_every_kind_is_one_of_three():
    kinds = {a.kind for a in attributes.NAMED.values()} | {a.kind for _, a in attributes.NUMBERED}
    assert kinds <= {"number", "flag", "text"}


@needs_shared
def test_every_category_stands_in_the_base_policy():
    text = (SHARED / "policy" / "schema" / "base.yaml").read_text()
    section = text.split("\ncategories:")[1].split("\nfields:")[0]
    known = set(re.findall(r"^  ([a-z]+\.[a-z]+):", section, re.MULTILINE))
    used = {a.category for a in attributes.NAMED.values()} | {a.category for _, a in attributes.NUMBERED}
    assert used <= known
