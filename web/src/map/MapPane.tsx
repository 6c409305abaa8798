// The place of the map in a page: loads the map's code when it is needed and keeps it in step with the template.
import { useEffect, useRef, useState } from "react";
import { useGarage, useHome } from "../parts/home";
import { Loading } from "../parts/states";
import { onTheme } from "../parts/theme";
import { useWords } from "../words";
import type { MapRoom } from "./room";

export function MapPane({ onRoom, onPick }: { onRoom: (room: MapRoom | null) => void; onPick: (id: string | null) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const made = useRef<MapRoom | null>(null);
  const { fleet } = useGarage();
  const { session } = useHome();
  const { t, language } = useWords();
  const [state, setState] = useState<"loading" | "open" | "failed">("loading");
  const whole = session.profile.location_mode !== "server_full";

  useEffect(() => {
    let closed = false;
    import("./room").then(
      ({ MapRoom: Room }) => {
        if (closed || !box.current) return;
        made.current = new Room({ box: box.current, fleet, language, whole, label: t("map.label"), onPick });
        setState("open");
        onRoom(made.current);
      },
    ).catch(() => setState("failed"));
    return () => {
      closed = true;
      onRoom(null);
      made.current?.close();
      made.current = null;
    };
    // The map is made once; what changes later is told to it.
  }, [fleet]);
  useEffect(() => { if (state === "open") made.current?.restyle(language); }, [language]);
  useEffect(() => onTheme(() => made.current?.restyle(language)), [language]);
  return (
    <div className="map-pane">
      <div className="map-box" ref={box} dir="ltr" />
      {state === "loading" ? <div className="map-note"><Loading lines={1} /></div> : null}
      {state === "failed" ? <p className="map-note" role="alert">{t("map.failed")}</p> : null}
    </div>
  );
}
