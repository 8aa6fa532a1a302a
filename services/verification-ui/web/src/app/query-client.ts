import { QueryCache, QueryClient } from "@tanstack/react-query";

import { Problem } from "@/lib/api/problem";
import { sessionQuery } from "@/lib/session";

let onLoggedOut: () => void = () => undefined;

/** The router says what happens when the session has ended; it is made after the query client. */
export function whenLoggedOut(callback: () => void): void {
  onLoggedOut = callback;
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      const ended = error instanceof Problem && error.status === 401;
      if (ended && query.queryKey[0] !== sessionQuery.queryKey[0]) onLoggedOut();
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 500,
      retry: (failures, error) => error instanceof Problem && error.isTransient && failures < 2,
      retryDelay: (failures) => Math.min(4_000, 400 * 2 ** failures),
    },
    mutations: { retry: false },
  },
});
