// How I sign in: password, one-time codes, passkeys, programs' tokens, open sessions and past sign-ins.
import { useState } from "react";
import { type AskError, post, remove } from "../api/ask";
import { addPasskey, passkeysWork } from "../api/passkey";
import { asError, useAsk } from "../api/useAsk";
import type { OpenSession, Passkey, SignIn } from "../api/types";
import { Ask, Button, Field } from "../parts/controls";
import { Failure, Page, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { dateTime } from "../words/format";
import { Codes } from "./Codes";
import { Tokens } from "./Tokens";

export function Security() {
  const { t } = useWords();
  return (
    <Page title={t("security.title")} basis={t("security.basis")}>
      <Password />
      <Codes />
      <Passkeys />
      <Tokens />
      <Sessions />
      <SignIns />
    </Page>
  );
}

function Password() {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  const [present, setPresent] = useState("");
  const [next, setNext] = useState("");
  const [error, setError] = useState<AskError>();
  const [done, setDone] = useState(false);
  const save = async () => {
    setError(undefined);
    try {
      await post("/me/password", { present, password: next });
      setDone(true);
      setOpen(false);
      setPresent("");
      setNext("");
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <section className="section">
      <header className="section-head"><h2>{t("signIn.password")}</h2><Button onPress={() => setOpen(true)}>{t("security.change")}</Button></header>
      {done ? <p className="good" role="status">{t("security.changed")}</p> : null}
      <Ask title={t("security.change")} open={open} onClose={() => setOpen(false)}>
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
          {error ? <Failure error={error} /> : null}
          <Field label={t("security.present")} type="password" value={present} onChange={setPresent} autoComplete="current-password" latin required />
          <Field label={t("signIn.newPassword")} type="password" value={next} onChange={setNext} autoComplete="new-password" help={t("signIn.passwordHelp")} latin required />
          <div className="row end"><Button onPress={() => setOpen(false)}>{t("act.cancel")}</Button><Button kind="primary" type="submit" isDisabled={!present || next.length < 12}>{t("act.save")}</Button></div>
        </form>
      </Ask>
    </section>
  );
}

function Passkeys() {
  const { t } = useWords();
  const list = useAsk<Passkey[]>("/me/passkeys");
  const [name, setName] = useState("");
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<AskError>();
  const add = async () => {
    setError(undefined);
    try {
      await addPasskey(name.trim() || t("method.passkey"));
      setOpen(false);
      await list.again();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <section className="section">
      <header className="section-head"><h2>{t("security.passkeys")}</h2><Button isDisabled={!passkeysWork()} onPress={() => setOpen(true)}>{t("security.addPasskey")}</Button></header>
      <p>{t("security.passkeysLead")}</p>
      <Shown asked={list} lines={1}>
        {(found) => found.length === 0 ? <p className="soft">{t("security.noPasskeys")}</p> : (
          <ul className="rows">
            {found.map((one) => (
              <li key={one.id}><div><b>{one.name}</b><small>{one.used_ms ? t("security.used", { time: dateTime(one.used_ms) }) : t("security.unused")}</small></div>
                <Button kind="quiet" aria-label={`${t("act.remove")}: ${one.name}`} onPress={() => void remove(`/me/passkeys/${one.id}`).then(() => list.again())}>{t("act.remove")}</Button></li>
            ))}
          </ul>
        )}
      </Shown>
      <Ask title={t("security.addPasskey")} open={open} onClose={() => setOpen(false)}>
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void add(); }}>
          {error ? <Failure error={error} /> : null}
          <Field label={t("word.name")} value={name} onChange={setName} help={t("security.passkeyName")} autoFocus />
          <div className="row end"><Button onPress={() => setOpen(false)}>{t("act.cancel")}</Button><Button kind="primary" type="submit">{t("security.addPasskey")}</Button></div>
        </form>
      </Ask>
    </section>
  );
}

function Sessions() {
  const { t } = useWords();
  const list = useAsk<OpenSession[]>("/me/sessions");
  return (
    <section className="section">
      <h2>{t("security.sessions")}</h2>
      <Shown asked={list} lines={2}>
        {(found) => (
          <ul className="rows">
            {found.map((one) => (
              <li key={one.id}>
                <div><b dir="auto">{browserName(one.agent) || one.source || t("security.session")}</b><small>{one.source ? <bdi>{one.source} · </bdi> : null}{one.seen_ms ? t("security.seen", { time: dateTime(one.seen_ms) }) : ""}</small></div>
                {one.current ? <span className="role">{t("security.here")}</span> : <Button kind="quiet" onPress={() => void remove(`/me/sessions/${one.id}`).then(() => list.again())}>{t("security.end")}</Button>}
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </section>
  );
}

function SignIns() {
  const { t } = useWords();
  const list = useAsk<SignIn[]>("/me/signins");
  return (
    <section className="section">
      <h2>{t("security.signins")}</h2>
      <Shown asked={list} lines={2}>
        {(found) => (
          <div className="table-room" tabIndex={0} role="region" aria-label={t("security.signins")}>
            <table className="table">
              <thead><tr><th>{t("looked.when")}</th><th>{t("security.outcome")}</th><th>{t("security.how")}</th><th>{t("security.where")}</th></tr></thead>
              <tbody>
                {found.slice(0, 30).map((one) => (
                  <tr key={`${one.time_ms}${one.result}`}><td className="tabular">{dateTime(one.time_ms)}</td><td>{sayAny(`outcome.${one.result}`, one.result)}</td><td>{sayAny(`method.${one.method ?? ""}`, one.method ?? "")}</td><td><bdi>{[browserName(one.agent), one.source].filter(Boolean).join(" · ")}</bdi></td></tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Shown>
    </section>
  );
}

/** The browser and system of a user agent, as people call them. */
export function browserName(agent: string | null | undefined): string {
  const browser = /(Edg|Firefox|Chrome|Safari)\//.exec(agent ?? "")?.[1]?.replace("Edg", "Edge");
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent ?? "")?.[1]?.replace("Mac OS X", "macOS");
  return [browser, system].filter(Boolean).join(", ");
}
