import { readProblem } from "@/lib/api/problem";
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

/** What a widget's own kernel side is asked by name. Throws a `Problem`. */
export type Command = <Result>(name: string, fields?: Record<string, unknown>) => Promise<Result>;

interface Channel {
  send: Send;
  command: Command;
  close: () => void;
}

const silent = {
  title: "The kernel does not answer",
  detail: "It runs a cell, or it was restarted.",
  cure: "Wait until the cell has ended, or run this cell again.",
};

/**
 * Messages to the kernel, whose client makes the requests: the browser knows no address and no key. `send` passes on
 * requests of the review card, `command` asks by name. Where no answer comes, that is a problem like those of the
 * services. `close` stops listening.
 */
export function openChannel(model: Model): Channel {
  const waiting = new Map<string, (answer: Answer) => void>();
  const listen = (content: unknown) => {
    if (!isAnswer(content)) return;
    waiting.get(content.id)?.(content);
    waiting.delete(content.id);
  };
  model.on("msg:custom", listen);

  const ask = (content: Record<string, unknown>, signal?: AbortSignal | null) =>
    new Promise<Response>((resolve, reject) => {
      const id = crypto.randomUUID();
      const give = ({ status, body }: Pick<Answer, "status" | "body">) => {
        waiting.delete(id);
        window.clearTimeout(timer);
        resolve(new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } }));
      };
      const timer = window.setTimeout(() => give({ status: 504, body: silent }), patience);
      const leave = () => {
        waiting.delete(id);
        window.clearTimeout(timer);
        reject(new DOMException("Aborted", "AbortError"));
      };
      signal?.addEventListener("abort", leave, { once: true });
      waiting.set(id, give);
      try {
        model.send({ ...content, id });
      } catch {
        give({ status: 504, body: silent }); // the kernel is gone, and its channel with it
      }
    });

  const send: Send = (path, { method = "GET", body, signal }) =>
    ask({ kind: "ask", method, path, body: typeof body === "string" ? (JSON.parse(body) as unknown) : null }, signal);

  const command: Command = async <Result,>(name: string, fields: Record<string, unknown> = {}) => {
    const response = await ask({ kind: "command", command: { name, ...fields } });
    if (!response.ok) throw await readProblem(response);
    return (await response.json()) as Result;
  };
  return { send, command, close: () => model.off("msg:custom", listen) };
}

const joined = new Map<Model, { channel: Channel; views: number }>();

/** The channel of a widget, which all its views share: one that is taken away leaves it to the others. */
export function joinChannel(model: Model): Channel {
  const shared = joined.get(model) ?? { channel: openChannel(model), views: 0 };
  joined.set(model, shared);
  shared.views += 1;
  const close = () => {
    shared.views -= 1;
    if (shared.views > 0) return;
    joined.delete(model);
    shared.channel.close();
  };
  return { ...shared.channel, close };
}
