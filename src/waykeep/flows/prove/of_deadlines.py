"""Probes of deadlines: a throw-away server whose clocks run ahead warns, counts what is overdue, and acts by itself."""

from waykeep.flows.prove.ask import Browser
from waykeep.flows.prove.scene import DAY_MS, Scene, ask, by_id, demand, expect, soon
from waykeep.policy.lengths import length_ms


def none_overdue(scene: Scene) -> str:
    """No open request is past its day."""
    overdue = _overdue(scene)
    demand(overdue == 0, f"{overdue} requests are past their day without an answer")
    return "no open request is past its day"


def _overdue(scene: Scene) -> int:
    return int(expect(scene.founder.get("/v1/requests/report"), 200, "the report")["overdue"])


def in_time(scene: Scene) -> str:
    """Under a moved clock: warned at the marks, a complaint overdue after its days, another right after its own."""
    clocks = scene.policy.parts.clocks
    length, sooner = length_ms(clocks["rights_response"].length), length_ms(clocks["complaint"].length)
    demand(length and sooner, "the policy gives no deadline")
    assert length is not None
    assert sooner is not None
    marks = [length_ms(one) or 0 for one in clocks["rights_response"].warn]
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        _, request = ask(there, "access")
        _, complaint = ask(there, "complain")
        demand(_overdue(there) == 0, "something is overdue that was just asked")
        passed_ms = 0
        for at_ms, warned, late in (
            (sooner + DAY_MS, 0, {complaint}),
            *((mark + DAY_MS // 2, number, {complaint}) for number, mark in enumerate(marks, 1)),
            (length + DAY_MS, len(marks), {complaint, request}),
        ):
            other.leap(at_ms - passed_ms)
            passed_ms = at_ms
            there.founder = there.sign_in(there.admin_name)
            desk = {one["id"]: one for one in expect(there.founder.get("/v1/requests"), 200, "the desk")}
            days = at_ms // DAY_MS
            demand(desk[request]["warned"] == warned, f"{desk[request]['warned']} warnings after {days} days")
            overdue = {one for one in (request, complaint) if desk[one]["overdue"]}
            demand(overdue == late, f"after {days} days {len(overdue)} are overdue, not {len(late)}")
            demand(desk[request]["outcome"] is None, "a request closed without an answer")
            demand(_overdue(there) == len(late), "the report does not count what is overdue")
    return f"warned {len(marks)} times, overdue after {length // DAY_MS} days, a complaint after {sooner // DAY_MS}"


def erased_in_time(scene: Scene) -> str:
    """Nobody acts on an erasure of someone who is known: it is carried out the day before it is due, and no sooner."""
    length = length_ms(scene.policy.parts.clocks["rights_response"].length)
    demand(length, "the policy gives no deadline")
    assert length is not None
    with scene.stand.another() as other:
        other.start()
        there = Scene(other, scene.policy)
        leaver, own = ask(there, "erase")
        written = {"right": "erase", "name": leaver.name, "contact": leaver.email}
        request = expect(Browser(other.url).send("POST", "/v1/privacy/requests", written), 202, "the form")["id"]
        expect(there.admin.send("POST", f"/v1/requests/{request}/link", {"person": leaver.id}), 200, "linking")
        expect(there.admin.send("POST", f"/v1/requests/{request}/prove", {"level": "document"}), 200, "proving")
        other.leap(length - 2 * DAY_MS)
        admin = there.sign_in(there.admin_name)
        demand(by_id(admin, request)["outcome"] is None, "it was erased before anyone had their time to decide")
        other.leap(DAY_MS + DAY_MS // 2)
        admin = there.sign_in(there.admin_name)
        soon(lambda: by_id(admin, request)["outcome"] == "done", "nobody acted, and the erasure was not carried out")
        demand(admin.get(f"/v1/people/{leaver.id}").status == 404, "the person is still there on their day")
        soon(lambda: by_id(admin, own)["outcome"] == "done", "their other request stays open")
        demand(by_id(admin, own)["name"] is None, "what the forgotten person wrote is still readable")
    return f"still there on day {length // DAY_MS - 2}, and carried out by itself before day {length // DAY_MS}"
