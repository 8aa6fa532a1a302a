import { useEffect, useRef, useState } from "react";

import { suggestedValues } from "@/domain/desk/draft";
import type { OutboxStore } from "@/domain/outbox/store";
import type { Desk } from "@/domain/desk/use-desk";
import type { ReviewItem } from "@/lib/api/types";

interface Drafting {
  item: ReviewItem;
  store: OutboxStore;
  personId: string;
  desk: Desk;
  frozen: boolean;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/**
 * Keeps what a person put together and did not decide on, and takes it up again when the item comes back after a
 * reload or another login. Returns what forgets it. Where the browser keeps nothing, leaving the page asks first.
 */
export function useDraft({ item, store, personId, desk, frozen }: Drafting): () => void {
  const { item_id, attempt } = item;
  const [begun] = useState(desk.values);
  const done = useRef(false);
  const { values, setAll } = desk;

  useEffect(() => {
    let current = true;
    void store
      .draft(personId, item_id)
      .then((draft) => {
        if (current && draft?.attempt === attempt) setAll(draft.values, begun);
      })
      .catch(() => undefined);
    return () => {
      current = false;
    };
  }, [store, personId, item_id, attempt, setAll, begun]);

  const changed = !same(values, begun) && !same(values, suggestedValues(item));
  useEffect(() => {
    if (!changed || frozen || done.current) return;
    void store.putDraft({ itemId: item_id, personId, attempt, values, at: Date.now() }).catch(() => undefined);
    if (store.durable) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [changed, frozen, store, personId, item_id, attempt, values]);

  return () => {
    done.current = true;
    void store.removeDraft(personId, item_id).catch(() => undefined);
  };
}
