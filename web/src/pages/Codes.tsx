// One-time codes of an authenticator app: switched on with the first code, off with the password.
import { useState } from "react";
import { type AskError, post, remove } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import type { Account } from "../api/types";
import { Ask, Button, CopyText, Field } from "../parts/controls";
import { Failure } from "../parts/states";
import { useWords } from "../words";

interface Offer { secret: string; uri: string; qr_svg: string }

export function Codes() {
  const { t } = useWords();
  const me = useAsk<Account>("/me");
  const on = me.data?.second_factor ?? false;
  const [offer, setOffer] = useState<Offer>();
  const [code, setCode] = useState("");
  const [password, setPassword] = useState("");
  const [dropping, setDropping] = useState(false);
  const [error, setError] = useState<AskError>();
  const run = async (work: () => Promise<void>) => {
    setError(undefined);
    try {
      await work();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  const begin = () => run(async () => { setCode(""); setOffer(await post<Offer>("/me/totp")); });
  const confirm = () => run(async () => { await post("/me/totp/confirm", { code: code.replace(/\s/g, "") }); setOffer(undefined); await me.again(); });
  const drop = () => run(async () => { await remove("/me/totp", { password }); setDropping(false); setPassword(""); await me.again(); });
  return (
    <section className="section">
      <header className="section-head">
        <h2>{t("security.codes")}</h2>
        {on ? <Button onPress={() => { setError(undefined); setDropping(true); }}>{t("security.codesOff")}</Button> : <Button onPress={() => void begin()}>{t("security.codesOn")}</Button>}
      </header>
      <p>{t(on ? "security.codesAreOn" : "security.codesLead")}</p>
      {error && !offer && !dropping ? <Failure error={error} /> : null}
      {offer ? (
        <Ask title={t("security.codesOn")} open onClose={() => setOffer(undefined)}>
          <form className="stack" onSubmit={(event) => { event.preventDefault(); void confirm(); }}>
            <p>{t("security.scan")}</p>
            <img className="qr" alt={t("security.qr")} src={`data:image/svg+xml;utf8,${encodeURIComponent(offer.qr_svg)}`} />
            <CopyText text={offer.secret} label={t("security.secret")} />
            {error ? <Failure error={error} /> : null}
            <Field label={t("signIn.code")} value={code} onChange={setCode} inputMode="numeric" autoComplete="one-time-code" latin autoFocus />
            <div className="row end"><Button onPress={() => setOffer(undefined)}>{t("act.cancel")}</Button><Button kind="primary" type="submit" isDisabled={code.trim().length < 6}>{t("security.codesOn")}</Button></div>
          </form>
        </Ask>
      ) : null}
      <Ask title={t("security.codesOff")} open={dropping} onClose={() => setDropping(false)}>
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void drop(); }}>
          {error ? <Failure error={error} /> : null}
          <Field label={t("security.present")} type="password" value={password} onChange={setPassword} autoComplete="current-password" latin autoFocus />
          <div className="row end"><Button onPress={() => setDropping(false)}>{t("act.cancel")}</Button><Button kind="danger" type="submit" isDisabled={!password}>{t("security.codesOff")}</Button></div>
        </form>
      </Ask>
    </section>
  );
}
