// The house: header, rail or tabs, and the page of the address.
import { lazy, Suspense } from "react";
import { GarageContext, useHome, useMadeGarage, usePhone } from "../parts/home";
import { Header } from "../parts/Header";
import { Keys } from "../parts/Keys";
import { HomeNotice, IncidentNotice } from "../parts/Notice";
import { Rail, Tabs } from "../parts/Rail";
import { useRoute } from "../parts/route";
import { Loading } from "../parts/states";
import { useWords } from "../words";
import { Live } from "./Live";

const pages = {
  add: lazy(() => import("./AddDevice").then((module) => ({ default: module.AddDevice }))),
  waiting: lazy(() => import("./Waiting").then((module) => ({ default: module.WaitingPage }))),
  people: lazy(() => import("./People").then((module) => ({ default: module.People }))),
  groups: lazy(() => import("./Groups").then((module) => ({ default: module.Groups }))),
  me: lazy(() => import("./Me").then((module) => ({ default: module.Me }))),
  looked: lazy(() => import("./LookedPage").then((module) => ({ default: module.LookedPage }))),
  settings: lazy(() => import("./Settings").then((module) => ({ default: module.SettingsPage }))),
  security: lazy(() => import("./Security").then((module) => ({ default: module.Security }))),
  requests: lazy(() => import("./Requests").then((module) => ({ default: module.Requests }))),
  desk: lazy(() => import("./Desk").then((module) => ({ default: module.Desk }))),
  disclosures: lazy(() => import("./Disclosures").then((module) => ({ default: module.Disclosures }))),
  incidents: lazy(() => import("./Incidents").then((module) => ({ default: module.Incidents }))),
  duties: lazy(() => import("./Duties").then((module) => ({ default: module.Duties }))),
  about: lazy(() => import("./About").then((module) => ({ default: module.About }))),
};

export function Shell() {
  const { session } = useHome();
  const garage = useMadeGarage(session.profile.location_mode !== "server_none");
  const { t } = useWords();
  const { parts } = useRoute();
  const phone = usePhone();
  const noMap = session.profile.location_mode === "server_none";
  const first = parts[0] ?? (noMap ? "me" : "");
  const Found = first in pages ? pages[first as keyof typeof pages] : null;
  return (
    <GarageContext value={garage}>
      <div className="shell">
        <a className="skip" href="#main">{t("nav.skip")}</a>
        <Header />
        <div className="notices"><IncidentNotice /><HomeNotice /></div>
        {phone ? null : <Rail />}
        {Found ? (
          <main id="main" className="page-room" tabIndex={-1}>
            <Suspense fallback={<div className="page"><Loading /></div>}><Found /></Suspense>
          </main>
        ) : <Live />}
        {phone ? <Tabs /> : null}
        <Keys />
      </div>
    </GarageContext>
  );
}
