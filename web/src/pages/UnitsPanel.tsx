// The units: search, group and status filters, and a virtual grid that arrows move through; the map's text twin.
import { Maximize, Search, Truck } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import { Input, SearchField } from "react-aria-components";
import type { Unit } from "../api/types";
import type { Status } from "../live/frame";
import { Button, IconButton, Pick } from "../parts/controls";
import { useFleetTick, useGarage, useHome } from "../parts/home";
import { go } from "../parts/route";
import { Empty, Loading } from "../parts/states";
import { StatusMark, statusOf } from "../parts/status";
import { VirtualGrid } from "../parts/VirtualGrid";
import { useWords } from "../words";
import { age, count, speed } from "../words/format";

const CHIPS: Status[] = ["alarm", "moving", "idling", "stopped", "offline", "private"];

export interface Line { unit: Unit; status: Status; row: number | undefined }

/** The units that pass the filters, by name; status comes from the stream, else from the list. */
export function lines(units: Unit[], row: (id: string) => number | undefined, status: Uint8Array, search: string, group: string, wanted: string): Line[] {
  const text = search.trim().toLocaleLowerCase();
  const found: Line[] = [];
  for (const unit of units) {
    const at = row(unit.id);
    const now: Status = unit.private ? "private" : at === undefined ? "offline" : statusOf(status[at]);
    if (group !== "" && unit.group !== group) continue;
    if (wanted !== "" && now !== wanted) continue;
    if (text && !`${unit.name} ${unit.plate ?? ""} ${unit.model ?? ""} ${unit.unique_id_tail ?? ""}`.toLocaleLowerCase().includes(text)) continue;
    found.push({ unit, status: now, row: at });
  }
  return found;
}

export function UnitsPanel({ chosen, onShowAll }: { chosen: string | null; onShowAll: () => void }) {
  const { t, language } = useWords();
  const { may } = useHome();
  const garage = useGarage();
  const { fleet, groups } = garage;
  const tick = useFleetTick(fleet);
  const [search, setSearch] = useState("");
  const [group, setGroup] = useState("");
  const [wanted, setWanted] = useState("");
  const grid = useRef<HTMLDivElement>(null);
  const sorted = useMemo(() => {
    const order = new Intl.Collator(language, { numeric: true });
    return [...garage.units].sort((a, b) => order.compare(a.name, b.name));
  }, [garage.units, language]);
  const shown = useMemo(
    () => lines(sorted, (id) => fleet.rows.row(id), fleet.rows.status, search, group, wanted),
    [sorted, fleet, search, group, wanted, tick],
  );
  const counts = useMemo(() => {
    const found = new Map<Status, number>();
    for (const line of lines(sorted, (id) => fleet.rows.row(id), fleet.rows.status, "", "", "")) found.set(line.status, (found.get(line.status) ?? 0) + 1);
    return found;
  }, [sorted, fleet, tick]);
  const typed = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "Enter") { event.preventDefault(); grid.current?.focus(); }
  };
  useUnknownUnits();

  if (garage.loading) return <div className="panel-pad"><Loading lines={8} /></div>;
  if (garage.units.length === 0) {
    return (
      <Empty icon={Truck} title={t("units.none")} act={may("units:write") ? <Button kind="primary" onPress={() => go("/add")}>{t("nav.add")}</Button> : undefined}>
        {t(may("units:write") ? "units.noneLead" : "units.noneViewer")}
      </Empty>
    );
  }
  return (
    <div className="units">
      <div className="units-tools">
        <SearchField className="units-search" aria-label={t("units.search")} value={search} onChange={setSearch} onKeyDown={typed}>
          <Search size={16} aria-hidden="true" /><Input placeholder={t("units.search")} /><kbd aria-hidden="true">/</kbd>
        </SearchField>
        <IconButton label={t("units.showAll")} onPress={onShowAll}><Maximize size={18} /></IconButton>
      </div>
      <div className="chips" role="group" aria-label={t("units.byStatus")}>
        {CHIPS.filter((status) => counts.has(status) || wanted === status).map((status) => (
          <button key={status} type="button" className={wanted === status ? "chip on" : "chip"} aria-pressed={wanted === status}
            onClick={() => setWanted(wanted === status ? "" : status)}>
            <StatusMark status={status} size={12} /><span className="chip-word">{t(`status.${status}`)}</span> <b>{count(counts.get(status) ?? 0)}</b>
          </button>
        ))}
      </div>
      {groups.length > 1 ? (
        <Pick compact label={t("units.group")} value={group === "" ? "all" : group} onChange={(next) => setGroup(next === "all" ? "" : next)}
          choices={[{ id: "all", label: t("units.allGroups") }, ...groups.map((one) => ({ id: one.id, label: one.name }))]} />
      ) : null}
      {shown.length === 0 ? (
        <Empty icon={Search} title={t("units.noMatch")} act={<Button onPress={() => { setSearch(""); setGroup(""); setWanted(""); }}>{t("units.clear")}</Button>} />
      ) : (
        <VirtualGrid ref={grid} label={t("nav.units")} count={shown.length} rowPx={56} chosen={shown.findIndex((line) => line.unit.id === chosen)}
          keyOf={(i) => shown[i]?.unit.id ?? String(i)} onOpen={(i) => { const line = shown[i]; if (line) go(`/units/${line.unit.id}`); }}
          render={(i) => <UnitLine line={shown[i] as Line} />} />
      )}
      <p className="units-foot" aria-live="off">{t("units.count", { n: count(shown.length), all: count(garage.units.length) })}</p>
    </div>
  );
}

function UnitLine({ line: { unit, status, row } }: { line: Line }) {
  const { t } = useWords();
  const { fleet, groups } = useGarage();
  const { rows } = fleet;
  const fix = row === undefined ? 0 : rows.fixMs[row] ?? 0;
  const groupName = groups.find((one) => one.id === unit.group)?.name;
  return (
    <>
      <div role="gridcell" className="line-mark"><StatusMark status={status} courseDeg={row === undefined ? 0 : rows.courseDeg[row]} size={16} /></div>
      <div role="gridcell" className="line-name"><b>{unit.name}</b><small>{[unit.plate, groupName].filter(Boolean).join(" · ") || unit.model || t("units.noGroup")}</small></div>
      <div role="gridcell" className="line-now">
        <span className={`status-text ${status}`}>{status === "moving" && row !== undefined ? speed(rows.speedMps[row] ?? 0) : t(`status.${status}`)}</span>
        <small>{status === "private" ? "" : fix > 0 ? age(fix, fleet.nowMs()) : t("units.never")}</small>
      </div>
    </>
  );
}

/** A unit that reports but is not in the list was added elsewhere: ask for the list again, not more than every ten seconds. */
function useUnknownUnits(): void {
  const { fleet, byId, loading, again } = useGarage();
  const tick = useFleetTick(fleet);
  const asked = useRef(0);
  useEffect(() => {
    if (loading || fleet.rows.count <= byId.size || performance.now() - asked.current < 10_000) return;
    asked.current = performance.now();
    void again();
  }, [tick, fleet, byId, loading, again]);
}
