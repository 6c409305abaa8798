// Draws every unit in one call: points whose movement between two positions is computed on the graphics card.
import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapLibreMap } from "maplibre-gl";
import type { Rows } from "../live/rows";
import type { UnitPaint } from "./style";
import { FRAGMENT, VERTEX } from "./shaders";

const FLOATS = 12; // from x,y and to x,y, each as high and low part (8), start, span, fix time, packed status and course
const CROWD = 1000; // beyond so many units dots shrink while the map shows a country: their pixels are what a drawing costs
const LEAST_SIZE = 0.5;
const CROWD_STEP_MS = 250; // between two drawings of a crowd's movement: from that far a step is less than a pixel
const EVERY_DRAWING_MS = 50; // a rest shorter than this is none
const LONGEST_REST_MS = 1000;
const STATUS_COLOURS = ["offline", "stopped", "idling", "moving", "alarm", "private"] as const;

const pencil = document.createElement("canvas").getContext("2d");

/** Red, green and blue of any colour that a style sheet may hold, 0 to 1. */
function rgb(colour: string): [number, number, number] {
  if (pencil) pencil.fillStyle = colour;
  const full = String(pencil?.fillStyle ?? colour).replace("#", "");
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16) / 255) as [number, number, number];
}

export class UnitsLayer implements CustomLayerInterface {
  readonly id = "units";
  readonly type = "custom" as const;
  readonly renderingMode = "2d" as const;
  selected = -1;
  drawn = 0;
  private map: MapLibreMap | null = null;
  private program: WebGLProgram | null = null;
  private buffer: WebGLBuffer | null = null;
  private array: WebGLVertexArrayObject | null = null;
  private data = new Float32Array(0);
  private uniforms: Record<string, WebGLUniformLocation | null> = {};
  private stale = true;
  private movesUntil = 0;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private askedMs: number | null = null;
  private drawnMs = 0;
  private tookMs = 0;
  private readonly originMs = performance.now();

  constructor(private readonly rows: Rows, private paint: UnitPaint, private readonly serverNow: () => number) {}

  /** The rows changed: fill the buffer again before the next drawing. */
  touch(): void {
    this.stale = true;
    this.ask(0);
  }

  repaint(paint: UnitPaint): void {
    this.paint = paint;
    this.map?.triggerRepaint();
  }

  onAdd(map: MapLibreMap, gl: WebGL2RenderingContext): void {
    this.map = map;
    this.program = link(gl);
    for (const name of ["matrix", "centre", "now", "fixNow", "size", "selected", "ratio", "colours", "surface", "ink"]) {
      this.uniforms[name] = gl.getUniformLocation(this.program, name);
    }
    this.buffer = gl.createBuffer();
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    for (let slot = 0; slot < 3; slot += 1) {
      gl.enableVertexAttribArray(slot);
      gl.vertexAttribPointer(slot, 4, gl.FLOAT, false, FLOATS * 4, slot * 16);
    }
    gl.bindVertexArray(null);
    this.stale = true;
  }

  onRemove(_map: MapLibreMap, gl: WebGL2RenderingContext): void {
    gl.deleteBuffer(this.buffer);
    gl.deleteVertexArray(this.array);
    gl.deleteProgram(this.program);
    this.map = null;
  }

  render(gl: WebGL2RenderingContext | WebGLRenderingContext, input: CustomRenderMethodInput): void {
    if (!this.program || !this.map || !("bindVertexArray" in gl)) return;
    const now = performance.now();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    if (this.stale) this.fill(gl);
    gl.useProgram(this.program);
    this.setUniforms(gl, input, now);
    gl.bindVertexArray(this.array);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.disable(gl.DEPTH_TEST);
    gl.drawArrays(gl.POINTS, 0, this.rows.count);
    gl.bindVertexArray(null);
    this.drawn += 1;
    this.tookMs = this.askedMs === null ? 0 : Math.min(LONGEST_REST_MS, now - this.askedMs);
    this.drawnMs = now;
    this.askedMs = null;
    if (now < this.movesUntil) this.ask(crowded(this.rows.count, this.map.getZoom()) > 0 ? CROWD_STEP_MS : 0);
  }

  /** Ask for the next drawing; never sooner than this one took to come, so that a slow machine keeps time for news. */
  private ask(leastMs: number): void {
    if (this.waiting !== undefined) return;
    const now = performance.now();
    const go = () => { this.waiting = undefined; this.askedMs ??= performance.now(); this.map?.triggerRepaint(); };
    const restMs = Math.max(leastMs, this.drawnMs + this.tookMs - now);
    if (restMs <= EVERY_DRAWING_MS) go();
    else this.waiting = setTimeout(go, restMs);
  }

