// Starts the portal: language and template first, so that nothing is drawn twice.
import "@fontsource-variable/inter/index.css";
import "./style/fonts.css";
import "./style/templates.css";
import "./style/base.css";
import "./style/shell.css";
import "./style/parts.css";
import "./style/pages.css";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { fromCookie, wear } from "./parts/theme";
import { browserLanguage, fromServer, isLanguage, speak } from "./words";

const kept = fromCookie();
wear(kept.template ?? "atlas", kept.shade ?? "auto");
const language = fromServer(kept.language);
await speak(isLanguage(language) ? language : browserLanguage());
const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
