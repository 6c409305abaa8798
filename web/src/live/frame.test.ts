// A frame is written as the server writes it, and read back.
import { describe, expect, it } from "vitest";
import { decode, mercatorX, mercatorY } from "./frame";
import { Rows } from "./rows";

const padded = (size: number) => (size + 3) & ~3;

function frame(units: { slot: number; longitudeE7: number; latitudeE7: number; fixS: number; speedCmS: number; course256: number; status: number }[]): ArrayBuffer {
  const n = units.length;
  const buffer = new ArrayBuffer(16 + 16 * n + padded(2 * n) + 2 * padded(n));
  const view = new DataView(buffer);
  view.setUint8(0, 1);
  view.setUint8(1, 1);
  view.setUint32(4, n, true);
  view.setFloat64(8, 1_700_000_000_123, true);
  units.forEach((unit, i) => {
    view.setUint32(16 + 4 * i, unit.slot, true);
    view.setInt32(16 + 4 * n + 4 * i, unit.longitudeE7, true);
    view.setInt32(16 + 8 * n + 4 * i, unit.latitudeE7, true);
    view.setUint32(16 + 12 * n + 4 * i, unit.fixS, true);
    view.setUint16(16 + 16 * n + 2 * i, unit.speedCmS, true);
    view.setUint8(16 + 16 * n + padded(2 * n) + i, unit.course256);
    view.setUint8(16 + 16 * n + padded(2 * n) + padded(n) + i, unit.status);
  });
  return buffer;
}

const van = { slot: 7, longitudeE7: 513_890_000, latitudeE7: 356_890_000, fixS: 1_700_000_000, speedCmS: 1750, course256: 64, status: 3 };

describe("a frame", () => {
  it("gives back each column, whatever the padding", () => {
    for (const count of [0, 1, 2, 3, 4, 5]) {
      const found = decode(frame(Array.from({ length: count }, (_, i) => ({ ...van, slot: i, status: i % 6 }))));
      expect(found?.count).toBe(count);
      expect(Array.from(found?.slot ?? [])).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(Array.from(found?.status ?? [])).toEqual(Array.from({ length: count }, (_, i) => i % 6));
    }
  });

  it("of another version, or cut short, is nothing", () => {
    const whole = frame([van]);
    expect(decode(whole.slice(0, whole.byteLength - 4))).toBeNull();
    expect(decode(whole.slice(0, 8))).toBeNull();
    new DataView(whole).setUint8(0, 2);
    expect(decode(whole)).toBeNull();
  });
});

describe("the rows", () => {
  const slots = new Map([[7, "d1"]]);

  it("move from where a unit is drawn to where it is", () => {
    const rows = new Rows();
    const first = decode(frame([van]));
    const second = decode(frame([{ ...van, longitudeE7: van.longitudeE7 + 100_000 }]));
    if (!first || !second) throw new Error("no frame");
    expect(rows.apply(first, slots, 1000)).toBe(1);
    expect(rows.at(0, 1000)[0]).toBeCloseTo(mercatorX(51.389), 12);
    rows.apply(second, slots, 2000);
    expect(rows.at(0, 2500)[0]).toBeCloseTo((mercatorX(51.389) + mercatorX(51.399)) / 2, 9);
    expect(rows.at(0, 9000)[0]).toBeCloseTo(mercatorX(51.399), 12);
    expect(rows.at(0, 9000)[1]).toBeCloseTo(mercatorY(35.689), 12);
    expect(rows.speedMps[0]).toBeCloseTo(17.5);
    expect(rows.courseDeg[0]).toBe(90);
  });

  it("pass over a slot that was never named", () => {
    const rows = new Rows();
    const found = decode(frame([{ ...van, slot: 9 }]));
    expect(found && rows.apply(found, slots, 0)).toBe(0);
    expect(rows.count).toBe(0);
  });

  it("keep every other unit when one is taken away, beyond the first growth", () => {
    const rows = new Rows();
    for (let i = 0; i < 200; i += 1) rows.set(rows.own(`d${i}`), i / 10, 0, 1000 + i, 0, 0, 3, 0);
    rows.drop("d3");
    rows.drop("d199");
    expect(rows.count).toBe(198);
    expect(rows.row("d3")).toBeUndefined();
    for (const i of [0, 4, 64, 150, 198]) {
      const row = rows.row(`d${i}`);
      expect(row === undefined ? null : rows.longitude[row]).toBe(i / 10);
    }
  });
});
