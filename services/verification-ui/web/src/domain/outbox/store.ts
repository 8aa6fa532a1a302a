import { openDB, type DBSchema, type IDBPDatabase } from "idb";

import type { Draft, Kept } from "@/domain/outbox/kept";

/** Keeps what is not sent yet. All methods may reject, e.g. when the disk is full. */
export interface OutboxStore {
  /** Whether what is kept outlives the page. */
  readonly durable: boolean;
  /** All that a person did and is not sent, in its order. */
  load(personId: string): Promise<Kept[]>;
  put(kept: Kept): Promise<void>;
  remove(id: string): Promise<void>;
  draft(personId: string, itemId: string): Promise<Draft | undefined>;
  putDraft(draft: Draft): Promise<void>;
  removeDraft(personId: string, itemId: string): Promise<void>;
}

interface Schema extends DBSchema {
  outbox: { key: string; value: Kept; indexes: { person: string } };
  drafts: { key: [string, string]; value: Draft };
}

/** Drafts of items that never came back are dropped after this time, in ms. */
const draftsLast = 14 * 24 * 3600 * 1000;

class BrowserStore implements OutboxStore {
  readonly durable = true;
  constructor(private readonly database: IDBPDatabase<Schema>) {}

  async load(personId: string): Promise<Kept[]> {
    const found = await this.database.getAllFromIndex("outbox", "person", personId);
    return found.sort((one, other) => one.order - other.order);
  }
  async put(kept: Kept): Promise<void> {
    await this.database.put("outbox", kept);
  }
  remove(id: string): Promise<void> {
    return this.database.delete("outbox", id);
  }
  draft(personId: string, itemId: string): Promise<Draft | undefined> {
    return this.database.get("drafts", [personId, itemId]);
  }
  async putDraft(draft: Draft): Promise<void> {
    await this.database.put("drafts", draft);
  }
  removeDraft(personId: string, itemId: string): Promise<void> {
    return this.database.delete("drafts", [personId, itemId]);
  }
  async forgetOldDrafts(now: number): Promise<void> {
    for (const { personId, itemId, at } of await this.database.getAll("drafts")) {
      if (now - at > draftsLast) await this.removeDraft(personId, itemId);
    }
  }
}

/** For browsers that keep nothing, e.g. in a private window: lasts as long as the page, and the page says so. */
export class MemoryStore implements OutboxStore {
  readonly durable = false;
  readonly #kept = new Map<string, Kept>();
  readonly #drafts = new Map<string, Draft>();

  load(personId: string): Promise<Kept[]> {
    return Promise.resolve([...this.#kept.values()].filter((kept) => kept.personId === personId).sort((one, other) => one.order - other.order));
  }
  put(kept: Kept): Promise<void> {
    this.#kept.set(kept.id, kept);
    return Promise.resolve();
  }
  remove(id: string): Promise<void> {
    this.#kept.delete(id);
    return Promise.resolve();
  }
  draft(personId: string, itemId: string): Promise<Draft | undefined> {
    return Promise.resolve(this.#drafts.get(`${personId} ${itemId}`));
  }
  putDraft(draft: Draft): Promise<void> {
    this.#drafts.set(`${draft.personId} ${draft.itemId}`, draft);
    return Promise.resolve();
  }
  removeDraft(personId: string, itemId: string): Promise<void> {
    this.#drafts.delete(`${personId} ${itemId}`);
    return Promise.resolve();
  }
}

/** Opens the browser's database; one in memory where there is none. Never rejects. */
export async function openStore(): Promise<OutboxStore> {
  try {
    const database = await openDB<Schema>("tandem-review", 1, {
      upgrade(fresh) {
        fresh.createObjectStore("outbox", { keyPath: "id" }).createIndex("person", "personId");
        fresh.createObjectStore("drafts", { keyPath: ["personId", "itemId"] });
      },
    });
    const store = new BrowserStore(database);
    void store.forgetOldDrafts(Date.now()).catch(() => undefined);
    return store;
  } catch {
    return new MemoryStore();
  }
}
