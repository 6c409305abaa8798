// What the operator attests: clauses that people fulfil, each with its newest signed word.
import { ScrollText } from "lucide-react";
import { useState } from "react";
import { type AskError, post } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import { Ask, Button, Field, Pick } from "../parts/controls";
import { Empty, Failure, Page, Shown } from "../parts/states";
import { useWords } from "../words";
import { count, dateTime } from "../words/format";

interface Duty { clause: string; says: string; state: "never" | "valid" | "expired"; statement?: string | null; by_name?: string | null; until_ms?: number | null }
const PERIODS = [30, 90, 365];

export function Duties() {
  const { t } = useWords();
  const asked = useAsk<{ duties: Duty[] }>("/duties");
  const [signing, setSigning] = useState<Duty>();
  return (
    <Page title={t("duty.title")} lead={t("duty.lead")} basis={t("duty.basis")}>
      <Shown asked={asked}>
        {({ duties }) => duties.length === 0 ? <Empty icon={ScrollText} title={t("duty.none")}>{t("duty.noneLead")}</Empty> : (
          <ul className="rows">
            {duties.map((one) => (
              <li key={one.clause}>
                <div>
                  <b dir="auto">{one.says}</b>
                  <small><code dir="ltr">{one.clause}</code> · {standing(one, t)}</small>
                  {one.statement ? <small dir="auto">{one.statement}</small> : null}
                </div>
                <Button kind={one.state === "valid" ? "quiet" : "plain"} aria-label={`${t("duty.act")}: ${one.clause}`} onPress={() => setSigning(one)}>{t("duty.act")}</Button>
              </li>
            ))}
          </ul>
        )}
      </Shown>
      {signing ? <Sign duty={signing} onClose={() => setSigning(undefined)} onSigned={asked.again} /> : null}
    </Page>
  );
}

function standing(one: Duty, t: ReturnType<typeof useWords>["t"]): string {
  const date = one.until_ms == null ? "" : dateTime(one.until_ms);
  if (one.state === "never") return t("duty.never");
  return one.state === "expired" ? t("duty.expired", { date }) : t("duty.valid", { name: one.by_name ?? t("duty.someone"), date });
}

function Sign({ duty, onClose, onSigned }: { duty: Duty; onClose: () => void; onSigned: () => Promise<unknown> }) {
  const { t } = useWords();
  const [statement, setStatement] = useState("");
  const [days, setDays] = useState("365");
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState(false);
  const sign = async () => {
    setBusy(true);
    try {
      await post(`/duties/${duty.clause}`, { statement, days: Number(days) });
      await onSigned();
      onClose();
    } catch (caught) {
      setError(asError(caught));
      setBusy(false);
    }
  };
  return (
    <Ask title={t("duty.act")} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void sign(); }}>
        <p dir="auto">{duty.says}</p>
        {error ? <Failure error={error} /> : null}
        <Field label={t("duty.statement")} value={statement} onChange={setStatement} required autoFocus />
        <Pick label={t("duty.period")} value={days} onChange={setDays} choices={PERIODS.map((one) => ({ id: String(one), label: t("duty.days", { n: count(one) }) }))} />
        <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" type="submit" busy={busy} isDisabled={!statement.trim()}>{t("duty.sign")}</Button></div>
      </form>
    </Ask>
  );
}
