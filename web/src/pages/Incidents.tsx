// The incident desk: what happened, whom it touches, the clock, the notice in its parts, and that they were told.
import { ShieldCheck } from "lucide-react";
import { useState } from "react";
import { type AskError, post, put } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import { Ask, Button, Field, Pick } from "../parts/controls";
import { Empty, Failure, Page, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { count, dateTime } from "../words/format";

interface Incident {
  id: string; kind: string; severity: number; says: string; aware_ms: number; due_ms: number | null; overdue: boolean; affected: string[];
  parts: Record<string, string>; missing: string[]; team: string[]; told_ms: number | null; filed_ms: number | null; published_ms: number | null; unreached: number;
}
const KINDS = ["leak", "destroy", "loss", "outage", "attempt"];
const DAY_MS = 86_400_000;

export function Incidents() {
  const { t } = useWords();
  const asked = useAsk<Incident[]>("/incidents");
  const [opening, setOpening] = useState(false);
  const [handled, setHandled] = useState<string>();
  return (
    <Page title={t("incident.title")} lead={t("incident.lead")} basis={t("incident.basis")}>
      <p className="row"><Button kind="primary" onPress={() => setOpening(true)}>{t("incident.open")}</Button></p>
      <Shown asked={asked}>
        {(list) => list.length === 0 ? <Empty icon={ShieldCheck} title={t("incident.none")}>{t("incident.noneLead")}</Empty> : (
          <>
            <ul className="rows">
              {list.map((one) => (
                <li key={one.id}>
                  <div>
                    <b>{sayAny(`incident.kind.${one.kind}`, one.kind)} · {t("incident.severity", { n: count(one.severity) })}</b>
                    <small>{t("incident.touches", { n: count(one.affected.length) })} · {standing(one, t)}</small>
                    {one.says ? <small dir="auto">{one.says}</small> : null}
                  </div>
                  <Button aria-label={`${t("desk.handle")}: ${one.id}`} onPress={() => setHandled(one.id)}>{t("desk.handle")}</Button>
                </li>
              ))}
            </ul>
            {list.filter((one) => one.id === handled).map((one) => <Handle key={one.id} one={one} onClose={() => setHandled(undefined)} onDone={asked.again} />)}
          </>
        )}
      </Shown>
      {opening ? <Open onClose={() => setOpening(false)} onDone={asked.again} /> : null}
    </Page>
  );
}

function standing(one: Incident, t: ReturnType<typeof useWords>["t"]): string {
  if (one.told_ms != null && one.filed_ms != null) return t("incident.done", { date: dateTime(one.told_ms) });
  if (one.overdue) return t("incident.overdue");
  return one.due_ms == null ? t("incident.soon") : t("incident.due", { date: dateTime(one.due_ms) });
}

function Open({ onClose, onDone }: { onClose: () => void; onDone: () => Promise<unknown> }) {
  const { t } = useWords();
  const people = useAsk<{ id: string; name: string }[]>("/people");
  const [kind, setKind] = useState("leak");
  const [whose, setWhose] = useState("everyone");
  const [says, setSays] = useState("");
  const [aware, setAware] = useState("");
  const [error, setError] = useState<AskError>();
  const send = async () => {
    const aware_ms = Date.parse(aware) || Date.now();
    const scope = whose === "everyone" ? { everyone: true } : { account: whose, from_ms: Math.max(0, aware_ms - 90 * DAY_MS), to_ms: Date.now() };
    try {
      await post("/incidents", { kind, aware_ms, scope, says });
      await onDone();
      onClose();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <Ask title={t("incident.open")} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
        {error ? <Failure error={error} /> : null}
        <Pick label={t("incident.kind")} value={kind} onChange={setKind} choices={KINDS.map((one) => ({ id: one, label: sayAny(`incident.kind.${one}`, one) }))} />
        <Shown asked={people} lines={1}>{(list) => <Pick label={t("incident.whose")} value={whose} onChange={setWhose} choices={[{ id: "everyone", label: t("incident.everyone") }, ...list.map((one) => ({ id: one.id, label: t("incident.account", { name: one.name }) }))]} />}</Shown>
        <Field label={t("incident.aware")} type="datetime-local" value={aware} onChange={setAware} help={t("incident.awareHelp")} required />
        <Field label={t("incident.says")} value={says} onChange={setSays} />
        <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" type="submit">{t("incident.open")}</Button></div>
      </form>
    </Ask>
  );
}

function Handle({ one, onClose, onDone }: { one: Incident; onClose: () => void; onDone: () => Promise<unknown> }) {
  const { t } = useWords();
  const names = [...new Set([...Object.keys(one.parts), ...one.missing])];
  const [parts, setParts] = useState(one.parts);
  const [reference, setReference] = useState("");
  const [error, setError] = useState<AskError>();
  const act = async (work: () => Promise<unknown>) => {
    setError(undefined);
    try {
      await work();
      await onDone();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  const path = `/incidents/${one.id}`;
  return (
    <Ask title={sayAny(`incident.kind.${one.kind}`, one.kind)} open onClose={onClose} wide>
      <div className="stack">
        {error ? <Failure error={error} /> : null}
        <p>{t("incident.touches", { n: count(one.affected.length) })} · {standing(one, t)}{one.told_ms == null ? null : ` · ${t("incident.unreached", { n: count(one.unreached) })}`}</p>
        {names.map((name) => <Field key={name} label={sayAny(`incident.part.${name}`, name)} value={parts[name] ?? ""} onChange={(text) => setParts({ ...parts, [name]: text })} required />)}
        <div className="row">
          <Button isDisabled={one.told_ms != null} onPress={() => void act(() => put(`${path}/parts`, parts))}>{t("act.save")}</Button>
          <Button kind="primary" isDisabled={one.missing.length > 0} onPress={() => void act(() => post(`${path}/tell`))}>{t("incident.tell")}</Button>
          <Button isDisabled={one.missing.length > 0 || one.published_ms != null} onPress={() => void act(() => post(`${path}/publish`))}>{t("incident.publish")}</Button>
          <a className="button quiet" href={`/v1${path}/report`}>{t("incident.report")}</a>
        </div>
        {one.filed_ms == null ? (
          <form className="stack" onSubmit={(event) => { event.preventDefault(); void act(() => post(`${path}/filed`, { reference })); }}>
            <Field label={t("incident.reference")} value={reference} onChange={setReference} required />
            <div className="row"><Button type="submit" isDisabled={!reference.trim() || one.missing.length > 0}>{t("incident.filed")}</Button></div>
          </form>
        ) : <p>{t("incident.filedOn", { date: dateTime(one.filed_ms) })}</p>}
      </div>
    </Ask>
  );
}
