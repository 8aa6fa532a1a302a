import { Popover } from "@base-ui/react/popover";
import clsx from "clsx";
import { ListFilter } from "lucide-react";
import { useId } from "react";

import { withFilter, type Filters } from "@/features/records/filters";
import styles from "@/features/records/toolbar.module.css";
import { TextField } from "@/features/records/text-field";
import popup from "@/ui/popup.module.css";
import { usePortalGround } from "@/ui/portal";

interface Props {
  filters: Filters;
  /** Names of metadata that the records have. */
  metadata: readonly string[];
  onChange: (filters: Filters) => void;
}

/** Filters that are used now and then: why a record has no label, who decided, what the data set keeps beside the text. */
export function MoreFilters({ filters, metadata, onChange }: Props) {
  const id = useId();
  const names = [...new Set([...metadata, ...Object.keys(filters.metadata)])];
  const on = filters.reasons.length + (filters.person ? 1 : 0) + Object.values(filters.metadata).filter(Boolean).length;
  const field = (name: string, label: string, value: string, set: (value: string) => void, hint = "") => (
    <div key={name} className={styles.field}>
      <label htmlFor={`${id}-${name}`}>{label}</label>
      <TextField id={`${id}-${name}`} value={value} placeholder={hint} onChange={set} />
    </div>
  );
  return (
    <Popover.Root>
      <Popover.Trigger className={clsx(styles.filter, on > 0 && styles.on)}>
        <ListFilter size={14} aria-hidden="true" />
        <span>More{on > 0 ? `: ${on}` : ""}</span>
      </Popover.Trigger>
      <Popover.Portal container={usePortalGround()}>
        <Popover.Positioner className={popup.positioner} sideOffset={6} align="start">
          <Popover.Popup className={popup.popup} aria-label="More filters">
            <div className={styles.fields}>
              {field("reason", "Reason", filters.reasons.join(", "), (text) => onChange({ ...filters, reasons: listOf(text) }), "e.g. no_label, timeout")}
              {field("person", "Decided by", filters.person ?? "", (text) => onChange(withFilter(filters, "person", text)), "name or id")}
              {names.map((name) =>
                field(`m-${name}`, name, filters.metadata[name] ?? "", (text) => {
                  const rest = Object.fromEntries(Object.entries(filters.metadata).filter(([other]) => other !== name));
                  onChange({ ...filters, metadata: text === "" ? rest : { ...rest, [name]: text } });
                }),
              )}
            </div>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

const listOf = (text: string): string[] =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);