  private setUniforms(gl: WebGL2RenderingContext, input: CustomRenderMethodInput, now: number): void {
    const map = this.map as MapLibreMap;
    const centre = map.getCenter();
    const x = (centre.lng + 180) / 360;
    const y = (180 - (180 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + (centre.lat * Math.PI) / 360))) / 360;
    const [xHigh, xLow] = split(x);
    const [yHigh, yLow] = split(y);
    const u = this.uniforms;
    gl.uniformMatrix4fv(u["matrix"] ?? null, false, shifted(input.defaultProjectionData.mainMatrix, xHigh + xLow, yHigh + yLow));
    gl.uniform4f(u["centre"] ?? null, xHigh, xLow, yHigh, yLow);
    gl.uniform1f(u["now"] ?? null, now - this.originMs);
    gl.uniform1f(u["fixNow"] ?? null, (this.serverNow() - FIX_BASE_MS) / 1000);
    const zoom = map.getZoom();
    gl.uniform1f(u["size"] ?? null, sizeOf(this.rows.count, zoom));
    gl.uniform1f(u["selected"] ?? null, this.selected);
    gl.uniform1f(u["ratio"] ?? null, map.getPixelRatio());
    gl.uniform3fv(u["colours"] ?? null, STATUS_COLOURS.flatMap((name) => rgb(this.paint[name])));
    gl.uniform3fv(u["surface"] ?? null, rgb(this.paint.surface));
    gl.uniform3fv(u["ink"] ?? null, rgb(this.paint.ink));
  }

  private fill(gl: WebGL2RenderingContext): void {
    const rows = this.rows;
    if (this.data.length < rows.count * FLOATS) this.data = new Float32Array(Math.max(64, rows.x.length) * FLOATS);
    const out = this.data;
    for (let row = 0, at = 0; row < rows.count; row += 1, at += FLOATS) {
      const fromX = rows.fromX[row] as number;
      const fromY = rows.fromY[row] as number;
      const x = rows.x[row] as number;
      const y = rows.y[row] as number;
      out[at] = fromX; out[at + 1] = fromY;
      out[at + 2] = fromX - (out[at] as number); out[at + 3] = fromY - (out[at + 1] as number);
      out[at + 4] = x; out[at + 5] = y;
      out[at + 6] = x - (out[at + 4] as number); out[at + 7] = y - (out[at + 5] as number);
      const start = rows.startMs[row] as number;
      const span = rows.spanMs[row] as number;
      out[at + 8] = start - this.originMs; out[at + 9] = span;
      out[at + 10] = ((rows.fixMs[row] as number) - FIX_BASE_MS) / 1000;
      out[at + 11] = (rows.status[row] as number) * 512 + Math.floor(rows.courseDeg[row] as number);
      if (start + span > this.movesUntil) this.movesUntil = start + span;
    }
    gl.bufferData(gl.ARRAY_BUFFER, out.subarray(0, rows.count * FLOATS), gl.DYNAMIC_DRAW);
    this.stale = false;
  }
}

// Fix times relative to the page's start keep whole seconds in 32 bits.
const FIX_BASE_MS = Math.floor(Date.now() / 1000) * 1000;

/** How crowded the map is: 0 for few units or a map of streets, else how often their number doubled. */
export function crowded(count: number, zoom: number): number {
  return Math.max(0, Math.log2(Math.max(1, count) / CROWD)) * Math.max(0, Math.min(1, (10 - zoom) / 5));
}

/** Half the width of a unit's mark, without its rim. */
export function sizeOf(count: number, zoom: number): number {
  return Math.max(LEAST_SIZE, Math.max(5, Math.min(13, 3 + zoom * 1.05)) - 1.4 * crowded(count, zoom));
}

function split(value: number): [number, number] {
  const high = Math.fround(value);
  return [high, value - high];
}

/** The matrix after moving the centre to zero, computed in 64 bits: 32 are too few for streets. */
function shifted(matrix: ArrayLike<number>, x: number, y: number): Float32Array {
  const m = Array.from(matrix);
  const out = new Float32Array(m);
  for (let row = 0; row < 4; row += 1) {
    out[12 + row] = (m[row] ?? 0) * x + (m[4 + row] ?? 0) * y + (m[12 + row] ?? 0);
  }
  return out;
}

function link(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]] as const) {
    const shader = gl.createShader(kind);
    if (!shader) throw new Error("no shader");
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader) ?? "shader");
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program) ?? "program");
  return program;
}
