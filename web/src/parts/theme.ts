// The template and its shade, as attributes of the document.

const dark = matchMedia("(prefers-color-scheme: dark)");
let wanted = "auto";
const told = new Set<() => void>();

export function wear(template: string, shade: string): void {
  wanted = shade;
  const root = document.documentElement;
  root.dataset["template"] = template === "harbour" ? "harbour" : "atlas";
  root.dataset["shade"] = shade === "dark" || (shade !== "light" && dark.matches) ? "dark" : "light";
  for (const tell of told) tell();
}

dark.addEventListener("change", () => wear(document.documentElement.dataset["template"] ?? "atlas", wanted));

export function onTheme(tell: () => void): () => void {
  told.add(tell);
  return () => told.delete(tell);
}

/** What the server keeps in its second cookie: template, shade and language, for the page before sign-in. */
export function fromCookie(): { template?: string; shade?: string; language?: string } {
  const found = /(?:^|;\s*)tpl=([^;]*)/.exec(document.cookie)?.[1];
  const [template, shade, language] = decodeURIComponent(found ?? "").replaceAll('"', "").split(/[.|:/]/);
  return { ...(template ? { template } : {}), ...(shade ? { shade } : {}), ...(language ? { language } : {}) };
}
