// Tokens for programs: made with some of my own permissions, shown once, revoked at any time.
import { useState } from "react";
import { type AskError, post, remove } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import type { Token } from "../api/types";
import { Ask, Button, Checkbox, CopyText, Field, Pick } from "../parts/controls";
import { useHome } from "../parts/home";
import { Failure, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { count, day } from "../words/format";

const DAY_MS = 86_400_000;
const LENGTHS = ["30", "90", "365"];

export function Tokens() {
  const { t } = useWords();
  const list = useAsk<Token[]>("/me/tokens");
  const [making, setMaking] = useState(false);
  return (
    <section className="section">
      <header className="section-head"><h2>{t("tokens.title")}</h2><Button onPress={() => setMaking(true)}>{t("tokens.add")}</Button></header>
      <p>{t("tokens.lead")}</p>
      <Shown asked={list} lines={1}>
        {(found) => found.length === 0 ? <p className="soft">{t("tokens.none")}</p> : (
          <ul className="rows">
            {found.map((one) => (
              <li key={one.id}><div><b>{one.name}</b><small>{one.scopes.join(", ")}{one.expires_ms ? ` · ${t("tokens.until", { day: day(one.expires_ms) })}` : ""}</small></div>
                <Button kind="quiet" aria-label={`${t("tokens.revoke")}: ${one.name}`} onPress={() => void remove(`/me/tokens/${one.id}`).then(() => list.again())}>{t("tokens.revoke")}</Button></li>
            ))}
          </ul>
        )}
      </Shown>
      {making ? <NewToken onClose={() => { setMaking(false); void list.again(); }} /> : null}
    </section>
  );
}

function NewToken({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const { session } = useHome();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<string[]>(["units:read", "positions:read"].filter((one) => session.permissions.includes(one)));
  const [days, setDays] = useState("90");
  const [secret, setSecret] = useState<string>();
  const [error, setError] = useState<AskError>();
  const make = async () => {
    setError(undefined);
    try {
      const made = await post<{ secret?: string; token?: string }>("/me/tokens", { name: name.trim(), scopes, expires_ms: Date.now() + Number(days) * DAY_MS });
      setSecret(made.secret ?? made.token ?? "");
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <Ask title={t("tokens.add")} open onClose={onClose}>
      {secret !== undefined ? (
        <div className="stack"><p>{t("tokens.once")}</p><CopyText text={secret} label={t("tokens.title")} /><div className="row end"><Button kind="primary" onPress={onClose}>{t("act.done")}</Button></div></div>
      ) : (
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void make(); }}>
          {error ? <Failure error={error} /> : null}
          <Field label={t("word.name")} value={name} onChange={setName} help={t("tokens.nameHelp")} autoFocus required />
          <fieldset className="ticks"><legend>{t("tokens.may")}</legend>
            {session.permissions.map((one) => <Checkbox key={one} on={scopes.includes(one)} onChange={(on) => setScopes(on ? [...scopes, one] : scopes.filter((scope) => scope !== one))}>{sayAny(`scope.${one}`, one)}</Checkbox>)}
          </fieldset>
          <Pick label={t("tokens.length")} value={days} onChange={setDays} choices={LENGTHS.map((one) => ({ id: one, label: t("tokens.days", { n: count(Number(one)) }) }))} />
          <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" type="submit" isDisabled={!name.trim() || scopes.length === 0}>{t("tokens.make")}</Button></div>
        </form>
      )}
    </Ask>
  );
}
