// Where every unit is now, as growing columns: the one copy that the map, the list and the card read.
import { type Frame, mercatorX, mercatorY } from "./frame";

const LEAST_MS = 250;
const MOST_MS = 2500; // a move lasts at most this long on screen: older news would look like new
const JUMP = 2e-4; // of the Mercator square, about 8 km at the equator: a jump is shown as a jump

export class Rows {
  count = 0;
  ids: string[] = [];
  x = new Float64Array(64);
  y = new Float64Array(64);
  fromX = new Float64Array(64);
  fromY = new Float64Array(64);
  startMs = new Float64Array(64);
  lastMs = new Float64Array(64);
  spanMs = new Float32Array(64);
  longitude = new Float64Array(64);
  latitude = new Float64Array(64);
  fixMs = new Float64Array(64);
  speedMps = new Float32Array(64);
  courseDeg = new Float32Array(64);
  status = new Uint8Array(64);
  private readonly index = new Map<string, number>();

  row(id: string): number | undefined {
    return this.index.get(id);
  }

  /** The row of this unit, made when it has none. */
  own(id: string): number {
    const known = this.index.get(id);
    if (known !== undefined) return known;
    if (this.count === this.x.length) this.grow();
    const row = this.count;
    this.count += 1;
    this.ids[row] = id;
    this.index.set(id, row);
    this.fixMs[row] = 0;
    this.status[row] = 0;
    return row;
  }

  /** Take a unit off the map; the last row moves into its place. */
  drop(id: string): void {
    const row = this.index.get(id);
    if (row === undefined) return;
    const last = this.count - 1;
    for (const column of this.columns()) column[row] = column[last] ?? 0;
    const moved = this.ids[last] ?? "";
    this.ids[row] = moved;
    this.index.set(moved, row);
    this.index.delete(id);
    this.ids.length = last;
    this.count = last;
  }

  /** One position of a unit. `nowMs` is the page's own clock, for the movement on screen. */
  set(row: number, longitude: number, latitude: number, fixMs: number, speedMps: number, courseDeg: number, status: number, nowMs: number): void {
    const x = mercatorX(longitude);
    const y = mercatorY(latitude);
    const first = this.fixMs[row] === 0;
    const [wasX, wasY] = this.at(row, nowMs);
    const jump = first || Math.abs(x - wasX) > JUMP || Math.abs(y - wasY) > JUMP;
    this.fromX[row] = jump ? x : wasX;
    this.fromY[row] = jump ? y : wasY;
    this.spanMs[row] = Math.max(LEAST_MS, Math.min(MOST_MS, nowMs - (this.lastMs[row] ?? 0)));
    this.startMs[row] = nowMs;
    this.lastMs[row] = nowMs;
    this.x[row] = x;
    this.y[row] = y;
    this.longitude[row] = longitude;
    this.latitude[row] = latitude;
    this.fixMs[row] = fixMs;
    this.speedMps[row] = speedMps;
    this.courseDeg[row] = courseDeg;
    this.status[row] = status;
  }

  /** Where a unit is drawn at this moment, in parts of the Mercator square. */
  at(row: number, nowMs: number): [number, number] {
    const share = Math.max(0, Math.min(1, (nowMs - (this.startMs[row] ?? 0)) / (this.spanMs[row] || 1)));
    const fromX = this.fromX[row] ?? 0;
    const fromY = this.fromY[row] ?? 0;
    return [fromX + ((this.x[row] ?? 0) - fromX) * share, fromY + ((this.y[row] ?? 0) - fromY) * share];
  }

  /** All positions of one frame; gives how many rows it changed. */
  apply(frame: Frame, slots: Map<number, string>, nowMs: number): number {
    let changed = 0;
    for (let i = 0; i < frame.count; i += 1) {
      const id = slots.get(frame.slot[i] ?? -1);
      if (id === undefined) continue;
      this.set(
        this.own(id), (frame.longitudeE7[i] ?? 0) / 1e7, (frame.latitudeE7[i] ?? 0) / 1e7, (frame.fixS[i] ?? 0) * 1000,
        (frame.speedCmS[i] ?? 0) / 100, ((frame.course256[i] ?? 0) * 360) / 256, frame.status[i] ?? 0, nowMs,
      );
      changed += 1;
    }
    return changed;
  }

  private columns(): (Float64Array | Float32Array | Uint8Array)[] {
    return [this.x, this.y, this.fromX, this.fromY, this.startMs, this.lastMs, this.spanMs, this.longitude, this.latitude,
      this.fixMs, this.speedMps, this.courseDeg, this.status];
  }

  private grow(): void {
    const wide = (column: Float64Array) => { const next = new Float64Array(column.length * 2); next.set(column); return next; };
    const narrow = (column: Float32Array) => { const next = new Float32Array(column.length * 2); next.set(column); return next; };
    this.x = wide(this.x); this.y = wide(this.y); this.fromX = wide(this.fromX); this.fromY = wide(this.fromY);
    this.startMs = wide(this.startMs); this.lastMs = wide(this.lastMs); this.longitude = wide(this.longitude);
    this.latitude = wide(this.latitude); this.fixMs = wide(this.fixMs);
    this.spanMs = narrow(this.spanMs); this.speedMps = narrow(this.speedMps); this.courseDeg = narrow(this.courseDeg);
    const status = new Uint8Array(this.status.length * 2); status.set(this.status); this.status = status;
  }
}
