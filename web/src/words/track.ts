// Reads a track: where it was at a moment, how long it is, and where it has gaps.
import type { Track } from "../map/overlays";

export interface Moment { longitude: number | null; latitude: number | null; speedMps: number | null; kind: "fix" | "gap" | "private" }

const NOWHERE = { longitude: null, latitude: null, speedMps: null };

/** The last index whose fix is not after this moment. */
export function indexAt(fixMs: number[], ms: number): number {
  let low = 0;
  let high = fixMs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((fixMs[middle] ?? 0) <= ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where it was at this moment; inside a gap nowhere, never on a straight line across it. */
export function at(track: Track, ms: number): Moment {
  const gap = track.gaps.find((one) => one.from_ms < ms && ms < one.to_ms);
  if (gap) return { ...NOWHERE, kind: gap.kind };
  const i = indexAt(track.fix_ms, ms);
  const [here, next] = [track.fix_ms[i] ?? 0, track.fix_ms[i + 1]];
  const [latitude, longitude] = [track.latitude[i] ?? null, track.longitude[i] ?? null];
  const speedMps = track.speed_mps?.[i] ?? null;
  const [toLatitude, toLongitude] = [track.latitude[i + 1] ?? null, track.longitude[i + 1] ?? null];
  if (next === undefined || ms <= here || latitude === null || longitude === null || toLatitude === null || toLongitude === null) {
    return { latitude, longitude, speedMps, kind: "fix" };
  }
  const share = Math.min(1, (ms - here) / Math.max(1, next - here));
  return { latitude: latitude + (toLatitude - latitude) * share, longitude: longitude + (toLongitude - longitude) * share, speedMps, kind: "fix" };
}

const RADIUS_M = 6_371_008.8;
const rad = (degrees: number) => (degrees * Math.PI) / 180;

function distanceM(aLat: number, aLon: number, bLat: number, bLon: number): number {
  const half = Math.sin(rad(bLat - aLat) / 2) ** 2 + Math.cos(rad(aLat)) * Math.cos(rad(bLat)) * Math.sin(rad(bLon - aLon) / 2) ** 2;
  return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** The length of the track without its gaps. */
export function lengthM(track: Track): number {
  let sum = 0;
  for (let i = 1; i < track.fix_ms.length; i += 1) {
    const [from, to] = [track.fix_ms[i - 1] ?? 0, track.fix_ms[i] ?? 0];
    if (track.gaps.some((gap) => gap.from_ms < to && gap.to_ms > from)) continue;
    const [aLat, aLon, bLat, bLon] = [track.latitude[i - 1], track.longitude[i - 1], track.latitude[i], track.longitude[i]];
    if (aLat == null || aLon == null || bLat == null || bLon == null) continue;
    sum += distanceM(aLat, aLon, bLat, bLon);
  }
  return sum;
}

export interface Stretch { fromMs: number; toMs: number; topMps: number }

/** What the time bar shows: the time from the first to the last fix, and the highest speed, at least that of a walk. */
export function stretch(track: Track): Stretch {
  const topMps = (track.speed_mps ?? []).reduce<number>((top, one) => Math.max(top, one ?? 0), 5);
  return { fromMs: track.fix_ms[0] ?? 0, toMs: track.fix_ms.at(-1) ?? 0, topMps };
}
