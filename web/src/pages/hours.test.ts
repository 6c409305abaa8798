// A week of hours goes to the server and back without change.
import { describe, expect, it } from "vitest";
import { fromWeek, toWeek } from "./week";

describe("working hours", () => {
  it("come back as they were", () => {
    const weekly: [number, number, number][] = [[0, 480, 1020], [4, 0, 1440]];
    expect(fromWeek(toWeek(weekly))).toEqual(weekly);
  });

  it("of a shift over midnight become two spans", () => {
    const week = toWeek([]);
    week[6] = { on: true, from: "22:00", to: "06:00" };
    expect(fromWeek(week)).toEqual([[6, 1320, 1440], [0, 0, 360]]);
  });
});
