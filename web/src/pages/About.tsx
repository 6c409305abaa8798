// What this is, what it is made from, and where its promises stand.
import { useEffect, useState } from "react";
import { useAsk } from "../api/useAsk";
import { Button } from "../parts/controls";
import { useHome } from "../parts/home";
import { go } from "../parts/route";
import { Page, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { dateTime, unit } from "../words/format";

export function About() {
  const { t, language } = useWords();
  const { may, session } = useHome();
  const policy = useAsk<PolicyTold>("/policy");
  const versions = useAsk<Version[]>("/policy/versions");
  const [notice, setNotice] = useState("");
  useEffect(() => { fetch("/notice.txt").then((answer) => answer.text()).then(setNotice, () => undefined); }, []);
  return (
    <Page title={t("about.title")} lead={t("about.lead")}>
      <section className="section">
        <h2>{t("about.promises")}</h2>
        <p>{t("about.promisesLead", { profile: session.profile.id })}</p>
        <p className="row"><a href={`/privacy?lang=${language}`}>{t("about.policy")}</a><a href={`/proof?lang=${language}`}>{t("about.proofs")}</a></p>
        <Shown asked={policy} lines={3}>{(found) => <Policy found={found} />}</Shown>
        {may("organisations:write") ? <p className="row"><Button onPress={() => go("/duties")}>{t("duty.open")}</Button><Button onPress={() => go("/incidents")}>{t("incident.title")}</Button></p> : null}
      </section>
      <section className="section">
        <h2>{t("about.versions")}</h2>
        <Shown asked={versions} lines={2}>{(found) => <Versions found={found} />}</Shown>
      </section>
      <section className="section">
        <h2>{t("about.cookies")}</h2>
        <ul className="bullets">{session.profile.cookies.map((one) => <li key={one}><code>{one}</code> · {policy.data?.cookies?.find((cookie) => cookie.name === one)?.purpose}</li>)}</ul>
      </section>
      <section className="section"><h2>{t("about.map")}</h2><p>{t("about.mapLead")}</p></section>
      <section className="section"><h2>{t("about.licences")}</h2><pre className="notice" dir="ltr" tabIndex={0} role="region" aria-label={t("about.licences")}>{notice}</pre></section>
    </Page>
  );
}

interface Kept { start: string; length: string; action: string }
interface PolicyTold {
  id: string;
  version: string;
  hash: string;
  changed_ms: number;
  effective_ms: number;
  categories?: { id: string; says: string; retention?: Kept }[];
  cookies?: { name: string; purpose: string }[];
}

interface Version { number: number; version: string; hash: string; effective_ms: number; in_force: boolean; open: boolean }

function Versions({ found }: { found: Version[] }) {
  const { t } = useWords();
  return (
    <>
      <ul className="bullets">
        {found.map((one) => (
          <li key={one.number}>
            <span dir="ltr">{one.version}</span> · {one.in_force ? <b>{t("about.inForce")}</b> : t("about.from", { from: dateTime(one.effective_ms) })} · <code title={one.hash}>{one.hash.slice(0, 16)}</code>
            {one.open && <> · <a href={`/v1/policy/versions/${one.number}`} aria-label={`${t("about.read")} ${one.version}`}>{t("about.read")}</a></>}
          </li>
        ))}
      </ul>
      {found.some((one) => !one.open) && <p className="soft">{t("about.onRequest")}</p>}
    </>
  );
}

/** Figures and signs that keep their order in a right-to-left sentence. */
const isolated = (text: string) => `\u2066${text}\u2069`;

/** An ISO 8601 length of one unit, in words; nothing for "none". */
function length(text: string): string | null {
  const found = /^P(\d+)([YMD])$/.exec(text);
  if (!found) return null;
  return unit(Number(found[1]), { Y: "year", M: "month", D: "day" }[found[2] ?? "D"] ?? "day", 0, "long");
}

function Policy({ found }: { found: PolicyTold }) {
  const { t } = useWords();
  return (
    <>
      <p className="soft">{t("about.version", { version: isolated(found.version) })} <code title={found.hash}>{found.hash.slice(0, 16)}</code></p>
      <p className="soft">{t("about.changed", { changed: dateTime(found.changed_ms), from: dateTime(found.effective_ms) })}</p>
      <div className="table-room" tabIndex={0} role="region" aria-label={t("about.kept")}>
        <table className="table">
          <thead><tr><th>{t("about.category")}</th><th>{t("about.kept")}</th></tr></thead>
          <tbody>
            {(found.categories ?? []).map(({ id, says, retention }) => (
              <tr key={id}><td dir="auto">{says}</td><td>{retention === undefined ? "" : [length(retention.length), sayAny(`since.${retention.start}`, retention.start)].filter(Boolean).join(" · ")}</td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
