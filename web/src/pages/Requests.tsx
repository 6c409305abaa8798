// What I asked for about my own data: ask, show that it is me, take the copy, see what became of it.
import { Download, Scale } from "lucide-react";
import { useState } from "react";
import { type AskError, post } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import { Ask, Button, Field, Pick } from "../parts/controls";
import { Pinned } from "../parts/Accept";
import { Empty, Failure, Page, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { dateTime } from "../words/format";

interface Decision { answer: string; ground: string; facts: string; reference: string }
export interface Request {
  id: string; right: string; opened_ms: number; due_ms?: number | null; overdue: boolean; state: string; least_met: boolean;
  outcome?: string | null; text?: string | null; decision?: Decision | null; complaint?: string | null;
  name?: string | null; contact?: string | null; person?: string | null; person_name?: string | null; grounds: string[];
}
const RIGHTS = ["access", "portability", "correct", "erase", "object", "withdraw", "complain", "question"] as const;
export const COPIES = new Set(["access", "portability"]);
const ERASES = new Set(["erase", "deregister"]);

export function Requests() {
  const { t } = useWords();
  const asked = useAsk<Request[]>("/me/requests");
  const [asking, setAsking] = useState(false);
  const [proving, setProving] = useState<Request>();
  const [leaving, setLeaving] = useState(false);
  return (
    <Page title={t("request.title")} lead={t("request.lead")} basis={t("request.basis")}>
      <div className="row"><Button kind="primary" onPress={() => setAsking(true)}>{t("request.new")}</Button></div>
      <Pinned />
      <Shown asked={asked}>
        {(list) => list.length === 0 ? <Empty icon={Scale} title={t("request.none")}>{t("request.noneLead")}</Empty> : (
          <ul className="rows">
            {list.map((one) => (
              <li key={one.id}>
                <div>
                  <b>{nameOf(one.right)}</b>
                  <small>{standing(one, t)} · <code dir="ltr">{one.id}</code></small>
                  {one.text ? <small dir="auto">{one.text}</small> : null}
                  {one.outcome && one.decision?.facts ? <small dir="auto">{t("request.facts", { facts: one.decision.facts, where: one.complaint ?? "" })}</small> : null}
                  {one.decision?.answer ? <small dir="auto">{one.decision.answer}</small> : null}
                </div>
                {COPIES.has(one.right) && one.least_met && one.outcome !== "refused"
                  ? <a className="button plain" href={`/v1/me/requests/${one.id}/package`} download onClick={() => setTimeout(() => void asked.again(), 1000)}><Download size={16} aria-hidden="true" />{t("request.download")}</a> : null}
                {one.state !== "closed" && (!one.least_met || ERASES.has(one.right)) ? <Button onPress={() => setProving(one)}>{t("request.prove")}</Button> : null}
              </li>
            ))}
          </ul>
        )}
      </Shown>
      <section className="section" aria-labelledby="leave-title">
        <h2 id="leave-title">{t("leave.title")}</h2>
        <p>{t("leave.lead")}</p>
        <div className="row"><Button onPress={() => setLeaving(true)}>{t("leave.title")}</Button></div>
      </section>
      {leaving ? <Leave onClose={() => setLeaving(false)} /> : null}
      {asking ? <New onClose={() => setAsking(false)} onDone={asked.again} /> : null}
      {proving ? <Prove request={proving} onClose={() => setProving(undefined)} onDone={asked.again} /> : null}
    </Page>
  );
}

/** Closing one's account for now: the password, then the way in again. */
function Leave({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const [password, setPassword] = useState("");
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState(false);
  const close = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await post("/me/close", { password });
      location.assign("/"); // the session is gone already: there is nothing left to sign off
    } catch (caught) {
      setError(asError(caught));
      setBusy(false);
    }
  };
  return (
    <Ask title={t("leave.title")} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void close(); }}>
        <p>{t("leave.lead")}</p>
        {error ? <Failure error={error} /> : null}
        <Field label={t("signIn.password")} type="password" value={password} onChange={setPassword} autoComplete="current-password" latin required />
        <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="danger" type="submit" busy={busy} isDisabled={!password}>{t("leave.act")}</Button></div>
      </form>
    </Ask>
  );
}

export const nameOf = (right: string): string => sayAny(`request.right.${right}`, right);

export function standing(one: Request, t: ReturnType<typeof useWords>["t"]): string {
  if (one.outcome) return sayAny(`request.outcome.${one.outcome}`, one.outcome);
  if (one.due_ms == null) return t("request.open");
  return t(one.overdue ? "request.overdue" : "request.due", { date: dateTime(one.due_ms) });
}

function New({ onClose, onDone }: { onClose: () => void; onDone: () => Promise<unknown> }) {
  const { t } = useWords();
  const [right, setRight] = useState<string>("access");
  const [text, setText] = useState("");
  const [error, setError] = useState<AskError>();
  const send = async () => {
    try {
      await post("/me/requests", { right, text });
      await onDone();
      onClose();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <Ask title={t("request.new")} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        {error ? <Failure error={error} /> : null}
        <Pick label={t("request.what")} value={right} onChange={setRight} choices={RIGHTS.map((one) => ({ id: one, label: nameOf(one) }))} />
        <Field label={t("request.words")} value={text} onChange={setText} />
        <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" type="submit">{t("request.send")}</Button></div>
      </form>
    </Ask>
  );
}

function Prove({ request, onClose, onDone }: { request: Request; onClose: () => void; onDone: () => Promise<unknown> }) {
  const { t } = useWords();
  const [password, setPassword] = useState("");
  const [error, setError] = useState<AskError>();
  const erases = ERASES.has(request.right);
  const send = async () => {
    try {
      const told = await post<{ certificate?: unknown }>(`/me/requests/${request.id}/prove`, { password });
      if (told.certificate) location.assign("/");
      await onDone();
      onClose();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <Ask title={t("request.prove")} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        <p>{t(erases ? "request.proveErase" : "request.proveLead")}</p>
        {error ? <Failure error={error} /> : null}
        <Field label={t("signIn.password")} type="password" autoComplete="current-password" value={password} onChange={setPassword} required autoFocus />
        <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind={erases ? "danger" : "primary"} type="submit" isDisabled={!password}>{t(erases ? "request.eraseNow" : "request.prove")}</Button></div>
      </form>
    </Ask>
  );
}
