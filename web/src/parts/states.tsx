// What a page shows when it has nothing yet, is waiting, or something went wrong.
import { CircleAlert, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import type { AskError } from "../api/ask";
import type { Asked } from "../api/useAsk";
import { sayAny, useWords } from "../words";
import { Button } from "./controls";

export function Empty({ icon: Icon, title, children, act }: { icon: LucideIcon; title: string; children?: ReactNode; act?: ReactNode }) {
  return (
    <div className="empty">
      <Icon size={28} strokeWidth={1.5} aria-hidden="true" />
      <h3>{title}</h3>
      {children ? <p>{children}</p> : null}
      {act}
    </div>
  );
}

export function Loading({ lines = 4 }: { lines?: number }) {
  const { t } = useWords();
  return <div className="loading" role="status" aria-label={t("state.loading")}>{Array.from({ length: lines }, (_, i) => <span key={i} />)}</div>;
}

/** What happened and what to do, in the person's language. */
export function problem(error: AskError): string {
  const known = sayAny(`error.${error.slug}`, "");
  if (known) return known;
  if (error.status === 403) return sayAny("error.forbidden", error.message);
  return error.message || sayAny("error.other", "");
}

export function Failure({ error, again }: { error: AskError; again?: () => void }) {
  const { t } = useWords();
  return (
    <div className="failure" role="alert">
      <CircleAlert size={18} aria-hidden="true" />
      <span>{problem(error)}</span>
      {again ? <Button onPress={again}>{t("act.again")}</Button> : null}
    </div>
  );
}

/** The three states of something that was asked for, and then the thing. */
export function Shown<T>({ asked, children, lines }: { asked: Asked<T>; children: (data: T) => ReactNode; lines?: number }) {
  if (asked.data !== undefined) return <>{children(asked.data)}</>;
  if (asked.error) return <Failure error={asked.error} again={() => void asked.again()} />;
  return <Loading lines={lines ?? 4} />;
}

export function Page({ title, lead, act, basis, children }: { title: string; lead?: string; act?: ReactNode; basis?: string; children: ReactNode }) {
  return (
    <article className="page">
      <header className="page-head">
        <div><h1>{title}</h1>{lead ? <p>{lead}</p> : null}</div>
        {act}
      </header>
      {children}
      {basis ? <p className="basis">{basis}</p> : null}
    </article>
  );
}
