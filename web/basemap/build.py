"""Draws the offline world map, zoom 0 to 6, into src/waykeep/portal/map/world.pmtiles; kept while its inputs stay."""

import gzip
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import names
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write as writing

HERE = Path(__file__).parent
WEB = HERE.parent
TARGET = WEB.parent / "src" / "waykeep" / "portal" / "map" / "world.pmtiles"
CACHE = WEB.parent / "var" / "cache"
CODE = ("build.py", "names.py", "tiles.mjs", "label.mjs", "unwrap.mjs", "reviewed_names.json")
PACKAGES = ("world-atlas", "mapeo-offline-map", "@maplibre/geojson-vt", "@maplibre/vt-pbf", "topojson-client")


def main() -> None:
    """Build, or take the copy of an earlier build with the same inputs."""
    if not (WEB / "node_modules" / "world-atlas").is_dir():
        sys.exit("the map's sources are missing: run `npm ci` in web/ first")
    if not names.debian_names():
        print("  libgeonames-common is not installed: only reviewed Persian and Arabic city names are drawn")
    places = json.dumps(names.build(), ensure_ascii=False, separators=(",", ":"))
    kept = CACHE / f"world-{digest(places)}.pmtiles"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            draw(Path(folder), places)
            (Path(folder) / "world.pmtiles").rename(kept)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(kept, TARGET)
    print(f"  world map: {TARGET.stat().st_size / 1e6:.1f} MB, zoom 0 to 6")


def digest(places: str) -> str:
    """What the map is made from, as one short name."""
    hashed = hashlib.sha256(places.encode())
    for name in CODE:
        hashed.update((HERE / name).read_bytes())
    for name in PACKAGES:
        hashed.update((WEB / "node_modules" / name / "package.json").read_bytes())
    return hashed.hexdigest()[:16]


def draw(folder: Path, places: str) -> None:
    """Cut the tiles with node and pack them in the order of their ids."""
    places_file, tiles_file = folder / "places.json", folder / "tiles.bin"
    places_file.write_text(places, encoding="utf-8")
    beside = Path(sys.executable).parent / "node"
    node = str(beside) if beside.exists() else "node"
    environ = os.environ | {"NODE_OPTIONS": "--max-old-space-size=4096"}
    subprocess.run([node, str(HERE / "tiles.mjs"), str(places_file), str(tiles_file)], check=True, env=environ)
    tiles = sorted(read_tiles(tiles_file))
    with writing(str(folder / "world.pmtiles")) as writer:
        for tile_id, data in tiles:
            writer.write_tile(tile_id, gzip.compress(data, 9, mtime=0))
        writer.finalize(
            {
                "tile_type": TileType.MVT,
                "tile_compression": Compression.GZIP,
                "min_lon_e7": -1_800_000_000,
                "min_lat_e7": -850_511_287,
                "max_lon_e7": 1_800_000_000,
                "max_lat_e7": 850_511_287,
                "center_zoom": 2,
                "center_lon_e7": 0,
                "center_lat_e7": 200_000_000,
            },
            {"name": "world", "attribution": "Natural Earth, GeoNames (CC BY 4.0)"},
        )


def read_tiles(file: Path) -> list[tuple[int, bytes]]:
    """Tile ids and bytes as tiles.mjs wrote them."""
    raw, at, found = file.read_bytes(), 0, []
    while at < len(raw):
        z, x, y, size = struct.unpack_from("<4I", raw, at)
        found.append((zxy_to_tileid(z, x, y), raw[at + 16 : at + 16 + size]))
        at += 16 + size
    return found


if __name__ == "__main__":
    main()
