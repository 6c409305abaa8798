"""Probes of lengths of time: under a moved clock what is due goes from reads, rows, keys and copies; the rest stays."""

from pathlib import Path

from waykeep.flows.prove.scene import DAY_MS, Scene, Unit, demand, expect, now_ms, soon
from waykeep.flows.prove.stand import Stand
from waykeep.store import facts

MINUTE_MS = 60_000
AGE_MS = 2 * DAY_MS  # of the older of two fixes when they are planted
HELD_MS = 3 * DAY_MS  # past the end of a day's attribution window


def gone_on_time(scene: Scene) -> str:
    """A fix is there a minute before its limit, and after it in no read, row, key or restored copy; a younger stays."""
    limit_ms = scene.policy.fix_retention_ms or 0
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        driver = there.person("driver")
        unit = there.unit(driver.id, since_ms=now_ms() - AGE_MS - DAY_MS)
        younger_ms = now_ms()
        older_ms = younger_ms - AGE_MS
        for fix_ms in (older_ms, younger_ms):
            there.report(unit, fix_ms)
        soon(lambda: len(there.fixes(unit, 4)) >= 1, "no planted fix is in the history")
        kept = [one for one in (older_ms, younger_ms) if one in there.fixes(unit, 4)]
        demand(younger_ms in kept, "the younger fix is not in the history")
        passed_ms = _leap(there, other, kept[0] + limit_ms - MINUTE_MS - now_ms())
        demand(_read(there, unit, passed_ms, limit_ms) == kept, "a fix is gone before its limit")
        soon(lambda: _rows(other.data, "segment") == len(kept), "the days of the fixes did not become history")
        made = other.command("backup")
        demand(made.code == 0, f"no backup could be made: {made.output[-300:]}")
        if len(kept) > 1:
            passed_ms += _leap(there, other, 2 * MINUTE_MS)
            demand(
                _read(there, unit, passed_ms, limit_ms) == kept[1:], "a fix past its limit is read, or a younger lost"
            )
            soon(lambda: _rows(other.data, "segment") == 1, "the row of the fix that is past its limit stays on disk")
        passed_ms += _leap(there, other, AGE_MS + DAY_MS)
        demand(not _read(there, unit, passed_ms, limit_ms), "a fix past its limit is still read")
        soon(lambda: _rows(other.data) == 0, f"{_rows(other.data)} rows stay on disk past their limit")
        soon(lambda: _data_keys(other) == 0, "a key of what is past its limit is still in the vault")
        _demand_not_restored(there, other, unit, made.output.split()[0], passed_ms)
    return (
        f"there {limit_ms // DAY_MS} days less a minute, then in no read, row, key or restored copy; the younger stayed"
    )


def ends_with_service(scene: Scene) -> str:
    """What is kept for someone is gone when their service ends, and not before."""
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        customer, stays = there.person("driver"), there.person("driver")
        _leap(there, other, 400 * DAY_MS)
        for one in (customer, stays):
            found = expect(there.admin.get(f"/v1/people/{one.id}"), 200, "a customer whose service goes on")
            demand(found["name"] == one.name, "a customer's name is gone while their service goes on")
        key = _subject_keys(other, customer.id)
        demand(key, "a customer has no key of their own")
        expect(there.admin.send("DELETE", f"/v1/people/{customer.id}"), 200, "ending the service")
        demand(there.admin.get(f"/v1/people/{customer.id}").status == 404, "who left is still there")
        demand(not _subject_keys(other, customer.id), "a key of who left is still in the vault")
        demand(facts.rows(other.data / "waykeep.db", "person", "id", customer.id) == 0, "the row of who left is there")
        demand(there.admin.get(f"/v1/people/{stays.id}").status == 200, "someone else went with them")
    return "a customer is there after 400 days, and gone with row and key when the service ends; another stays"


def _leap(there: Scene, other: Stand, by_ms: int) -> int:
    other.leap(by_ms)
    there.admin = there.sign_in(there.admin_name)
    return by_ms


def _read(there: Scene, unit: Unit, passed_ms: int, limit_ms: int) -> list[int]:
    """Every fix that can be read, on a server whose clock is so far ahead."""
    days = (passed_ms + limit_ms) // DAY_MS + 10
    end = now_ms() + passed_ms + DAY_MS
    span = f"from={end - days * DAY_MS}&to={end}&points=1000"
    track = expect(there.admin.get(f"/v1/units/{unit.id}/track?{span}"), 200, "a track")
    pairs = zip(track["fix_ms"], track["latitude"], strict=True)
    return [at for at, latitude in pairs if latitude is not None]


def _rows(data: Path, *tables: str) -> int:
    """Rows of positions in the files: open days, history, newest."""
    return sum(facts.count(data / "track.db", table) for table in tables or ("tail", "segment", "latest"))


def _data_keys(other: Stand) -> int:
    """The keys of months of positions that are in the vault."""
    return facts.rows(other.keys / "vault.db", "wrapped_key", "kind", "data")


def _subject_keys(other: Stand, subject: str) -> int:
    return facts.rows(other.keys / "vault.db", "wrapped_key", "subject", subject)


def _demand_not_restored(there: Scene, other: Stand, unit: Unit, name: str, passed_ms: int) -> None:
    other.stop()
    done = other.command("restore", name)
    demand(done.code == 0, f"the backup could not be restored: {done.output[-300:]}")
    other.start()
    there.admin = there.sign_in(there.admin_name)
    track = _read(there, unit, passed_ms, there.policy.fix_retention_ms or 0)
    demand(not track, "a restored copy shows what is past its limit")
