// Checks in this browser that a ledger line about me stands in the signed tree: nothing of the server is believed.

export interface Step { salt: string; text: string; index: number; size: number; path: string[]; root: string }

export interface Proof {
  entries: Step[];
  index: number;
  time_ms: number;
  kind: string;
  commitment: string;
  path: string[];
  size: number;
  root: string;
  signature: string;
  head_time_ms: number;
  public_key: string;
}

export interface Shown { purpose: string; from_ms?: number | null | undefined; to_ms?: number | null | undefined; time_ms: number }
export type Verdict = "holds" | "entry" | "tree" | "signature" | "other-line" | "unsupported";

const bytes = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexOf = (data: Uint8Array): string => Array.from(data, (one) => one.toString(16).padStart(2, "0")).join("");
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

async function sha256(...parts: Uint8Array[]): Promise<Uint8Array> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

const leafHash = (data: Uint8Array) => sha256(Uint8Array.of(0), data);
const nodeHash = (left: Uint8Array, right: Uint8Array) => sha256(Uint8Array.of(1), left, right);

/** Whether the path leads from this leaf hash to the root (RFC 6962). */
export async function includes(leaf: Uint8Array, index: number, size: number, path: string[], root: string): Promise<boolean> {
  if (index < 0 || index >= size) return false;
  let at = index;
  let last = size - 1;
  let here = leaf;
  for (const step of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      here = await nodeHash(bytes(step), here);
      while (at % 2 === 0 && at !== 0) { at = Math.floor(at / 2); last = Math.floor(last / 2); }
    } else {
      here = await nodeHash(here, bytes(step));
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && hexOf(here) === root;
}

async function entryHolds(step: Step): Promise<boolean> {
  const key = await crypto.subtle.importKey("raw", bytes(step.salt), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const value = new Uint8Array(await crypto.subtle.sign("HMAC", key, utf8(step.text)));
  return includes(await leafHash(value), step.index, step.size, step.path, step.root);
}

async function signed(proof: Proof): Promise<boolean | null> {
  const text = `{"lost":null,"root":"${proof.root}","size":${proof.size},"time":${proof.head_time_ms}}`;
  try {
    const key = await crypto.subtle.importKey("raw", bytes(proof.public_key), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, bytes(proof.signature), utf8(text));
  } catch {
    return null;
  }
}

/** The line says what the page shows: the same time, purpose and span. */
function sameLine(proof: Proof, shown: Shown): boolean {
  const told = JSON.parse(proof.entries.at(-1)?.text ?? "{}") as { line?: number; purpose?: string; span?: (number | null)[] };
  return told.line === proof.index && told.purpose === shown.purpose && proof.time_ms === shown.time_ms
    && (told.span?.[0] ?? null) === (shown.from_ms ?? null) && (told.span?.[1] ?? null) === (shown.to_ms ?? null);
}

export async function verify(proof: Proof, shown: Shown): Promise<Verdict> {
  if (!globalThis.crypto?.subtle) return "unsupported";
  for (const step of proof.entries) if (!(await entryHolds(step))) return "entry";
  const last = proof.entries.at(-1);
  if (!last || last.root !== proof.commitment || !proof.entries.slice(0, -1).every((step) => last.text.includes(step.root))) return "entry";
  if (!sameLine(proof, shown)) return "other-line";
  const leaf = `{"commitment":"${proof.commitment}","index":${proof.index},"kind":${JSON.stringify(proof.kind)},"time":${proof.time_ms}}`;
  if (!(await includes(await leafHash(utf8(leaf)), proof.index, proof.size, proof.path, proof.root))) return "tree";
  const signature = await signed(proof);
  if (signature === null) return "unsupported";
  return signature ? "holds" : "signature";
}
