// The outline of speed over time, as the path of a drawing of fixed size.
import type { Track } from "../map/overlays";
import type { Stretch } from "../words/track";

export const WIDE = 1000;
export const HIGH = 40;

/** The areas of speed over time, one path for each stretch without a gap. */
export function speedPath(track: Track, span: Stretch): string {
  const whole = Math.max(1, span.toMs - span.fromMs);
  const x = (ms: number) => (((ms - span.fromMs) / whole) * WIDE).toFixed(1);
  const y = (mps: number | null | undefined) => (HIGH - ((mps ?? 0) / span.topMps) * (HIGH - 4)).toFixed(1);
  const breaks = track.gaps.map((gap) => gap.from_ms).sort((a, b) => a - b);
  let next = 0;
  let path = "";
  let open = false;
  let last = 0;
  track.fix_ms.forEach((ms, i) => {
    let cut = false;
    while (next < breaks.length && (breaks[next] as number) < ms) { next += 1; cut = true; }
    if (cut && open) { path += `L${x(last)} ${HIGH}Z`; open = false; }
    path += open ? `L${x(ms)} ${y(track.speed_mps?.[i])}` : `M${x(ms)} ${HIGH}L${x(ms)} ${y(track.speed_mps?.[i])}`;
    open = true;
    last = ms;
  });
  return open ? `${path}L${x(last)} ${HIGH}Z` : path;
}
