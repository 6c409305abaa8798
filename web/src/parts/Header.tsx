// The header: whose house this is, whether news arrives, and the eye: who can see me now.
import { Eye, EyeOff, LogOut } from "lucide-react";
import { Button as Press, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { Looked, PrivateState, SeenBy } from "../api/types";
import { type Asked, useAsk } from "../api/useAsk";
import { sayAny, useWords } from "../words";
import { age, count } from "../words/format";
import { Brand } from "./Brand";
import { Button, IconButton } from "./controls";
import { useFleetTick, useGarage, useHome } from "./home";
import { follow } from "./Rail";
import { Shown } from "./states";

interface Seen { asked: Asked<SeenBy>; private: boolean }

/** Who of the organisation sees this person's units at this moment: the server says, whatever one's role. */
function useSeen(): Seen {
  const asked = useAsk<SeenBy>("/me/seen-by", 60_000);
  const hidden = useAsk<PrivateState>("/me/private", 60_000);
  return { asked, private: hidden.data?.on ?? false };
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
  const people = seen.asked.data?.people.length;
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
      {seen.private ? <p>{t("eye.private")}</p> : (
        <Shown asked={seen.asked} lines={2}>
          {({ units, people }) => (
            <>
              <p>{units === 0 ? t("eye.notTracked") : t(people.length > 0 ? "eye.lead" : "eye.nobody", { name: session.organisation.name })}</p>
              {people.length > 0 ? <ul className="plain-list">{people.map((one, at) => <li key={at}><span>{one.name}</span><small>{t(`role.${one.role}`)}</small></li>)}</ul> : null}
            </>
          )}
        </Shown>
      )}
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
