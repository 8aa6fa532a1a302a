import { CSPProvider } from "@base-ui/react/csp-provider";
import { Tooltip } from "@base-ui/react/tooltip";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";

import { queryClient } from "@/app/query-client";
import { router } from "@/app/router";
import { Toaster } from "@/ui/toaster";

/** The service forbids inline styles by its content security policy, so no component may write any. */
export function App() {
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queryClient}>
        <Tooltip.Provider delay={400}>
          <RouterProvider router={router} />
          <Toaster />
        </Tooltip.Provider>
        <div id="announce-polite" className="visually-hidden" role="status" aria-live="polite" />
        <div id="announce-assertive" className="visually-hidden" role="alert" aria-live="assertive" />
      </QueryClientProvider>
    </CSPProvider>
  );
}
