// Decides what to show: the way in, or the house; keeps the session.
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { I18nProvider } from "react-aria-components";
import { type AskError, get, remove } from "./api/ask";
import { asError } from "./api/useAsk";
import type { Session } from "./api/types";
import { Accepted } from "./parts/Accept";
import { HomeContext } from "./parts/home";
import { go } from "./parts/route";
import { Failure, Loading } from "./parts/states";
import { wear } from "./parts/theme";
import { SignIn } from "./pages/SignIn";
import { fromServer, isLanguage, speak, spoken, useWords } from "./words";
import { locale, setManner } from "./words/format";

const Shell = lazy(() => import("./pages/Shell").then((module) => ({ default: module.Shell })));

/** Dress the page as this person likes it. */
async function suit(session: Session): Promise<void> {
  const { zone, template, dark, calendar } = session.person;
  const language = fromServer(session.person.language);
  wear(template ?? "atlas", dark ?? "auto");
  if (isLanguage(language) && language !== spoken()) await speak(language);
  setManner({
    language: spoken(), zone: zone || Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC", calendar: calendar || "gregorian",
  });
}

/** The one-time secret of the address, taken out of it at once. */
function linkSecret(): string | null {
  const found = new URLSearchParams(location.hash.slice(1)).get("link");
  if (found !== null) history.replaceState(null, "", location.pathname + location.search);
  return found;
}

export function App() {
  const [secret, setSecret] = useState(linkSecret);
  const [session, setSession] = useState<Session | null | undefined>(undefined);
  const [error, setError] = useState<AskError>();
  useWords();

  const enter = useCallback(async (next: Session) => {
    await suit(next);
    setSecret(null);
    setSession(next);
  }, []);

  const look = useCallback(async () => {
    setError(undefined);
    try {
      const found = await get<Session | undefined>("/session");
      if (found) await enter(found);
      else setSession(null);
    } catch (caught) {
      setError(asError(caught));
    }
  }, [enter]);

  useEffect(() => {
    if (secret === null) void look();
    else setSession(null);
  }, [look, secret]);

  useEffect(() => {
    const arrived = () => { const next = linkSecret(); if (next !== null) { setSession(null); setSecret(next); } };
    addEventListener("hashchange", arrived);
    return () => removeEventListener("hashchange", arrived);
  }, []);

  const leave = useCallback(async () => {
    await remove("/session").catch(() => undefined);
    go("/", true);
    setSession(null);
  }, []);

  return (
    <I18nProvider locale={locale().startsWith(spoken().slice(0, 2)) ? locale() : spoken()}>
      {error ? <main className="alone"><Failure error={error} again={() => void look()} /></main> : null}
      {!error && session === undefined ? <main className="alone"><Loading /></main> : null}
      {!error && session === null ? <SignIn secret={secret} onDone={enter} onForget={() => setSecret(null)} /> : null}
      {!error && session ? (
        <HomeContext value={{ session, may: (permission) => session.permissions.includes(permission), changed: (next) => void enter(next), leave }}>
          <Accepted><Suspense fallback={<main className="alone"><Loading /></main>}><Shell /></Suspense></Accepted>
        </HomeContext>
      ) : null}
    </I18nProvider>
  );
}
