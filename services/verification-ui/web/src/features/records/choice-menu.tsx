import { Menu } from "@base-ui/react/menu";
import clsx from "clsx";
import { Check, ChevronDown } from "lucide-react";

import styles from "@/features/records/toolbar.module.css";
import popup from "@/ui/popup.module.css";
import { usePortalGround } from "@/ui/portal";

interface Props {
  name: string;
  choices: readonly { value: string; name: string }[];
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  /** One at most. */
  single?: boolean;
}

/** A filter by values out of a list. */
export function ChoiceMenu({ name, choices, chosen, onChange, single = false }: Props) {
  const first = choices.find(({ value }) => value === chosen[0])?.name ?? chosen[0];
  const said = chosen.length === 0 ? name : chosen.length === 1 ? first : `${name}: ${chosen.length}`;
  const next = (value: string) => (single ? (chosen.includes(value) ? [] : [value]) : chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value]);
  return (
    <Menu.Root>
      <Menu.Trigger className={clsx(styles.filter, chosen.length > 0 && styles.on)} aria-label={chosen.length > 0 ? `${name}: ${chosen.length === 1 ? (first ?? "") : chosen.length}` : name}>
        <span>{said}</span>
        <ChevronDown size={14} aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal container={usePortalGround()}>
        <Menu.Positioner className={popup.positioner} sideOffset={6} align="start">
          <Menu.Popup className={popup.popup}>
            {choices.map((choice) => (
              <Menu.CheckboxItem key={choice.value} className={popup.item} checked={chosen.includes(choice.value)} onCheckedChange={() => onChange(next(choice.value))} closeOnClick={single}>
                <span className={popup.grow}>{choice.name}</span>
                {chosen.includes(choice.value) && <Check size={15} aria-hidden="true" />}
              </Menu.CheckboxItem>
            ))}
            {chosen.length > 0 && (
              <>
                <div className={popup.separator} role="separator" />
                <Menu.Item className={popup.item} onClick={() => onChange([])}>
                  Any
                </Menu.Item>
              </>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
