// What every page may know: who is signed in, what they may do, the units and the live fleet.
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { Group, Latest, Session, Unit } from "../api/types";
import { useAsk } from "../api/useAsk";
import { Fleet } from "../live/fleet";
import { STATUSES } from "../live/frame";

export interface Home {
  session: Session;
  may: (permission: string) => boolean;
  changed: (session: Session) => void;
  leave: () => Promise<void>;
}

export const HomeContext = createContext<Home | null>(null);

export function useHome(): Home {
  const home = useContext(HomeContext);
  if (!home) throw new Error("useHome outside a signed-in page");
  return home;
}

export interface Garage {
  fleet: Fleet;
  units: Unit[];
  byId: Map<string, Unit>;
  groups: Group[];
  loading: boolean;
  failed: boolean;
  again: () => Promise<void>;
  latest: Map<string, Latest>;
  refresh: () => Promise<void>; // ask for the sensors of all units again
}

export const GarageContext = createContext<Garage | null>(null);

export function useGarage(): Garage {
  const garage = useContext(GarageContext);
  if (!garage) throw new Error("useGarage outside a signed-in page");
  return garage;
}

/** Makes the page's one fleet, and keeps the list of units beside it. */
export function useMadeGarage(tracks: boolean): Garage {
  const [fleet] = useState(() => new Fleet());
  const units = useAsk<Unit[]>("/units");
  const groups = useAsk<Group[]>("/groups");
  const { again } = units;
  useEffect(() => {
    if (tracks) fleet.start();
    const stopGone = fleet.onGone(() => void again());
    return () => { stopGone(); fleet.stop(); };
  }, [fleet, again, tracks]);
  const list = units.data ?? [];
  const latest = useAsk<Latest[]>(tracks ? "/positions/latest" : null);
  useEffect(() => { seed(fleet, latest.data ?? []); }, [fleet, latest.data]);
  return {
    fleet, units: list, byId: new Map(list.map((unit) => [unit.id, unit])), groups: groups.data ?? [],
    loading: units.loading && !units.data, failed: units.error !== undefined && !units.data, again,
    latest: new Map((latest.data ?? []).map((one) => [one.unit, one])), refresh: latest.again,
  };
}

/** What was known before the stream began, or while it is cut. */
function seed(fleet: Fleet, latest: Latest[]): void {
  for (const one of latest) {
    if (one.latitude == null || one.longitude == null) continue;
    const row = fleet.rows.own(one.unit);
    if ((fleet.rows.fixMs[row] ?? 0) >= one.fix_ms) continue;
    const code = Math.max(0, (STATUSES as readonly string[]).indexOf(String(one.status)));
    fleet.rows.set(row, one.longitude, one.latitude, one.fix_ms, one.speed_mps ?? 0, one.course_deg ?? 0, code, performance.now());
  }
  if (latest.length > 0) fleet.touched();
}

/** Draws again when the fleet changed, at most once a second. */
export function useFleetTick(fleet: Fleet): number {
  return useSyncExternalStore(fleet.onList, fleet.snapshot);
}

export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (tell) => { const media = matchMedia(query); media.addEventListener("change", tell); return () => media.removeEventListener("change", tell); },
    () => matchMedia(query).matches,
  );
}

export const usePhone = (): boolean => useMedia("(max-width: 720px)");
