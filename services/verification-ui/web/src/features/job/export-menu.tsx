import { Menu } from "@base-ui/react/menu";
import { ChevronDown, Download } from "lucide-react";

import { buttonClass } from "@/ui/button";
import popup from "@/ui/popup.module.css";

const formats = [
  { query: "format=csv&spreadsheet_safe=true", name: "CSV", hint: "for a spreadsheet" },
  { query: "format=jsonl", name: "JSON Lines", hint: "for programs" },
] as const;

/** Downloads every record with the model's label and, where there is one, the person's. Streamed by the service. */
export function ExportMenu({ jobId }: { jobId: string }) {
  return (
    <Menu.Root>
      <Menu.Trigger className={buttonClass()}>
        <Download size={15} aria-hidden="true" />
        Export
        <ChevronDown size={14} aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className={popup.positioner} sideOffset={6} align="end">
          <Menu.Popup className={popup.popup}>
            {formats.map(({ query, name, hint }) => (
              <Menu.LinkItem key={query} className={popup.item} href={`/api/v1/jobs/${jobId}/export?${query}`} download closeOnClick>
                <span className={popup.grow}>{name}</span>
                <small style={{ color: "var(--ink-3)" }}>{hint}</small>
              </Menu.LinkItem>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
