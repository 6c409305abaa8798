// One unit's day: its track on the map, a time bar with speed and gaps, and a replay.
import { CalendarDays, ChevronLeft, ChevronRight, Download, Pause, Play, X } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button as Press, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { useAsk } from "../api/useAsk";
import { type Track, trackShape } from "../map/overlays";
import type { MapRoom } from "../map/room";
import { Button, IconButton, Pick } from "../parts/controls";
import { DayPicker } from "../parts/DayPicker";
import { useGarage } from "../parts/home";
import { go, useRoute } from "../parts/route";
import { Empty, Shown } from "../parts/states";
import { TimeBar } from "../parts/TimeBar";
import { useWords } from "../words";
import { clock, count, currentManner, longDay, metres, shortClock, speed } from "../words/format";
import { type CalendarDay, dayOf, daySpan, dayText, parseDay } from "../words/zones";
import { at, lengthM, stretch } from "../words/track";

const POINTS = 4000;
const DAY_MS = 86_400_000;
const PACES = [10, 60, 300, 1200];

export function History({ unit, room }: { unit: string; room: MapRoom | null }) {
  const { t } = useWords();
  const { byId, fleet } = useGarage();
  const { query } = useRoute();
  const { zone } = currentManner();
  const today = dayOf(fleet.nowMs(), zone);
  const shown = parseDay(query.get("day")) ?? today;
  const { fromMs, toMs } = daySpan(shown, zone);
  const asked = useAsk<Track>(`/units/${unit}/track?from=${fromMs}&to=${toMs}&points=${POINTS}`);
  const pick = (day: CalendarDay) => go(`/history/${unit}?day=${dayText(day)}`, true);
  const step = (days: number) => pick(dayOf(fromMs + DAY_MS / 2 + days * DAY_MS, zone));
  const name = byId.get(unit)?.name ?? "";
  return (
    <section className="history" aria-label={t("history.title")}>
      <header className="history-head">
        <h2>{name}</h2>
        <div className="day-nav">
          <IconButton label={t("history.before")} onPress={() => step(-1)}><ChevronLeft size={18} className="flip" /></IconButton>
          <DayPicker day={shown} last={today} onPick={pick} label={t("history.day")} text={longDay(fromMs + DAY_MS / 2)} />
          <IconButton label={t("history.after")} isDisabled={toMs > fleet.nowMs()} onPress={() => step(1)}><ChevronRight size={18} className="flip" /></IconButton>
        </div>
        <span className="grow" />
        <Export unit={unit} fromMs={fromMs} toMs={toMs} />
        <IconButton label={t("act.close")} onPress={() => go(`/units/${unit}`)}><X size={18} /></IconButton>
      </header>
      <Shown asked={asked} lines={2}>
        {(track) => track.fix_ms.length === 0
          ? <NoDay unit={unit} track={track} beforeMs={fromMs} onPick={pick} room={room} />
          : <Replay key={`${unit}${fromMs}`} track={track} room={room} trips={`/units/${unit}/trips?from=${fromMs}&to=${toMs}`} />}
      </Shown>
    </section>
  );
}

function NoDay({ unit, track, beforeMs, onPick, room }: { unit: string; track: Track; beforeMs: number; onPick: (day: CalendarDay) => void; room: MapRoom | null }) {
  const { t } = useWords();
  const { zone } = currentManner();
  const days = useAsk<{ day: string | number; count: number }[]>(`/units/${unit}/days?from=${beforeMs - 400 * DAY_MS}&to=${beforeMs}`);
  useEffect(() => { room?.setTrack({ shape: { type: "FeatureCollection", features: [] }, bounds: null }, false); }, [room]);
  const last = days.data?.filter((one) => one.count > 0).map((one) => parseDay(String(one.day)) ?? dayOf(Number(one.day) * (Number(one.day) < 1e6 ? DAY_MS : 1) + DAY_MS / 2, zone)).at(-1);
  const hidden = track.gaps.some((gap) => gap.kind === "private");
  return (
    <Empty icon={CalendarDays} title={t(hidden ? "history.onlyPrivate" : "history.nothing")}
      act={last ? <Button kind="primary" onPress={() => onPick(last)}>{t("history.lastDay")}</Button> : undefined} />
  );
}

