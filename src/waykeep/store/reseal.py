"""What the compaction child does: opens sealed positions, judges whose they are, seals them as segments.

It gets sealed bytes and the keys they need through a pipe and hands sealed segments back; it opens no file.
"""

import os
import sys
from collections.abc import Iterator
from typing import IO

import msgspec
import numpy as np
import numpy.ma  # np.unique imports it late, and the child opens no file once it works
from numpy.typing import NDArray

from waykeep.errors import StoreError
from waykeep.model.rules import Attribution, Span
from waykeep.store.frames import Sealed, open_frame
from waykeep.store.parts import PROVISIONAL, Place, Segment, month_of, open_track, seal_segment
from waykeep.store.track import DAY_MS, Track, first_of_each, gather, join

LENGTH_BYTES = 8

Pair = tuple[int, str]  # a day and a subject


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """Positions of one device to seal anew. `keys`: what opens them, by key id (a frame's is its sub-key).

    Fixes of the `dropped` subjects, of the `erased` spans (of `erased_of` only, when given) and older than
    `before_ms` are not sealed again. Frames are attributed; segments keep their subject unless `reattribute`.
    """

    tenant: str
    device: str
    frames: tuple[Sealed, ...] = ()
    segments: tuple[Segment, ...] = ()
    keys: dict[str, bytes] = {}
    attribution: Attribution
    dropped: frozenset[str] = frozenset()
    erased: tuple[Span, ...] = ()
    erased_of: str | None = None
    before_ms: int | None = None
    reattribute: bool = False
    provisional: bool = False


class Found(msgspec.Struct, frozen=True, tag=True):
    """The days and subjects of what will be sealed."""

    pairs: tuple[Pair, ...]


class More(msgspec.Struct, frozen=True, kw_only=True):
    """Segments of the same days to be sealed together with the task's, and the final key of each subject and month."""

    segments: tuple[Segment, ...]
    keys: dict[str, bytes]
    final: tuple[tuple[str, int, str, bytes], ...]


class Done(msgspec.Struct, frozen=True, tag=True):
    """The new segments, and how many repeats and unwanted fixes were left out."""

    segments: tuple[Segment, ...]
    repeats: int
    dropped: int


class Failed(msgspec.Struct, frozen=True, tag=True):
    """What kept the child from doing a task."""

    text: str


Answer = Found | Done | Failed
Owned = tuple[str, Track]
Index = NDArray[np.int64]


def opened(task: Task) -> tuple[list[Owned], int]:
    """The task's positions by subject, and how many of them are unwanted and left out."""
    owned = list(_segments(task.segments, task.keys, task.attribution if task.reattribute else None))
    if task.frames:
        frames = [open_frame(row, task.keys[row.key]).columns for row in task.frames]
        owned.extend(_attributed(gather(frames), task.attribution))
    kept = [(subject, part) for subject, track in owned if len(part := _wanted(subject, track, task))]
    return kept, sum(len(track) for _, track in owned) - sum(len(track) for _, track in kept)


def pairs(owned: list[Owned]) -> tuple[Pair, ...]:
    """The days and subjects of positions."""
    return tuple(sorted({(day, subject) for subject, track in owned for day, _ in track.days()}))


def sealed(task: Task, owned: list[Owned], more: More) -> tuple[list[Segment], int]:
    """Seal positions as segments: by day, a new part at each change of subject; and how many were repeats."""
    owned = [*_segments(more.segments, more.keys, None), *owned]
    final = {(subject, month): (key, secret) for subject, month, key, secret in more.final}
    subjects = sorted({subject for subject, _ in owned})
    if not subjects:
        return [], 0
    whose = np.concatenate([np.full(len(track), subjects.index(subject), dtype=np.int64) for subject, track in owned])
    track = join([track for _, track in owned])
    rows: list[Segment] = []
    repeats = 0
    for day, all_of_day in _by_day(track):
        at = all_of_day[first_of_each(track.take(all_of_day))]
        repeats += len(all_of_day) - len(at)
        for part, run in enumerate(_runs(at, whose[at]), PROVISIONAL if task.provisional else 0):
            subject = subjects[int(whose[run[0]])]
            place = Place(task.tenant, task.device, day, subject, part)
            rows.append(seal_segment(track.take(run), place, *final[subject, month_of(day)], os.urandom))
    return rows, repeats


def _by_day(track: Track) -> Iterator[tuple[int, Index]]:
    order = np.argsort(track.fix_ms, kind="stable")
    day = track.fix_ms[order] // DAY_MS
    for one in np.unique(day):
        yield int(one), order[day == one]


def _runs(at: Index, whose: Index) -> list[Index]:
    """Cut a day's positions where the subject changes."""
    return np.split(at, np.flatnonzero(np.diff(whose)) + 1)


def _segments(rows: tuple[Segment, ...], keys: dict[str, bytes], attribution: Attribution | None) -> Iterator[Owned]:
    for row in rows:
        track = open_track(row, keys[row.key])
        if attribution is None:
            yield row.subject, track
        else:
            yield from _attributed(track, attribution)


def _attributed(track: Track, attribution: Attribution) -> Iterator[Owned]:
    subjects = [attribution.subject_at(fix_ms) for fix_ms in track.fix_ms.tolist()]
    for subject in sorted(set(subjects)):
        yield subject, track.take(np.array([one == subject for one in subjects], dtype=np.bool_))


def _wanted(subject: str, track: Track, task: Task) -> Track:
    if subject in task.dropped:
        return track.take(np.zeros(len(track), dtype=np.bool_))
    keep = np.ones(len(track), dtype=np.bool_)
    if task.before_ms is not None:
        keep &= track.fix_ms >= task.before_ms
    if task.erased_of in (None, subject):
        for span in task.erased:
            inside = track.fix_ms >= span.from_ms
            keep &= ~(inside if span.to_ms is None else inside & (track.fix_ms < span.to_ms))
    return track.take(keep)


def read(pipe: IO[bytes]) -> bytes | None:
    """One message from a pipe; None at its end."""
    size = pipe.read(LENGTH_BYTES)
    if len(size) < LENGTH_BYTES:
        return None
    message = pipe.read(int.from_bytes(size, "big"))
    return message if len(message) == int.from_bytes(size, "big") else None


def write(pipe: IO[bytes], message: bytes) -> None:
    """One message into a pipe."""
    pipe.write(len(message).to_bytes(LENGTH_BYTES, "big") + message)
    pipe.flush()


def serve(source: IO[bytes], sink: IO[bytes]) -> None:
    """Do tasks until the pipe ends."""
    encode = msgspec.msgpack.encode
    while (message := read(source)) is not None:
        try:
            task = msgspec.msgpack.decode(message, type=Task)
            owned, dropped = opened(task)
            write(sink, encode(Found(pairs(owned))))
            answer = read(source)
            if answer is None:
                return
            rows, repeats = sealed(task, owned, msgspec.msgpack.decode(answer, type=More))
            write(sink, encode(Done(tuple(rows), repeats, dropped)))
        except (StoreError, msgspec.MsgspecError) as error:
            write(sink, encode(Failed(str(error))))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
