import { useEffect, useState, useSyncExternalStore } from "react";

import { Outbox, type OutboxState } from "@/domain/outbox/outbox";
import { openStore, type OutboxStore } from "@/domain/outbox/store";
import { sendKept } from "@/domain/outbox/send";
import { useSession } from "@/lib/session";

export interface Keeping {
  outbox: Outbox;
  store: OutboxStore;
}

const opened = new Map<string, Promise<Keeping>>();

/** The outbox of a person in this window; it goes on sending whatever page is shown. */
function keepingOf(personId: string): Promise<Keeping> {
  for (const [other, keeping] of opened) {
    if (other === personId) continue;
    opened.delete(other);
    void keeping.then(({ outbox }) => outbox.close());
  }
  let keeping = opened.get(personId);
  if (!keeping) {
    keeping = openStore().then(async (store) => {
      const outbox = new Outbox(personId, store, sendKept);
      const resume = () => {
        if (outbox.snapshot().link === "away") outbox.resume();
      };
      window.addEventListener("online", resume);
      window.addEventListener("focus", resume);
      await outbox.load();
      return { outbox, store };
    });
    opened.set(personId, keeping);
  }
  return keeping;
}

/** Forgets what was opened, for tests. */
export const forgetOutboxes = (): void => opened.clear();

/** The outbox of whoever is logged in; null until it is open. */
export function useKeeping(): Keeping | null {
  const { session } = useSession();
  const personId = session?.person_id;
  const [keeping, setKeeping] = useState<Keeping | null>(null);
  useEffect(() => {
    if (personId === undefined) return;
    let current = true;
    void keepingOf(personId).then((found) => {
      if (!current) return;
      found.outbox.resume();
      setKeeping(found);
    });
    return () => {
      current = false;
    };
  }, [personId]);
  return keeping?.outbox.personId === personId ? keeping : null;
}

export const useOutboxState = (outbox: Outbox): OutboxState => useSyncExternalStore(outbox.subscribe, outbox.snapshot);
