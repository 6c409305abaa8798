// What lies on the map besides units: a track with its gaps, the point of the replay, and an accuracy circle.
import type { LayerSpecification, SourceSpecification } from "maplibre-gl";
import type { UnitPaint } from "./style";

export interface Track {
  fix_ms: number[];
  latitude: (number | null)[];
  longitude: (number | null)[];
  speed_mps?: (number | null)[];
  course_deg?: (number | null)[];
  altitude_m?: (number | null)[];
  gaps: { from_ms: number; to_ms: number; kind: "gap" | "private" }[];
}

export interface TrackShape {
  shape: GeoJSON.FeatureCollection;
  bounds: [number, number, number, number] | null;
}

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** Lines between the gaps, never across one. */
export function trackShape(track: Track): TrackShape {
  const breaks = track.gaps.map((gap) => gap.from_ms).sort((a, b) => a - b);
  const lines: [number, number][][] = [];
  let line: [number, number][] = [];
  let bounds: [number, number, number, number] | null = null;
  let next = 0;
  track.fix_ms.forEach((fixMs, i) => {
    let cut = false;
    while (next < breaks.length && (breaks[next] as number) < fixMs) { next += 1; cut = true; }
    if (cut) { lines.push(line); line = []; }
    const longitude = track.longitude[i];
    const latitude = track.latitude[i];
    if (longitude == null || latitude == null) return;
    line.push([longitude, latitude]);
    bounds = bounds
      ? [Math.min(bounds[0], longitude), Math.min(bounds[1], latitude), Math.max(bounds[2], longitude), Math.max(bounds[3], latitude)]
      : [longitude, latitude, longitude, latitude];
  });
  lines.push(line);
  const features: GeoJSON.Feature[] = lines.filter((one) => one.length > 0).map((one) => ({
    type: "Feature", properties: {},
    geometry: one.length > 1 ? { type: "LineString", coordinates: one } : { type: "Point", coordinates: one[0] as [number, number] },
  }));
  return { shape: { type: "FeatureCollection", features }, bounds };
}

/** A circle of so many metres as a polygon; empty without a place. */
export function accuracyCircle(place: [number, number] | null, metres: number): GeoJSON.FeatureCollection {
  if (!place) return EMPTY;
  const [longitude, latitude] = place;
  const high = metres / 111_320;
  const wide = high / Math.max(0.01, Math.cos((latitude * Math.PI) / 180));
  const ring = Array.from({ length: 49 }, (_, i) => {
    const turn = (i / 48) * 2 * Math.PI;
    return [longitude + wide * Math.cos(turn), latitude + high * Math.sin(turn)];
  });
  return { type: "FeatureCollection", features: [{ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } }] };
}

interface Overlay { id: string; source: SourceSpecification; layers: LayerSpecification[] }

export function trackLayers(paint: UnitPaint): Overlay[] {
  const source = (): SourceSpecification => ({ type: "geojson", data: EMPTY });
  return [
    {
      id: "accuracy", source: source(), layers: [
        { id: "accuracy-area", type: "fill", source: "accuracy", paint: { "fill-color": paint.accent, "fill-opacity": 0.12 } },
        { id: "accuracy-edge", type: "line", source: "accuracy", paint: { "line-color": paint.accent, "line-opacity": 0.6, "line-width": 1 } },
      ],
    },
    {
      id: "track", source: source(), layers: [
        { id: "track-rim", type: "line", source: "track", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": paint.surface, "line-width": 6 } },
        { id: "track-line", type: "line", source: "track", layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": paint.accent, "line-width": 3 } },
        { id: "track-dot", type: "circle", source: "track", filter: ["==", ["geometry-type"], "Point"], paint: { "circle-radius": 3, "circle-color": paint.accent } },
      ],
    },
    {
      id: "track-point", source: source(), layers: [
        {
          id: "track-now", type: "circle", source: "track-point",
          paint: { "circle-radius": 8, "circle-color": paint.moving, "circle-stroke-color": paint.surface, "circle-stroke-width": 2.5 },
        },
      ],
    },
  ];
}
