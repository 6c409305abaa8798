// People and roles: invite, change, reset, take away.
import { MailPlus, UserRound } from "lucide-react";
import { useState } from "react";
import { type AskError, patch, post, remove } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import { type Given, type Group, type Invitation, type Member, ROLES, type Role } from "../api/types";
import { Ask, Button, Checkbox, CopyText, Danger, Field, Pick } from "../parts/controls";
import { useGarage, useHome } from "../parts/home";
import { Empty, Failure, Page, Shown } from "../parts/states";
import { useWords } from "../words";
import { dateTime } from "../words/format";

export function People() {
  const { t } = useWords();
  const { may, session } = useHome();
  const people = useAsk<Member[]>("/people");
  const invitations = useAsk<Invitation[]>(may("people:write") ? "/invitations" : null);
  const [inviting, setInviting] = useState(false);
  const [chosen, setChosen] = useState<Member>();
  const write = may("people:write");
  return (
    <Page title={t("people.title")} lead={t("people.lead", { name: session.organisation.name })} basis={t("people.basis")}
      act={write ? <Button kind="primary" onPress={() => setInviting(true)}><MailPlus size={16} aria-hidden="true" />{t("people.invite")}</Button> : undefined}>
      <Shown asked={people}>
        {(list) => list.length === 0 ? <Empty icon={UserRound} title={t("people.none")} /> : (
          <ul className="rows">
            {list.map((one) => (
              <li key={one.id}>
                <span className="avatar" aria-hidden="true">{one.name.trim().slice(0, 1).toLocaleUpperCase()}</span>
                <div><b>{one.name}</b><small dir="auto">{one.email ?? t("people.noEmail")}{one.active === false ? ` · ${t("people.off")}` : ""}</small></div>
                <span className="role">{t(`role.${one.role}`)}</span>
                {write ? <Button kind="quiet" aria-label={`${t("act.edit")}: ${one.name}`} onPress={() => setChosen(one)}>{t("act.edit")}</Button> : null}
              </li>
            ))}
          </ul>
        )}
      </Shown>
      {invitations.data && invitations.data.length > 0 ? (
        <section className="section">
          <h2>{t("people.invited")}</h2>
          <ul className="rows">
            {invitations.data.map((one) => (
              <li key={one.id}>
                <div><b>{one.name ?? one.email ?? t("people.byLink")}</b><small>{one.role ? t(`role.${one.role}`) : ""}{one.expires_ms ? ` · ${t("people.expires", { time: dateTime(one.expires_ms) })}` : ""}</small></div>
                <Button kind="quiet" onPress={() => void remove(`/invitations/${one.id}`).then(() => invitations.again())}>{t("act.withdraw")}</Button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {inviting ? <Invite onClose={() => { setInviting(false); void invitations.again(); void people.again(); }} /> : null}
      {chosen ? <EditPerson member={chosen} onClose={() => { setChosen(undefined); void people.again(); }} /> : null}
    </Page>
  );
}

function useGiveable(): Role[] {
  const { session } = useHome();
  return session.role === "server" ? ["server", ...ROLES] : ROLES;
}

function Groups({ groups, chosen, onChange }: { groups: Group[]; chosen: string[]; onChange: (chosen: string[]) => void }) {
  const { t } = useWords();
  if (groups.length === 0) return null;
  return (
    <fieldset className="ticks">
      <legend>{t("people.groups")}</legend>
      {groups.map((one) => <Checkbox key={one.id} on={chosen.includes(one.id)} onChange={(on) => onChange(on ? [...chosen, one.id] : chosen.filter((id) => id !== one.id))}>{one.name}</Checkbox>)}
    </fieldset>
  );
}

function GivenLink({ given, onClose }: { given: Given; onClose: () => void }) {
  const { t } = useWords();
  return (
    <div className="stack">
      <p>{given.link ? t("people.handOver") : t("people.mailed")}</p>
      {given.link ? <CopyText text={given.link} label={t("people.link")} /> : null}
      <div className="row end"><Button kind="primary" onPress={onClose}>{t("act.done")}</Button></div>
    </div>
  );
}

function Invite({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const { groups } = useGarage();
  const roles = useGiveable();
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const [chosen, setChosen] = useState<string[]>([]);
  const [given, setGiven] = useState<Given>();
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setGiven(await post<Given>("/invitations", { role, groups: chosen, ...(name.trim() ? { name: name.trim() } : {}), ...(email.trim() ? { email: email.trim() } : {}) }));
    } catch (caught) {
      setError(asError(caught));
    } finally {
      setBusy(false);
    }
  };
  const add = async () => {
    setError(undefined);
    try {
      await post("/drivers", { name: name.trim() });
      onClose();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  return (
    <Ask title={t("people.invite")} open onClose={onClose}>
      {given ? <GivenLink given={given} onClose={onClose} /> : (
        <form className="stack" onSubmit={(event) => { event.preventDefault(); void send(); }}>
          {error ? <Failure error={error} /> : null}
          <Field label={t("person.name")} value={name} onChange={setName} autoFocus />
          <Field label={t("person.email")} type="email" value={email} onChange={setEmail} help={t("people.emailHelp")} latin />
          <Pick label={t("person.role")} value={role} onChange={(next) => setRole(next as Role)} choices={roles.map((one) => ({ id: one, label: t(`role.${one}`) }))} />
          <p className="soft">{t(`role.${role}.may`)}</p>
          <Groups groups={groups} chosen={chosen} onChange={setChosen} />
          <div className="row end">
            {role === "driver" ? <Button isDisabled={!name.trim()} onPress={() => void add()}>{t("people.noLogin")}</Button> : null}
            <Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" type="submit" busy={busy}>{t("people.make")}</Button>
          </div>
        </form>
      )}
    </Ask>
  );
}

function EditPerson({ member, onClose }: { member: Member; onClose: () => void }) {
  const { t } = useWords();
  const { groups } = useGarage();
  const { session } = useHome();
  const roles = useGiveable();
  const [role, setRole] = useState<Role>(member.role);
  const [chosen, setChosen] = useState(member.groups ?? []);
  const [given, setGiven] = useState<Given>();
  const [error, setError] = useState<AskError>();
  const [forgetting, setForgetting] = useState(false);
  const run = async (work: () => Promise<unknown>) => {
    setError(undefined);
    try {
      await work();
    } catch (caught) {
      setError(asError(caught));
    }
  };
  const save = () => run(async () => { await patch(`/people/${member.id}`, { role, groups: chosen }); onClose(); });
  if (forgetting) {
    return <Danger open title={t("unit.forgetTitle", { name: member.name })} lost={t("people.forgetLost")} name={member.name} act={t("unit.forget")}
      onClose={() => setForgetting(false)} onYes={() => run(async () => { await remove(`/people/${member.id}`); onClose(); })} />;
  }
  return (
    <Ask title={member.name} open onClose={onClose}>
      {given ? <GivenLink given={given} onClose={onClose} /> : (
        <div className="stack">
          {error ? <Failure error={error} /> : null}
          <Pick label={t("person.role")} value={role} onChange={(next) => setRole(next as Role)} choices={[...new Set([member.role, ...roles])].map((one) => ({ id: one, label: t(`role.${one}`) }))} />
          <p className="soft">{t(`role.${role}.may`)}</p>
          <Groups groups={groups} chosen={chosen} onChange={setChosen} />
          <div className="row">
            <Button onPress={() => void run(async () => setGiven(await post<Given>(`/people/${member.id}/reset`)))}>{t("people.reset")}</Button>
            {member.id === session.person.id ? null : (
              <>
                <Button onPress={() => void run(async () => { await patch(`/people/${member.id}`, { active: member.active === false }); onClose(); })}>{t(member.active === false ? "people.turnOn" : "people.turnOff")}</Button>
                <Button kind="danger" onPress={() => setForgetting(true)}>{t("unit.forget")}</Button>
              </>
            )}
          </div>
          <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" onPress={() => void save()}>{t("act.save")}</Button></div>
        </div>
      )}
    </Ask>
  );
}
