// Adding a device in four steps: which it is, what to set on it, waiting for its first report, done.
import { Check, CircleCheck, Radio } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { type AskError, post } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import type { ProtocolInfo, Unit } from "../api/types";
import { Button, CopyText, Field, Pick } from "../parts/controls";
import { useFleetTick, useGarage } from "../parts/home";
import { go, useRoute } from "../parts/route";
import { Failure, Page, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { age, count } from "../words/format";

type StepName = "which" | "settings" | "waiting" | "done";
const STEPS: StepName[] = ["which", "settings", "waiting", "done"];

export function AddDevice() {
  const { t } = useWords();
  const [step, setStep] = useState<StepName>("which");
  const [unit, setUnit] = useState<Unit & { typed: string }>();
  return (
    <Page title={t("add.title")}>
      <ol className="steps" aria-label={t("add.steps")}>
        {STEPS.map((one, i) => (
          <li key={one} className={one === step ? "here" : STEPS.indexOf(step) > i ? "past" : ""} aria-current={one === step ? "step" : undefined}>
            <span>{STEPS.indexOf(step) > i ? <Check size={14} aria-hidden="true" /> : count(i + 1)}</span>{t(`add.step.${one}`)}
          </li>
        ))}
      </ol>
      {step === "which" ? <Which onMade={(made) => { setUnit(made); setStep("settings"); }} /> : null}
      {step === "settings" && unit ? <SetUp unit={unit} onNext={() => setStep("waiting")} /> : null}
      {step === "waiting" && unit ? <FirstReport unit={unit} onDone={() => setStep("done")} onBack={() => setStep("settings")} /> : null}
      {step === "done" && unit ? <Done unit={unit} /> : null}
    </Page>
  );
}

function Which({ onMade }: { onMade: (unit: Unit & { typed: string }) => void }) {
  const { t } = useWords();
  const { groups, again } = useGarage();
  const { query } = useRoute();
  const protocols = useAsk<ProtocolInfo[]>("/protocols");
  const [protocol, setProtocol] = useState(query.get("protocol") ?? "");
  const [model, setModel] = useState("");
  const [name, setName] = useState("");
  const [uniqueId, setUniqueId] = useState(query.get("id") ?? "");
  const [group, setGroup] = useState("none");
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState(false);
  const make = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const made = await post<Unit>("/units", {
        name: name.trim(), unique_id: uniqueId.trim(), protocol, ...(model ? { model } : {}), ...(group === "none" ? {} : { group }),
      });
      void again();
      onMade({ ...made, typed: uniqueId.trim() });
    } catch (caught) {
      setError(asError(caught));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Shown asked={protocols}>
      {(list) => {
        const found = list.find((one) => one.name === protocol);
        const models = found?.models ?? [];
        return (
          <form className="stack form" onSubmit={(event) => { event.preventDefault(); void make(); }}>
            {error ? <Failure error={error} /> : null}
            <fieldset className="cards">
              <legend>{t("add.protocol")}</legend>
              {list.map((one) => (
                <label key={one.name} className={one.name === protocol ? "choice on" : "choice"}>
                  <input type="radio" name="protocol" value={one.name} checked={one.name === protocol} onChange={() => { setProtocol(one.name); setModel(""); }} />
                  <b>{sayAny(`protocol.${one.name}`, one.name)}</b>
                  <small>{sayAny(`protocol.${one.name}.lead`, (one.models ?? []).slice(0, 4).join(", "))}</small>
                </label>
              ))}
            </fieldset>
            {models.length > 0 ? (
              <Pick label={t("add.model")} value={model || "other"} onChange={(next) => setModel(next === "other" ? "" : next)}
                choices={[...models.map((one) => ({ id: one, label: one })), { id: "other", label: t("add.otherModel") }]} />
            ) : null}
            <Field label={t("unit.name")} value={name} onChange={setName} help={t("add.nameHelp")} required />
            <Field label={t("add.uniqueId")} value={uniqueId} onChange={setUniqueId} help={t("add.uniqueIdHelp")} latin required />
            {groups.length > 0 ? <Pick label={t("units.group")} value={group} onChange={setGroup} choices={[{ id: "none", label: t("units.noGroup") }, ...groups.map((one) => ({ id: one.id, label: one.name }))]} /> : null}
            <div className="row"><Button kind="primary" type="submit" busy={busy} isDisabled={!protocol || !name.trim() || uniqueId.trim().length < 3}>{t("act.next")}</Button></div>
          </form>
        );
      }}
    </Shown>
  );
}

function SetUp({ unit, onNext }: { unit: Unit & { typed: string }; onNext: () => void }) {
  const { t } = useWords();
  const [host, setHost] = useState(location.hostname);
  const path = useMemo(() => `/protocols/${unit.protocol}/setup?host=${encodeURIComponent(host)}&unique_id=${encodeURIComponent(unit.typed)}`, [unit, host]);
  const texts = useAsk<Record<string, string>>(host ? path : null);
  const doors = useAsk<ProtocolInfo[]>("/protocols");
  return (
    <div className="stack form">
      <p>{t("add.settingsLead")}</p>
      <Shown asked={doors} lines={1}>{(found) => <p className="soft">{sayAny(`door.${found.find((one) => one.name === unit.protocol)?.protection ?? "plain"}`, "")}</p>}</Shown>
      <Field label={t("add.host")} value={host} onChange={setHost} help={["localhost", "127.0.0.1", "::1"].includes(host) ? t("add.hostLocal") : t("add.hostHelp")} latin />
      <Shown asked={texts}>
        {(found) => (
          <dl className="settings-list">
            {Object.entries(found).filter(([title], _, all) => title === unit.model || !all.some(([one]) => one === unit.model)).map(([title, text]) => <div key={title}><dt>{sayAny(`setup.${title}`, title)}</dt><dd><CopyText text={text} label={title} /></dd></div>)}
          </dl>
        )}
      </Shown>
      <div className="row"><Button kind="primary" onPress={onNext}>{t("add.isSet")}</Button></div>
    </div>
  );
}

function FirstReport({ unit, onDone, onBack }: { unit: Unit; onDone: () => void; onBack: () => void }) {
  const { t } = useWords();
  const { fleet } = useGarage();
  const tick = useFleetTick(fleet);
  const row = fleet.rows.row(unit.id);
  const here = row !== undefined && (fleet.rows.fixMs[row] ?? 0) > 0;
  useEffect(() => { if (here) onDone(); }, [here, onDone, tick]);
  return (
    <div className="stack form waiting-report" role="status">
      <Radio size={34} strokeWidth={1.5} className="pulse" aria-hidden="true" />
      <h2>{t("add.waiting", { name: unit.name })}</h2>
      <p>{t("add.waitingLead")}</p>
      <div className="row"><Button onPress={onBack}>{t("add.back")}</Button><Button onPress={() => go(`/units/${unit.id}`)}>{t("add.later")}</Button></div>
    </div>
  );
}

function Done({ unit }: { unit: Unit }) {
  const { t } = useWords();
  const { fleet } = useGarage();
  useFleetTick(fleet);
  const row = fleet.rows.row(unit.id);
  return (
    <div className="stack form" role="status">
      <CircleCheck size={34} strokeWidth={1.5} className="good" aria-hidden="true" />
      <h2>{t("add.done", { name: unit.name })}</h2>
      <p>{row === undefined ? "" : t("add.doneLead", { age: age(fleet.rows.fixMs[row] ?? 0, fleet.nowMs()) })}</p>
      <div className="row"><Button kind="primary" onPress={() => go(`/units/${unit.id}`)}>{t("add.show")}</Button></div>
    </div>
  );
}
