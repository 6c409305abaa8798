// The selected unit: what it does now, how fresh that is, its sensors, and the ways on.
import { EyeOff, History as HistoryIcon, MoreHorizontal, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button as Press, Menu, MenuItem, MenuTrigger, Popover } from "react-aria-components";
import { remove } from "../api/ask";
import type { Unit } from "../api/types";
import type { MapRoom } from "../map/room";
import { Danger, IconButton } from "../parts/controls";
import { useFleetTick, useGarage, useHome } from "../parts/home";
import { go } from "../parts/route";
import { Empty } from "../parts/states";
import { StatusMark, statusOf } from "../parts/status";
import { useWords } from "../words";
import { age, clock, speed } from "../words/format";
import { EditUnit } from "./EditUnit";
import { attributeSensors, fixSensors, type Sensor } from "./sensors";

const SENSORS_EVERY_MS = 60_000; // each reading is a line in someone's "who looked": as few as the card needs

export function UnitCard({ id, room }: { id: string; room: MapRoom | null }) {
  const { t } = useWords();
  const { may } = useHome();
  const { fleet, byId, groups, again, loading, latest, refresh } = useGarage();
  useFleetTick(fleet);
  const unit = byId.get(id);
  const told = latest.get(id);
  const old = told === undefined || fleet.nowMs() - told.fix_ms > SENSORS_EVERY_MS;
  useEffect(() => {
    if (old) void refresh();
    const timer = setInterval(() => { if (!document.hidden) void refresh(); }, SENSORS_EVERY_MS);
    return () => clearInterval(timer);
    // Asked once when the card opens, then by the clock.
  }, [id]);
  const [editing, setEditing] = useState(false);
  const [forgetting, setForgetting] = useState(false);
  const accuracy = told?.accuracy_m ?? null;
  useEffect(() => { room?.setAccuracy(accuracy); return () => room?.setAccuracy(null); }, [room, accuracy]);

  if (!unit) {
    return loading ? null : <div className="card"><Empty icon={EyeOff} title={t("unit.gone")}>{t("unit.goneLead")}</Empty></div>;
  }
  const row = fleet.rows.row(id);
  const code = unit.private ? 5 : row === undefined ? 0 : fleet.rows.status[row] ?? 0;
  const status = statusOf(code);
  const fixMs = row === undefined ? told?.fix_ms ?? 0 : fleet.rows.fixMs[row] ?? 0;
  const group = groups.find((one) => one.id === unit.group)?.name;
  return (
    <article className="card" aria-labelledby="card-name">
      <header className="card-head">
        <div>
          <h2 id="card-name">{unit.name}</h2>
          <p>{[unit.plate, group, unit.model].filter(Boolean).join(" · ")}</p>
        </div>
        {may("units:write") ? <More onEdit={() => setEditing(true)} onForget={may("units:forget") ? () => setForgetting(true) : null} /> : null}
        <IconButton label={t("act.close")} onPress={() => go("/")}><X size={18} /></IconButton>
      </header>
      <div className={`card-now ${status}`}>
        <StatusMark status={status} size={22} courseDeg={row === undefined ? 0 : fleet.rows.courseDeg[row]} />
        <div>
          <strong>{t(`status.${status}`)}{status === "moving" && row !== undefined ? <span className="tabular"> · {speed(fleet.rows.speedMps[row] ?? 0)}</span> : null}</strong>
          <small>{status === "private" ? t("unit.privateLead") : fixMs > 0 ? `${age(fixMs, fleet.nowMs())} · ${clock(fixMs)}` : t("units.never")}</small>
        </div>
      </div>
      {told && status !== "private" ? <Sensors list={[...attributeSensors(told.attributes ?? {}), ...fixSensors(told, status === "moving")]} fixMs={told.fix_ms} /> : null}
      <div className="row">
        <Press className="button primary" onPress={() => go(`/history/${id}`)}><HistoryIcon size={16} aria-hidden="true" />{t("history.title")}</Press>
      </div>
      <p className="basis">{t("unit.basis")}</p>
      {editing ? <EditUnit unit={unit} onClose={() => setEditing(false)} onSaved={again} /> : null}
      {may("units:forget") ? <Forget unit={unit} open={forgetting} onClose={() => setForgetting(false)} /> : null}
    </article>
  );
}

function Sensors({ list, fixMs }: { list: Sensor[]; fixMs: number }) {
  const { t } = useWords();
  const { fleet } = useGarage();
  if (list.length === 0) return null;
  return (
    <section aria-labelledby="sensors-title">
      <h3 id="sensors-title" className="small-head">{t("unit.sensors")} <small>{age(fixMs, fleet.nowMs())}</small></h3>
      <dl className="sensors">
        {list.map(({ id, icon: Icon, label, value, latin }) => (
          <div key={id} className={id === "place" ? "wide" : ""}><dt><Icon size={15} strokeWidth={1.75} aria-hidden="true" />{label}</dt><dd dir={latin ? "ltr" : "auto"}>{value}</dd></div>
        ))}
      </dl>
    </section>
  );
}

function More({ onEdit, onForget }: { onEdit: () => void; onForget: (() => void) | null }) {
  const { t } = useWords();
  return (
    <MenuTrigger>
      <IconButton label={t("act.more")}><MoreHorizontal size={18} /></IconButton>
      <Popover className="popover" placement="bottom end">
        <Menu className="options" onAction={(key) => (key === "edit" ? onEdit() : onForget?.())}>
          <MenuItem className="option" id="edit">{t("act.edit")}</MenuItem>
          {onForget ? <MenuItem className="option danger" id="forget">{t("unit.forget")}</MenuItem> : null}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function Forget({ unit, open, onClose }: { unit: Unit; open: boolean; onClose: () => void }) {
  const { t } = useWords();
  const { again } = useGarage();
  const forget = async () => {
    await remove(`/units/${unit.id}`);
    onClose();
    go("/");
    await again();
  };
  return (
    <Danger open={open} onClose={onClose} title={t("unit.forgetTitle", { name: unit.name })} lost={t("unit.forgetLost")} name={unit.name}
      act={t("unit.forget")} onYes={forget} />
  );
}
