// The portal's words: four languages, each loaded when it is chosen; English stands in for nothing (a test agrees the keys).
import i18next from "i18next";
import { useSyncExternalStore } from "react";
import type english from "./en.json";

export type Key = keyof typeof english;
export const LANGUAGES = { en: "English", fa: "فارسی", ar: "العربية", "zh-CN": "简体中文" } as const;
export type Language = keyof typeof LANGUAGES;
const RIGHT_TO_LEFT = new Set<string>(["fa", "ar"]);

type Loaded = Promise<{ default: Record<string, string> }>;
const LOADERS: Record<Language, () => Loaded> = {
  en: () => import("./en.json") as Loaded,
  fa: () => import("./fa.json") as Loaded,
  ar: () => import("./ar.json") as Loaded,
  "zh-CN": () => import("./zh-CN.json") as Loaded,
};

const told = new Set<() => void>();
let language: Language = "en";
let version = 0;

export function isLanguage(value: string | undefined | null): value is Language {
  return value != null && value in LANGUAGES;
}

/** The server says zh for Simplified Chinese. */
export const fromServer = (value: string | null | undefined): string | null | undefined => (value === "zh" ? "zh-CN" : value);
export const toServer = (value: Language): string => (value === "zh-CN" ? "zh" : value);

/** The first of the browser's languages that we speak. */
export function browserLanguage(): Language {
  for (const wanted of navigator.languages) {
    if (wanted.startsWith("zh")) return "zh-CN";
    const short = wanted.slice(0, 2);
    if (isLanguage(short)) return short;
  }
  return "en";
}

export async function speak(wanted: Language): Promise<void> {
  const words = (await LOADERS[wanted]()).default;
  if (!i18next.isInitialized) {
    await i18next.init({ lng: wanted, resources: {}, keySeparator: false, nsSeparator: false, interpolation: { escapeValue: false }, showSupportNotice: false } as never);
  }
  i18next.addResourceBundle(wanted, "translation", words, true, true);
  await i18next.changeLanguage(wanted);
  language = wanted;
  document.documentElement.lang = wanted;
  document.documentElement.dir = RIGHT_TO_LEFT.has(wanted) ? "rtl" : "ltr";
  version += 1;
  for (const tell of told) tell();
}

export type Say = (key: Key, values?: Record<string, string | number>) => string;
export const say: Say = (key, values) => i18next.t(key, values ?? {});
export const spoken = (): Language => language;

/** A sentence whose key the server's answer completes; the given text where we have none. */
export function sayAny(key: string, otherwise: string): string {
  return i18next.exists(key) ? i18next.t(key) : otherwise;
}

export function useWords(): { t: Say; language: Language } {
  useSyncExternalStore((tell) => { told.add(tell); return () => told.delete(tell); }, () => version);
  return { t: say, language };
}
