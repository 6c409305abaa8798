// The four languages say the same things; numbers, times and days are written as people of each language write them.
import { beforeAll, describe, expect, it } from "vitest";
import i18next from "i18next";
import arabic from "./ar.json";
import english from "./en.json";
import persian from "./fa.json";
import { age, clock, day, lasting, setManner, speed } from "./format";
import { at, indexAt, lengthM } from "./track";
import chinese from "./zh-CN.json";
import { dayOf, daySpan, parseDay } from "./zones";

const holes = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((found) => found[1]).sort();
const LANGUAGES = { ar: arabic, fa: persian, "zh-CN": chinese } as Record<string, Record<string, string>>;

describe("words", () => {
  for (const [language, words] of Object.entries(LANGUAGES)) {
    it(`of ${language} have the keys of English, with the same holes`, () => {
      expect(Object.keys(words).sort()).toEqual(Object.keys(english).sort());
      for (const [key, text] of Object.entries(english)) expect([key, holes(words[key] ?? "")]).toEqual([key, holes(text)]);
    });
  }

  it("have no hole that nothing fills", () => {
    for (const words of [english, ...Object.values(LANGUAGES)]) for (const [key, text] of Object.entries(words)) expect([key, text.replace(/\{\{\w+\}\}/g, "")]).not.toEqual([key, expect.stringMatching(/[{}]/)]);
  });

  it("have no empty sentence", () => {
    for (const words of [english, ...Object.values(LANGUAGES)]) for (const [key, text] of Object.entries(words)) expect([key, text.trim()]).not.toEqual([key, ""]);
  });
});

describe("numbers and times", () => {
  const moment = Date.UTC(2026, 2, 21, 20, 29, 59); // Nowruz began in Tehran half an hour before
  beforeAll(async () => {
    await i18next.init({ lng: "en", resources: { en: { translation: english }, fa: { translation: persian } }, keySeparator: false, nsSeparator: false });
  });

  it("carry units and age", () => {
    setManner({ language: "en", zone: "UTC", calendar: "gregorian" });
    expect(speed(17.5)).toBe("63 km/h");
    expect(age(1000, 5000)).toBe("4 s ago");
    expect(age(0, 7_200_000)).toBe("2 h ago");
    expect(lasting(5_400_000)).toBe("1 hr 30 min");
  });

  it("stand in the person's zone and calendar", () => {
    setManner({ language: "en", zone: "UTC", calendar: "gregorian" });
    expect(clock(moment)).toBe("20:29:59");
    setManner({ language: "fa", zone: "Asia/Tehran", calendar: "persian" });
    expect(clock(moment)).toBe("۲۳:۵۹:۵۹");
    expect(day(moment)).toContain("۱۴۰۵");
  });
});

describe("days", () => {
  it("are 23 or 25 hours long where clocks change", () => {
    const hours = (text: string) => {
      const span = daySpan(parseDay(text) ?? { year: 0, month: 0, day: 0 }, "Europe/Vienna");
      return (span.toMs - span.fromMs) / 3_600_000;
    };
    expect([hours("2026-03-29"), hours("2026-10-25"), hours("2026-06-01")]).toEqual([23, 25, 24]);
  });

  it("begin at midnight of the zone", () => {
    expect(daySpan({ year: 2026, month: 11, day: 22 }, "Asia/Tehran").fromMs).toBe(Date.UTC(2026, 10, 21, 20, 30));
    expect(dayOf(Date.UTC(2026, 10, 21, 20, 30), "Asia/Tehran")).toEqual({ year: 2026, month: 11, day: 22 });
  });
});

describe("a track", () => {
  const track = {
    fix_ms: [0, 10_000, 20_000, 80_000, 90_000], latitude: [0, 0, 0, 0, 0], longitude: [0, 0.001, 0.002, 0.5, 0.501], speed_mps: [1, 2, 3, 4, 5],
    gaps: [{ from_ms: 20_000, to_ms: 80_000, kind: "private" as const }],
  };

  it("is nowhere inside a gap, and on its line elsewhere", () => {
    expect(at(track, 50_000)).toEqual({ longitude: null, latitude: null, speedMps: null, kind: "private" });
    expect(at(track, 5000).longitude).toBeCloseTo(0.0005);
    expect(at(track, 85_000).longitude).toBeCloseTo(0.5005);
    expect([0, 9999, 10_000, 1e9].map((ms) => indexAt(track.fix_ms, ms))).toEqual([0, 0, 1, 4]);
  });

  it("has a length without its gaps", () => {
    expect(lengthM(track)).toBeGreaterThan(330);
    expect(lengthM(track)).toBeLessThan(336);
  });
});
