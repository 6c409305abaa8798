"""Where units are and were: latest positions, tracks, days and files, each read with its ledger line."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Literal

import msgspec
from litestar import Router, get
from litestar.params import Parameter, QueryParameter
from litestar.response import Stream

from waykeep.api import times
from waykeep.api.doors import NOT_KEPT
from waykeep.flows.looking import Day, Looking
from waykeep.flows.shaping import TrackShown
from waykeep.insight.status import doing, status
from waykeep.insight.trips import Trip
from waykeep.model.access import Aim, Purpose, Viewer
from waykeep.model.position import Value
from waykeep.reports import EXPORTS
from waykeep.store.latest import LatestFix

MOST_POINTS = 100_000
POINTS = 5_000  # what a screen of 4,000 pixels can show of one track
PIECE_BYTES = 64 * 1024
LONGEST_BECAUSE = 200
DEGREE = 1e7
EXPORT_PATH = "/v1/units/{unit}/export"
EXPORT_TYPES = tuple(one.media_type.partition(";")[0] for one in EXPORTS.values())

From = Annotated[str, QueryParameter(name="from", description="Begin: Unix milliseconds or ISO 8601", max_length=40)]
To = Annotated[str, QueryParameter(name="to", description="End, exclusive: Unix ms or ISO 8601", max_length=40)]
Unit = Annotated[str, Parameter(description="The unit's id", max_length=40)]
Why = Annotated[Purpose, QueryParameter(name="purpose", description="Why you look; it stands in the ledger")]
Because = Annotated[
    str,
    Parameter(max_length=LONGEST_BECAUSE, description="The reason or case, where the policy wants one for a purpose"),
]


class Fix(msgspec.Struct, frozen=True, kw_only=True):
    """A unit's newest position."""

    unit: str
    fix_ms: int
    received_ms: int
    latitude: float | None
    longitude: float | None
    speed_mps: float | None
    course_deg: float | None
    altitude_m: float | None
    accuracy_m: float | None
    flags: int
    status: str
    attributes: dict[str, Value]


@get("/positions/latest", summary="The newest position of every unit you see")
async def latest(
    looking: Looking, viewer: Viewer, purpose: Why = Purpose.PROVIDE_SERVICE, because: Because = ""
) -> list[Fix]:
    """The newest position of every unit you see."""
    now_ms = looking.now_ms()
    return [
        _fix(found, now_ms, private=looking.private(found.device))
        for found in await looking.latest(viewer, Aim(purpose, because))
    ]


@get("/units/{unit:str}/track", summary="A unit's positions over a span, as columns")
async def track(
    looking: Looking,
    viewer: Viewer,
    unit: Unit,
    begin: From,
    end: To,
    points: Annotated[int, Parameter(ge=2, le=MOST_POINTS, description="About how many points at most")] = POINTS,
    purpose: Why = Purpose.PROVIDE_SERVICE,
    because: Because = "",
) -> TrackShown:
    """A unit's positions over a span; fewer points keep the track's shape and both sides of every gap."""
    return await looking.track(viewer, unit, times.span(begin, end), points, Aim(purpose, because))


@get("/units/{unit:str}/trips", summary="A unit's trips over a span")
async def trips(
    looking: Looking,
    viewer: Viewer,
    unit: Unit,
    begin: From,
    end: To,
    purpose: Why = Purpose.PROVIDE_SERVICE,
    because: Because = "",
) -> list[Trip]:
    """The trips of a unit: from where it stood to where it stands, with length, standing time and greatest speed."""
    return await looking.trips(viewer, unit, times.span(begin, end), Aim(purpose, because))


@get("/units/{unit:str}/days", summary="How many positions each day of a span holds")
async def days(
    looking: Looking,
    viewer: Viewer,
    unit: Unit,
    begin: From,
    end: To,
    purpose: Why = Purpose.PROVIDE_SERVICE,
    because: Because = "",
) -> list[Day]:
    """How many positions each UTC day of a span holds."""
    return await looking.days(viewer, unit, times.span(begin, end), Aim(purpose, because))


@get("/units/{unit:str}/export", summary="A unit's positions over a span, as a file")
async def export(
    looking: Looking,
    viewer: Viewer,
    unit: Unit,
    begin: From,
    end: To,
    form: Annotated[Literal["gpx", "kml", "geojson", "csv"], QueryParameter(name="format")] = "gpx",
    purpose: Why = Purpose.PROVIDE_SERVICE,
    because: Because = "",
) -> Stream:
    """A unit's positions over a span, written while they are read."""
    media_type, pieces = await looking.export(viewer, unit, times.span(begin, end), form, Aim(purpose, because))
    headers = {"content-disposition": f'attachment; filename="track.{form}"', **NOT_KEPT}
    return Stream(batched(pieces), media_type=media_type, headers=headers)


async def batched(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces in batches, each made in a worker thread so that the loop never waits for a file."""

    def batch() -> bytes:
        held: list[bytes] = []
        size = 0
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size >= PIECE_BYTES:
                break
        return b"".join(held)

    while data := await asyncio.to_thread(batch):
        yield data


def _fix(found: LatestFix, now_ms: int, *, private: bool) -> Fix:
    does = doing(found.speed_mps, found.attributes)
    return Fix(
        unit=found.device,
        fix_ms=found.fix_ms,
        received_ms=found.received_ms,
        latitude=None if found.latitude_e7 is None else found.latitude_e7 / DEGREE,
        longitude=None if found.longitude_e7 is None else found.longitude_e7 / DEGREE,
        speed_mps=found.speed_mps,
        course_deg=found.course_deg,
        altitude_m=found.altitude_m,
        accuracy_m=found.accuracy_m,
        flags=found.flags,
        status=status(does, found.received_ms, now_ms, private=private).word,
        attributes=found.attributes,
    )


ROUTER = Router(
    "/v1", route_handlers=[latest, track, trips, days, export], tags=["tracking"], response_headers=NOT_KEPT
)
