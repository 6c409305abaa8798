// Which sensor values a card shows, in which order, with unit and icon; names are those of the server's registry.
import {
  Activity, BatteryMedium, Compass, Crosshair, DoorOpen, Droplet, Fuel, Gauge, KeyRound, type LucideIcon, MapPin, Mountain, Radio, Route, Satellite,
  ShieldAlert, Thermometer, Timer, Zap,
} from "lucide-react";
import type { Latest, Value } from "../api/types";
import { type Key, say } from "../words";
import { celsius, count, decimal, lasting, metres, percent, place, unit, wind } from "../words/format";

export interface Sensor { id: string; icon: LucideIcon; label: string; value: string; latin?: boolean }

const number = (value: Value): number => (typeof value === "number" ? value : Number(value));
const yesNo = (value: Value): string => say(value === true || value === "true" || value === 1 ? "word.yes" : "word.no");
const onOff = (value: Value): string => say(value === true || value === "true" || value === 1 ? "word.on" : "word.off");

interface Kind { icon: LucideIcon; word: Key; show: (value: Value) => string }

const KINDS: Record<string, Kind> = {
  ignition: { icon: KeyRound, word: "sensor.ignition", show: onOff },
  batteryLevel: { icon: BatteryMedium, word: "sensor.battery", show: (v) => percent(number(v)) },
  battery: { icon: BatteryMedium, word: "sensor.battery", show: (v) => `${decimal(number(v), 2)} V` },
  power: { icon: Zap, word: "sensor.power", show: (v) => `${decimal(number(v), 1)} V` },
  deviceTemp: { icon: Thermometer, word: "sensor.deviceTemperature", show: (v) => celsius(number(v)) },
  coolantTemp: { icon: Thermometer, word: "sensor.coolant", show: (v) => celsius(number(v)) },
  humidity: { icon: Droplet, word: "sensor.humidity", show: (v) => percent(number(v)) },
  fuelLevel: { icon: Fuel, word: "sensor.fuel", show: (v) => percent(number(v)) },
  fuel: { icon: Fuel, word: "sensor.fuel", show: (v) => unit(number(v), "liter", 1) },
  rpm: { icon: Gauge, word: "sensor.rpm", show: (v) => `${count(Math.round(number(v)))} /min` },
  odometer: { icon: Route, word: "sensor.odometer", show: (v) => metres(number(v)) },
  totalDistance: { icon: Route, word: "sensor.odometer", show: (v) => metres(number(v)) },
  hours: { icon: Timer, word: "sensor.hours", show: (v) => lasting(number(v)) },
  door: { icon: DoorOpen, word: "sensor.door", show: yesNo },
  sat: { icon: Satellite, word: "sensor.satellites", show: (v) => count(number(v)) },
  rssi: { icon: Radio, word: "sensor.signal", show: (v) => count(number(v)) },
  alarm: { icon: ShieldAlert, word: "sensor.alarm", show: String },
  activity: { icon: Activity, word: "sensor.activity", show: String },
};

/** What the fix itself says: heading, accuracy, height and place. */
export function fixSensors(latest: Latest, moving: boolean): Sensor[] {
  const found: Sensor[] = [];
  const add = (id: string, icon: LucideIcon, word: Key, value: string, latin = false) => found.push({ id, icon, label: say(word), value, latin });
  if (latest.course_deg != null && moving) {
    add("course", Compass, "sensor.heading", `${say(`wind.${wind(latest.course_deg)}`)} · ${unit(Math.round(latest.course_deg), "degree").replace(/\s?deg/, "°")}`);
  }
  if (latest.accuracy_m != null && latest.accuracy_m > 0) add("accuracy", Crosshair, "sensor.accuracy", `± ${metres(Math.round(latest.accuracy_m))}`);
  if (latest.altitude_m != null) add("altitude", Mountain, "sensor.altitude", unit(Math.round(latest.altitude_m), "meter"));
  if (latest.latitude != null && latest.longitude != null) add("place", MapPin, "sensor.place", place(latest.latitude, latest.longitude), true);
  return found;
}

/** Sensors with a name that people know; then numbered temperatures. Raw inputs stay out of the card. */
export function attributeSensors(attributes: Record<string, Value>): Sensor[] {
  const found: Sensor[] = [];
  for (const [name, kind] of Object.entries(KINDS)) {
    const value = attributes[name];
    if (value === undefined || value === "") continue;
    if (name === "battery" && attributes["batteryLevel"] !== undefined) continue;
    if (name === "totalDistance" && attributes["odometer"] !== undefined) continue;
    found.push({ id: name, icon: kind.icon, label: say(kind.word), value: kind.show(value) });
  }
  for (const [name, value] of Object.entries(attributes)) {
    const numbered = /^(?:temp|bleTemp|eyeTemp)(\d{1,2})$/.exec(name);
    if (numbered) found.push({ id: name, icon: Thermometer, label: `${say("sensor.temperature")} ${count(Number(numbered[1]))}`, value: celsius(number(value)) });
  }
  return found;
}
