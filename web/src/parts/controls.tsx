// The controls of every page: buttons, fields, choices and switches, with their labels and errors in one place.
import { Check, ChevronDown, Copy, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import {
  Button as Press, type ButtonProps, Checkbox as Tick, Dialog, FieldError, Heading, Input, Label, ListBox, ListBoxItem, Modal, ModalOverlay,
  Popover, Select, SelectValue, Switch as Toggle, Text, TextField, Tooltip, TooltipTrigger,
} from "react-aria-components";
import { useWords } from "../words";

type Kind = "plain" | "primary" | "danger" | "quiet";

export function Button({ kind = "plain", busy = false, ...props }: ButtonProps & { kind?: Kind; busy?: boolean; children?: ReactNode }) {
  return <Press {...props} isDisabled={Boolean(props.isDisabled) || busy} className={`button ${kind}${busy ? " busy" : ""}`} />;
}

export function IconButton({ label, children, side = "bottom", ...props }: ButtonProps & { label: string; children: ReactNode; side?: "bottom" | "end" }) {
  return (
    <TooltipTrigger delay={400} closeDelay={0}>
      <Press {...props} aria-label={label} className={`icon-button ${typeof props.className === "string" ? props.className : ""}`}>{children}</Press>
      <Tooltip className="tip" placement={side}>{label}</Tooltip>
    </TooltipTrigger>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  type?: "text" | "password" | "email" | "search" | "time" | "datetime-local" | "date";
  help?: string | undefined;
  error?: string | undefined;
  name?: string;
  autoComplete?: string;
  required?: boolean;
  autoFocus?: boolean;
  inputMode?: "numeric" | "text" | "email";
  placeholder?: string;
  latin?: boolean; // codes and addresses are written left to right in every language
}

export function Field({ label, value, onChange, help, error, required = false, latin = false, ...input }: FieldProps) {
  return (
    <TextField className="field" value={value} onChange={onChange} isRequired={required} isInvalid={error !== undefined} validationBehavior="aria"
      type={input.type ?? "text"} {...(input.name ? { name: input.name } : {})} {...(input.autoComplete ? { autoComplete: input.autoComplete } : {})}
      {...(input.inputMode ? { inputMode: input.inputMode } : {})} autoFocus={input.autoFocus ?? false}>
      <Label>{label}</Label>
      <Input dir={latin ? "ltr" : undefined} placeholder={input.placeholder} />
      {help ? <Text slot="description">{help}</Text> : null}
      <FieldError>{error}</FieldError>
    </TextField>
  );
}

export interface Choice { id: string; label: string }

export function Pick({ label, value, onChange, choices, compact = false }: {
  label: string; value: string; onChange: (value: string) => void; choices: Choice[]; compact?: boolean;
}) {
  return (
    <Select className={compact ? "field compact" : "field"} value={value} onChange={(key) => onChange(String(key))} aria-label={label}>
      {compact ? null : <Label>{label}</Label>}
      <Press className="select-button"><SelectValue>{({ selectedText }) => selectedText}</SelectValue><ChevronDown size={16} aria-hidden="true" /></Press>
      <Popover className="popover">
        <ListBox items={choices} className="options">
          {(choice) => <ListBoxItem className="option" id={choice.id} textValue={choice.label}>{choice.label}<Check size={16} aria-hidden="true" /></ListBoxItem>}
        </ListBox>
      </Popover>
    </Select>
  );
}

export function Switch({ on, onChange, children, disabled = false }: { on: boolean; onChange: (on: boolean) => void; children: ReactNode; disabled?: boolean }) {
  return <Toggle className="switch" isSelected={on} onChange={onChange} isDisabled={disabled}><span className="track" aria-hidden="true"><span /></span>{children}</Toggle>;
}

export function Checkbox({ on, onChange, children }: { on: boolean; onChange: (on: boolean) => void; children: ReactNode }) {
  return <Tick className="checkbox" isSelected={on} onChange={onChange}><span className="tick" aria-hidden="true"><Check size={13} /></span>{children}</Tick>;
}

export function Ask({ title, open, onClose, children, wide = false }: { title: string; open: boolean; onClose: () => void; children: ReactNode; wide?: boolean }) {
  const { t } = useWords();
  return (
    <ModalOverlay className="veil" isOpen={open} onOpenChange={(next) => { if (!next) onClose(); }} isDismissable>
      <Modal className={wide ? "modal wide" : "modal"}>
        <Dialog>
          <header className="modal-head">
            <Heading slot="title">{title}</Heading>
            <IconButton label={t("act.close")} onPress={onClose}><X size={18} /></IconButton>
          </header>
          {children}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

/** A dangerous act: names what is lost and asks for its name to be typed. */
export function Danger({ open, onClose, title, lost, name, act, onYes }: {
  open: boolean; onClose: () => void; title: string; lost: string; name: string; act: string; onYes: () => Promise<void>;
}) {
  const { t } = useWords();
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const run = async () => { setBusy(true); await onYes().finally(() => setBusy(false)); setTyped(""); };
  return (
    <Ask title={title} open={open} onClose={onClose}>
      <p>{lost}</p>
      <Field label={t("danger.type", { name })} value={typed} onChange={setTyped} />
      <div className="row end">
        <Button onPress={onClose}>{t("act.cancel")}</Button>
        <Button kind="danger" busy={busy} isDisabled={typed.trim() !== name.trim()} onPress={() => void run()}>{act}</Button>
      </div>
    </Ask>
  );
}

/** Text that is meant to be copied exactly, with its button. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const { t } = useWords();
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text).then(() => setDone(true), () => setDone(false));
    setTimeout(() => setDone(false), 2000);
  };
  return (
    <div className="copy-text">
      <code dir="ltr">{text}</code>
      <IconButton label={done ? t("act.copied") : `${t("act.copy")}: ${label}`} onPress={() => void copy()}>{done ? <Check size={16} /> : <Copy size={16} />}</IconButton>
    </div>
  );
}