interface Trip { start_ms: number; end_ms: number; distance_m: number }

function Replay({ track, room, trips }: { track: Track; room: MapRoom | null; trips: string }) {
  const { t } = useWords();
  const found = useAsk<Trip[]>(trips).data ?? [];
  const first = track.fix_ms[0] ?? 0;
  const last = track.fix_ms.at(-1) ?? first;
  const [now, setNow] = useState(first);
  const [running, setRunning] = useState(false);
  const [pace, setPace] = useState(300);
  const shape = useMemo(() => trackShape(track), [track]);
  const span = useMemo(() => stretch(track), [track]);
  const moment = at(track, now);
  const clockAt = useRef(0);
  useEffect(() => { room?.setTrack(shape, true); }, [room, shape]);
  const { longitude, latitude } = moment;
  useEffect(() => { room?.setTrackPoint(longitude === null || latitude === null ? null : [longitude, latitude]); }, [room, longitude, latitude]);
  useEffect(() => {
    if (!running) return undefined;
    let frame = 0;
    clockAt.current = performance.now();
    const step = (stamp: number) => {
      const passed = Math.max(0, stamp - clockAt.current) * pace;
      clockAt.current = stamp;
      setNow((before) => {
        if (before + passed >= last) { setRunning(false); return last; }
        return before + passed;
      });
      frame = requestAnimationFrame(step);
    };
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [running, pace, last]);
  const toggle = () => { if (!running && now >= last) setNow(first); setRunning(!running); };
  return (
    <div className="replay">
      <div className="replay-tools">
        <IconButton label={t(running ? "history.pause" : "history.play")} className="play" onPress={toggle}>{running ? <Pause size={18} /> : <Play size={18} className="flip" />}</IconButton>
        <Pick compact label={t("history.pace")} value={String(pace)} onChange={(next) => setPace(Number(next))} choices={PACES.map((one) => ({ id: String(one), label: `${count(one)} ×` }))} />
        {found.length === 0 ? null : (
          <Pick compact label={t("trips.title")} value={String(found.findLast((one) => one.start_ms <= now)?.start_ms ?? found[0]?.start_ms ?? "")} onChange={(next) => { setRunning(false); setNow(Number(next)); }}
            choices={found.map((one) => ({ id: String(one.start_ms), label: `${shortClock(one.start_ms)}–${shortClock(one.end_ms)} · ${metres(one.distance_m)}` }))} />
        )}
        <span className="replay-now tabular">{clock(now)}</span>
        <span className="replay-what">
          {moment.kind === "private" ? t("history.private") : moment.kind === "gap" ? t("history.gap") : moment.speedMps === null ? "" : speed(moment.speedMps)}
        </span>
        <span className="grow" />
        <span className="replay-sum tabular">{t("history.sum", { n: count(track.fix_ms.length), length: metres(lengthM(track)) })}</span>
      </div>
      <TimeBar track={track} span={span} now={now} onNow={(next) => { setRunning(false); setNow(next); }} />
    </div>
  );
}

function Export({ unit, fromMs, toMs }: { unit: string; fromMs: number; toMs: number }) {
  const { t } = useWords();
  const take = (format: string) => {
    const link = document.createElement("a");
    link.href = `/v1/units/${unit}/export?from=${fromMs}&to=${toMs}&format=${format}`;
    link.download = "";
    link.click();
  };
  return (
    <MenuTrigger>
      <Press className="icon-button" aria-label={t("history.export")}><Download size={18} /></Press>
      <Popover className="popover" placement="top end">
        <Menu className="options" aria-label={t("history.export")} onAction={(key) => take(String(key))}>
          {["gpx", "kml", "geojson", "csv"].map((format) => <MenuItem className="option" key={format} id={format}>{format.toUpperCase()}</MenuItem>)}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
