// Units that are in alarm at this moment, from the stream.
import { BellOff } from "lucide-react";
import { useFleetTick, useGarage } from "../parts/home";
import { go } from "../parts/route";
import { Empty } from "../parts/states";
import { StatusWord } from "../parts/status";
import { useWords } from "../words";
import { age } from "../words/format";
import { lines } from "./UnitsPanel";

export function Alarms() {
  const { t } = useWords();
  const { fleet, units } = useGarage();
  useFleetTick(fleet);
  const found = lines(units, (id) => fleet.rows.row(id), fleet.rows.status, "", "", "alarm");
  if (found.length === 0) return <Empty icon={BellOff} title={t("alarms.none")}>{t("alarms.noneLead")}</Empty>;
  return (
    <ul className="plain-list panel-pad">
      {found.map(({ unit, status, row }) => (
        <li key={unit.id}>
          <button type="button" className="list-button" onClick={() => go(`/units/${unit.id}`)}>
            <b>{unit.name}</b><StatusWord status={status} /><small>{row === undefined ? "" : age(fleet.rows.fixMs[row] ?? 0, fleet.nowMs())}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}
