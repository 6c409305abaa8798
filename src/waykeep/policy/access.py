"""Who may read which positions, for which purpose and span: the only maker of a Grant."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from waykeep.errors import AskError
from waykeep.model.access import Aim, Grant, Purpose, Role, Viewer
from waykeep.model.rules import Attribution, Rules
from waykeep.policy.calendar import inside
from waykeep.policy.roles import MAY, Permission


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy document says of reading positions: for which purposes, and how long a fix is kept.

    `requires` gives the word of what must be said for a purpose: a reason or a case.
    """

    purposes: frozenset[Purpose] = frozenset({Purpose.PROVIDE_SERVICE})
    requires: Mapping[Purpose, str] = {}
    retention_ms: int | None = None
    keeps_location: bool = True


def grant(
    viewer: Viewer,
    aim: Aim,
    devices: Iterable[str] | None,
    span: tuple[int, int] | None,
    route: str,
    *,
    fleet: frozenset[str],
    reading: Reading,
    now_ms: int,
) -> Grant:
    """Leave to read, or AskError. `devices` None asks for all that the viewer sees; `span` None for the latest fix.

    `fleet` are the devices of the viewer's organisation. A device that the viewer may not see is answered like one
    that does not exist. The span is clipped to what the policy keeps, to the millisecond.
    """
    if not reading.keeps_location:
        raise AskError("no-location", "This server keeps no positions: its policy says so.", 404)
    if Permission.POSITIONS_READ not in MAY[viewer.role]:
        raise AskError("not-allowed", "Your role may not read positions.", 403)
    if aim.purpose not in reading.purposes:
        text = f"The policy does not let positions be read for the purpose {aim.purpose.value}."
        raise AskError("purpose", text, 403)
    because, wanted = " ".join(aim.because.split()), reading.requires.get(aim.purpose)
    if wanted is not None and not because:
        raise AskError("because-missing", f"For the purpose {aim.purpose.value} say the {wanted} in `because`.", 403)
    seen = fleet if viewer.devices is None else fleet & viewer.devices
    asked = seen if devices is None else frozenset(devices)
    if not asked <= seen:
        raise AskError("no-such-unit", "There is no such unit.", 404)
    from_ms, to_ms = (None, None) if span is None else _clipped(span, reading.retention_ms, now_ms)
    return Grant(
        viewer=viewer.person,
        tenant=viewer.tenant,
        purpose=aim.purpose,
        devices=asked,
        from_ms=from_ms,
        to_ms=to_ms,
        route=route,
        because=because,
    )


def subjects(attribution: Attribution, from_ms: int, to_ms: int) -> frozenset[str]:
    """Everyone whose fixes a span of a device may hold: drivers, assigned persons, the device where neither was."""
    return frozenset(who for _, _, who in _turns(attribution, from_ms, max(to_ms, from_ms + 1)))


def turns(
    viewer: Viewer, attribution: Attribution, grant: Grant, closed: Callable[[str], bool] | None = None
) -> list[tuple[int, int]] | None:
    """The parts of a granted span that may be read. None: all of it.

    A driver reads their own turns. Everyone else reads no turn of who is `closed`, whatever the purpose: only what was
    approved for that person alone is read as themselves.
    """
    if grant.from_ms is None or grant.to_ms is None:
        return None
    if grant.from_ms >= grant.to_ms:
        return []
    all_ = _turns(attribution, grant.from_ms, grant.to_ms)
    if viewer.role is Role.DRIVER:
        return [(from_ms, to_ms) for from_ms, to_ms, who in all_ if who == viewer.person]
    if closed is None or not any(closed(who) for _, _, who in all_):
        return None
    return [(from_ms, to_ms) for from_ms, to_ms, who in all_ if not closed(who)]


def theirs(viewer: Viewer, attribution: Attribution, fix_ms: int, closed: Callable[[str], bool] | None = None) -> bool:
    """Whether a unit's newest fix may be shown: to a driver only their own, to others none of who is closed."""
    subject = attribution.subject_at(fix_ms)
    return subject == viewer.person if viewer.role is Role.DRIVER else closed is None or not closed(subject)


def _turns(attribution: Attribution, from_ms: int, to_ms: int) -> list[tuple[int, int, str]]:
    """A span cut wherever its subject may change, with the subject of each part."""
    spans = (*attribution.drivers, *attribution.assigned)
    edges = {from_ms, *(at for span, _ in spans for at in (span.from_ms, span.to_ms) if at is not None)}
    cuts = sorted(at for at in edges if from_ms <= at < to_ms)
    return [(at, end, attribution.subject_at(at)) for at, end in zip(cuts, [*cuts[1:], to_ms], strict=True)]


def past(rules: Rules, fix_ms: int, now_ms: int) -> bool:
    """Whether a fix is older than it may be kept: then nothing shows it any more, whether swept or not."""
    return rules.retention_ms is not None and fix_ms <= now_ms - rules.retention_ms


def private(rules: Rules, now_ms: int) -> bool:
    """Whether the person has private time now: by their button, or because working hours are over."""
    if any(span.holds(now_ms) for span in rules.private):
        return True
    return any(span.holds(now_ms) and not inside(hours, now_ms) for span, hours in rules.hours)


def _clipped(span: tuple[int, int], retention_ms: int | None, now_ms: int) -> tuple[int, int]:
    from_ms, to_ms = span
    if to_ms < from_ms:
        raise AskError("wrong-span", "The span ends before it begins: `to` must not be earlier than `from`.")
    if retention_ms is not None:
        from_ms = max(from_ms, now_ms - retention_ms)
    return from_ms, max(from_ms, to_ms)
