import "@/styles/tokens.css";
import "@/styles/base.css";
import "@/widget/widget.css";

import { Tooltip } from "@base-ui/react/tooltip";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRoot } from "react-dom/client";

import { ReviewPage } from "@/features/review/review-page";
import { sendThrough } from "@/lib/api/request";
import { KeyGround } from "@/lib/keyboard";
import { PortalGround } from "@/ui/portal";
import { Toaster } from "@/ui/toaster";
import { joinChannel, type Model } from "@/widget/channel";
import { DashboardView } from "@/widget/dashboard/dashboard-view";
import { PromptView } from "@/widget/prompt/prompt-view";
import { TableView } from "@/widget/table/table-view";
import { followNotebookTheme } from "@/widget/theme";

/** Shows a widget's view in a notebook's cell. Returns what takes it away. */
function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const { send, command, close } = joinChannel(model);
  const view = model.get("view");
  if (view === "review") sendThrough(send);
  const cell = append(el, "tandem tandem-cell");
  const ground = append(document.body, "tandem tandem-layer");
  for (const element of [cell, ground]) {
    element.dataset.lmSuppressShortcuts = "true"; // JupyterLab's and Notebook's own keys
    for (const kind of ["keydown", "keyup", "keypress"]) element.addEventListener(kind, stop);
  }
  cell.tabIndex = -1;
  cell.style.setProperty("--cell-height", `${Number(model.get("height"))}px`);
  const unfollow = followNotebookTheme([cell, ground]);
  const unspoken = regions();

  const scroller = append(cell, "tandem-scroller");
  const root = createRoot(scroller);
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: 500, retry: 2 } } });
  root.render(
    <KeyGround value={cell}>
      <PortalGround value={ground}>
        <QueryClientProvider client={client}>
          <Tooltip.Provider delay={400}>
            {view === "table" && <TableView command={command} />}
            {view === "dashboard" && <DashboardView command={command} />}
            {view === "prompt" && <PromptView command={command} />}
            {view === "review" && <ReviewPage jobId={String(model.get("job_id"))} />}
            <Toaster />
          </Tooltip.Provider>
        </QueryClientProvider>
      </PortalGround>
    </KeyGround>,
  );
  return () => {
    root.unmount();
    unfollow();
    unspoken();
    ground.remove();
    window.setTimeout(close, 1_000); // what is held is given back first
  };
}

/** Keeps a key that was pressed in the card from the notebook's command mode. */
function stop(event: Event): void {
  event.stopPropagation();
}

function append(parent: HTMLElement, className: string): HTMLElement {
  const made = parent.appendChild(document.createElement("div"));
  made.className = className;
  return made;
}

/** Makes the two regions that screen readers read, unless another cell did. Returns what takes them away. */
function regions(): () => void {
  const made = (["polite", "assertive"] as const).flatMap((urgency) => {
    const id = `announce-${urgency}`;
    if (document.getElementById(id)) return [];
    const region = append(document.body, "tandem-region");
    region.id = id;
    region.setAttribute("role", urgency === "polite" ? "status" : "alert");
    region.setAttribute("aria-live", urgency);
    return [region];
  });
  return () => {
    for (const region of made) region.remove();
  };
}

export default { render };
