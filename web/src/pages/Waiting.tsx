// Devices that knock without being known: enrol one, or leave it outside.
import { DoorClosed } from "lucide-react";
import { useAsk } from "../api/useAsk";
import type { Waiting } from "../api/types";
import { Button } from "../parts/controls";
import { useHome } from "../parts/home";
import { go } from "../parts/route";
import { Empty, Page, Shown } from "../parts/states";
import { sayAny, useWords } from "../words";
import { dateTime } from "../words/format";

export function WaitingPage() {
  const { t } = useWords();
  const { may } = useHome();
  const waiting = useAsk<Waiting[]>("/waiting", 5000);
  return (
    <Page title={t("waiting.title")} lead={t("waiting.lead")} basis={t("waiting.basis")}>
      <Shown asked={waiting}>
        {(list) => list.length === 0
          ? <Empty icon={DoorClosed} title={t("waiting.none")} act={may("units:write") ? <Button kind="primary" onPress={() => go("/add")}>{t("nav.add")}</Button> : undefined}>{t("waiting.noneLead")}</Empty>
          : (
            <div className="table-room" tabIndex={0} role="region" aria-label={t("waiting.title")}>
              <table className="table">
                <thead><tr><th>{t("add.uniqueId")}</th><th>{t("add.protocol")}</th><th>{t("waiting.first")}</th><th>{t("waiting.last")}</th><th /></tr></thead>
                <tbody>
                  {list.map((one) => (
                    <tr key={`${one.protocol}${one.unique_id}`}>
                      <td><code dir="ltr">{one.unique_id}</code></td><td>{sayAny(`protocol.${one.protocol}`, one.protocol)}</td>
                      <td className="tabular">{dateTime(one.first_ms)}</td><td className="tabular">{dateTime(one.last_ms)}</td>
                      <td>{may("units:write") ? <Button onPress={() => go(`/add?protocol=${one.protocol}&id=${encodeURIComponent(one.unique_id)}`)}>{t("waiting.enrol")}</Button> : null}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
      </Shown>
    </Page>
  );
}
