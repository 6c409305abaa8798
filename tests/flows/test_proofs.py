"""What is carried in the package about proofs fits together, and marks are found in every form."""

import pytest

from waykeep.cli.sabotage import BREAK
from waykeep.flows.prove.marks import found_place, found_word, places, words
from waykeep.flows.prove.probes import PROBES
from waykeep.flows.prove.run import DUTIES, case
from waykeep.policy import control
from waykeep.store import documents

# 46 + 73 + 130 + 153 + 74 clauses of the five products, and 18 duties of location law that the base carries
CLAUSES = {"base": 18, "pars": 46, "smartpar": 73, "ivms": 130, "trak": 153, "safetrack": 74}


@pytest.mark.parametrize("profile", documents.PROFILES)
def test_every_profile_has_its_clauses_and_its_proofs_fit(profile):
    of = case(profile)
    assert len(of.clauses) == CLAUSES[profile]


def test_every_control_with_probes_has_its_sabotage():
    assert set(documents.proofs().controls) == set(BREAK)


def test_every_probe_is_used_by_a_control_or_a_clause():
    proofs = documents.proofs()
    used = {probe for one in proofs.controls.values() for probe in one.probes}
    used |= {probe for probes in proofs.clauses.values() for probe in probes}
    assert used | {DUTIES} == set(PROBES), "the duties' probe stands for every clause that an operator attests"


@pytest.mark.parametrize(("name", "form"), list(words("Canary Zebedee 7")))
def test_a_planted_word_is_found_in_every_form(tmp_path, name, form):
    (tmp_path / "file").write_bytes(b"\x00noise" + form + b"noise")
    assert [one.split(" as ")[1] for one in found_word(tmp_path, "Canary Zebedee 7")].count(name) >= 1


@pytest.mark.parametrize(("name", "one", "other"), list(places(41.2345678, 44.7654321)))
def test_a_planted_place_is_found_in_every_form_where_its_halves_stand_together(tmp_path, name, one, other):
    (tmp_path / "near").write_bytes(b"noise" + one + b"\x01\x02" + other)
    assert f"near as {name}" in found_place(tmp_path, 41.2345678, 44.7654321)


def test_short_forms_far_apart_are_no_place(tmp_path):
    _, one, other = next(form for form in places(41.2345678, 44.7654321) if len(form[1]) == 4)
    (tmp_path / "far").write_bytes(one + b"\x00" * 1000 + other)
    assert found_place(tmp_path, 41.2345678, 44.7654321) == []


def test_what_rests_on_what_is_declared_without_circles():
    proofs = documents.proofs()
    control.check(proofs, documents.controls(), PROBES, documents.clause_ids())
    assert control.resting_on(proofs, "KEY") == {"KEY", "ERA", "RET", "BAK", "SEC"}
