// The live fleet of this page: one stream, its rows, and who wants to know when they change.
import { decode } from "./frame";
import { Rows } from "./rows";

export type Link = "connecting" | "open" | "lost";
const SLOWEST_RETRY_MS = 15_000;
const LIST_EVERY_MS = 1000; // the list and the card change once a second; the map draws every frame

export class Fleet {
  readonly rows = new Rows();
  link: Link = "connecting";
  frames = 0;
  applied = 0;
  clockAheadMs = 0; // how far the server's clock is ahead of this machine's
  version = 0;
  private slots = new Map<number, string>();
  private socket: WebSocket | null = null;
  private retryMs = 500;
  private stopped = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private telling: ReturnType<typeof setTimeout> | undefined;
  private readonly slow = new Set<() => void>();
  private readonly fast = new Set<() => void>();
  private readonly gone = new Set<(id: string) => void>();

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
    this.socket = null;
  }

  /** The server's time now. */
  nowMs(): number {
    return Date.now() + this.clockAheadMs;
  }

  /** Told at most once a second. */
  onList = (told: () => void): (() => void) => { this.slow.add(told); return () => this.slow.delete(told); };
  /** Told at every frame that arrives. */
  onFrame = (told: () => void): (() => void) => { this.fast.add(told); return () => this.fast.delete(told); };
  onGone = (told: (id: string) => void): (() => void) => { this.gone.add(told); return () => this.gone.delete(told); };
  snapshot = (): number => this.version;

  touched(): void {
    for (const told of this.fast) told();
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      this.version += 1;
      for (const told of this.slow) told();
    }, LIST_EVERY_MS);
  }

  private connect(): void {
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/stream`);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => {
      this.retryMs = 500;
      this.slots = new Map();
      socket.send(JSON.stringify({ watch: "all" }));
      this.setLink("open");
    };
    socket.onmessage = (event: MessageEvent<ArrayBuffer | string>) => this.take(event.data);
    socket.onclose = () => {
      if (this.stopped || this.socket !== socket) return;
      this.setLink("lost");
      this.timer = setTimeout(() => this.connect(), this.retryMs);
      this.retryMs = Math.min(SLOWEST_RETRY_MS, this.retryMs * 2);
    };
  }

  private take(data: ArrayBuffer | string): void {
    if (typeof data === "string") this.takeText(JSON.parse(data) as { kind: string; slots?: [number, string][]; unit?: string });
    else this.takeFrame(data);
  }

  private takeText(message: { kind: string; slots?: [number, string][]; unit?: string }): void {
    if (message.kind === "units") for (const [slot, id] of message.slots ?? []) this.slots.set(slot, id);
    if (message.kind === "gone" && message.unit) {
      this.rows.drop(message.unit);
      for (const told of this.gone) told(message.unit);
      this.touched();
    }
  }

  private takeFrame(buffer: ArrayBuffer): void {
    const frame = decode(buffer);
    if (!frame) return;
    this.clockAheadMs = frame.serverMs - Date.now();
    this.applied += this.rows.apply(frame, this.slots, performance.now());
    this.frames += 1;
    this.touched();
  }

  private setLink(link: Link): void {
    this.link = link;
    this.touched();
  }
}
