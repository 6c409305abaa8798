// The way in: name and password, second factor, passkey, or a one-time link.
import { KeyRound, LogIn } from "lucide-react";
import { type FormEvent, useEffect, useState } from "react";
import { type AskError, post } from "../api/ask";
import { getPasskey, passkeysWork } from "../api/passkey";
import { asError } from "../api/useAsk";
import type { Session } from "../api/types";
import { Button, Checkbox, Field, Pick } from "../parts/controls";
import { ReadAndAgree, textHash } from "../parts/Accept";
import { Brand } from "../parts/Brand";
import { DoorNotice } from "../parts/Notice";
import { Failure, Loading } from "../parts/states";
import { type Language, LANGUAGES, speak, spoken, toServer, useWords } from "../words";

interface Props { secret: string | null; onDone: (session: Session) => Promise<void>; onForget: () => void }

export function SignIn({ secret, onDone, onForget }: Props) {
  const { t, language } = useWords();
  return (
    <main className="alone">
      <section className="door" aria-labelledby="door-title">
        <Brand />
        <DoorNotice />
        {secret === null ? <Password onDone={onDone} /> : <LinkDoor secret={secret} onDone={onDone} onForget={onForget} />}
        <footer className="door-foot">
          <Pick compact label={t("settings.language")} value={language} onChange={(next) => void speak(next as Language)}
            choices={Object.entries(LANGUAGES).map(([id, label]) => ({ id, label }))} />
          <span>{t("signIn.cookies")} <a href={`/privacy?lang=${language}`}>{t("about.policy")}</a></span>
        </footer>
      </section>
    </main>
  );
}

function Password({ onDone }: { onDone: Props["onDone"] }) {
  const { t } = useWords();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [second, setSecond] = useState(false);
  const [forgot, setForgot] = useState(false);
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState<"password" | "passkey">();

  const run = async (kind: "password" | "passkey", work: () => Promise<Session>) => {
    setBusy(kind);
    setError(undefined);
    try {
      await onDone(await work());
    } catch (caught) {
      const known = asError(caught);
      if (known.slug === "second-factor" && !second) setSecond(true);
      else setError(known);
    } finally {
      setBusy(undefined);
    }
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void run("password", () => post<Session>("/session", { login, password, ...(second ? { code: code.replace(/\s/g, "") } : {}) }));
  };
  return (
    <form className="stack" onSubmit={submit}>
      <h1 id="door-title">{t("signIn.title")}</h1>
      {error ? <Failure error={error} /> : null}
      {second ? (
        <>
          <p>{t("signIn.secondLead")}</p>
          <Field label={t("signIn.code")} value={code} onChange={setCode} inputMode="numeric" autoComplete="one-time-code" autoFocus latin required />
        </>
      ) : (
        <>
          <Field label={t("signIn.login")} name="username" value={login} onChange={setLogin} autoComplete="username" autoFocus required />
          <Field label={t("signIn.password")} name="password" type="password" value={password} onChange={setPassword} autoComplete="current-password" latin required />
        </>
      )}
      <Button kind="primary" type="submit" busy={busy === "password"} isDisabled={second ? code.trim().length < 6 : !login || !password}>
        <LogIn size={16} aria-hidden="true" className="flip" />{t("signIn.enter")}
      </Button>
      {forgot ? <p role="status">{t("signIn.forgotSent")}</p> : null}
      {second ? null : <Button kind="quiet" isDisabled={!login} onPress={() => void post("/session/forgotten", { login }).then(() => setForgot(true), (caught: unknown) => setError(asError(caught)))}>{t("signIn.forgot")}</Button>}
      {passkeysWork() && !second ? (
        <Button busy={busy === "passkey"} onPress={() => void run("passkey", getPasskey)}>
          <KeyRound size={16} aria-hidden="true" />{t("signIn.passkey")}
        </Button>
      ) : null}
    </form>
  );
}

type LinkKind = "first-administrator" | "invitation" | "reset" | "sign-in";
interface LinkTold { kind: LinkKind; needs: string[]; least_age: number | null }

function LinkDoor({ secret, onDone, onForget }: { secret: string; onDone: Props["onDone"]; onForget: () => void }) {
  const { t, language } = useWords();
  const [told, setTold] = useState<LinkTold>();
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState(false);
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [ofAge, setOfAge] = useState(false);
  const [agreed, setAgreed] = useState(false);

  const accept = async (body: Record<string, string | boolean>) => {
    setBusy(true);
    setError(undefined);
    try {
      const read = agreed ? { policy: await textHash() } : {};
      await onDone(await post<Session>("/session/link/accept", { secret, ...body, ...read }));
    } catch (caught) {
      setError(asError(caught));
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    let live = true;
    post<LinkTold>("/session/link", { secret }).then(
      (found) => {
        if (!live) return;
        setTold(found);
        if (found.needs.length === 0) void accept({});
      },
      (caught: unknown) => { if (live) setError(asError(caught)); },
    );
    return () => { live = false; };
    // The secret is asked about once.
  }, [secret]);

  if (!told) {
    return (
      <div className="stack">
        <h1 id="door-title">{t("signIn.linkTitle")}</h1>
        {error ? <><Failure error={error} /><Button onPress={onForget}>{t("signIn.withPassword")}</Button></> : <Loading lines={2} />}
      </div>
    );
  }
  const needs = (field: string) => told.needs.includes(field);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void accept({
      ...(needs("name") ? { name } : {}), ...(needs("email") && email ? { email } : {}), ...(needs("password") ? { password } : {}),
      ...(needs("code") ? { code: code.replace(/\s/g, "") } : {}), ...(needs("age") ? { of_age: ofAge } : {}), language: toServer(spoken()), zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <h1 id="door-title">{t(`signIn.link.${told.kind}`)}</h1>
      {error ? <Failure error={error} /> : null}
      {needs("name") ? <Field label={t("person.name")} value={name} onChange={setName} autoComplete="name" autoFocus required /> : null}
      {needs("email") ? <Field label={t("person.email")} type="email" value={email} onChange={setEmail} autoComplete="email" latin /> : null}
      {needs("password") ? (
        <Field label={t("signIn.newPassword")} type="password" value={password} onChange={setPassword} autoComplete="new-password" help={t("signIn.passwordHelp")} latin required />
      ) : null}
      {needs("code") ? <Field label={t("signIn.code")} value={code} onChange={setCode} inputMode="numeric" autoComplete="one-time-code" latin required /> : null}
      {needs("age") ? <Checkbox on={ofAge} onChange={setOfAge}>{t("signIn.ofAge", { n: new Intl.NumberFormat(language).format(told.least_age ?? 0) })}</Checkbox> : null}
      {needs("policy") ? <ReadAndAgree on={agreed} onChange={setAgreed} /> : null}
      <Button kind="primary" type="submit" busy={busy} isDisabled={(needs("age") && !ofAge) || (needs("policy") && !agreed) || (needs("name") && !name.trim()) || (needs("password") && password.length < 12)}>
        {t("signIn.enter")}
      </Button>
    </form>
  );
}
