// Numbers with their unit, times in the person's zone and calendar, ages in words.
import { say } from "./index";

export interface Manner { language: string; zone: string; calendar: string }

let manner: Manner = { language: "en", zone: "UTC", calendar: "gregorian" };
const kept = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

export function setManner(next: Manner): void {
  manner = next;
  kept.clear();
}

export const currentManner = (): Manner => manner;

/** The locale that Intl and the calendar use: language, and the calendar that the person chose. */
export function locale(): string {
  const base = manner.language === "fa" ? "fa-IR" : manner.language;
  const calendar = { gregorian: "gregory", persian: "persian", islamic: "islamic-umalqura" }[manner.calendar] ?? "gregory";
  return `${base}-u-ca-${calendar}`;
}

function dates(key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const found = kept.get(key) ?? new Intl.DateTimeFormat(locale(), { timeZone: manner.zone, ...options });
  kept.set(key, found);
  return found as Intl.DateTimeFormat;
}

function numbers(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const found = kept.get(key) ?? new Intl.NumberFormat(manner.language === "fa" ? "fa-IR" : manner.language, options);
  kept.set(key, found);
  return found as Intl.NumberFormat;
}

export const dateTime = (ms: number): string => dates("dt", { dateStyle: "medium", timeStyle: "short" }).format(ms);
export const clock = (ms: number): string => dates("t", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false }).format(ms);
export const shortClock = (ms: number): string => dates("st", { hour: "2-digit", minute: "2-digit", hour12: false }).format(ms);
export const day = (ms: number): string => dates("d", { dateStyle: "medium" }).format(ms);
export const longDay = (ms: number): string => dates("ld", { dateStyle: "full" }).format(ms);
export const count = (value: number): string => numbers("n", {}).format(value);
export const decimal = (value: number, digits: number): string =>
  numbers(`f${digits}`, { maximumFractionDigits: digits }).format(value);

export function unit(value: number, name: string, digits = 0, display: "short" | "long" = "short"): string {
  return numbers(`u${name}${digits}${display}`, { style: "unit", unit: name, unitDisplay: display, maximumFractionDigits: digits }).format(value);
}

export const speed = (metresPerSecond: number): string => say("unit.kmh", { n: count(Math.round(metresPerSecond * 3.6)) });
export const percent = (value: number): string => numbers("p", { style: "percent", maximumFractionDigits: 0 }).format(value / 100);
export const celsius = (value: number): string => unit(value, "celsius", 1);
export const metres = (value: number): string => (value >= 10_000 ? unit(value / 1000, "kilometer", 0) : value >= 1000 ? unit(value / 1000, "kilometer", 1) : unit(value, "meter"));
export const place = (latitude: number, longitude: number): string => `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;

/** How long ago, in one short word group. */
export function age(ms: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - ms) / 1000));
  if (seconds < 90) return say("age.seconds", { n: count(seconds) });
  if (seconds < 5400) return say("age.minutes", { n: count(Math.round(seconds / 60)) });
  if (seconds < 129_600) return say("age.hours", { n: count(Math.round(seconds / 3600)) });
  return say("age.days", { n: count(Math.round(seconds / 86_400)) });
}

/** A length of time in the largest two units that it fills. */
export function lasting(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return unit(minutes, "minute");
  if (minutes % 60 === 0) return unit(hours, "hour");
  return `${unit(hours, "hour")} ${unit(minutes % 60, "minute")}`;
}

/** The eight winds, as keys of words: a course as a person says it. */
export function wind(courseDeg: number): "n" | "ne" | "e" | "se" | "s" | "sw" | "w" | "nw" {
  return (["n", "ne", "e", "se", "s", "sw", "w", "nw"] as const)[Math.round((((courseDeg % 360) + 360) % 360) / 45) % 8] ?? "n";
}
