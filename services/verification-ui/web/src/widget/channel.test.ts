import { expect, test } from "vitest";

import { joinChannel, openChannel, type Model } from "@/widget/channel";

interface Sent {
  id: string;
  method: string;
  path: string;
  body: unknown;
}

/** A kernel that keeps what it is asked, and answers when told. */
function kernel() {
  const asked: Sent[] = [];
  const listeners = new Set<(content: unknown) => void>();
  const model: Model = {
    get: () => null,
    send: (content) => void asked.push(content as Sent),
    on: (_event, callback) => void listeners.add(callback),
    off: (_event, callback) => void listeners.delete(callback),
  };
  const answer = (id: string | undefined, status: number, body: unknown) => {
    for (const listener of listeners) listener({ kind: "answer", id, status, body });
  };
  return { model, asked, answer, listeners };
}

test("answers find their requests, whatever order they come in", async () => {
  const { model, asked, answer } = kernel();
  const { send } = openChannel(model);
  const first = send("/one", { method: "POST", body: JSON.stringify({ a: 1 }) });
  const second = send("/two", {});
  answer(asked[1]?.id, 200, "second");
  answer(asked[0]?.id, 409, { title: "Gone" });
  expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([
    ["POST", "/one", { a: 1 }],
    ["GET", "/two", null],
  ]);
  expect(await (await second).json()).toBe("second");
  expect((await first).status).toBe(409);
});

test("an abandoned request rejects as fetch does, and other messages are let pass", async () => {
  const { model, listeners } = kernel();
  const { send, close } = openChannel(model);
  const leaving = new AbortController();
  const asked = send("/one", { signal: leaving.signal });
  for (const listener of listeners) listener({ kind: "something else" });
  leaving.abort();
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
  close();
  expect(listeners.size).toBe(0);
});

test("a command gives what the kernel answers, or its problem", async () => {
  const { model, asked, answer } = kernel();
  const { command } = openChannel(model);
  const first = command("rows", { order: "confidence" });
  expect(asked[0]).toMatchObject({ kind: "command", command: { name: "rows", order: "confidence" } });
  answer(asked[0]?.id, 200, { items: [] });
  expect(await first).toEqual({ items: [] });
  const second = command("confirm");
  answer(asked[1]?.id, 401, { title: "The key has expired", cure: "Connect with another one." });
  await expect(second).rejects.toMatchObject({ title: "The key has expired", cure: "Connect with another one." });
});

test("a kernel that is gone is a problem that says what to do", async () => {
  const { model } = kernel();
  const { command } = openChannel({ ...model, send: () => { throw new Error("Comm is closed"); } });
  await expect(command("rows")).rejects.toMatchObject({ title: "The kernel does not answer" });
});

test("views of one widget share its channel until the last one is taken away", () => {
  const { model, listeners } = kernel();
  const [one, two] = [joinChannel(model), joinChannel(model)];
  expect(listeners.size).toBe(1);
  two.close();
  expect(listeners.size).toBe(1);
  one.close();
  expect(listeners.size).toBe(0);
});
