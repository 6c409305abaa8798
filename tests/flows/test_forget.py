"""Forgetting a device or a person: keys gone, others untouched, a certificate that anyone can check."""

import asyncio
import hashlib

import msgspec
import pytest

from houses import DAY_MS, NOON_MS, House
from waykeep import seal
from waykeep.errors import AskError, StoreError
from waykeep.flows import certificate
from waykeep.model.frame import Reason
from waykeep.model.rules import Span

HOUR_MS = 3_600_000


@pytest.fixture
def house(tmp_path):
    made = House(tmp_path)
    yield made
    made.close()


@pytest.fixture
def fleet(house):
    """Two devices of one tenant; Ann drives the first since yesterday."""
    tenant = house.tenant()
    ann, bea = house.person(tenant, "Ann"), house.person(tenant, "Bea")
    van, car = house.device(tenant, "352000000000001"), house.device(tenant, "352000000000002")
    house.drives(ann, van, NOON_MS - DAY_MS)
    return msgspec.defstruct("Fleet", ["tenant", "ann", "bea", "van", "car"])(tenant, ann, bea, van, car)


def forget(house, subject):
    async def run():
        signed = await house.rights.forget(subject)
        await house.rights.swept()
        return signed

    return asyncio.run(run())


def test_a_forgotten_device_cannot_be_read_and_the_other_can(house, fleet):
    for device in (fleet.van, fleet.car):
        house.report(device, NOON_MS - 40 * DAY_MS, NOON_MS - 39 * DAY_MS)
        house.compact()
        house.report(device, NOON_MS - 1000, NOON_MS)
    assert len(house.read(fleet.van)) == 4

    forget(house, fleet.van)

    assert house.read(fleet.van) == []
    assert len(house.read(fleet.car)) == 4
    assert house.latest.latest([fleet.van]) == []
    assert len(house.latest.latest([fleet.car])) == 1
    assert house.directory.device(fleet.van) is None
    assert house.rows.people.find(fleet.ann).name == "Ann"


def test_open_views_are_told_before_the_command_answers(house, fleet):
    order = []

    async def goodbye(gone):
        await asyncio.sleep(0)
        order.append(gone)

    house.rights._droppers = (*house.rights._droppers, goodbye)
    signed = forget(house, fleet.van)

    assert order == [frozenset({fleet.van})]
    assert signed.verifies()


def test_nothing_of_the_device_is_left_in_the_databases(house, fleet):
    house.report(fleet.van, NOON_MS - 40 * DAY_MS)
    house.compact()
    house.report(fleet.van, NOON_MS)
    keys = house.vault.keys.select("subject = ?1 OR device = ?1", (fleet.van,))
    with house.track.read() as connection:
        sealed = [
            row[0]
            for table, column in (("segment", "body"), ("tail", "frame"))
            for row in connection.execute(f"SELECT {column} FROM {table} WHERE device = ?", (fleet.van,)).fetchall()
        ]
    assert len(sealed) == 2
    assert all(blob in house.raw("data") for blob in sealed)
    assert all(row.wrapped in house.raw("keys") for row in keys)

    forget(house, fleet.van)

    everything = house.raw()
    assert not [blob for blob in sealed if blob in everything]
    assert not [row.wrapped for row in keys if row.wrapped in everything]
    assert fleet.van.encode() not in house.raw("data")


def test_a_forgotten_person_leaves_the_device_and_everyone_elses_fixes(house, fleet):
    theirs = NOON_MS - 2 * DAY_MS
    his = [NOON_MS - 3 * HOUR_MS, NOON_MS - HOUR_MS]
    house.report(fleet.van, theirs, *his)
    house.compact()
    house.report(fleet.car, NOON_MS - 1000)

    forget(house, fleet.ann)

    assert house.read(fleet.van) == [theirs]
    assert house.read(fleet.car) == [NOON_MS - 1000]
    assert house.rows.people.find(fleet.ann) is None
    assert house.rows.people.find(fleet.bea).name == "Bea"
    assert house.directory.device(fleet.van) is not None


