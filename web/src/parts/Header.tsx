// The header: whose house this is, whether news arrives, and the eye: who can see me now.
import { Eye, EyeOff, LogOut } from "lucide-react";
import { Button as Press, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { Looked, Member, PrivateState, Unit } from "../api/types";
import { useAsk } from "../api/useAsk";
import { sayAny, useWords } from "../words";
import { age, count } from "../words/format";
import { Brand } from "./Brand";
import { Button, IconButton } from "./controls";
import { useFleetTick, useGarage, useHome } from "./home";
import { follow } from "./Rail";
import { Shown } from "./states";

interface Seen { people: Member[] | null; tracked: boolean; private: boolean } // people: null = this role may not list them

/** Who of the organisation sees this person's units: leaders see all, others the groups that they were given. */
function whoSees(people: Member[], own: Unit[], me: string): Member[] {
  const groups = new Set(own.map((unit) => unit.group ?? ""));
  return people.filter((one) => one.id !== me && one.active !== false && (
    one.role === "server" || one.role === "administrator" || (one.role === "manager" && (one.groups ?? []).length === 0)
    || (one.role !== "driver" && (one.groups ?? []).some((group) => groups.has(group)))));
}

function useSeen(): Seen {
  const { session, may } = useHome();
  const { units } = useGarage();
  const people = useAsk<Member[]>(may("people:read") ? "/people" : null);
  const hidden = useAsk<PrivateState>("/me/private", 60_000);
  const me = session.person.id;
  const own = units.filter((unit) => unit.person === me || unit.driver === me);
  return { people: people.data ? whoSees(people.data, own, me) : null, tracked: own.length > 0, private: hidden.data?.on ?? false };
}

export function Header() {
  const { t } = useWords();
  const { session, leave } = useHome();
  return (
    <header className="top">
      <a className="brand-link" href="/" onClick={follow} aria-label="Waykeep"><Brand /></a>
      <span className="organisation">{session.organisation.name}</span>
      <LinkState />
      <span className="grow" />
      <WhoSees />
      <span className="who">{session.person.name}</span>
      <IconButton label={t("act.signOut")} onPress={() => void leave()}><LogOut size={18} className="flip" /></IconButton>
    </header>
  );
}

function LinkState() {
  const { t } = useWords();
  const { fleet } = useGarage();
  useFleetTick(fleet);
  const { session } = useHome();
  if (session.profile.location_mode === "server_none") return null;
  return <span className={`link-state ${fleet.link}`} role="status">{t(`link.${fleet.link}`)}</span>;
}

function WhoSees() {
  const { t } = useWords();
  const seen = useSeen();
  const hidden = seen.private;
  const people = seen.tracked ? seen.people?.length : 0;
  return (
    <DialogTrigger>
      <Press className={hidden ? "eye hidden" : "eye"} aria-label={`${hidden ? t("eye.private") : t("eye.open")}${people === undefined ? "" : ` · ${count(hidden ? 0 : people)}`}`}>
        {hidden ? <EyeOff size={18} aria-hidden="true" /> : <Eye size={18} aria-hidden="true" />}
        {people !== undefined ? <span>{count(hidden ? 0 : people)}</span> : null}
      </Press>
      <Popover className="popover eye-panel" placement="bottom end"><Dialog aria-label={t("eye.open")}><EyePanel seen={seen} /></Dialog></Popover>
    </DialogTrigger>
  );
}

function EyePanel({ seen }: { seen: Seen }) {
  const { t } = useWords();
  const { session } = useHome();
  const looked = useAsk<Looked[]>("/me/looked");
  return (
    <div className="stack" onClickCapture={follow}>
      <h2>{t("eye.open")}</h2>
      <p>{seen.private ? t("eye.private") : !seen.tracked ? t("eye.notTracked") : t(seen.people ? "eye.lead" : "eye.roles", { name: session.organisation.name })}</p>
      {seen.tracked && !seen.private && seen.people ? (
        <ul className="plain-list">{seen.people.map((one) => <li key={one.id}><span>{one.name}</span><small>{t(`role.${one.role}`)}</small></li>)}</ul>
      ) : null}
      <h3>{t("eye.lately")}</h3>
      <Shown asked={looked} lines={2}>
        {(list) => list.length === 0 ? <p className="soft">{t("looked.none")}</p> : (
          <ul className="plain-list">
            {list.slice(0, 5).map((one) => (
              <li key={one.index}><span>{one.viewer_name ?? t("looked.goneName")}</span><small>{sayAny(`purpose.${one.purpose}`, sayAny(`kind.${one.kind}`, one.kind))} · {age(one.time_ms, Date.now())}</small></li>
            ))}
          </ul>
        )}
      </Shown>
      <a className="button plain" href="/looked">{t("eye.all")}</a>
    </div>
  );
}

export function SignOut() {
  const { t } = useWords();
  const { leave } = useHome();
  return <Button onPress={() => void leave()}><LogOut size={16} className="flip" aria-hidden="true" />{t("act.signOut")}</Button>;
}
