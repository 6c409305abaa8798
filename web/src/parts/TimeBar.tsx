// The time bar of a day: speed as an area, gaps as gaps, private spans with their name, and a thumb that says the time.
import { EyeOff } from "lucide-react";
import { useMemo } from "react";
import { Label, Slider, SliderThumb, SliderTrack } from "react-aria-components";
import type { Track } from "../map/overlays";
import { useWords } from "../words";
import { clock, lasting, shortClock } from "../words/format";
import type { Stretch } from "../words/track";
import { HIGH, speedPath, WIDE } from "./TimeBarPath";

const SHORT_MS = 1_800_000; // below half an hour the ticks tell seconds too

export function TimeBar({ track, span, now, onNow }: { track: Track; span: Stretch; now: number; onNow: (ms: number) => void }) {
  const { t } = useWords();
  const path = useMemo(() => speedPath(track, span), [track, span]);
  const whole = Math.max(1, span.toMs - span.fromMs);
  const share = (ms: number) => Math.max(0, Math.min(100, ((ms - span.fromMs) / whole) * 100));
  const ticks = Array.from({ length: 5 }, (_, i) => span.fromMs + (whole * i) / 4);
  return (
    <Slider className="time-bar" value={now} minValue={span.fromMs} maxValue={Math.max(span.toMs, span.fromMs + 1)} step={1000} onChange={(value) => onNow(Number(value))}
      aria-label={t("history.slider")}>
      <Label className="unseen">{t("history.slider")}</Label>
      <SliderTrack className="time-track">
        <svg viewBox={`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true"><path d={path} /></svg>
        {track.gaps.filter((gap) => gap.to_ms > span.fromMs && gap.from_ms < span.toMs).map((gap) => (
          <span key={`${gap.from_ms}`} className={`gap ${gap.kind}`} title={`${t(gap.kind === "private" ? "history.private" : "history.gap")} · ${lasting(gap.to_ms - gap.from_ms)}`}
            style={{ insetInlineStart: `${share(gap.from_ms)}%`, inlineSize: `${share(gap.to_ms) - share(gap.from_ms)}%` }}>
            {gap.kind === "private" ? <><EyeOff size={12} aria-hidden="true" /><i>{t("history.private")}</i></> : null}
          </span>
        ))}
        <SliderThumb className="thumb" aria-valuetext={clock(now)} />
      </SliderTrack>
      <div className="ticks" aria-hidden="true">{ticks.map((ms) => <span key={ms}>{whole < SHORT_MS ? clock(ms) : shortClock(ms)}</span>)}</div>
    </Slider>
  );
}
