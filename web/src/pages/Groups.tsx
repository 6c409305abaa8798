// The organisation's groups, and the server's organisations for whoever runs it.
import { Building2, Layers } from "lucide-react";
import { useState } from "react";
import { type AskError, patch, post, remove } from "../api/ask";
import { asError, useAsk } from "../api/useAsk";
import type { Group } from "../api/types";
import { Ask, Button, Danger, Field } from "../parts/controls";
import { useGarage, useHome } from "../parts/home";
import { Empty, Failure, Page, Shown } from "../parts/states";
import { useWords } from "../words";
import { count } from "../words/format";

export function Groups() {
  const { t } = useWords();
  const { may, session } = useHome();
  const { units } = useGarage();
  const groups = useAsk<Group[]>("/groups");
  const [editing, setEditing] = useState<Group | "new">();
  const [dropping, setDropping] = useState<Group>();
  const size = (id: string) => units.filter((unit) => unit.group === id).length;
  return (
    <Page title={t("groups.title")} lead={t("groups.lead", { name: session.organisation.name })}
      act={<Button kind="primary" onPress={() => setEditing("new")}>{t("groups.add")}</Button>}>
      <Shown asked={groups}>
        {(list) => list.length === 0 ? <Empty icon={Layers} title={t("groups.none")}>{t("groups.noneLead")}</Empty> : (
          <ul className="rows">
            {list.map((one) => (
              <li key={one.id}>
                <div><b>{one.name}</b><small>{t("groups.units", { n: count(size(one.id)) })}</small></div>
                <Button kind="quiet" aria-label={`${t("act.edit")}: ${one.name}`} onPress={() => setEditing(one)}>{t("act.edit")}</Button>
                <Button kind="quiet" aria-label={`${t("act.remove")}: ${one.name}`} onPress={() => setDropping(one)}>{t("act.remove")}</Button>
              </li>
            ))}
          </ul>
        )}
      </Shown>
      {may("organisations:write") ? <Organisations /> : null}
      {editing ? <Name title={t("groups.add")} value={editing === "new" ? "" : editing.name} onClose={() => setEditing(undefined)}
        onSave={async (name) => { await (editing === "new" ? post("/groups", { name }) : patch(`/groups/${editing.id}`, { name })); await groups.again(); }} /> : null}
      {dropping ? <Danger open title={t("groups.removeTitle", { name: dropping.name })} lost={t("groups.removeLost", { n: count(size(dropping.id)) })} name={dropping.name}
        act={t("act.remove")} onClose={() => setDropping(undefined)} onYes={async () => { await remove(`/groups/${dropping.id}`); setDropping(undefined); await groups.again(); }} /> : null}
    </Page>
  );
}

function Organisations() {
  const { t } = useWords();
  const list = useAsk<{ id: string; name: string }[]>("/organisations");
  const [adding, setAdding] = useState(false);
  return (
    <section className="section">
      <header className="section-head"><h2>{t("organisations.title")}</h2><Button onPress={() => setAdding(true)}>{t("organisations.add")}</Button></header>
      <Shown asked={list} lines={2}>
        {(found) => <ul className="rows">{found.map((one) => <li key={one.id}><Building2 size={18} strokeWidth={1.5} aria-hidden="true" /><div><b>{one.name}</b></div></li>)}</ul>}
      </Shown>
      {adding ? <Name title={t("organisations.add")} value="" onClose={() => setAdding(false)} onSave={async (name) => { await post("/organisations", { name }); await list.again(); }} /> : null}
    </section>
  );
}

export function Name({ title, value, onClose, onSave }: { title: string; value: string; onClose: () => void; onSave: (name: string) => Promise<void> }) {
  const { t } = useWords();
  const [name, setName] = useState(value);
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await onSave(name.trim());
      onClose();
    } catch (caught) {
      setError(asError(caught));
      setBusy(false);
    }
  };
  return (
    <Ask title={title} open onClose={onClose}>
      <form className="stack" onSubmit={(event) => { event.preventDefault(); void save(); }}>
        {error ? <Failure error={error} /> : null}
        <Field label={t("word.name")} value={name} onChange={setName} required autoFocus />
        <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" type="submit" busy={busy} isDisabled={!name.trim()}>{t("act.save")}</Button></div>
      </form>
    </Ask>
  );
}
