// A week of hours as a form shows it, and as the server keeps it: (weekday with Monday 0, from minute, to minute).

export type Span = [weekday: number, fromMinute: number, toMinute: number];
export interface DayHours { on: boolean; from: string; to: string }
export type Week = DayHours[];

const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
const text = (minute: number): string => `${String(Math.floor(minute / 60) % 24).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

export function toWeek(weekly: Span[]): Week {
  return Array.from({ length: 7 }, (_, day) => {
    const found = weekly.find(([one]) => one === day);
    return { on: found !== undefined, from: text(found?.[1] ?? 480), to: text((found?.[2] ?? 1020) % 1440) };
  });
}

export function fromWeek(week: Week): Span[] {
  return week.flatMap((day, i): Span[] => {
    if (!day.on) return [];
    const [from, to] = [minutes(day.from), minutes(day.to) === 0 ? 1440 : minutes(day.to)];
    if (to > from) return [[i, from, to]];
    return [[i, from, 1440], [(i + 1) % 7, 0, to]]; // a shift over midnight is two spans
  });
}
