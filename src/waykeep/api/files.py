"""The portal's files and the map, from a list made at start: a path that is not on it does not exist."""

import gzip
import mimetypes
import re
from collections.abc import AsyncIterator
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import anyio
import msgspec
from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.response import Stream

from waykeep.api.doors import Doors

PIECE = 64 * 1024
FOREVER = "public, max-age=31536000, immutable"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".mjs": "text/javascript",
    ".pmtiles": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}

TEXTS = frozenset({".css", ".html", ".js", ".json", ".mjs", ".svg", ".txt", ".webmanifest"})

AnyRequest = Request[Any, Any, Any]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file that may be served; `fixed` = its name changes with its content, `packs` = it is text."""

    path: Path
    size: int
    media_type: str
    tag: str
    fixed: bool
    packs: bool


def listed(folder: Path | None) -> dict[str, File]:
    """Every file of a folder by its path below it; hidden files are not served."""
    if folder is None or not folder.is_dir():
        return {}
    found = (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.startswith(".") and p.suffix != ".br")
    return {str(path.relative_to(folder)): described(path, fixed="assets" in path.parts) for path in found}


def described(path: Path, *, fixed: bool = False) -> File:
    """One file as it is now."""
    stat = path.stat()
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    tag = blake2b(f"{stat.st_size} {stat.st_mtime_ns}".encode(), digest_size=8).hexdigest()
    return File(path=path, size=stat.st_size, media_type=kind, tag=f'"{tag}"', fixed=fixed, packs=path.suffix in TEXTS)


def span_of(header: str | None, size: int) -> tuple[int, int] | None:
    """The one byte range of a Range header as (first, after last); None for the whole; ValueError when outside.

    A header of another unit, or of many ranges, is passed over as the standard allows.
    """
    unit, _, text = (header or "").partition("=")
    first, dash, last = text.strip().partition("-")
    if unit.strip() != "bytes" or not dash or "," in text:
        return None
    if not (first + last).isascii() or not (first + last).isdigit():
        return None
    if not first:
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= stop:
        raise ValueError(header)
    return start, stop


def served(file: File, request: AnyRequest) -> Response[Any]:
    """A file packed where it is text, else the file or a range of it as a stream of bounded memory."""
    if file.packs and request.method == "GET" and "gzip" in request.headers.get("accept-encoding", ""):
        return _packed(file, request)
    headers = {"accept-ranges": "bytes", "etag": file.tag, "cache-control": FOREVER if file.fixed else "no-cache"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(None, status_code=304, headers=headers)
    asked = request.headers.get("range")
    if request.headers.get("if-range", file.tag) != file.tag:
        asked = None
    try:
        span = span_of(asked, file.size)
    except ValueError:
        return Response(None, status_code=416, headers=headers | {"content-range": f"bytes */{file.size}"})
    start, stop = span or (0, file.size)
    headers["content-length"] = str(stop - start)
    if span is not None:
        headers["content-range"] = f"bytes {start}-{stop - 1}/{file.size}"
    status = 200 if span is None else 206
    if request.method == "HEAD":
        return Response(None, status_code=status, headers=headers, media_type=file.media_type)
    return Stream(_read(file.path, start, stop), status_code=status, headers=headers, media_type=file.media_type)


def _packed(file: File, request: AnyRequest) -> Response[Any]:
    """A text of the portal, which tells nothing of anyone, so that packing it cannot leak."""
    tag = f'{file.tag[:-1]}-z"'
    headers = {"etag": tag, "cache-control": FOREVER if file.fixed else "no-cache", "vary": "accept-encoding"}
    if request.headers.get("if-none-match") == tag:
        return Response(None, status_code=304, headers=headers)
    brotli = _brotli(file) if "br" in re.split(r"[\s,;]+", request.headers.get("accept-encoding", "")) else None
    headers["content-encoding"] = "gzip" if brotli is None else "br"
    return Response(brotli or _gzip(file), headers=headers, media_type=file.media_type)


@lru_cache(maxsize=1024)
def _brotli(file: File) -> bytes | None:
    """What the portal's build packed beside the file, a fifth smaller than gzip; None where it did not."""
    beside = file.path.with_name(f"{file.path.name}.br")
    return beside.read_bytes() if beside.is_file() else None


@lru_cache(maxsize=1024)
def _gzip(file: File) -> bytes:
    return gzip.compress(file.path.read_bytes(), 9, mtime=0)


async def _read(path: Path, start: int, stop: int) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(start)
        left = stop - start
        while left > 0 and (piece := await file.read(min(PIECE, left))):
            left -= len(piece)
            yield piece


def router(doors: Doors) -> Router:
    """The routes of the portal; a page's own address gives the portal, which then shows that page."""
    files = listed(doors.portal)
    map_file = described(doors.map_file) if doors.map_file is not None and doors.map_file.is_file() else None

    @get(["/", "/{path:path}"], include_in_schema=False)
    async def portal(request: AnyRequest, path: str = "") -> Response[Any]:
        """The portal's files."""
        name = path.strip("/")
        if name == "map/world.pmtiles" and map_file is not None:
            return served(map_file, request)
        file = files.get(name or "index.html")
        if (
            file is None
            and not name.startswith(("v1/", "health/", "map/", "assets/"))
            and "." not in name.rpartition("/")[2]
        ):
            file = files.get("index.html")
        if file is None:
            raise NotFoundException
        return served(file, request)

    return Router("/", route_handlers=[portal])
