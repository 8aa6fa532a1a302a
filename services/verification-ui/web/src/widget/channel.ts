import type { Send } from "@/lib/api/request";

/** The part of anywidget's model that is used here: messages to the kernel and back. */
export interface Model {
  get(name: string): unknown;
  send(content: unknown): void;
  on(event: "msg:custom", callback: (content: unknown) => void): void;
  off(event: "msg:custom", callback: (content: unknown) => void): void;
}

interface Answer {
  kind: "answer";
  id: string;
  status: number;
  body: unknown;
}

/** After so long without an answer the kernel counts as gone, in ms. */
const patience = 30_000;

const isAnswer = (content: unknown): content is Answer =>
  typeof content === "object" && content !== null && "kind" in content && content.kind === "answer" && "id" in content;

/**
 * Requests of the review card as messages to the kernel, whose client sends them on: the browser knows no address and
 * no key. Rejects like `fetch` where no answer comes. `close` stops listening.
 */
export function openChannel(model: Model): { send: Send; close: () => void } {
  const waiting = new Map<string, (answer: Answer) => void>();
  const listen = (content: unknown) => {
    if (!isAnswer(content)) return;
    waiting.get(content.id)?.(content);
    waiting.delete(content.id);
  };
  model.on("msg:custom", listen);

  const send: Send = (path, { method = "GET", body, signal }) =>
    new Promise((resolve, reject) => {
      const id = crypto.randomUUID();
      const give = (reason: unknown) => {
        waiting.delete(id);
        reject(reason instanceof Error ? reason : new TypeError(String(reason)));
      };
      const timer = window.setTimeout(() => give(new TypeError("The kernel does not answer.")), patience);
      signal?.addEventListener("abort", () => give(new DOMException("Aborted", "AbortError")), { once: true });
      waiting.set(id, ({ status, body: found }) => {
        window.clearTimeout(timer);
        resolve(new Response(status === 204 ? null : JSON.stringify(found), { status, headers: { "Content-Type": "application/json" } }));
      });
      model.send({ kind: "ask", id, method, path, body: typeof body === "string" ? (JSON.parse(body) as unknown) : null });
    });
  return { send, close: () => model.off("msg:custom", listen) };
}
