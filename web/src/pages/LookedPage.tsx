// Who looked at me, why and when, with a proof of each line that this browser checks itself.
import { BadgeCheck, Eye, ShieldX } from "lucide-react";
import { useState } from "react";
import { get } from "../api/ask";
import type { Looked } from "../api/types";
import { useAsk } from "../api/useAsk";
import { Button } from "../parts/controls";
import { Empty, Page, Shown } from "../parts/states";
import { type Proof, type Verdict, verify } from "../proof/witness";
import { sayAny, useWords } from "../words";
import { count, dateTime } from "../words/format";

export function LookedPage() {
  const { t } = useWords();
  const looked = useAsk<Looked[]>("/me/looked");
  return (
    <Page title={t("looked.title")} lead={t("looked.lead")} basis={t("looked.basis")}>
      <Shown asked={looked}>
        {(list) => list.length === 0 ? <Empty icon={Eye} title={t("looked.none")}>{t("looked.noneLead")}</Empty> : (
          <div className="table-room" tabIndex={0} role="region" aria-label={t("looked.title")}>
            <table className="table">
              <thead><tr><th>{t("looked.when")}</th><th>{t("looked.who")}</th><th>{t("looked.why")}</th><th>{t("looked.what")}</th><th><span className="unseen">{t("looked.proof")}</span></th></tr></thead>
              <tbody>{list.map((one) => <Line key={one.index} line={one} />)}</tbody>
            </table>
          </div>
        )}
      </Shown>
    </Page>
  );
}

function Line({ line }: { line: Looked }) {
  const { t } = useWords();
  const [verdict, setVerdict] = useState<Verdict | "asking" | "failed">();
  const check = async () => {
    setVerdict("asking");
    try {
      setVerdict(await verify(await get<Proof>(`/me/looked/${line.index}/proof`), line));
    } catch {
      setVerdict("failed");
    }
  };
  const span = !line.purpose ? "" : line.from_ms == null ? t("looked.latest") : `${dateTime(line.from_ms)} – ${line.to_ms == null ? "" : dateTime(line.to_ms)}`;
  return (
    <tr>
      <td className="tabular">{dateTime(line.time_ms)}</td>
      <td>{line.viewer_name ?? t("looked.goneName")}</td>
      <td>{line.purpose ? sayAny(`purpose.${line.purpose}`, line.purpose) : sayAny(`kind.${line.kind}`, line.kind)}{line.because ? <small dir="auto"> · {line.because}</small> : null}</td>
      <td>{span}{line.count > 0 ? <small> · {t("looked.count", { n: count(line.count) })}</small> : null}</td>
      <td>
        {verdict === undefined || verdict === "asking"
          ? <Button kind="quiet" busy={verdict === "asking"} onPress={() => void check()}>{t("looked.check")}</Button>
          : <span className={verdict === "holds" ? "verdict good" : "verdict bad"} role="status">
              {verdict === "holds" ? <BadgeCheck size={16} aria-hidden="true" /> : <ShieldX size={16} aria-hidden="true" />}{t(`proof.${verdict}`)}
            </span>}
      </td>
    </tr>
  );
}