def test_forgetting_someone_whose_fixes_are_minutes_old_loses_no_one_elses(house, fleet):
    """The attribution window closes at once: others' fixes are re-sealed before the day key goes."""
    bea_ms, ann_ms = NOON_MS - 10 * 60_000, NOON_MS - 5 * 60_000
    house.drives(fleet.bea, fleet.van, bea_ms - 1)
    house.drives(fleet.ann, fleet.van, ann_ms - 1)
    house.report(fleet.van, bea_ms, ann_ms)
    day = house.vault.day_key(fleet.van, NOON_MS // DAY_MS, create=False)

    forget(house, fleet.ann)

    assert house.read(fleet.van) == [bea_ms]
    assert house.vault.day_key(fleet.van, NOON_MS // DAY_MS, create=False) != day
    assert house.vault.open_data_key(day.id) is None


def test_what_still_arrives_for_a_forgotten_person_is_refused(house, fleet):
    buffered_ms = NOON_MS - 2 * HOUR_MS
    forget(house, fleet.ann)

    late = house.report(fleet.van, buffered_ms, received_ms=NOON_MS + HOUR_MS)
    new = house.report(fleet.van, NOON_MS + 1000, received_ms=NOON_MS + HOUR_MS)

    assert [(one.reason, one.count) for one in late.refused] == [(Reason.FORGOTTEN, 1)]
    assert new.refused == ()
    assert house.read(fleet.van) == [NOON_MS + 1000]
    assert house.forgotten.of(fleet.van) == (Span(NOON_MS - DAY_MS, NOON_MS),)


def test_a_report_after_the_device_was_forgotten_is_never_stored(house, fleet):
    rules = house.directory.rules(fleet.van)
    forget(house, fleet.van)

    assert rules.collects
    verdict = house.report(fleet.van, NOON_MS + 1)
    assert verdict.cleared is None
    assert house.read(fleet.van) == []


def test_the_certificate_can_be_checked_by_anyone_and_names_no_one(house, fleet):
    signed = forget(house, fleet.ann)
    text = signed.text()

    assert certificate.read(text) == signed
    assert signed.verifies()
    assert (signed.kind, signed.epoch, signed.final_ms) == ("person", 1, None)
    assert signed.erased_ms == NOON_MS
    assert signed.public_key == seal.public_key(house.vault.signing_seed("certificate")).hex()
    assert not [word for word in ("Ann", "ann@", fleet.ann, fleet.van) if word in text.decode()]
    for change in ({"erased_ms": 1}, {"keys": 99}, {"final_ms": NOON_MS}, {"kind": "device"}, {"signature": "zz"}):
        assert not msgspec.structs.replace(signed, **change).verifies()
    with pytest.raises(StoreError):
        certificate.read(b"{}")


def test_the_erasure_leaves_a_line_in_the_ledger(house, fleet):
    before = house.ledger.size()
    signed = forget(house, fleet.ann)

    (line,) = [one for one in house.ledger.lines_of("t0") if one.kind == "erasure"]
    assert house.ledger.size() == before + 1
    assert line.detail.more["certificate"] == hashlib.sha256(signed.text()).hexdigest()
    assert house.heads.newest().size == house.ledger.size()


def test_the_second_date_follows_when_the_epoch_is_over(house, fleet):
    first = forget(house, fleet.ann)
    house.clock.now_ms += 5 * DAY_MS

    said = asyncio.run(house.epochs.turn())

    assert said == {"epoch": 2, "out_of_reach": [], "certificates": 1}
    second = certificate.read(house.vault.erasures.certificate(first.erasure))
    assert second.verifies()
    assert second.final_ms == NOON_MS + 5 * DAY_MS
    assert msgspec.structs.replace(second, final_ms=None, signature=first.signature) == first


def test_nobody_is_forgotten_twice_and_strangers_not_at_all(house, fleet):
    forget(house, fleet.ann)
    for who in (fleet.ann, "d" + "a" * 16, fleet.tenant):
        with pytest.raises(AskError, match="no device or person"):
            forget(house, who)


def test_a_crash_after_the_keys_went_is_finished_at_the_next_start(house, fleet, monkeypatch):
    house.report(fleet.van, NOON_MS)
    with monkeypatch.context() as patch:
        patch.setattr(house.rights, "_drop", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            forget(house, fleet.van)
    assert house.rows.fleet.exists(fleet.van)

    asyncio.run(house.rights.mend(house.parting.subjects()))

    assert not house.rows.fleet.exists(fleet.van)
    assert certificate.read(house.vault.erasures.certificate(1)).verifies()
    assert house.vault.erasures.uncertified() == ()


def test_a_stretch_of_time_is_erased_and_the_rest_stays(house, fleet):
    days = [NOON_MS - n * DAY_MS for n in (40, 39, 38, 2)]
    house.report(fleet.car, *days)
    house.compact()
    house.report(fleet.car, NOON_MS)
    keys = {row.id for row in house.vault.keys.select("kind = 'data' AND device = ?", (fleet.car,))}

    signed = asyncio.run(house.rights.erase_span(fleet.car, [fleet.car], days[1] - 1, days[2]))

    assert house.read(fleet.car) == [days[0], days[2], days[3], NOON_MS]
    assert signed.verifies()
    assert signed.kind == "span"
    assert 0 < signed.keys == len(keys - {row.id for row in house.vault.keys.select("kind = 'data'", ())})


def test_the_command_finds_whom_it_means(house, fleet):
    find = house.handlers()["forget"].args[1]

    assert find(fleet.van) == fleet.van
    assert find("352000000000002") == fleet.car
    assert find("ann@example.org") == find("Ann") == fleet.ann
    assert find("nobody") is None
    with pytest.raises(AskError):
        asyncio.run(house.handlers()["forget"]({"who": "nobody"}))
