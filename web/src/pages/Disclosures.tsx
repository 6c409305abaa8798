// What is used or leaves without its person's yes: asked on a code, approved by a second person, taken within a scope.
import { Download, Scale } from "lucide-react";
import { useState } from "react";
import { type AskError, post } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import { Ask, Button, Checkbox, Field, Pick } from "../parts/controls";
import { Empty, Failure, Page, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { dateTime } from "../words/format";

interface Disclosure {
  id: string; state: "asked" | "approved" | "refused" | "ended"; code: string; use: string; person_name: string | null;
  ends_ms: number; asked_by: string | null; review_due: boolean; overdue: boolean; told: { wanted: { to: string; necessity: string } } | null;
}
interface Codes { codes: Record<string, string[]> }
interface Category { id: string; says: string }
const USES = ["use", "share", "hand_over", "publish"];
const INTERNAL = /^(store\.|audit\.|policy\.|account\.credential)/;
const DAY_MS = 86_400_000;

export function Disclosures() {
  const { t } = useWords();
  const asked = useAsk<Disclosure[]>("/disclosures");
  const [asking, setAsking] = useState(false);
  const [open, setOpen] = useState<Disclosure>();
  return (
    <Page title={t("disclose.title")} lead={t("disclose.lead")} basis={t("disclose.basis")}>
      <p className="row"><Button kind="primary" onPress={() => setAsking(true)}>{t("disclose.ask")}</Button></p>
      <Shown asked={asked}>
        {(list) => list.length === 0 ? <Empty icon={Scale} title={t("disclose.none")}>{t("disclose.noneLead")}</Empty> : (
          <ul className="rows">
            {list.map((one) => (
              <li key={one.id}>
                <div>
                  <b dir="auto">{words(one.code)} · {one.person_name ?? t("desk.forgotten")}</b>
                  <small>{standing(one, t)} · {sayAny(`disclose.use.${one.use}`, one.use)} · {t("disclose.asked", { name: one.asked_by ?? t("desk.forgotten") })}</small>
                  {one.told ? <small dir="auto">{one.told.wanted.to} · {one.told.wanted.necessity}</small> : null}
                </div>
                {one.state === "approved" ? <a className="button plain" href={`/v1/disclosures/${one.id}/file`} download aria-label={`${t("disclose.take")}: ${one.id}`}><Download size={16} aria-hidden="true" />{t("disclose.take")}</a> : null}
                {one.state === "asked" || one.review_due ? <Button aria-label={`${t("disclose.decide")}: ${one.id}`} onPress={() => setOpen(one)}>{t(one.review_due ? "disclose.look" : "disclose.decide")}</Button> : null}
              </li>
            ))}
          </ul>
        )}
      </Shown>
      {asking ? <Wanted onClose={() => setAsking(false)} onDone={asked.again} /> : null}
      {open ? <Decide one={open} onClose={() => setOpen(undefined)} onDone={asked.again} /> : null}
    </Page>
  );
}

const words = (code: string) => code.replaceAll("_", " ");

function standing(one: Disclosure, t: ReturnType<typeof useWords>["t"]): string {
  const look = one.overdue ? ` · ${t("disclose.overdue")}` : one.review_due ? ` · ${t("disclose.review")}` : "";
  return t(`disclose.state.${one.state}`, { date: dateTime(one.ends_ms) }) + look;
}

function Wanted({ onClose, onDone }: { onClose: () => void; onDone: () => Promise<unknown> }) {
  const { t } = useWords();
  const codes = useAsk<Codes>("/policy/disclosures");
  const people = useAsk<{ id: string; name: string }[]>("/people");
  const policy = useAsk<{ categories?: Category[] }>("/policy");
  const [code, setCode] = useState("");
  const [use, setUse] = useState("hand_over");
  const [person, setPerson] = useState("");
  const [to, setTo] = useState("");
  const [necessity, setNecessity] = useState("");
  const [said, setSaid] = useState<Record<string, string>>({});
  const [kinds, setKinds] = useState<string[]>([]);
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState(false);
  const facts = codes.data?.codes[code] ?? [];
  const send = async () => {
    setBusy(true);
    const span = { from_ms: Date.parse(from) || 0, to_ms: (Date.parse(until) || Date.now()) + DAY_MS };
    try {
      await post("/disclosures", { code, use, person, to, necessity, said: Object.fromEntries(facts.map((one) => [one, said[one] ?? ""])), categories: kinds, days: 7, ...span });
      await onDone();
      onClose();
    } catch (caught) {
      setError(asError(caught));
      setBusy(false);
    }
  };
  return (
    <Ask title={t("disclose.ask")} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        {error ? <Failure error={error} /> : null}
        <Shown asked={codes} lines={1}>{(found) => <Pick label={t("disclose.code")} value={code} onChange={setCode} choices={Object.keys(found.codes).map((one) => ({ id: one, label: words(one) }))} />}</Shown>
        {facts.map((one) => <Field key={one} label={sayAny(`disclose.fact.${one}`, words(one))} value={said[one] ?? ""} onChange={(value) => setSaid({ ...said, [one]: value })} required />)}
        <Pick label={t("disclose.use")} value={use} onChange={setUse} choices={USES.map((one) => ({ id: one, label: sayAny(`disclose.use.${one}`, one) }))} />
        <Shown asked={people} lines={1}>{(list) => <Pick label={t("disclose.person")} value={person} onChange={setPerson} choices={list.map((one) => ({ id: one.id, label: one.name }))} />}</Shown>
        <Field label={t("disclose.to")} value={to} onChange={setTo} required />
        <Field label={t("disclose.necessity")} value={necessity} onChange={setNecessity} required />
        <fieldset className="stack">
          <legend>{t("disclose.kinds")}</legend>
          <Shown asked={policy} lines={3}>
            {(found) => (found.categories ?? []).filter((one) => !INTERNAL.test(one.id)).map((one) => (
              <Checkbox key={one.id} on={kinds.includes(one.id)} onChange={(on) => setKinds(on ? [...kinds, one.id] : kinds.filter((known) => known !== one.id))}>{one.says}</Checkbox>
            ))}
          </Shown>
        </fieldset>
        <Field label={t("disclose.from")} type="date" value={from} onChange={setFrom} required />
        <Field label={t("disclose.until")} type="date" value={until} onChange={setUntil} required />
        <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" type="submit" busy={busy}>{t("disclose.ask")}</Button></div>
      </form>
    </Ask>
  );
}

function Decide({ one, onClose, onDone }: { one: Disclosure; onClose: () => void; onDone: () => Promise<unknown> }) {
  const { t } = useWords();
  const [why, setWhy] = useState("");
  const [error, setError] = useState<AskError>();
  const act = async (what: string, body: unknown) => {
    setError(undefined);
    try {
      await post(`/disclosures/${one.id}/${what}`, body);
      await onDone();
      onClose();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <Ask title={`${words(one.code)} · ${one.person_name ?? ""}`} open onClose={onClose}>
      <div className="stack">
        {error ? <Failure error={error} /> : null}
        {one.told ? <p dir="auto">{one.told.wanted.to} · {one.told.wanted.necessity}</p> : null}
        <Field label={t(one.review_due ? "disclose.verdict" : "disclose.why")} value={why} onChange={setWhy} required />
        {one.review_due ? (
          <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" onPress={() => void act("review", { verdict: why })}>{t("disclose.look")}</Button></div>
        ) : (
          <div className="row end"><Button onPress={() => void act("decide", { approve: false, why })}>{t("disclose.refuse")}</Button><Button kind="primary" onPress={() => void act("decide", { approve: true, why })}>{t("disclose.approve")}</Button></div>
        )}
      </div>
    </Ask>
  );
}
