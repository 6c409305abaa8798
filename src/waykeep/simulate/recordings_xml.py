"""Recordings as GPX: track points, else route points."""

from collections.abc import Iterator
from xml.parsers import expat

from waykeep.simulate.recordings_row import Row, RowError

TOLD = ("time", "ele", "speed", "course")


class _Points:
    """Collects points as the parser comes by them, so that each knows its line."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator="}")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._say
        self._parser.StartDoctypeDeclHandler = self._refuse
        self.track: list[Row] = []
        self.route: list[Row] = []
        self._open: tuple[int, dict[str, str]] | None = None
        self._inside = ""

    def read(self, text: str) -> None:
        try:
            self._parser.Parse(text.encode(), True)  # noqa: FBT003 - the parser's own way to say "all of it"
        except expat.ExpatError as error:
            raise RowError(error.lineno, "not well-formed XML") from error

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition("}")[2]
        if name in {"trkpt", "rtept"}:
            line = self._parser.CurrentLineNumber
            if "lat" not in attributes or "lon" not in attributes:
                raise RowError(line, "a point without lat and lon")
            self._open = line, {"latitude": attributes["lat"], "longitude": attributes["lon"]}
        self._inside = name if self._open and name in TOLD else ""

    def _say(self, text: str) -> None:
        if self._open and self._inside:
            self._open[1][self._inside] = self._open[1].get(self._inside, "") + text

    def _end(self, tag: str) -> None:
        name = tag.rpartition("}")[2]
        self._inside = ""
        if self._open and name in {"trkpt", "rtept"}:
            (self.track if name == "trkpt" else self.route).append(Row(*self._open))
            self._open = None

    def _refuse(self, *_: object) -> None:
        raise RowError(self._parser.CurrentLineNumber, "a GPX file has no document type of its own")


def gpx(text: str) -> Iterator[Row]:
    """The fixes of a GPX file, in its order."""
    points = _Points()
    points.read(text)
    return iter(points.track or points.route)
