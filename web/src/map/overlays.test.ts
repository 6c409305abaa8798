// A gap is a gap, never a straight line.
import { describe, expect, it } from "vitest";
import { accuracyCircle, trackShape } from "./overlays";
import { speedPath } from "../parts/TimeBarPath";
import { stretch } from "../words/track";

const track = {
  fix_ms: [0, 10, 20, 80, 90], latitude: [1, 1, 1, 2, 2], longitude: [0, 1, 2, 50, 51], speed_mps: [0, 5, 10, 5, 0],
  gaps: [{ from_ms: 20, to_ms: 80, kind: "gap" as const }],
};

describe("a track's shape", () => {
  it("is cut at each gap", () => {
    const { shape, bounds } = trackShape(track);
    expect(shape.features.map((one) => (one.geometry as GeoJSON.LineString).coordinates.length)).toEqual([3, 2]);
    expect(bounds).toEqual([0, 1, 51, 2]);
  });

  it("is empty without places", () => {
    expect(trackShape({ ...track, latitude: [null, null, null, null, null] })).toEqual({ shape: { type: "FeatureCollection", features: [] }, bounds: null });
  });

  it("has one area of speed for each stretch", () => {
    expect(speedPath(track, stretch(track)).match(/M/g)).toHaveLength(2);
  });
});

describe("an accuracy circle", () => {
  it("is as wide in metres at any latitude", () => {
    const [circle] = accuracyCircle([10, 60], 1000).features;
    const ring = (circle?.geometry as GeoJSON.Polygon).coordinates[0] ?? [];
    const wide = Math.max(...ring.map(([x]) => x ?? 0)) - 10;
    expect(wide * 111_320 * Math.cos(Math.PI / 3)).toBeCloseTo(1000, 0);
    expect(accuracyCircle(null, 1000).features).toEqual([]);
  });
});
