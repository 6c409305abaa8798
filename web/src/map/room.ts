// The map itself: MapLibre over the bundled world, the units layer, the selected unit's accuracy, and a track.
import "maplibre-gl/dist/maplibre-gl.css";
import {
  addProtocol, AttributionControl, type GeoJSONSource, Map as MapLibreMap, NavigationControl, type PaddingOptions, ScaleControl, setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { PMTiles, Protocol } from "pmtiles";
import type { Fleet } from "../live/fleet";
import { UnitsLayer } from "./unitsLayer";
import { mapPaint, mapStyle, unitPaint } from "./style";
import { accuracyCircle, type TrackShape, trackLayers } from "./overlays";
import { WholeFile } from "./wholeFile";

const WORLD = "/map/world.pmtiles";
const PICK_PX = 14;
let ready: Protocol | undefined;
let camera: { center: [number, number]; zoom: number } | null = null;

function prepare(whole: boolean): void {
  if (ready) return;
  setWorkerUrl(workerUrl);
  ready = new Protocol();
  const address = new URL(WORLD, location.href).href;
  ready.add(new PMTiles(whole ? new WholeFile(address) : address));
  addProtocol("pmtiles", ready.tile);
}

export interface RoomOptions {
  box: HTMLElement;
  fleet: Fleet;
  language: string;
  whole: boolean; // load the whole map file before showing a place, so that no request tells where one looks
  label: string;
  onPick: (id: string | null) => void;
}

export class MapRoom {
  readonly map: MapLibreMap;
  private readonly units: UnitsLayer;
  private readonly fleet: Fleet;
  private readonly stops: (() => void)[] = [];
  private language: string;
  private chosen: string | null = null;
  private track: TrackShape | null = null;
  private following = false;
  private arriving: string | null = null; // chosen before its place was known
  private aim: (() => void) | null = null; // where the map was last sent, until the person moves it
  private accuracyM = 0;
  readonly returned = camera !== null; // the page showed a map before: it opens where it was left

  constructor(private readonly options: RoomOptions) {
    prepare(options.whole);
    this.fleet = options.fleet;
    this.language = options.language;
    this.units = new UnitsLayer(options.fleet.rows, unitPaint(), () => options.fleet.nowMs());
    this.map = new MapLibreMap({
      container: options.box, style: this.style(), ...(camera ?? { center: [30, 25], zoom: 1.6 }), minZoom: 1, maxZoom: 17,
      attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 120, renderWorldCopies: true,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.addControl(new AttributionControl({ compact: true, customAttribution: "Natural Earth · GeoNames CC BY" }), "bottom-left");
    this.map.addControl(new ScaleControl({ maxWidth: 90 }), "bottom-left");
    this.map.addControl(new NavigationControl({ showCompass: false }), "bottom-right");
    this.map.getCanvas().setAttribute("aria-label", options.label);
    this.map.on("style.load", () => this.dress());
    this.map.on("click", (event) => this.pick(event.point.x, event.point.y));
    this.map.on("mousemove", (event) => this.hover(event.point.x, event.point.y));
    this.map.on("dragstart", () => { this.following = false; this.aim = null; });
    this.map.on("zoomstart", (event) => { if (event.originalEvent) this.aim = null; });
    this.map.on("error", () => undefined); // a missing tile is drawn as water; the console stays quiet
    this.stops.push(options.fleet.onFrame(() => this.moved()));
  }

  close(): void {
    for (const stop of this.stops) stop();
    camera = { center: this.map.getCenter().toArray(), zoom: this.map.getZoom() };
    this.map.remove();
  }

  /** The template, shade or language changed. */
  restyle(language: string): void {
    this.language = language;
    this.units.repaint(unitPaint());
    this.map.setStyle(this.style(), { diff: false });
  }

  choose(id: string | null, follow: boolean): void {
    this.chosen = id;
    this.following = follow && id !== null;
    this.arriving = this.following ? id : null;
    this.moved();
  }

  private arrive(row: number): void {
    this.arriving = null;
    if (this.fleet.rows.status[row] === 5) return;
    this.send(() => this.map.easeTo({ center: this.place(row), zoom: Math.max(this.map.getZoom(), 10), duration: motion(500) }));
  }

  private send(aim: () => void): void {
    this.aim = aim;
    aim();
  }

  setAccuracy(metres: number | null): void {
    this.accuracyM = metres ?? 0;
    this.drawAccuracy();
  }

  padding(padding: PaddingOptions): void {
    const now = this.map.getPadding();
    if (now.bottom === padding.bottom && now.right === padding.right && now.left === padding.left && now.top === padding.top) return;
    this.map.jumpTo({ padding });
    this.aim?.();
  }

  /** Show all units. */
  showAll(ms = 600): void {
    const rows = this.fleet.rows;
    let [west, south, east, north] = [180, 85, -180, -85];
    for (let row = 0; row < rows.count; row += 1) {
      if (rows.status[row] === 5 || rows.fixMs[row] === 0) continue;
      const [longitude, latitude] = this.place(row);
      west = Math.min(west, longitude); east = Math.max(east, longitude);
      south = Math.min(south, latitude); north = Math.max(north, latitude);
    }
    if (west <= east) this.send(() => this.map.fitBounds([west, south, east, north], { padding: 60, maxZoom: 12, duration: motion(ms) }));
  }

  setTrack(track: TrackShape | null, fit: boolean): void {
    this.track = track;
    this.drawTrack();
    const bounds = track?.bounds;
    if (fit && bounds) this.send(() => this.map.fitBounds(bounds, { padding: 60, maxZoom: 14, duration: motion(500) }));
  }

  setTrackPoint(point: [number, number] | null): void {
    const source = this.map.getSource<GeoJSONSource>("track-point");
    void source?.setData({
      type: "FeatureCollection",
      features: point ? [{ type: "Feature", geometry: { type: "Point", coordinates: point }, properties: {} }] : [],
    });
  }

  hideUnits(hidden: boolean): void {
    if (this.map.getLayer("units")) this.map.setLayoutProperty("units", "visibility", hidden ? "none" : "visible");
  }

  private style() {
    return mapStyle(mapPaint(), this.language, `pmtiles://${new URL(WORLD, location.href).href}`);
  }

  private dress(): void {
    for (const { id, source, layers } of trackLayers(unitPaint())) {
      if (!this.map.getSource(id)) this.map.addSource(id, source);
      for (const layer of layers) if (!this.map.getLayer(layer.id)) this.map.addLayer(layer, id === "track-point" ? undefined : "countries");
    }
    if (!this.map.getLayer("units")) this.map.addLayer(this.units);
    this.drawTrack();
    this.hideUnits(this.track !== null);
    this.moved();
  }

  private moved(): void {
    const rows = this.fleet.rows;
    const row = this.chosen === null ? undefined : rows.row(this.chosen);
    this.units.selected = row ?? -1;
    this.units.touch();
    this.drawAccuracy();
    if (row !== undefined && this.arriving === this.chosen && (rows.fixMs[row] ?? 0) > 0) this.arrive(row);
    else if (this.following && row !== undefined && rows.status[row] !== 5 && !this.map.isMoving()) {
      const at = this.map.project(this.place(row));
      const { width, height } = this.options.box.getBoundingClientRect();
      if (at.x < width * 0.2 || at.x > width * 0.8 || at.y < height * 0.2 || at.y > height * 0.8) {
        this.map.easeTo({ center: this.place(row), duration: motion(700) });
      }
    }
    Object.assign(this.options.box.dataset, { frames: this.fleet.frames, applied: this.fleet.applied, drawn: this.units.drawn });
  }

  private drawAccuracy(): void {
    const row = this.chosen === null ? undefined : this.fleet.rows.row(this.chosen);
    const source = this.map.getSource<GeoJSONSource>("accuracy");
    if (!source) return;
    const shown = row !== undefined && this.accuracyM > 0 && this.fleet.rows.status[row] !== 5 && this.track === null;
    void source.setData(accuracyCircle(shown ? this.place(row) : null, this.accuracyM));
  }

  private drawTrack(): void {
    void this.map.getSource<GeoJSONSource>("track")?.setData(this.track?.shape ?? { type: "FeatureCollection", features: [] });
    this.hideUnits(this.track !== null);
  }

  private place(row: number): [number, number] {
    return [this.fleet.rows.longitude[row] ?? 0, this.fleet.rows.latitude[row] ?? 0];
  }

  private nearest(x: number, y: number): number {
    if (this.track) return -1;
    const rows = this.fleet.rows;
    let best = -1;
    let least = PICK_PX ** 2;
    for (let row = 0; row < rows.count; row += 1) {
      if (rows.status[row] === 5) continue;
      const at = this.map.project(this.place(row));
      const away = (at.x - x) ** 2 + (at.y - y) ** 2;
      if (away < least) { least = away; best = row; }
    }
    return best;
  }

  private pick(x: number, y: number): void {
    const row = this.nearest(x, y);
    this.options.onPick(row < 0 ? null : this.fleet.rows.ids[row] ?? null);
  }

  private hover(x: number, y: number): void {
    if (this.fleet.rows.count > 5000) return; // searching costs more than the pointer's shape is worth
    this.map.getCanvas().style.cursor = this.nearest(x, y) < 0 ? "" : "pointer";
  }
}

const motion = (ms: number) => (matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : ms);
