// Reads one binary frame of the live stream: columns of equal length, little endian.

export const STATUSES = ["offline", "stopped", "idling", "moving", "alarm", "private"] as const;
export type Status = (typeof STATUSES)[number];

export interface Frame {
  serverMs: number;
  count: number;
  slot: Uint32Array;
  longitudeE7: Int32Array;
  latitudeE7: Int32Array;
  fixS: Uint32Array;
  speedCmS: Uint16Array;
  course256: Uint8Array;
  status: Uint8Array;
}

const HEAD = 16;
const padded = (bytes: number) => (bytes + 3) & ~3;

/** The frame in these bytes, without copying; null when it is of another version or cut short. */
export function decode(buffer: ArrayBuffer): Frame | null {
  if (buffer.byteLength < HEAD) return null;
  const view = new DataView(buffer);
  if (view.getUint8(0) !== 1 || view.getUint8(1) !== 1) return null;
  const count = view.getUint32(4, true);
  const speedAt = HEAD + 16 * count;
  const courseAt = speedAt + padded(2 * count);
  const statusAt = courseAt + padded(count);
  if (buffer.byteLength < statusAt + count) return null;
  return {
    serverMs: view.getFloat64(8, true),
    count,
    slot: new Uint32Array(buffer, HEAD, count),
    longitudeE7: new Int32Array(buffer, HEAD + 4 * count, count),
    latitudeE7: new Int32Array(buffer, HEAD + 8 * count, count),
    fixS: new Uint32Array(buffer, HEAD + 12 * count, count),
    speedCmS: new Uint16Array(buffer, speedAt, count),
    course256: new Uint8Array(buffer, courseAt, count),
    status: new Uint8Array(buffer, statusAt, count),
  };
}

/** Longitude and latitude as parts of the Mercator square, 0 to 1. */
export function mercatorX(longitudeDeg: number): number {
  return (longitudeDeg + 180) / 360;
}

export function mercatorY(latitudeDeg: number): number {
  const bounded = Math.max(-85.05112878, Math.min(85.05112878, latitudeDeg));
  return (180 - (180 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + (bounded * Math.PI) / 360))) / 360;
}
