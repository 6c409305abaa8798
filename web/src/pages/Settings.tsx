// How the portal looks and speaks for me: template, light, language, time zone, calendar.
import { useState } from "react";
import { ComboBox, Button as Press, Input, Label, ListBox, ListBoxItem, Popover } from "react-aria-components";
import { ChevronDown } from "lucide-react";
import { type AskError, get, patch, put } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import type { Session } from "../api/types";
import { Button, Field, Pick } from "../parts/controls";
import { useHome } from "../parts/home";
import { Failure, Page, Shown } from "../parts/states";
import { fromServer, type Language, LANGUAGES, toServer, useWords } from "../words";
import { currentManner, dateTime } from "../words/format";

const TEMPLATES = ["atlas", "harbour"] as const;
const SHADES = ["auto", "light", "dark"] as const;
const CALENDARS = ["gregorian", "persian", "islamic"] as const;

export function SettingsPage() {
  const { t, language } = useWords();
  const { session, changed } = useHome();
  const { person } = session;
  const [error, setError] = useState<AskError>();
  const [name, setName] = useState(person.name);
  const save = async (part: Record<string, string>) => {
    setError(undefined);
    try {
      await patch("/me", part);
      changed(await get<Session>("/session"));
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <Page title={t("settings.title")} lead={t("settings.lead")}>
      {error ? <Failure error={error} /> : null}
      <section className="section">
        <h2>{t("settings.look")}</h2>
        <fieldset className="cards">
          <legend>{t("settings.template")}</legend>
          {TEMPLATES.map((one) => (
            <label key={one} className={(person.template ?? "atlas") === one ? "choice on" : "choice"}>
              <input type="radio" name="template" checked={(person.template ?? "atlas") === one} onChange={() => void save({ template: one })} />
              <span className={`swatch ${one}`} aria-hidden="true"><i /><i /><i /></span>
              <b>{t(`template.${one}`)}</b><small>{t(`template.${one}.lead`)}</small>
            </label>
          ))}
        </fieldset>
        <Pick label={t("settings.dark")} value={person.dark ?? "auto"} onChange={(dark) => void save({ dark })} choices={SHADES.map((one) => ({ id: one, label: t(`shade.${one}`) }))} />
      </section>
      <section className="section">
        <h2>{t("settings.speech")}</h2>
        <Pick label={t("settings.language")} value={fromServer(person.language) ?? language} onChange={(next) => void save({ language: toServer(next as Language) })}
          choices={Object.entries(LANGUAGES).map(([id, label]) => ({ id, label }))} />
        <Zone value={person.zone ?? "UTC"} onChange={(zone) => void save({ zone })} />
        <Pick label={t("settings.calendar")} value={person.calendar ?? "gregorian"} onChange={(calendar) => void save({ calendar })}
          choices={CALENDARS.map((one) => ({ id: one, label: t(`calendar.${one}`) }))} />
        <p className="soft">{t("settings.example", { time: dateTime(Date.now()), zone: currentManner().zone })}</p>
      </section>
      <section className="section">
        <h2>{t("person.name")}</h2>
        <form className="stack form" onSubmit={(event) => { event.preventDefault(); void save({ name: name.trim() }); }}>
          <Field label={t("person.name")} value={name} onChange={setName} autoComplete="name" />
          <div className="row"><Button type="submit" isDisabled={!name.trim() || name.trim() === person.name}>{t("act.save")}</Button></div>
        </form>
      </section>
      <Reached />
    </Page>
  );
}

interface Contact { phones: string[]; address: string; title: string }

function Reached() {
  const { t } = useWords();
  const asked = useAsk<Contact>("/me/contact");
  return (
    <section className="section">
      <h2>{t("contact.title")}</h2>
      <p className="soft">{t("contact.lead")}</p>
      <Shown asked={asked} lines={3}>{(found) => <ContactForm key={JSON.stringify(found)} found={found} onSaved={asked.again} />}</Shown>
    </section>
  );
}

function ContactForm({ found, onSaved }: { found: Contact; onSaved: () => Promise<unknown> }) {
  const { t } = useWords();
  const [phones, setPhones] = useState(found.phones.join(", "));
  const [address, setAddress] = useState(found.address);
  const [title, setTitle] = useState(found.title);
  const [error, setError] = useState<AskError>();
  const save = async () => {
    setError(undefined);
    try {
      await put("/me/contact", { phones: phones.split(/[,،]/).map((one) => one.trim()).filter(Boolean), address, title });
      await onSaved();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <form className="stack form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
      {error ? <Failure error={error} /> : null}
      <Field label={t("contact.phones")} value={phones} onChange={setPhones} autoComplete="tel" latin />
      <Field label={t("contact.address")} value={address} onChange={setAddress} autoComplete="street-address" />
      <Field label={t("contact.job")} value={title} onChange={setTitle} autoComplete="organization-title" />
      <div className="row"><Button type="submit">{t("act.save")}</Button></div>
    </form>
  );
}

function Zone({ value, onChange }: { value: string; onChange: (zone: string) => void }) {
  const { t } = useWords();
  const zones = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((one) => one !== "UTC")];
  return (
    <ComboBox className="field" defaultInputValue={value} value={value} onChange={(key) => { if (key !== null && String(key) !== value) onChange(String(key)); }} menuTrigger="focus">
      <Label>{t("settings.zone")}</Label>
      <div className="combo"><Input dir="ltr" /><Press aria-label={t("settings.zone")}><ChevronDown size={16} aria-hidden="true" /></Press></div>
      <Popover className="popover"><ListBox className="options">{zones.map((one) => <ListBoxItem key={one} id={one} className="option" textValue={one}>{one}</ListBoxItem>)}</ListBox></Popover>
    </ComboBox>
  );
}
