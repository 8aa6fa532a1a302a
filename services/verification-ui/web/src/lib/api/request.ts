import { Problem, readProblem } from "@/lib/api/problem";

interface Options {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  /** Sent as it is instead of a body of JSON. */
  file?: { content: string; type: string };
  signal?: AbortSignal | undefined;
  /** Lets the request outlive the page, for decisions made right before it closes. */
  keepalive?: boolean;
}

export type Send = (path: string, init: RequestInit) => Promise<Response>;

let send: Send = (path, init) => fetch(path, init);

/** Has requests go another way than to the page's own origin: in a notebook, through its kernel. */
export function sendThrough(way: Send): void {
  send = way;
}

/** Sends a request to the page's own origin. Throws a `Problem`, and nothing else but an abort. */
export async function request<Result>(path: string, options: Options = {}): Promise<Result> {
  const method = options.method ?? "GET";
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Tandem-Request"] = "1"; // other sites cannot set it: no forged requests
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.file) headers["Content-Type"] = options.file.type;

  let response: Response;
  try {
    response = await send(path, {
      method,
      headers,
      credentials: "same-origin",
      keepalive: options.keepalive ?? false,
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      ...(options.file && { body: options.file.content }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw Problem.unreachable();
  }
  if (!response.ok) throw await readProblem(response);
  if (response.status === 204) return undefined as Result;
  return (await response.json()) as Result;
}

/** Query string of the values that are set, with its question mark. */
export function query(values: Record<string, string | number | boolean | null | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== null) search.set(name, String(value));
  }
  const rendered = search.toString();
  return rendered ? `?${rendered}` : "";
}
