// The rights desk: requests of people, who they are, what is decided, and on what.
import { Download, Inbox } from "lucide-react";
import { useState } from "react";
import { type AskError, get, post } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import { Ask, Button, Field, Pick } from "../parts/controls";
import { useHome } from "../parts/home";
import { go } from "../parts/route";
import { Empty, Failure, Page, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { COPIES, nameOf, type Request, standing } from "./Requests";

interface Person { id: string; name: string }
const PAGE = 500; // as many as the server gives at once
const CORRECTED = ["", "name", "email"] as const;

export function Desk() {
  const { t } = useWords();
  const asked = useAsk<Request[]>("/requests");
  const [open, setOpen] = useState<string>();
  const [more, setMore] = useState<Request[]>([]);
  const [full, setFull] = useState(true);
  const { session } = useHome();
  const again = async () => { setMore([]); setFull(true); return asked.again(); };
  const next = async (after: string) => {
    const page = await get<Request[]>(`/requests?after=${after}`);
    setMore((before) => [...before, ...page]);
    setFull(page.length === PAGE);
  };
  return (
    <Page title={t("desk.title")} lead={t("desk.lead")} basis={t("desk.basis")}>
      <p className="row"><Button kind="quiet" onPress={() => go("/disclosures")}>{t("disclose.open")}</Button></p>
      <Shown asked={asked}>
        {(first) => first.length === 0 ? <Empty icon={Inbox} title={t("request.none")}>{t("desk.noneLead")}</Empty> : (
          <>
            <ul className="rows">
              {[...first, ...more].map((one) => (
                <li key={one.id}>
                  <div>
                    <b dir="auto">{nameOf(one.right)} · {one.person_name ?? one.name ?? t("desk.forgotten")}</b>
                    <small>{standing(one, t)} · {sayAny(`desk.state.${one.state}`, one.state)} · <code dir="ltr">{one.id}</code></small>
                    {one.text ? <small dir="auto">{one.text}</small> : null}
                  </div>
                  {one.state === "closed" || one.person === session.person.id ? null : <Button aria-label={`${t("desk.handle")}: ${one.id}`} onPress={() => setOpen(one.id)}>{t("desk.handle")}</Button>}
                </li>
              ))}
            </ul>
            {full && first.length === PAGE ? <div className="row"><Button onPress={() => void next([...first, ...more].at(-1)!.id)}>{t("desk.more")}</Button></div> : null}
            {[...first, ...more].filter((one) => one.id === open).map((one) => <Handle key={one.id} request={one} onClose={() => setOpen(undefined)} onDone={again} />)}
          </>
        )}
      </Shown>
    </Page>
  );
}

function Handle({ request, onClose, onDone }: { request: Request; onClose: () => void; onDone: () => Promise<unknown> }) {
  const { t } = useWords();
  const people = useAsk<Person[]>("/people");
  const [error, setError] = useState<AskError>();
  const [ground, setGround] = useState(request.decision?.ground || request.grounds[0] || "");
  const [facts, setFacts] = useState(request.decision?.facts ?? "");
  const [reference, setReference] = useState(request.decision?.reference ?? "");
  const [answer, setAnswer] = useState(request.decision?.answer ?? "");
  const [field, setField] = useState<string>("");
  const [value, setValue] = useState("");
  const act = async (what: string, body: unknown = {}, closes = false) => {
    setError(undefined);
    try {
      await post(`/requests/${request.id}/${what}`, body);
      await onDone();
      if (closes) onClose();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <Ask title={`${nameOf(request.right)} · ${request.person_name ?? request.name ?? ""}`} open onClose={onClose}>
      <div className="stack">
        {error ? <Failure error={error} /> : null}
        {request.contact ? <p dir="auto">{request.contact}</p> : null}
        {request.person ? null : (
          <Shown asked={people} lines={1}>
            {(list) => <Pick label={t("desk.about")} value="" onChange={(person) => void act("link", { person })} choices={list.map((one) => ({ id: one.id, label: one.name }))} />}
          </Shown>
        )}
        {request.least_met ? null : (
          <div className="row">
            <Button onPress={() => void act("prove", { level: "document" })}>{t("desk.seen")}</Button>
            <Button kind="quiet" onPress={() => void act("ask-proof")}>{t("desk.askProof")}</Button>
          </div>
        )}
        {COPIES.has(request.right) && request.least_met && request.person
          ? <div className="row"><a className="button plain" href={`/v1/requests/${request.id}/package`} download onClick={() => setTimeout(() => void onDone(), 1000)}><Download size={16} aria-hidden="true" />{t("request.download")}</a></div> : null}
        {request.right === "correct" ? (
          <>
            <Pick label={t("desk.field")} value={field} onChange={setField} choices={CORRECTED.map((one) => ({ id: one, label: t(one === "" ? "desk.field.none" : `desk.field.${one}`) }))} />
            {field ? <Field label={t("desk.value")} value={value} onChange={setValue} /> : null}
          </>
        ) : null}
        <Field label={t("desk.answer")} help={t("desk.answerHelp")} value={answer} onChange={setAnswer} />
        <div className="row"><Button kind="primary" onPress={() => void act("decide", { outcome: "done", answer, field, value }, true)}>{t("desk.done")}</Button></div>
        <h3>{t("desk.refuse")}</h3>
        <p>{t("desk.two")}</p>
        <Pick label={t("desk.ground")} value={ground} onChange={setGround} choices={request.grounds.map((one) => ({ id: one, label: one.replaceAll("_", " ") }))} />
        <Field label={t("desk.facts")} value={facts} onChange={setFacts} />
        <Field label={t("desk.reference")} value={reference} onChange={setReference} />
        <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="danger" onPress={() => void act("decide", { outcome: "refused", answer, ground, facts, reference }, true)}>{t(request.state === "proposed" ? "desk.agree" : "desk.propose")}</Button></div>
      </div>
    </Ask>
  );
}
