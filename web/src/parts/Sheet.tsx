// The phone's bottom sheet: three heights, by drag, by tap or by key.
import { type PointerEvent, type ReactNode, useRef, useState } from "react";
import { useWords } from "../words";

export type SheetHeight = "peek" | "half" | "full";
const ORDER: SheetHeight[] = ["peek", "half", "full"];
const TAP_PX = 6;

export function Sheet({ height, onHeight, label, children }: {
  height: SheetHeight; onHeight: (height: SheetHeight) => void; label: string; children: ReactNode;
}) {
  const { t } = useWords();
  const box = useRef<HTMLElement>(null);
  const drag = useRef<{ y: number; tall: number } | null>(null);
  const [tall, setTall] = useState<number | null>(null);

  const down = (event: PointerEvent) => {
    drag.current = { y: event.clientY, tall: box.current?.getBoundingClientRect().height ?? 0 };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (drag.current && Math.abs(event.clientY - drag.current.y) > TAP_PX) setTall(drag.current.tall + drag.current.y - event.clientY);
  };
  const up = (event: PointerEvent) => {
    const from = drag.current;
    drag.current = null;
    setTall(null);
    if (!from || Math.abs(event.clientY - from.y) <= TAP_PX) return;
    const end = from.tall + from.y - event.clientY;
    const room = innerHeight;
    onHeight(end < room * 0.25 ? "peek" : end < room * 0.66 ? "half" : "full");
  };
  const step = (by: number) => onHeight(ORDER[Math.max(0, Math.min(2, ORDER.indexOf(height) + by))] ?? "half");
  return (
    <section className={`sheet ${height}`} ref={box} aria-label={label} style={tall === null ? {} : { height: tall, transition: "none" }}>
      <button type="button" className="sheet-grip" aria-label={t("sheet.grip")} aria-expanded={height !== "peek"}
        onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={up}
        onClick={() => { if (tall === null) onHeight(height === "peek" ? "half" : height === "half" ? "full" : "peek"); }}
        onKeyDown={(event) => { if (event.key === "ArrowUp") step(1); if (event.key === "ArrowDown") step(-1); }}>
        <span />
      </button>
      <div className="sheet-body">{children}</div>
    </section>
  );
}
