// A grid of any length of which only the visible rows exist; arrows, Home, End and Page keys move through it.
import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useImperativeHandle, useRef, useState } from "react";

const SPARE = 6; // rows drawn beyond each edge, so that a fast wheel shows no blank

export function VirtualGrid({ ref, label, count, rowPx, chosen, keyOf, onOpen, render }: {
  ref?: Ref<HTMLDivElement>; label: string; count: number; rowPx: number; chosen: number; keyOf: (i: number) => string; onOpen: (i: number) => void; render: (i: number) => ReactNode;
}) {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [tall, setTall] = useState(600);
  const [active, setActive] = useState(Math.max(0, chosen));
  useImperativeHandle(ref, () => box.current as HTMLDivElement);
  useEffect(() => {
    const node = box.current;
    if (!node) return undefined;
    const watch = new ResizeObserver(() => setTall(node.clientHeight));
    watch.observe(node);
    return () => watch.disconnect();
  }, []);
  useEffect(() => { if (chosen >= 0) { setActive(chosen); reveal(chosen); } }, [chosen]);
  const last = count - 1;
  const at = Math.min(active, last);
  function reveal(i: number): void {
    const node = box.current;
    if (!node) return;
    if (i * rowPx < node.scrollTop) node.scrollTop = i * rowPx;
    else if ((i + 1) * rowPx > node.scrollTop + node.clientHeight) node.scrollTop = (i + 1) * rowPx - node.clientHeight;
  }
  const pressed = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(tall / rowPx) - 1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: last, PageDown: at + page, PageUp: at - page }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(last, to));
      setActive(next);
      reveal(next);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      onOpen(at);
    }
  };
  const from = Math.max(0, Math.floor(top / rowPx) - SPARE);
  const to = Math.min(count, Math.ceil((top + tall) / rowPx) + SPARE);
  const rowId = (i: number) => `row-${keyOf(i)}`;
  const shownActive = at >= from && at < to;
  return (
    <div ref={box} className="grid" role="grid" aria-label={label} aria-rowcount={count} tabIndex={0} aria-activedescendant={shownActive ? rowId(at) : undefined}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)} onKeyDown={pressed}>
      <div className="grid-room" role="rowgroup" style={{ height: count * rowPx }}>
        {Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n).map((i) => (
          <div key={keyOf(i)} id={rowId(i)} role="row" aria-rowindex={i + 1} aria-selected={i === chosen} style={{ transform: `translateY(${i * rowPx}px)`, height: rowPx }}
            className={`grid-row${i === chosen ? " chosen" : ""}${i === at ? " active" : ""}`} onClick={() => { setActive(i); onOpen(i); }}>
            {render(i)}
          </div>
        ))}
      </div>
    </div>
  );
}
