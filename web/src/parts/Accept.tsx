// The yes to the privacy policy: before anything else, at joining and where the text in force asks for it anew.
import { type ReactNode, useState } from "react";
import { type AskError, get, post } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import { useWords } from "../words";
import { Brand } from "./Brand";
import { Button, Checkbox } from "./controls";
import { useHome } from "./home";
import { go } from "./route";
import { Failure, Loading } from "./states";

interface Standing { due: boolean; pinned: { version: string } | null; number: number }

/** The hash of the text in force, which a yes names. */
export const textHash = async () => (await get<{ hash: string }>("/policy")).hash;

/** A box that can be ticked once the text was opened. */
export function ReadAndAgree({ on, onChange }: { on: boolean; onChange: (on: boolean) => void }) {
  const { t, language } = useWords();
  const [opened, setOpened] = useState(false);
  return (
    <div className="stack">
      <a href={`/privacy?lang=${language}`} target="_blank" rel="noreferrer" onClick={() => setOpened(true)}>{t("yes.open")}</a>
      {opened ? <Checkbox on={on} onChange={onChange}>{t("yes.agree")}</Checkbox> : <p className="soft">{t("yes.first")}</p>}
    </div>
  );
}

/** Shows its children to who said yes; to who has still to, the question, their copy and the way out. */
export function Accepted({ children }: { children: ReactNode }) {
  const { t } = useWords();
  const { leave } = useHome();
  const asked = useAsk<Standing>("/me/acceptance");
  const [on, setOn] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [error, setError] = useState<AskError>();
  if (asked.error) return <main className="alone"><Failure error={asked.error} again={() => void asked.again()} /></main>;
  if (!asked.data) return <main className="alone"><Loading /></main>;
  if (!asked.data.due || leaving) return <>{children}</>;
  const agree = async () => {
    setError(undefined);
    try {
      await post("/me/acceptance", { hash: await textHash() });
      await asked.again();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <main className="alone">
      <section className="door" aria-labelledby="yes-title">
        <Brand />
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void agree(); }}>
          <h1 id="yes-title">{t("yes.title")}</h1>
          <p>{t("yes.lead")}</p>
          {error ? <Failure error={error} /> : null}
          <ReadAndAgree on={on} onChange={setOn} />
          <Button kind="primary" type="submit" isDisabled={!on}>{t("yes.go")}</Button>
          <p className="soft">{t("yes.no")}</p>
          <div className="row"><Button kind="quiet" onPress={() => { go("/requests"); setLeaving(true); }}>{t("yes.leave")}</Button><Button kind="quiet" onPress={() => void leave()}>{t("act.signOut")}</Button></div>
        </form>
      </section>
    </main>
  );
}

/** Tells who stayed with an older text that they did, and lets them say yes to the newer one. */
export function Pinned() {
  const { t } = useWords();
  const asked = useAsk<Standing>("/me/acceptance");
  const [on, setOn] = useState(false);
  const [error, setError] = useState<AskError>();
  if (!asked.data?.pinned) return null;
  const agree = async () => {
    try {
      await post("/me/acceptance", { hash: await textHash() });
      await asked.again();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <section className="section">
      <h2>{t("about.policy")}</h2>
      <p>{t("yes.pinned", { version: asked.data.pinned.version })}</p>
      {error ? <Failure error={error} /> : null}
      <ReadAndAgree on={on} onChange={setOn} />
      <div className="row"><Button isDisabled={!on} onPress={() => void agree()}>{t("yes.agree")}</Button></div>
    </section>
  );
}
