"""Recordings of drives as tracks: GPX, GeoJSON, JSON, JSON lines, CSV, TSBS text, plain or packed (.gz, .zip)."""

import gzip
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from waykeep.errors import AskError
from waykeep.geo import Point, bearing_deg, distance_m
from waykeep.model.position import Position
from waykeep.simulate import recordings_json, recordings_table, recordings_xml
from waykeep.simulate.recordings_row import Layout, Row, RowError, position_of

MOST_BYTES = 512 * 1024 * 1024  # unpacked; a recording is read whole
LEAST_MOVE_M = 0.5  # below it, the direction from fix to fix is noise


class Track(msgspec.Struct, frozen=True):
    """One unit's drive, in order of time; `fix_ms` is never None."""

    name: str
    positions: tuple[Position, ...]


def read(files: Sequence[Path], layout: Layout) -> list[Track]:
    """Read files; AskError names the file and line of what cannot be understood."""
    found: dict[str, list[Position]] = {}
    for file in files:
        for name, text in _texts(file):
            _collect(name, text, layout, found)
    tracks = [Track(name, _ordered(positions)) for name, positions in found.items()]
    return [Track(track.name, completed(track.positions)) for track in tracks]


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    """The text of a file, or of each file inside a packed one, and what to call it."""
    if not file.is_file():
        raise AskError("recording", f"{file}: there is no such file")
    try:
        if file.suffix == ".zip":
            with zipfile.ZipFile(file) as packed:
                for inside in sorted(packed.infolist(), key=lambda one: one.filename):
                    if not inside.is_dir():
                        yield f"{file}/{inside.filename}", _decoded(str(file), packed.read(inside))
        elif file.suffix == ".gz":
            with gzip.open(file) as stream:
                yield str(file.with_suffix("")), _decoded(str(file), stream.read(MOST_BYTES + 1))
        else:
            yield str(file), _decoded(str(file), file.read_bytes())
    except (OSError, zipfile.BadZipFile) as error:
        raise AskError("recording", f"{file}: {error}") from error


def _decoded(name: str, data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise AskError("recording", f"{name}: more than {MOST_BYTES} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AskError("recording", f"{name}: byte {error.start} is not UTF-8") from error


def _collect(name: str, text: str, layout: Layout, found: dict[str, list[Position]]) -> None:
    before = sum(map(len, found.values()))
    try:
        for number, row in enumerate(_rows(name, text, layout)):
            found.setdefault(_unit(name, row, layout.by), []).append(position_of(row, layout, number))
    except RowError as error:
        raise AskError("recording", f"{name}:{error.line}: {error.why}") from error
    if sum(map(len, found.values())) == before:
        raise AskError("recording", f"{name}: no positions in it")


def _unit(file: str, row: Row, by: str) -> str:
    """Whose row it is: its file's, or the value of the column that names the unit."""
    if by == "file" and "file" not in row.values:
        return file
    unit = row.values.get(by, "") if by else ""
    if by and not unit:
        raise RowError(row.line, f"nothing in {by}")
    return unit


def _rows(name: str, text: str, layout: Layout) -> Iterator[Row]:
    suffix = Path(name).suffix.lower()
    if suffix == ".gpx":
        return recordings_xml.gpx(text)
    if suffix in {".json", ".geojson", ".jsonl", ".ndjson"}:
        return recordings_json.rows(text, lines=suffix in {".jsonl", ".ndjson"})
    if suffix == ".csv":
        return recordings_table.rows(io.StringIO(text, newline=""), layout.columns)
    if text.startswith("tags,"):
        return recordings_table.tsbs(io.StringIO(text))
    raise AskError("recording", f"{name}: neither GPX, GeoJSON, JSON, JSON lines, CSV nor TSBS text")


def _ordered(positions: list[Position]) -> tuple[Position, ...]:
    return tuple(sorted(positions, key=lambda one: one.fix_ms or 0))


def completed(positions: Sequence[Position]) -> tuple[Position, ...]:
    """Speed and direction from fix to fix where the recording has none."""
    done: list[Position] = []
    for i, position in enumerate(positions):
        before = positions[i - 1] if i else position
        after = positions[i + 1] if i + 1 < len(positions) else position
        done.append(_completed(before, position, after, done[-1].course_deg if done else 0.0))
    return tuple(done)


def _completed(before: Position, position: Position, after: Position, course_deg: float | None) -> Position:
    speed_mps, direction = position.speed_mps, position.course_deg
    one, other = _place(before), _place(after)
    way_m = distance_m(one, other)
    if speed_mps is None:
        seconds = ((after.fix_ms or 0) - (before.fix_ms or 0)) / 1000
        speed_mps = way_m / seconds if seconds > 0 else 0.0
    if direction is None:
        direction = bearing_deg(one, other) if way_m > LEAST_MOVE_M else course_deg
    return msgspec.structs.replace(position, speed_mps=speed_mps, course_deg=direction)


def _place(position: Position) -> Point:
    return position.latitude_deg or 0.0, position.longitude_deg or 0.0


def shifted(tracks: Sequence[Track], ends_ms: int) -> list[Track]:
    """The same drives, moved in time together so that the last fix is at that moment."""
    latest = max(track.positions[-1].fix_ms or 0 for track in tracks)
    return [
        Track(
            track.name,
            tuple(msgspec.structs.replace(p, fix_ms=(p.fix_ms or 0) - latest + ends_ms) for p in track.positions),
        )
        for track in tracks
    ]
