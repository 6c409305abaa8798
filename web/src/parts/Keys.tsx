// The keys of the house, and the page that lists them.
import { useEffect, useState } from "react";
import { type Key, useWords } from "../words";
import { Ask } from "./controls";
import { go } from "./route";

const LIST: [string[], Key][] = [
  [["/"], "units.search"], [["↑", "↓"], "keys.move"], [["Enter"], "keys.open"], [["Esc"], "keys.close"],
  [["a"], "units.showAll"], [["g", "u"], "keys.units"], [["g", "m"], "keys.me"], [["?"], "keys.help"],
];

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

export function Keys() {
  const { t } = useWords();
  const [open, setOpen] = useState(false);
  useEffect(() => {
    let before = "";
    const pressed = (event: KeyboardEvent) => {
      if (typing(event.target) || event.metaKey || event.ctrlKey || event.altKey) return;
      if (event.key === "?") setOpen(true);
      if (event.key === "/") {
        event.preventDefault();
        const box = document.querySelector<HTMLInputElement>(".units-search input");
        if (box) box.focus();
        else go("/");
      }
      if (before === "g" && event.key === "u") go("/");
      if (before === "g" && event.key === "m") go("/me");
      before = event.key;
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  return (
    <Ask title={t("keys.title")} open={open} onClose={() => setOpen(false)}>
      <dl className="keys">
        {LIST.map(([keys, word]) => <div key={word}><dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{t(word)}</dd></div>)}
      </dl>
    </Ask>
  );
}
