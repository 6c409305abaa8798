// Cuts the world into vector tiles, zoom 0 to 6; writes "z x y length" headers and bytes to the file named by the caller.
import { openSync, readFileSync, writeSync, closeSync } from "node:fs";
import { createRequire } from "node:module";
import { GeoJSONVT } from "@maplibre/geojson-vt";
import { fromGeojsonVt } from "@maplibre/vt-pbf";
import { feature, mesh } from "topojson-client";
import { labelPoint } from "./label.mjs";
import { unwrap } from "./unwrap.mjs";

const require = createRequire(import.meta.url);
const [placesFile, outFile] = process.argv.slice(2);
const MAX_ZOOM = 6;
const DETAIL_FROM = 4; // the 1:50m shapes below, the 1:10m shapes from here on
const LANGUAGES = ["en", "fa", "ar", "zh"];

const read = (name) => JSON.parse(readFileSync(require.resolve(name), "utf8"));
let told = -1;
function say(share) {
  const quarter = Math.floor(share * 4) * 25;
  if (process.stderr.isTTY) process.stderr.write(`\r  tiles ${String(Math.round(share * 100)).padStart(3)} %`);
  else if (quarter > told) process.stderr.write(`  tiles ${quarter} %\n`);
  told = quarter;
}
const collection = (features) => ({ type: "FeatureCollection", features });
const bare = (geometry, properties = {}) => ({ type: "Feature", geometry, properties });

const OPTIONS = { maxZoom: MAX_ZOOM, indexMaxZoom: MAX_ZOOM, indexMaxPoints: 0, extent: 4096, buffer: 80 };
const index = (features, tolerance) => new GeoJSONVT(collection(features), { ...OPTIONS, tolerance });

function shapes(scale, tolerance) {
  const topology = read(`world-atlas/countries-${scale}.json`);
  const border = mesh(topology, topology.objects.countries, (a, b) => a !== b);
  const land = feature(topology, topology.objects.land);
  const parts = (land.features ?? [land]).flatMap(({ geometry }) => unwrap(geometry).coordinates);
  return {
    land: index(parts.map((coordinates) => bare({ type: "Polygon", coordinates })), tolerance),
    border: index([bare(unwrap(border))], tolerance),
  };
}

function water(name, tolerance) {
  const found = read(`mapeo-offline-map/dist/${name}.json`).features;
  return index(found.map((one) => bare(one.geometry)), tolerance);
}

function countryLabels(countries) {
  const names = Object.fromEntries(LANGUAGES.map((language) => [
    language,
    new Intl.DisplayNames([language === "zh" ? "zh-Hans" : language], { type: "region" }),
  ]));
  const topology = read("world-atlas/countries-50m.json");
  return feature(topology, topology.objects.countries).features.flatMap((one) => {
    const country = countries[String(Number(one.id))];
    if (!country || !one.geometry) return [];
    const { point, size } = labelPoint(unwrap(one.geometry));
    const properties = { kind: "country", from: size > 3.2 ? 1 : size > 1.5 ? 2 : size > 0.7 ? 3 : 4, order: -size };
    for (const language of LANGUAGES) properties[`name_${language}`] = names[language].of(country);
    return [bare({ type: "Point", coordinates: point }, properties)];
  });
}

function places() {
  const { cities, countries } = JSON.parse(readFileSync(placesFile, "utf8"));
  const towns = cities.map(([longitude, latitude, from, order, capital, named]) =>
    bare({ type: "Point", coordinates: [longitude, latitude] }, {
      kind: capital ? "capital" : "city", from, order,
      ...Object.fromEntries(Object.entries(named).map(([language, name]) => [`name_${language}`, name])),
    }));
  const all = [...countryLabels(countries), ...towns];
  // One index a zoom: a place enters the tiles at the zoom where it may first be drawn.
  return Array.from({ length: MAX_ZOOM + 1 }, (_, zoom) =>
    index(all.filter((one) => one.properties.from <= zoom), 0));
}

const coarse = shapes("50m", 3);
const fine = shapes("10m", 3);
const lakes = water("lakes", 3);
const rivers = water("rivers", 4);
const named = places();
const out = openSync(outFile, "w");
const total = ((4 ** (MAX_ZOOM + 1)) - 1) / 3;
let done = 0;
for (let z = 0; z <= MAX_ZOOM; z += 1) {
  const { land, border } = z < DETAIL_FROM ? coarse : fine;
  for (let x = 0; x < 2 ** z; x += 1) {
    for (let y = 0; y < 2 ** z; y += 1) {
      const layers = {};
      const add = (name, from) => { const tile = from.getTile(z, x, y); if (tile?.features.length) layers[name] = tile; };
      add("land", land);
      add("border", border);
      if (z >= 2) add("lakes", lakes);
      if (z >= 3) add("rivers", rivers);
      add("places", named[z]);
      done += 1;
      if (Object.keys(layers).length === 0) continue;
      const bytes = fromGeojsonVt(layers, { version: 2, extent: 4096 });
      const head = new Uint32Array([z, x, y, bytes.length]);
      writeSync(out, new Uint8Array(head.buffer));
      writeSync(out, bytes);
    }
    if (x % 4 === 0) say(done / total);
  }
}
closeSync(out);
if (process.stderr.isTTY) process.stderr.write("\r  tiles 100 %\n");
