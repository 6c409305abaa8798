"""Probes of notices: a version that matters is told at the way in, on the first page and by mail, to each and once."""

from typing import Any

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.of_versions import text_over
from waykeep.flows.prove.postbox import BOUNCE, RELAY, Postbox, serving_with_mail
from waykeep.flows.prove.scene import DAY_MS, Scene, Someone, demand, expect, soon
from waykeep.flows.prove.stand import Run, Stand
from waykeep.policy.lengths import length_ms

BIG = "contacts: {privacy: {phone: '+999 1'}}\n"  # a change that every shipped document calls material
SMALL = "categories: {identity.name: {says: Names of canaries}}\n"


def told(scene: Scene) -> str:
    """Nobody is told of a small change; each account of a big one, at the door, on the first page and by mail."""
    with Postbox() as box, scene.stand.another() as other:
        there = serving_with_mail(scene, other, box)
        reader, bouncing = there.person("driver"), there.person("driver", email=f"{BOUNCE}@canary.test")
        every = scene.policy.parts.versions.notify == "email_all"
        if not every:  # a look after the big change would tell of this one too
            _published(other, scene, SMALL, "--minor")
            _looked(other)
            demand(_door(other) is None, "a small change is told at the way in")
        _published(other, scene, BIG)
        _looked(other)
        number = expect(Browser(other.url).get("/v1/policy/versions"), 200, "the versions")[0]["number"]
        door = _door(other)
        at_door = "login_banner" in scene.policy.parts.notices.material_change.channels
        demand(
            not at_door or (door is not None and door["number"] == number), "the way in tells nothing of a big change"
        )
        soon(lambda: _own(reader), "the first page tells nothing of a big change")
        demand([one["number"] for one in _own(reader)] == [number], "the first page tells of a change that is small")
        soon(lambda: box.to(reader.email), "no letter came to someone with an account")
        demand(
            f"/privacy/versions/{number}/changes" in box.to(reader.email)[0], "the letter does not lead to the change"
        )
        page = Browser(other.url).get(f"/privacy/versions/{number}/changes?lang=en")
        demand(page.status == 200 and b"contacts.privacy" in page.body, "the letter leads to a page without the change")
        demand(not box.to(bouncing.email), "a letter that was refused was taken")
        soon(
            lambda: [one["number"] for one in _own(bouncing)] == [number],
            "whose letter bounced is told by no other way",
        )
        later = there.person("driver")
        _looked(other)
        demand(not _own(later) and not box.to(later.email), "who came later is told of a change of before")
        demand(len(box.to(reader.email)) == 1, "someone got the same letter twice")
        _demand_rows(there, number)
        closed = reader.browser.send("POST", f"/v1/me/notices/{number}/seen").status
        demand(closed == 204, f"closing the banner was answered {closed}")
        demand(not _own(reader), "a closed banner comes back")
        stranger = later.browser.send("POST", f"/v1/me/notices/{number}/seen").status
        demand(stranger == 404, "someone closed a banner that they never had")
    return "door, first page and letter told each account once; a bounced letter left the banner; later ones nothing"


def ended(scene: Scene) -> str:
    """The banner goes when the version has held for as long as the document says."""
    shown_ms = length_ms(scene.policy.parts.notices.shown_for) or 0
    at_once = scene.policy.parts.versions.effective == "on_posting"
    lead_ms = 0 if at_once else length_ms(scene.policy.parts.notices.material_change.lead) or 0
    with Postbox() as box, scene.stand.another() as other:
        there = serving_with_mail(scene, other, box)
        reader = there.person("driver")
        _published(other, scene, BIG)
        _looked(other)
        soon(lambda: _own(reader), "the first page tells nothing of a big change")
        other.leap(lead_ms + shown_ms - DAY_MS)
        back = there.sign_in(reader.name)
        demand(expect(back.get("/v1/me/notices"), 200, "one's notices"), "the banner went before its time was over")
        other.leap(2 * DAY_MS)
        back = there.sign_in(reader.name)
        demand(not expect(back.get("/v1/me/notices"), 200, "one's notices"), "the banner stays after its time is over")
        demand(_door(other) is None, "the way in tells of a version that is long known")
    return f"shown until {shown_ms // DAY_MS} days after the version holds, and no longer"


def _published(other: Stand, scene: Scene, text: str, *words: str) -> Run:
    file = other.folder / "own.yaml"
    file.write_text(text_over(scene.policy, RELAY + text))
    done = other.command("policy", "publish", str(file), *words)
    demand(done.code == 0, f"the change could not be published: {done.output[-300:]}")
    return done


def _looked(other: Stand) -> None:
    """Let the server look for who is to be told: it does so at its start, and each minute."""
    other.stop()
    other.start()


def _door(other: Stand) -> dict[str, Any] | None:
    found: dict[str, Any] | None = expect(Browser(other.url).get("/v1/policy/notice"), 200, "the door's notice")[
        "notice"
    ]
    return found


def _own(who: Someone) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = expect(who.browser.get("/v1/me/notices"), 200, "one's notices")
    return found


def _demand_rows(there: Scene, number: int) -> None:
    """Every account has a row for the version."""
    told_of = expect(there.admin.get("/v1/policy/notices"), 200, "what became of the notices")
    counts = next(one["counts"] for one in told_of if one["number"] == number)
    people = len(expect(there.admin.get("/v1/people"), 200, "the people")) - 1  # one came later
    for channel in ("email", "home_banner"):
        if channel == "email" or channel in there.policy.parts.notices.material_change.channels:
            rows = sum(counts.get(channel, {}).values())
            demand(rows == people, f"{rows} rows of {channel} for {people} accounts")
    demand(counts["email"].get("failed", 0) >= 1, "the letter that bounced has no row that says so")
