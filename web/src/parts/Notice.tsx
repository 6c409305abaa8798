// A new version of the policy, told on the first page and at the way in until it is closed or old.
import { FileText } from "lucide-react";
import { useState } from "react";
import { post } from "../api/ask";
import { useAsk } from "../api/useAsk";
import { sayAny, useWords } from "../words";
import { Button } from "./controls";
import { go } from "./route";

interface Banner { number: number; version: string; effective_ms: number }

function Told({ banner }: { banner: Banner }) {
  const { t, language } = useWords();
  const when = new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(banner.effective_ms); // nobody's manner is known at the door
  const key = banner.effective_ms > Date.now() ? "notice.coming" : "notice.holds";
  return (
    <p>
      <FileText size={16} aria-hidden="true" /> {t(key, { when })}{" "}
      <a href={`/privacy/versions/${banner.number}/changes?lang=${language}`}>{t("notice.changes")}</a>{" "}
      <a href={`/privacy/versions/${banner.number}?lang=${language}`}>{t("notice.whole")}</a>
    </p>
  );
}

/** For who is signed in: stays until they close it. */
export function HomeNotice() {
  const { t } = useWords();
  const asked = useAsk<Banner[]>("/me/notices", 300_000);
  const [closed, setClosed] = useState<number[]>([]);
  const next = asked.data?.find((one) => !closed.includes(one.number));
  if (next === undefined) return null;
  const close = () => {
    setClosed([...closed, next.number]);
    post(`/me/notices/${next.number}/seen`).catch(() => setClosed(closed));
  };
  return <aside className="notice-bar" aria-label={t("notice.label")}><Told banner={next} /><Button kind="quiet" onPress={() => go("/requests")}>{t("notice.decline")}</Button><Button kind="plain" onPress={close}>{t("notice.close")}</Button></aside>;
}

/** For everyone who comes to the way in. */
export function DoorNotice() {
  const { t } = useWords();
  const banner = useAsk<{ notice: Banner | null }>("/policy/notice").data?.notice;
  return banner ? <aside className="notice-bar" aria-label={t("notice.label")}><Told banner={banner} /></aside> : null;
}

interface Happened { id: string; kind: string; aware_ms: number; parts: Record<string, string>; state: string }

/** What happened to one's own data: every part of the notice, until one says that it was read. */
export function IncidentNotice() {
  const { t } = useWords();
  const asked = useAsk<Happened[]>("/me/incidents", 300_000);
  const next = asked.data?.find((one) => one.state === "waiting");
  if (next === undefined) return null;
  return (
    <aside className="notice-bar" aria-label={t("incident.own")}>
      <dl className="happened">
        <dt>{t("incident.own")}</dt>
        {Object.entries(next.parts).map(([name, text]) => <dd key={name}><b>{sayAny(`incident.part.${name}`, name)}:</b> <span dir="auto">{text}</span></dd>)}
      </dl>
      <Button kind="plain" onPress={() => void post(`/me/incidents/${next.id}/seen`).then(asked.again)}>{t("incident.read")}</Button>
    </aside>
  );
}
