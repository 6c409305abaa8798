// The map's look, drawn from the template's variables: land, water, borders and place names, nothing else.
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";

export type Paint = Record<"water" | "land" | "border" | "river" | "text" | "halo", string>;
export type UnitPaint = Record<"offline" | "stopped" | "idling" | "moving" | "alarm" | "private" | "surface" | "ink" | "accent", string>;

const read = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

export function mapPaint(): Paint {
  return {
    water: read("map-water"), land: read("map-land"), border: read("map-border"),
    river: read("map-river"), text: read("map-text"), halo: read("map-halo"),
  };
}

export function unitPaint(): UnitPaint {
  return {
    offline: read("offline"), stopped: read("stopped"), idling: read("idling"), moving: read("moving"),
    alarm: read("alarm"), private: read("private"), surface: read("raised"), ink: read("ink"), accent: read("accent"),
  };
}

const FONT = ["Inter Variable", "Vazirmatn Variable"];
const NAMED: Record<string, string> = { fa: "fa", ar: "ar", "zh-CN": "zh" };

function nameIn(language: string): ExpressionSpecification {
  const own = NAMED[language];
  return own
    ? ["coalesce", ["get", `name_${own}`], ["get", "name_en"]]
    : ["get", "name_en"];
}

function placeLayers(paint: Paint, language: string): LayerSpecification[] {
  const halo = { "text-halo-color": paint.halo, "text-halo-width": 1.4 };
  const shared = { "text-font": FONT, "text-field": nameIn(language), "symbol-sort-key": ["get", "order"] as ExpressionSpecification };
  return [
    {
      id: "countries", type: "symbol", source: "world", "source-layer": "places", maxzoom: 7.5, filter: ["==", ["get", "kind"], "country"],
      layout: { ...shared, "text-size": ["interpolate", ["linear"], ["zoom"], 1, 10, 6, 15], "text-letter-spacing": language === "en" ? 0.08 : 0, "text-max-width": 8 },
      paint: { "text-color": paint.text, "text-opacity": 0.72, ...halo },
    },
    {
      id: "cities", type: "symbol", source: "world", "source-layer": "places", filter: ["!=", ["get", "kind"], "country"],
      layout: {
        ...shared, "text-size": ["interpolate", ["linear"], ["zoom"], 3, 10.5, 8, 13.5, 12, 16], "text-padding": 6,
        "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.35,
      },
      paint: { "text-color": paint.text, ...halo },
    },
  ];
}

export function mapStyle(paint: Paint, language: string, source: string): StyleSpecification {
  return {
    version: 8,
    sources: { world: { type: "vector", url: source, maxzoom: 6 } },
    layers: [
      { id: "water", type: "background", paint: { "background-color": paint.water } },
      { id: "land", type: "fill", source: "world", "source-layer": "land", paint: { "fill-color": paint.land, "fill-antialias": true } },
      { id: "lakes", type: "fill", source: "world", "source-layer": "lakes", paint: { "fill-color": paint.water } },
      {
        id: "rivers", type: "line", source: "world", "source-layer": "rivers",
        paint: { "line-color": paint.river, "line-width": ["interpolate", ["linear"], ["zoom"], 3, 0.5, 8, 1.6] },
      },
      {
        id: "border", type: "line", source: "world", "source-layer": "border",
        paint: { "line-color": paint.border, "line-width": ["interpolate", ["linear"], ["zoom"], 1, 0.5, 6, 1.2], "line-dasharray": [4, 2] },
      },
      ...placeLayers(paint, language),
    ],
  };
}
