// The ways through the house: a rail of icons beside the map, or four tabs under the thumb.
import { Bell, Eye, Info, Layers, Lock, Map as MapIcon, Plus, Settings, ShieldCheck, Truck, UserRound, Users } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import { Tooltip, TooltipTrigger, Link } from "react-aria-components";
import { type Key, useWords } from "../words";
import { useHome } from "./home";
import { go, useRoute } from "./route";

interface Way { path: string; icon: LucideIcon; word: Key; needs?: string }

const WAYS: Way[] = [
  { path: "/", icon: MapIcon, word: "nav.units" },
  { path: "/alarms", icon: Bell, word: "nav.alarms" },
  { path: "/add", icon: Plus, word: "nav.add", needs: "units:write" },
  { path: "/waiting", icon: Truck, word: "nav.waiting", needs: "waiting:read" },
  { path: "/people", icon: Users, word: "nav.people", needs: "people:read" },
  { path: "/groups", icon: Layers, word: "nav.groups", needs: "units:write" },
];
const MAP_WAYS = new Set(["/", "/alarms", "/add", "/waiting"]); // a server that keeps no places has none of them
const OWN: Way[] = [
  { path: "/looked", icon: Eye, word: "nav.looked" },
  { path: "/me", icon: UserRound, word: "nav.me" },
  { path: "/security", icon: ShieldCheck, word: "nav.security" },
  { path: "/settings", icon: Settings, word: "nav.settings" },
  { path: "/about", icon: Info, word: "nav.about" },
];
export const PHONE_WAYS: Way[] = [
  { path: "/looked", icon: Eye, word: "nav.looked" },
  { path: "/add", icon: Plus, word: "nav.add", needs: "units:write" },
  { path: "/waiting", icon: Truck, word: "nav.waiting", needs: "waiting:read" },
  { path: "/people", icon: Users, word: "nav.people", needs: "people:read" },
  { path: "/groups", icon: Layers, word: "nav.groups", needs: "units:write" },
  { path: "/security", icon: Lock, word: "nav.security" },
  { path: "/settings", icon: Settings, word: "nav.settings" },
  { path: "/about", icon: Info, word: "nav.about" },
];

function onMap(parts: string[]): boolean {
  return parts.length === 0 || parts[0] === "units" || parts[0] === "history";
}

export function Rail() {
  const { t } = useWords();
  const { may, session } = useHome();
  const { path, parts } = useRoute();
  const noMap = session.profile.location_mode === "server_none";
  const item = ({ path: to, icon: Icon, word, needs }: Way) => {
    if ((needs && !may(needs)) || (noMap && MAP_WAYS.has(to))) return null;
    const here = to === "/" ? onMap(parts) : path === to;
    return (
      <TooltipTrigger key={to} delay={200} closeDelay={0}>
        <Link className={here ? "rail-item here" : "rail-item"} href={to} aria-label={t(word)} aria-current={here ? "page" : undefined}>
          <Icon size={20} strokeWidth={1.75} aria-hidden="true" />
        </Link>
        <Tooltip className="tip" placement="end">{t(word)}</Tooltip>
      </TooltipTrigger>
    );
  };
  return (
    <nav className="rail" aria-label={t("nav.label")} onClickCapture={follow}>
      {WAYS.map(item)}
      <span className="rail-gap" />
      {OWN.map(item)}
    </nav>
  );
}

/** Own links change the page without loading it again. */
export function follow(event: React.MouseEvent): void {
  const link = (event.target as Element).closest("a[href]");
  const address = link?.getAttribute("href");
  if (!address?.startsWith("/") || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go(address);
}

export function Tabs() {
  const { t } = useWords();
  const { path, parts, query } = useRoute();
  const list = query.get("list") !== null;
  const tab = (to: string, Icon: LucideIcon, word: Key, here: boolean) => (
    <a key={to} className={here ? "tab here" : "tab"} href={to} aria-current={here ? "page" : undefined}>
      <Icon size={22} strokeWidth={1.75} aria-hidden="true" /><span>{t(word)}</span>
    </a>
  );
  const live = onMap(parts);
  return (
    <nav className="tabs" aria-label={t("nav.label")} onClickCapture={follow}>
      {tab("/", MapIcon, "nav.map", live && !list)}
      {tab("/?list", Truck, "nav.unitsShort", live && list)}
      {tab("/alarms", Bell, "nav.alarms", path === "/alarms")}
      {tab("/me", UserRound, "nav.meShort", !live && path !== "/alarms")}
    </nav>
  );
}
