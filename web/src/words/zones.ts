// Days as people mean them: the start and end of a calendar day in a time zone.

const DAY_MS = 86_400_000;

/** How far the zone's wall clock is ahead of UTC at this moment. */
export function aheadMs(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(ms);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second")) - Math.floor(ms / 1000) * 1000;
}

/** The moment at which this calendar day begins in the zone; days where clocks change are 23 or 25 hours long. */
export function dayStart(year: number, month: number, dayOfMonth: number, zone: string): number {
  const wall = Date.UTC(year, month - 1, dayOfMonth);
  const guess = wall - aheadMs(wall, zone);
  return wall - aheadMs(guess, zone);
}

export interface CalendarDay { year: number; month: number; day: number }

export function dayOf(ms: number, zone: string): CalendarDay {
  const wall = new Date(ms + aheadMs(ms, zone));
  return { year: wall.getUTCFullYear(), month: wall.getUTCMonth() + 1, day: wall.getUTCDate() };
}

export function daySpan(of: CalendarDay, zone: string): { fromMs: number; toMs: number } {
  const next = new Date(Date.UTC(of.year, of.month - 1, of.day) + DAY_MS);
  return {
    fromMs: dayStart(of.year, of.month, of.day, zone),
    toMs: dayStart(next.getUTCFullYear(), next.getUTCMonth() + 1, next.getUTCDate(), zone),
  };
}

export function dayText(of: CalendarDay): string {
  return `${String(of.year).padStart(4, "0")}-${String(of.month).padStart(2, "0")}-${String(of.day).padStart(2, "0")}`;
}

export function parseDay(text: string | null): CalendarDay | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? "");
  return found ? { year: Number(found[1]), month: Number(found[2]), day: Number(found[3]) } : null;
}
