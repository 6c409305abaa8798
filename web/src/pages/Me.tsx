// What is promised to me: private time, working hours, consents; on the phone also the way to every other page.
import { ChevronRight, EyeOff, Eye } from "lucide-react";
import { useState } from "react";
import { type AskError, post } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import type { Consent, PrivateState } from "../api/types";
import { Button, Pick } from "../parts/controls";
import { SignOut } from "../parts/Header";
import { useHome, usePhone } from "../parts/home";
import { follow, PHONE_WAYS } from "../parts/Rail";
import { go } from "../parts/route";
import { Failure, Page, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { dateTime } from "../words/format";
import { WorkingHours } from "./WorkingHours";

const HOUR_MS = 3_600_000;
const LENGTHS = ["open", "1", "4", "12"] as const;

export function Me() {
  const { t } = useWords();
  const { session, may } = useHome();
  const phone = usePhone();
  return (
    <Page title={session.person.name} lead={`${t(`role.${session.role}`)} · ${session.organisation.name}`} basis={t("me.basis")}>
      {phone ? (
        <nav className="ways" aria-label={t("nav.more")} onClickCapture={follow}>
          {PHONE_WAYS.filter((way) => !way.needs || may(way.needs)).map(({ path, icon: Icon, word }) => (
            <a key={path} href={path}><Icon size={20} strokeWidth={1.75} aria-hidden="true" />{t(word)}<ChevronRight size={18} className="flip" aria-hidden="true" /></a>
          ))}
        </nav>
      ) : null}
      <PrivateTime />
      <WorkingHours />
      <Consents />
      <section className="section" aria-labelledby="rights-title">
        <h2 id="rights-title">{t("request.title")}</h2>
        <p>{t("request.lead")}</p>
        <div className="row"><Button onPress={() => go("/requests")}>{t("request.title")}</Button>{may("rights:desk") ? <Button onPress={() => go("/desk")}>{t("desk.title")}</Button> : null}</div>
      </section>
      {phone ? <SignOut /> : null}
    </Page>
  );
}

function PrivateTime() {
  const { t } = useWords();
  const state = useAsk<PrivateState>("/me/private", 60_000);
  const [length, setLength] = useState<string>("open");
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState(false);
  const turn = async (on: boolean) => {
    setBusy(true);
    setError(undefined);
    try {
      const until = length === "open" ? {} : { until_ms: Date.now() + Number(length) * HOUR_MS };
      state.put(await post<PrivateState>("/me/private", { on, ...(on ? until : {}) }));
    } catch (caught) {
      setError(asError(caught));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="section" aria-labelledby="private-title">
      <h2 id="private-title">{t("private.title")}</h2>
      <p>{t("private.lead")}</p>
      {error ? <Failure error={error} /> : null}
      <Shown asked={state} lines={1}>
        {(now) => now.on ? (
          <div className="private-now on" role="status">
            <EyeOff size={22} aria-hidden="true" />
            <div><b>{t("private.on")}</b><small>{now.until_ms ? t("private.until", { time: dateTime(now.until_ms) }) : t("private.open")}</small></div>
            <Button kind="primary" busy={busy} onPress={() => void turn(false)}>{t("private.end")}</Button>
          </div>
        ) : (
          <div className="private-now" role="status">
            <Eye size={22} aria-hidden="true" />
            <div><b>{t("private.off")}</b></div>
            <Pick compact label={t("private.length")} value={length} onChange={setLength} choices={LENGTHS.map((one) => ({ id: one, label: t(`private.for.${one}`) }))} />
            <Button kind="primary" busy={busy} onPress={() => void turn(true)}>{t("private.begin")}</Button>
          </div>
        )}
      </Shown>
    </section>
  );
}

function Consents() {
  const { t } = useWords();
  const consents = useAsk<Consent[]>("/me/consents");
  const [error, setError] = useState<AskError>();
  const say = async (consent: string, granted: boolean) => {
    setError(undefined);
    try {
      await post("/me/consents", { consent, granted });
      await consents.again();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <section className="section" aria-labelledby="consent-title">
      <h2 id="consent-title">{t("consent.title")}</h2>
      <p>{t("consent.lead")}</p>
      {error ? <Failure error={error} /> : null}
      <Shown asked={consents} lines={2}>
        {(list) => list.length === 0 ? <p className="soft">{t("consent.none")}</p> : (
          <ul className="rows">
            {list.map((one) => (
              <li key={one.consent}>
                <div>
                  <b>{sayAny(`consent.name.${one.consent}`, one.says ?? one.consent.replaceAll("_", " "))}</b>
                  <small>{one.granted === null ? t("consent.unanswered") : t(one.granted ? "consent.yesSince" : "consent.noSince", { time: one.at_ms ? dateTime(one.at_ms) : "" })}</small>
                </div>
                <div className="two" role="group" aria-label={t("consent.answer")}>
                  <Button aria-pressed={one.granted === true} kind={one.granted === true ? "primary" : "plain"} onPress={() => void say(one.consent, true)}>{t("word.yes")}</Button>
                  <Button aria-pressed={one.granted === false} kind={one.granted === false ? "primary" : "plain"} onPress={() => void say(one.consent, false)}>{t("word.no")}</Button>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Shown>
      <p><a href="/v1/me/receipts" download="receipts.json">{t("me.receipts")}</a></p>
    </section>
  );
}
