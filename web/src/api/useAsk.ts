// Reads one address into a component: data, the error as it is, and a way to ask again.
import { useCallback, useEffect, useRef, useState } from "react";
import { AskError, get } from "./ask";

export interface Asked<T> {
  data: T | undefined;
  error: AskError | undefined;
  loading: boolean;
  again: () => Promise<void>;
  put: (data: T) => void;
}

export function useAsk<T>(path: string | null, everyMs = 0): Asked<T> {
  const [state, setState] = useState<{ path: string | null; data?: T | undefined; error?: AskError | undefined; loading: boolean }>({
    path, loading: path !== null,
  });
  const current = useRef(path);
  current.current = path;
  const again = useCallback(async () => {
    if (path === null) return;
    try {
      const data = await get<T>(path);
      if (current.current === path) setState({ path, data, loading: false });
    } catch (error) {
      if (current.current !== path) return;
      setState((before) => ({ path, data: before.path === path ? before.data : undefined, error: asError(error), loading: false }));
    }
  }, [path]);
  useEffect(() => {
    setState((before) => ({ path, data: before.path === path ? before.data : undefined, loading: path !== null }));
    void again();
    if (everyMs === 0) return undefined;
    const timer = setInterval(() => { if (!document.hidden) void again(); }, everyMs);
    return () => clearInterval(timer);
  }, [again, everyMs, path]);
  const replace = useCallback((data: T) => setState({ path, data, loading: false }), [path]);
  const fresh = state.path === path;
  return {
    data: fresh ? state.data : undefined, error: fresh ? state.error : undefined,
    loading: fresh ? state.loading : path !== null, again, put: replace,
  };
}

export function asError(error: unknown): AskError {
  return error instanceof AskError ? error : new AskError(0, "unexpected", String(error));
}
