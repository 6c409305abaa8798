"""Probes of copies: they open for nobody but the restore, bring no one back, and are gone when their time is over."""

import stat

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.marks import found_word
from waykeep.flows.prove.scene import DAY_MS, Scene, demand, expect, soon
from waykeep.flows.prove.stand import Stand
from waykeep.policy.lengths import length_ms
from waykeep.store import facts

ONE_ONLY = stat.S_IRWXG | stat.S_IRWXO


def isolated(scene: Scene) -> str:
    """A backup tells nothing, no door leads to it, another vault opens nothing of it, and the forgotten stay so."""
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        gone, stays = there.person("driver"), there.person("driver")
        name = _made(other)
        folder = other.backups / name
        for word in (gone.name, gone.email):
            demand(not found_word(folder, word), "a planted name or address is readable in the backup")
        open_to = [one.name for one in (folder, *folder.iterdir()) if one.stat().st_mode & ONE_ONLY]
        demand(not open_to, f"others of the machine may read {', '.join(open_to)}")
        paths = expect(there.admin.get("/v1/openapi.json"), 200, "the description")["paths"]
        demand(not [path for path in paths if "backup" in path], "a route leads to backups")
        expect(there.admin.send("DELETE", f"/v1/people/{gone.id}"), 200, "forgetting")
        other.stop()
        _demand_shut_elsewhere(scene, other, name)
        done = other.command("restore", name)
        demand(done.code == 0, f"the backup could not be restored: {done.output[-300:]}")
        other.start()
        admin = there.sign_in(there.admin_name)
        demand(admin.get(f"/v1/people/{gone.id}").status == 404, "a restored backup brought a forgotten person back")
        back = expect(admin.get(f"/v1/people/{stays.id}"), 200, "someone who was not forgotten")
        demand(back["name"] == stays.name, "the backup lost the name of someone who was not forgotten")
        entered = Browser(other.url).send("POST", "/v1/session", {"login": gone.name, "password": "x" * 12}).status
        demand(entered in {401, 403, 429}, f"a forgotten person's sign-in was answered {entered}")
    return "names unreadable in it, no route to it, nothing of it opens under another vault, the forgotten stay so"


def expired(scene: Scene) -> str:
    """A backup is there until its time is over, then renewed ones stand in its place and its files are gone."""
    kept_ms = length_ms(scene.policy.parts.backups.keep) or 0
    demand(kept_ms, "the document sets no end for backups")
    with scene.stand.another() as other:
        other.start()
        first = _made(other)
        other.leap(kept_ms - DAY_MS)
        soon(lambda: len(_listed(other)) > 1, "no newer backup was made by itself")
        demand(first in _listed(other), "a backup went before its time was over")
        other.leap(2 * DAY_MS)
        soon(lambda: first not in _listed(other), "a backup stays after its time is over")
        demand(not (other.backups / first).exists(), "the files of a backup stay after its time is over")
        demand(_listed(other), "no backup is left")
    return f"listed until day {kept_ms // DAY_MS}, then gone with its files; a newer one was made by itself"


def _made(other: Stand) -> str:
    done = other.command("backup")
    demand(done.code == 0, f"no backup could be made: {done.output[-300:]}")
    return done.output.split()[0]


def _listed(other: Stand) -> list[str]:
    done = other.command("backup", "--list")
    return [line.split()[0] for line in done.output.splitlines() if line and line.split()[0].isdecimal()]


def _demand_shut_elsewhere(scene: Scene, other: Stand, name: str) -> None:
    """Under another installation's keys nothing of the copy opens."""
    with scene.stand.another() as stranger:
        stranger.take_backup(other.backups / name)
        stranger.command("restore", name, "--confirm")
        left = facts.count(stranger.data / "waykeep.db", "person")
        demand(left == 0, f"{left} people of the backup are there under another installation's keys")
