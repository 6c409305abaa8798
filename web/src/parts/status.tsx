// A unit's status: a colour, a shape and a word, the same everywhere.
import { EyeOff } from "lucide-react";
import { STATUSES, type Status } from "../live/frame";
import { useWords } from "../words";

export function statusOf(code: number | undefined): Status {
  return STATUSES[code ?? 0] ?? "offline";
}

export function StatusMark({ status, courseDeg, size = 14 }: { status: Status; courseDeg?: number | undefined; size?: number }) {
  if (status === "private") return <EyeOff className="mark private" size={size} aria-hidden="true" />;
  return (
    <svg className={`mark ${status}`} width={size} height={size} viewBox="-8 -8 16 16" aria-hidden="true">
      {status === "moving" ? <path d="M0-7 5.5 6 0 3-5.5 6Z" transform={`rotate(${courseDeg ?? 0})`} /> : null}
      {status === "idling" ? <circle r="5.5" /> : null}
      {status === "stopped" ? <rect x="-5" y="-5" width="10" height="10" rx="1.5" /> : null}
      {status === "alarm" ? <path d="M0-7.5 7.5 0 0 7.5-7.5 0Z" /> : null}
      {status === "offline" ? <circle className="hollow" r="5" /> : null}
    </svg>
  );
}

export function StatusWord({ status, courseDeg }: { status: Status; courseDeg?: number | undefined }) {
  const { t } = useWords();
  return <span className={`status-word ${status}`}><StatusMark status={status} courseDeg={courseDeg} />{t(`status.${status}`)}</span>;
}
