// Passkeys: the server's options in, the authenticator's answer out, as base64url.
import { post } from "./ask";
import type { Passkey, Session } from "./types";

interface Wire { [key: string]: unknown }

export const passkeysWork = (): boolean => typeof PublicKeyCredential !== "undefined" && isSecureContext;

const bytes = (text: string): ArrayBuffer => {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0)).buffer;
};
const text = (buffer: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** The options of the server, with every base64url field as bytes. */
function unpack(options: Wire): Wire {
  const listed = (value: unknown) => (value as Wire[] | undefined)?.map((one) => ({ ...one, id: bytes(String(one["id"])) }));
  const user = options["user"] as Wire | undefined;
  return {
    ...options,
    challenge: bytes(String(options["challenge"])),
    ...(user ? { user: { ...user, id: bytes(String(user["id"])) } } : {}),
    ...(options["allowCredentials"] ? { allowCredentials: listed(options["allowCredentials"]) } : {}),
    ...(options["excludeCredentials"] ? { excludeCredentials: listed(options["excludeCredentials"]) } : {}),
  };
}

function pack(found: PublicKeyCredential): Wire {
  const answer = found.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
  const response: Wire = { clientDataJSON: text(answer.clientDataJSON) };
  for (const field of ["attestationObject", "authenticatorData", "signature", "userHandle"] as const) {
    if (answer[field]) response[field] = text(answer[field]);
  }
  return { id: found.id, rawId: text(found.rawId), type: found.type, response, clientExtensionResults: found.getClientExtensionResults() };
}

function inner(options: Wire): Wire {
  const found = options["publicKey"] ?? options["options"] ?? options;
  return unpack((typeof found === "string" ? JSON.parse(found) : found) as Wire);
}

export async function getPasskey(): Promise<Session> {
  const options = await post<Wire>("/session/passkey/options");
  const found = await navigator.credentials.get({ publicKey: inner(options) as never });
  return post<Session>("/session/passkey", { ...(options["id"] ? { id: options["id"] } : {}), credential: pack(found as PublicKeyCredential) });
}

export async function addPasskey(name: string): Promise<Passkey> {
  const options = await post<Wire>("/me/passkeys/options");
  const made = await navigator.credentials.create({ publicKey: inner(options) as never });
  return post<Passkey>("/me/passkeys", { name, ...(options["id"] ? { id: options["id"] } : {}), credential: pack(made as PublicKeyCredential) });
}
