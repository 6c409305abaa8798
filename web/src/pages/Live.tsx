// The map and its furniture: the units panel, the selected unit's card, or its history with a time bar.
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { MapPane } from "../map/MapPane";
import type { MapRoom } from "../map/room";
import { useFleetTick, useGarage, usePhone } from "../parts/home";
import { go, useRoute } from "../parts/route";
import { Sheet, type SheetHeight } from "../parts/Sheet";
import { Loading } from "../parts/states";
import { Alarms } from "./Alarms";
import { UnitCard } from "./UnitCard";
import { UnitsPanel } from "./UnitsPanel";
import { useWords } from "../words";

const History = lazy(() => import("./History").then((module) => ({ default: module.History })));

export function Live() {
  const phone = usePhone();
  const { t } = useWords();
  const { path, parts, query } = useRoute();
  const [room, setRoom] = useState<MapRoom | null>(null);
  const chosen = parts[0] === "units" || parts[0] === "history" ? parts[1] ?? null : null;
  const replay = parts[0] === "history";
  const alarms = path === "/alarms";
  const [height, setHeight] = useState<SheetHeight>("peek");
  useShowAllOnce(room, chosen);

  const pick = useCallback((id: string | null) => {
    if (id !== null) go(`/units/${id}`);
    else if (!location.pathname.startsWith("/history") && location.pathname !== "/alarms") go("/");
  }, []);
  useEffect(() => { room?.choose(replay ? null : chosen, true); }, [room, chosen, replay]);
  useEffect(() => { if (!replay) room?.setTrack(null, false); }, [room, replay]);
  useEffect(() => {
    if (phone) setHeight(replay || chosen || alarms || query.get("list") !== null ? "half" : "peek");
  }, [phone, replay, chosen, alarms, query.get("list") !== null]);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.target instanceof HTMLInputElement) return;
      if (event.key === "Escape" && chosen && !document.querySelector("[role=dialog]")) go("/");
      if (event.key === "a" && !event.metaKey && !event.ctrlKey) room?.showAll();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [room, chosen]);
  useEffect(() => {
    if (!room) return;
    const bottom = phone ? { peek: 76, half: Math.round(innerHeight * 0.46), full: Math.round(innerHeight * 0.46) }[height] : 0;
    room.padding({ top: 0, left: 0, right: 0, bottom });
  }, [room, phone, height]);

  const history = replay && chosen ? (
    <Suspense fallback={<Loading />}><History key={chosen} unit={chosen} room={room} /></Suspense>
  ) : null;
  const card = chosen && !replay ? <UnitCard key={chosen} id={chosen} room={room} /> : null;
  const list = alarms ? <Alarms /> : <UnitsPanel chosen={chosen} onShowAll={() => room?.showAll()} />;
  if (phone) {
    return (
      <main id="main" className="live phone" tabIndex={-1}>
        <MapPane onRoom={setRoom} onPick={pick} />
        <Sheet height={height} onHeight={setHeight} label={t(replay ? "history.title" : chosen ? "unit.title" : alarms ? "nav.alarms" : "nav.units")}>
          {history ?? card ?? list}
        </Sheet>
      </main>
    );
  }
  return (
    <main id="main" className={replay ? "live replaying" : "live"} tabIndex={-1}>
      <section className="panel" aria-label={t(alarms ? "nav.alarms" : "nav.units")}>{list}</section>
      <div className="map-room">
        <MapPane onRoom={setRoom} onPick={pick} />
        {card ? <aside className="card-place" aria-label={t("unit.title")}>{card}</aside> : null}
      </div>
      {history}
    </main>
  );
}

/** The first news moves the map to where the units are; nothing later does. */
function useShowAllOnce(room: MapRoom | null, chosen: string | null): void {
  const { fleet } = useGarage();
  const tick = useFleetTick(fleet);
  const shown = useRef(false);
  const some = useMemo(() => fleet.rows.count > 0, [tick, fleet]);
  useEffect(() => {
    if (!room || shown.current || !some) return;
    shown.current = true;
    if (chosen === null && !room.returned) room.showAll(0);
  }, [room, some, chosen]);
}
