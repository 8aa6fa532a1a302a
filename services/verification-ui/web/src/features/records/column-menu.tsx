import { Popover } from "@base-ui/react/popover";
import { ArrowDown, ArrowUp, Columns3 } from "lucide-react";

import type { Column } from "@/features/records/columns";
import { moved, ordered, type Layout } from "@/features/records/layout";
import styles from "@/features/records/toolbar.module.css";
import { Button, buttonClass } from "@/ui/button";
import popup from "@/ui/popup.module.css";
import { usePortalGround } from "@/ui/portal";

interface Props {
  columns: readonly Column[];
  layout: Layout;
  onLayout: (layout: Layout) => void;
}

/** Which columns are shown, and in which order. */
export function ColumnMenu({ columns, layout, onLayout }: Props) {
  const order = ordered(
    columns.map(({ id }) => id),
    layout.order,
  );
  return (
    <Popover.Root>
      <Popover.Trigger className={buttonClass({ variant: "quiet", size: "small", icon: true })} aria-label="Columns" title="Columns">
        <Columns3 size={17} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal container={usePortalGround()}>
        <Popover.Positioner className={popup.positioner} sideOffset={6} align="end">
          <Popover.Popup className={popup.popup} aria-label="Columns">
            <ul className={styles.columns}>
              {order.map((id, index) => {
                const column = columns.find((each) => each.id === id);
                if (!column) return null;
                const [above, below] = [order[index - 1], order[index + 1]];
                const shown = layout.shown[id] ?? !column.extra;
                return (
                  <li key={id}>
                    <label>
                      <input type="checkbox" checked={shown} disabled={id === "text"} onChange={() => onLayout({ ...layout, shown: { ...layout.shown, [id]: !shown } })} />
                      <span>{column.title}</span>
                    </label>
                    <Button size="small" variant="quiet" icon aria-label={`Move ${column.title} to the left`} disabled={above === undefined} onClick={() => above && onLayout({ ...layout, order: moved(order, id, above) })}>
                      <ArrowUp size={14} />
                    </Button>
                    <Button size="small" variant="quiet" icon aria-label={`Move ${column.title} to the right`} disabled={below === undefined} onClick={() => below && onLayout({ ...layout, order: moved(order, id, below) })}>
                      <ArrowDown size={14} />
                    </Button>
                  </li>
                );
              })}
            </ul>
            <Button size="small" variant="quiet" onClick={() => onLayout({ order: [], shown: {}, widths: {} })}>
              As it was at first
            </Button>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
