// Asks the server: JSON in, JSON out, errors as one kind with a slug and a sentence.

export class AskError extends Error {
  constructor(readonly status: number, readonly slug: string, text: string) {
    super(text);
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export async function ask<T>(method: Method, path: string, body?: unknown): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/v1${path}`, {
      method,
      credentials: "same-origin",
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? null : JSON.stringify(body),
    });
  } catch {
    throw new AskError(0, "unreachable", "");
  }
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  const value: unknown = text && answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
  if (answer.ok) return value as T;
  const told = value as { slug?: string; text?: string; detail?: string };
  throw new AskError(answer.status, told?.slug ?? `http-${answer.status}`, told?.text ?? told?.detail ?? "");
}

export const get = <T>(path: string) => ask<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}) => ask<T>("POST", path, body);
export const put = <T>(path: string, body: unknown) => ask<T>("PUT", path, body);
export const patch = <T>(path: string, body: unknown) => ask<T>("PATCH", path, body);
export const remove = <T>(path: string, body?: unknown) => ask<T>("DELETE", path, body);
