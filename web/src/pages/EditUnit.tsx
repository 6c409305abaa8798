// Changes what a unit is called, its plate and its group.
import { useState } from "react";
import { type AskError, patch } from "../api/ask";
import { asError } from "../api/useAsk";
import type { Unit } from "../api/types";
import { Ask, Button, Field, Pick } from "../parts/controls";
import { useGarage } from "../parts/home";
import { Failure } from "../parts/states";
import { useWords } from "../words";

export function EditUnit({ unit, onClose, onSaved }: { unit: Unit; onClose: () => void; onSaved: () => Promise<void> }) {
  const { t } = useWords();
  const { groups } = useGarage();
  const [name, setName] = useState(unit.name);
  const [plate, setPlate] = useState(unit.plate ?? "");
  const [group, setGroup] = useState(unit.group ?? "none");
  const [error, setError] = useState<AskError>();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      await patch(`/units/${unit.id}`, {
        ...(name === unit.name ? {} : { name }), ...(plate === (unit.plate ?? "") ? {} : { plate }),
        ...(group === (unit.group ?? "none") ? {} : { group: group === "none" ? null : group }),
      });
      await onSaved();
      onClose();
    } catch (caught) {
      setError(asError(caught));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Ask title={t("unit.edit")} open onClose={onClose}>
      <div className="stack">
        {error ? <Failure error={error} /> : null}
        <Field label={t("unit.name")} value={name} onChange={setName} required autoFocus />
        <Field label={t("unit.plate")} value={plate} onChange={setPlate} />
        <Pick label={t("units.group")} value={group} onChange={setGroup} choices={[{ id: "none", label: t("units.noGroup") }, ...groups.map((one) => ({ id: one.id, label: one.name }))]} />
        <div className="row end"><Button onPress={onClose}>{t("act.cancel")}</Button><Button kind="primary" busy={busy} isDisabled={!name.trim()} onPress={() => void save()}>{t("act.save")}</Button></div>
      </div>
    </Ask>
  );
}
