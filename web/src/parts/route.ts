// Where the page is: the address bar and nothing else.
import { useSyncExternalStore } from "react";

const told = new Set<() => void>();
const tell = () => { for (const one of told) one(); };
addEventListener("popstate", tell);

export function go(address: string, replace = false): void {
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  tell();
}

export function useRoute(): { path: string; parts: string[]; query: URLSearchParams } {
  const address = useSyncExternalStore((one) => { told.add(one); return () => told.delete(one); }, () => location.pathname + location.search);
  const [path = "/", search = ""] = address.split("?");
  return { path, parts: path.split("/").filter(Boolean), query: new URLSearchParams(search) };
}
