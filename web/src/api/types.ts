// The shapes that the pages use, under the portal's names; schema.d.ts is generated from the server's OpenAPI.
import type { components } from "./schema";

type Shapes = components["schemas"];

export type Role = Shapes["Role"];
export const ROLES: Role[] = ["administrator", "manager", "viewer", "driver"];

export type Account = Shapes["Account"];
export type Session = Omit<Shapes["Session"], "role"> & { role: Role };
export type Unit = Shapes["Unit"];
export type Latest = Shapes["Fix"];
export type Value = Latest["attributes"][string];
export type Group = Shapes["GroupShown"];
export type Member = Shapes["Member"];
export type Given = Shapes["Given"];
export type Invitation = Shapes["InvitationShown"];
export type Waiting = Shapes["Knock"];
export type ProtocolInfo = Shapes["DoorShown"];
export type Looked = Shapes["Looked"];
export type SeenBy = Shapes["SeenBy"];
export type Token = Shapes["Token"];
export type OpenSession = Shapes["SessionShown"];
export type SignIn = Shapes["SignInShown"];
export type Passkey = Shapes["KeyShown"];
export type Consent = Shapes["Asked"];
export type PrivateState = Shapes["Private"];
export type HoursState = Shapes["Week"];
