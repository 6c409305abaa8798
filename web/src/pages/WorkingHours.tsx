// The weekly hours in which I may be seen; outside of them nothing is kept.
import { useEffect, useState } from "react";
import { type AskError, put } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import type { HoursState } from "../api/types";
import { Button, Checkbox, Field, Switch } from "../parts/controls";
import { Failure, Loading } from "../parts/states";
import { useWords } from "../words";
import { currentManner, locale } from "../words/format";
import { type DayHours, fromWeek, type Span, toWeek, type Week } from "./week";

const MONDAY = Date.UTC(2024, 0, 1);
const dayName = (day: number): string => new Intl.DateTimeFormat(locale(), { weekday: "long", timeZone: "UTC" }).format(MONDAY + day * 86_400_000);

export function WorkingHours() {
  const { t } = useWords();
  const asked = useAsk<{ hours: HoursState | null }>("/me/hours");
  const [week, setWeek] = useState<Week>();
  const [set, setSet] = useState(false);
  const [error, setError] = useState<AskError>();
  const [saved, setSaved] = useState(false);
  const zone = asked.data?.hours?.zone ?? currentManner().zone;
  useEffect(() => {
    if (asked.loading || asked.error) return;
    const weekly = (asked.data?.hours?.weekly ?? []) as Span[];
    setSet(weekly.length > 0);
    setWeek(toWeek(weekly.length > 0 ? weekly : [0, 1, 2, 3, 4].map((day): Span => [day, 480, 1020])));
  }, [asked.data, asked.loading, asked.error]);
  if (asked.error?.slug === "hours-off") return null;
  const change = (day: number, next: Partial<DayHours>) => { setSaved(false); setWeek(week?.map((one, i) => (i === day ? { ...one, ...next } : one))); };
  const save = async (on: boolean) => {
    setError(undefined);
    try {
      await put("/me/hours", { hours: on && week ? { zone, weekly: fromWeek(week) } : null });
      setSet(on);
      setSaved(true);
      await asked.again();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <section className="section" aria-labelledby="hours-title">
      <h2 id="hours-title">{t("hours.title")}</h2>
      <p>{t("hours.lead")}</p>
      {asked.error ? <Failure error={asked.error} again={() => void asked.again()} /> : null}
      {error ? <Failure error={error} /> : null}
      {!week && !asked.error ? <Loading lines={2} /> : null}
      {week ? (
        <>
          <Switch on={set} onChange={(on) => { if (on) { setSet(true); setSaved(false); } else void save(false); }}>{t("hours.use")}</Switch>
          {set ? (
            <div className="stack">
              <ul className="week">
                {week.map((day, i) => (
                  <li key={dayName(i)}>
                    <Checkbox on={day.on} onChange={(on) => change(i, { on })}>{dayName(i)}</Checkbox>
                    {day.on ? (
                      <>
                        <Field label={t("hours.from", { day: dayName(i) })} type="time" value={day.from} onChange={(from) => change(i, { from })} latin />
                        <span aria-hidden="true">–</span>
                        <Field label={t("hours.to", { day: dayName(i) })} type="time" value={day.to} onChange={(to) => change(i, { to })} latin />
                      </>
                    ) : <span className="soft">{t("hours.none")}</span>}
                  </li>
                ))}
              </ul>
              <div className="row"><Button kind="primary" onPress={() => void save(true)}>{t("act.save")}</Button>{saved ? <span className="good" role="status">{t("act.saved")}</span> : null}<small className="soft">{zone}</small></div>
            </div>
          ) : null}
        </>
      ) : null}
    </section>
  );
}
